#include "daemon/rescoring/webhook.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "core/mutex.h"

namespace reasonwatch {
namespace {

// A receiver that refuses the first posts.
class Receiver {
 public:
  explicit Receiver(int refusals) : refusals_(refusals) {}
  Webhook::Post post() {
    return [this](const Webhook::Headers& headers, const std::string& body) {
      MutexLock lock(mutex_);
      headers_.push_back(headers);
      bodies_.push_back(body);
      return refusals_-- > 0 ? absl::UnavailableError("HTTP 503")
                             : absl::OkStatus();
    };
  }
  std::vector<Webhook::Headers> headers() const {
    MutexLock lock(mutex_);
    return headers_;
  }
  std::vector<std::string> bodies() const {
    MutexLock lock(mutex_);
    return bodies_;
  }

 private:
  mutable Mutex mutex_;
  int refusals_ ABSL_GUARDED_BY(mutex_);
  std::vector<Webhook::Headers> headers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> bodies_ ABSL_GUARDED_BY(mutex_);
};

IncidentEvent Confirmed() {
  IncidentEvent event;
  event.incident.id = "inc-1";
  event.incident.confirmation = Confirmation::kConfirmed;
  event.incident.verdict.emplace();
  event.incident.verdict->kind = VerdictKind::kConfirmed;
  event.incident.verdict->time = absl::FromUnixSeconds(5);
  return event;
}

WebhookOptions Quick() {
  WebhookOptions options;
  options.secret = "key";
  options.first_pause = absl::Milliseconds(1);
  options.attempts = 3;
  return options;
}

bool WaitFor(const Webhook& webhook, const std::string& outcome, int64_t n) {
  for (int i = 0; i < 2000; ++i) {
    if (webhook.Counts()[outcome] >= n) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return false;
}

TEST(Webhook, TheSignatureIsTheStandardHmac) {
  // Made by: printf '17.{}' | openssl dgst -sha256 -hmac key
  EXPECT_EQ(WebhookSignature("key", 17, "{}").size(), 64u);
  EXPECT_EQ(WebhookSignature("key", 17, "{}"),
            "e66392eac42eafc68c35a01c712811e016386c12456975fc3af80c9268568e3a");
  EXPECT_NE(WebhookSignature("key", 18, "{}"),
            WebhookSignature("key", 17, "{}"));
}

TEST(Webhook, TellsAConfirmedIncidentOnceAVerdictAndTriesAgain) {
  Receiver receiver(/*refusals=*/2);
  Webhook webhook(Quick(), receiver.post());
  IncidentEvent event = Confirmed();
  webhook.Notify(event);
  webhook.Notify(event);  // an update of the same incident
  event.incident.confirmation = Confirmation::kUnavailable;
  webhook.Notify(event);
  ASSERT_TRUE(WaitFor(webhook, "delivered", 1));
  event = Confirmed();
  event.incident.verdict->time = absl::FromUnixSeconds(6);  // localised
  webhook.Notify(event);
  ASSERT_TRUE(WaitFor(webhook, "delivered", 2));
  EXPECT_EQ(webhook.Counts()["retried"], 2);
  const auto headers = receiver.headers();
  const auto bodies = receiver.bodies();
  ASSERT_EQ(bodies.size(), 4u);
  EXPECT_NE(bodies[0].find("\"id\":\"inc-1\""), std::string::npos);
  for (size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_EQ(headers[i].at("x-reasonwatch-event"), "incident_confirmed");
    EXPECT_EQ(
        headers[i].at("x-reasonwatch-signature"),
        "sha256=" + WebhookSignature(
                        "key",
                        std::stoll(headers[i].at("x-reasonwatch-timestamp")),
                        bodies[i]));
  }
}

TEST(Webhook, GivesUpAndCounts) {
  Receiver receiver(/*refusals=*/100);
  Webhook webhook(Quick(), receiver.post());
  Verdict verdict;
  verdict.kind = VerdictKind::kConfirmed;
  verdict.problem = 7;
  webhook.Tell(verdict);
  verdict.kind = VerdictKind::kNotReproduced;
  webhook.Tell(verdict);
  ASSERT_TRUE(WaitFor(webhook, "failed", 1));
  EXPECT_EQ(receiver.bodies().size(), 3u);
  EXPECT_EQ(receiver.headers()[0].at("x-reasonwatch-event"),
            "problem_confirmed");
}

TEST(Webhook, AFullQueueDropsAndAnEndDoesNotWait) {
  Receiver receiver(/*refusals=*/1000000);
  WebhookOptions options = Quick();
  options.queue = 2;
  options.first_pause = absl::Hours(1);
  const absl::Time begin = absl::Now();
  {
    Webhook webhook(options, receiver.post());
    for (int i = 0; i < 5; ++i) {
      IncidentEvent event = Confirmed();
      event.incident.id = "inc-" + std::to_string(i);
      webhook.Notify(event);
    }
    ASSERT_TRUE(WaitFor(webhook, "retried", 1));
    EXPECT_GE(webhook.Counts()["dropped"], 2);
  }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
}

}  // namespace
}  // namespace reasonwatch
