#include "daemon/rescoring/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stop_token>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/strings.h"
#include "daemon/incident_json.h"
#include "daemon/log.h"
#include "rescore/client/http.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxTold = 1024;
constexpr absl::Duration kTimeout = absl::Seconds(10);
constexpr int64_t kMaxReply = int64_t{64} << 10;

}  // namespace

std::string WebhookSignature(const std::string& secret, int64_t unix_seconds,
                             const std::string& body) {
  const std::string text = absl::StrCat(unix_seconds, ".", body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       mac.data(), &size);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(mac.data()), size));
}

Webhook::Post PostTo(std::string url, std::string ca_file) {
  return [url = std::move(url), ca_file = std::move(ca_file)](
             const Webhook::Headers& headers,
             const std::string& body) -> absl::Status {
    HttpRequest request;
    request.url = url;
    request.ca_file = ca_file;
    request.timeout = kTimeout;
    request.max_body_bytes = kMaxReply;
    request.post = body;
    for (const auto& [name, value] : headers)
      request.headers.push_back(absl::StrCat(name, ": ", value));
    const HttpResult result = Exchange(request);
    if (result.failure.has_value())
      return absl::UnavailableError(
          absl::StrFormat("%s", ClientFailureName(result.failure->failure)));
    if (result.reply.status / 100 != 2)
      return absl::UnavailableError(
          absl::StrFormat("HTTP %d", result.reply.status));
    return absl::OkStatus();
  };
}

Webhook::Webhook(WebhookOptions options, Post post)
    : options_(std::move(options)),
      post_(std::move(post)),
      counts_(
          {{"delivered", 0}, {"dropped", 0}, {"failed", 0}, {"retried", 0}}),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Webhook::~Webhook() {
  thread_.request_stop();
  thread_.join();
}

void Webhook::Notify(const IncidentEvent& event) {
  const Incident& incident = event.incident;
  if (incident.confirmation != Confirmation::kConfirmed ||
      !incident.verdict.has_value() || !incident.open())
    return;
  {
    MutexLock lock(mutex_);
    const auto it = told_.find(incident.id);
    if (it != told_.end() && it->second == incident.verdict->time) return;
    if (it == told_.end() && told_.size() >= kMaxTold)
      told_.erase(std::min_element(
          told_.begin(), told_.end(),
          [](const auto& a, const auto& b) { return a.second < b.second; }));
    told_[incident.id] = incident.verdict->time;
  }
  Add({"incident_confirmed", IncidentJson(incident)});
}

void Webhook::Tell(const Verdict& verdict) {
  if (verdict.kind != VerdictKind::kConfirmed || !verdict.incident.empty())
    return;
  Add({"problem_confirmed", VerdictJson(verdict)});
}

void Webhook::Add(WebhookMessage message) {
  {
    MutexLock lock(mutex_);
    if (queue_.size() >= options_.queue) {
      ++counts_["dropped"];
      return;
    }
    queue_.push_back(std::move(message));
  }
  wake_.notify_one();
}

void Webhook::Run(const std::stop_token& stop) {
  while (true) {
    WebhookMessage message;
    {
      mutex_.Lock();
      const bool some = wake_.wait(
          mutex_, stop,
          [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !queue_.empty(); });
      if (some) {
        message = std::move(queue_.front());
        queue_.pop_front();
      }
      mutex_.Unlock();
      if (!some) return;
    }
    absl::Duration pause = options_.first_pause;
    for (int attempt = 1;; ++attempt) {
      const int64_t now = absl::ToUnixSeconds(absl::Now());
      const absl::Status status = post_(
          {{"content-type", "application/json"},
           {"x-reasonwatch-event", message.event},
           {"x-reasonwatch-timestamp", absl::StrCat(now)},
           {"x-reasonwatch-signature",
            "sha256=" + WebhookSignature(options_.secret, now, message.body)}},
          message.body);
      const bool last = attempt >= options_.attempts;
      mutex_.Lock();
      ++counts_[status.ok() ? "delivered" : last ? "failed" : "retried"];
      if (!status.ok() && !last)
        wake_.wait_for(mutex_, stop, absl::ToChronoMilliseconds(pause),
                       [] { return false; });
      mutex_.Unlock();
      if (status.ok()) break;
      LogWarning("webhook_failed", {{"event", message.event},
                                    {"attempt", std::to_string(attempt)},
                                    {"error", std::string(status.message())}});
      if (last) break;
      if (stop.stop_requested()) return;
      pause = std::min(2 * pause, options_.longest_pause);
    }
  }
}

std::map<std::string, int64_t> Webhook::Counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

}  // namespace reasonwatch
