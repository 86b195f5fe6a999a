// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stop_token>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace reasonwatch {
namespace {

// Incidents whose last reported verdict is remembered. Far more than are open
// at once; one that was forgotten is reported a second time at worst.
constexpr size_t kMaxReported = 1024;

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

Webhook::Webhook(WebhookOptions options, WebhookPorts ports)
    : options_(std::move(options)),
      ports_(std::move(ports)),
      counts_(
          {{"delivered", 0}, {"dropped", 0}, {"failed", 0}, {"retried", 0}}),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Webhook::~Webhook() {
  thread_.request_stop();
  thread_.join();
}

void Webhook::Observe(const IncidentEvent& event) {
  const Incident& incident = event.incident;
  if (incident.confirmation != Confirmation::kConfirmed ||
      !incident.verdict.has_value())
    return;
  if (!incident.open()) {
    if (options_.reports_closed && Note(incident.id, absl::InfiniteFuture()))
      Add({"incident_closed", ports_.incident_body(incident)});
    return;
  }
  if (Note(incident.id, incident.verdict->time))
    Add({"incident_confirmed", ports_.incident_body(incident)});
}

bool Webhook::Note(const std::string& incident, absl::Time time) {
  MutexLock lock(mutex_);
  const auto it = reported_.find(incident);
  if (it != reported_.end() && it->second == time) return false;
  if (it == reported_.end() && reported_.size() >= kMaxReported)
    reported_.erase(std::min_element(
        reported_.begin(), reported_.end(),
        [](const auto& a, const auto& b) { return a.second < b.second; }));
  reported_[incident] = time;
  return true;
}

void Webhook::Observe(const Verdict& verdict) {
  if (verdict.kind != VerdictKind::kConfirmed || !verdict.incident.empty())
    return;
  Add({"problem_confirmed", ports_.verdict_body(verdict)});
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
  WebhookMessage message;
  while (NextMessage(stop, message)) {
    if (!Deliver(stop, message)) return;
  }
}

bool Webhook::NextMessage(const std::stop_token& stop,
                          WebhookMessage& message) {
  MutexLock lock(mutex_);
  if (!wake_.wait(mutex_, stop, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
        return !queue_.empty();
      }))
    return false;
  message = std::move(queue_.front());
  queue_.pop_front();
  return true;
}

bool Webhook::Deliver(const std::stop_token& stop,
                      const WebhookMessage& message) {
  absl::Duration pause = options_.first_pause;
  for (int attempt = 1; !Attempt(stop, message, attempt, pause); ++attempt) {
    if (stop.stop_requested()) return false;
    pause = std::min(2 * pause, options_.longest_pause);
  }
  return true;
}

bool Webhook::Attempt(const std::stop_token& stop,
                      const WebhookMessage& message, int attempt,
                      absl::Duration pause) {
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  const absl::Status status = ports_.post(
      {{"content-type", options_.content_type},
       {"x-reasonwatch-event", message.event},
       {"x-reasonwatch-timestamp", absl::StrCat(now)},
       {"x-reasonwatch-signature",
        "sha256=" + WebhookSignature(options_.secret, now, message.body)}},
      message.body);
  const bool last = attempt >= options_.attempts;
  {
    MutexLock lock(mutex_);
    ++counts_[status.ok() ? "delivered" : last ? "failed" : "retried"];
  }
  if (status.ok()) return true;
  ports_.on_failure(message, attempt, status);
  if (last) return true;
  MutexLock lock(mutex_);
  wake_.wait_for(mutex_, stop, absl::ToChronoMilliseconds(pause),
                 [] { return false; });
  return false;
}

std::map<std::string, int64_t> Webhook::Counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

}  // namespace reasonwatch
