// Tells a URL of what was confirmed.
//
// POST of JSON. `x-reasonwatch-signature` is "sha256=" and the HMAC-SHA256, in
// hex, of the value of `x-reasonwatch-timestamp` (Unix seconds), a dot and the
// body, under the key of the secret file: check it, and that the time is near.
// `x-reasonwatch-event` is incident_confirmed (an incident's JSON) or
// problem_confirmed (a verdict's). 2xx ends it; all else is tried again, later
// and later, for about two hours. The queue holds 256; what is over is dropped
// and counted. What waits when the daemon ends is lost: the incident is not.
#ifndef REASONWATCH_DAEMON_RESCORING_WEBHOOK_H_
#define REASONWATCH_DAEMON_RESCORING_WEBHOOK_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "core/ports.h"
#include "core/verdict.h"

namespace reasonwatch {

struct WebhookMessage {
  std::string event;
  std::string body;
};

struct WebhookOptions {
  std::string secret;
  absl::Duration first_pause = absl::Seconds(1);  // doubled each time
  absl::Duration longest_pause = absl::Minutes(10);
  int attempts = 14;
  size_t queue = 256;
};

// Hex digest as the header has it, without "sha256=".
std::string WebhookSignature(const std::string& secret, int64_t unix_seconds,
                             const std::string& body);

// Thread-safe; never blocks its callers.
class Webhook : public Notifier {
 public:
  using Headers = std::map<std::string, std::string>;
  // Status of one POST: ok for 2xx.
  using Post = std::function<absl::Status(const Headers& headers,
                                          const std::string& body)>;

  Webhook(WebhookOptions options, Post post);
  ~Webhook() override;

  // An incident that is confirmed, once for each verdict.
  void Notify(const IncidentEvent& event) override;
  // A confirmed verdict on a single problem.
  void Tell(const Verdict& verdict);

  // "delivered", "retried", "failed", "dropped".
  std::map<std::string, int64_t> Counts() const;

 private:
  void Add(WebhookMessage message);
  void Run(const std::stop_token& stop);

  const WebhookOptions options_;
  const Post post_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<WebhookMessage> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> told_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

// Over HTTP; `ca_file` "" = the system's certificates.
Webhook::Post PostTo(std::string url, std::string ca_file);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RESCORING_WEBHOOK_H_
