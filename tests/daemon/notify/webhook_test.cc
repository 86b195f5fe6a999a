// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/webhook.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

// A receiver that refuses the first posts.
class Receiver {
 public:
  explicit Receiver(int refusals) : refusals_(refusals) {}
  // Bodies that name their incident or problem, and a record of all posts.
  WebhookPorts ports() {
    WebhookPorts ports;
    ports.incident_body = [](const Incident& i) { return "incident " + i.id; };
    ports.verdict_body = [](const Verdict& v) {
      return "verdict on " + std::to_string(v.problem);
    };
    ports.post = [this](const WebhookPorts::Headers& headers,
                        const std::string& body) {
      MutexLock lock(mutex_);
      headers_.push_back(headers);
      bodies_.push_back(body);
      return refusals_-- > 0 ? absl::UnavailableError("HTTP 503")
                             : absl::OkStatus();
    };
    ports.on_failure = [this](const WebhookMessage& message, int attempt,
                              const absl::Status& why) {
      MutexLock lock(mutex_);
      failures_.push_back(message.event + " " + std::to_string(attempt) + " " +
                          std::string(why.message()));
    };
    return ports;
  }
  std::vector<std::string> failures() const {
    MutexLock lock(mutex_);
    return failures_;
  }
  std::vector<WebhookPorts::Headers> headers() const {
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
  std::vector<WebhookPorts::Headers> headers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> bodies_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> failures_ ABSL_GUARDED_BY(mutex_);
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

TEST(Webhook, ReportsAConfirmedIncidentOncePerVerdictAndTriesAgain) {
  Receiver receiver(/*refusals=*/2);
  Webhook webhook(Quick(), receiver.ports());
  IncidentEvent event = Confirmed();
  webhook.Observe(event);
  webhook.Observe(event);  // an update of the same incident
  event.incident.confirmation = Confirmation::kUnavailable;
  webhook.Observe(event);
  ASSERT_TRUE(WaitFor(webhook, "delivered", 1));
  event = Confirmed();
  event.incident.verdict->time = absl::FromUnixSeconds(6);  // localised
  webhook.Observe(event);
  ASSERT_TRUE(WaitFor(webhook, "delivered", 2));
  EXPECT_EQ(webhook.Counts()["retried"], 2);
  const auto headers = receiver.headers();
  const auto bodies = receiver.bodies();
  ASSERT_EQ(bodies.size(), 4u);
  EXPECT_EQ(bodies[0], "incident inc-1");
  EXPECT_EQ(receiver.failures(),
            (std::vector<std::string>{"incident_confirmed 1 HTTP 503",
                                      "incident_confirmed 2 HTTP 503"}));
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

TEST(Webhook, ReportsTheEndOnceIfItIsWanted) {
  for (const bool wanted : {false, true}) {
    Receiver receiver(/*refusals=*/0);
    WebhookOptions options = Quick();
    options.reports_closed = wanted;
    options.content_type = "text/plain";
    Webhook webhook(options, receiver.ports());
    IncidentEvent event = Confirmed();
    webhook.Observe(event);
    ASSERT_TRUE(WaitFor(webhook, "delivered", 1));
    event.incident.closed = absl::FromUnixSeconds(9);
    webhook.Observe(event);
    webhook.Observe(event);
    // One that was never confirmed was never told.
    IncidentEvent other = event;
    other.incident.id = "inc-2";
    other.incident.confirmation = Confirmation::kUnavailable;
    webhook.Observe(other);
    event.incident.closed = absl::InfiniteFuture();  // reopened
    webhook.Observe(event);
    const size_t expected = wanted ? 3 : 1;
    ASSERT_TRUE(WaitFor(webhook, "delivered", static_cast<int64_t>(expected)));
    ASSERT_EQ(receiver.headers().size(), expected);
    EXPECT_EQ(receiver.headers()[0].at("content-type"), "text/plain");
    if (!wanted) continue;
    EXPECT_EQ(receiver.headers()[1].at("x-reasonwatch-event"),
              "incident_closed");
    EXPECT_EQ(receiver.headers()[2].at("x-reasonwatch-event"),
              "incident_confirmed");
  }
}

TEST(Webhook, GivesUpAndCounts) {
  Receiver receiver(/*refusals=*/100);
  Webhook webhook(Quick(), receiver.ports());
  Verdict verdict;
  verdict.kind = VerdictKind::kConfirmed;
  verdict.problem = 7;
  webhook.Observe(verdict);
  verdict.kind = VerdictKind::kNotReproduced;
  webhook.Observe(verdict);
  ASSERT_TRUE(WaitFor(webhook, "failed", 1));
  EXPECT_EQ(receiver.bodies(), std::vector<std::string>(3, "verdict on 7"));
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
    Webhook webhook(options, receiver.ports());
    for (int i = 0; i < 5; ++i) {
      IncidentEvent event = Confirmed();
      event.incident.id = "inc-" + std::to_string(i);
      webhook.Observe(event);
    }
    ASSERT_TRUE(WaitFor(webhook, "retried", 1));
    EXPECT_GE(webhook.Counts()["dropped"], 2);
  }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
}

}  // namespace
}  // namespace reasonwatch
