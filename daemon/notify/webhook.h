// SPDX-License-Identifier: Apache-2.0
// The webhook: reports confirmed incidents and problems to the operator's URL.
//
// Each message is a POST with these headers:
//   x-reasonwatch-event      incident_confirmed (the body is an incident),
//                            problem_confirmed (the body is a verdict) or, if
//                            `reports_closed`, incident_closed
//   x-reasonwatch-timestamp  Unix seconds of this attempt
//   x-reasonwatch-signature  "sha256=" and the HMAC-SHA256, in hex, of the
//                            timestamp, a dot and the body, under the key of
//                            the secret file. A receiver checks it, and that
//                            the timestamp is near its own time.
// A status of 2xx ends a message. After any other outcome it is sent again,
// after longer and longer pauses: 14 attempts over about 47 minutes. The queue
// holds 256 messages; further ones are dropped and counted. Messages that still
// wait when the daemon ends are lost; the incidents themselves are stored.
//
// This room knows no form of a body, no HTTP and no log: the bodies, the POST
// and the report of a failure are functions that the daemon joins to it.
#ifndef REASONWATCH_DAEMON_NOTIFY_WEBHOOK_H_
#define REASONWATCH_DAEMON_NOTIFY_WEBHOOK_H_

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
#include "core/incident.h"
#include "core/verdict.h"
#include "util/mutex.h"

namespace reasonwatch {

struct WebhookMessage {
  std::string event;  // x-reasonwatch-event
  std::string body;
};

struct WebhookOptions {
  std::string secret;                             // key of the signature
  absl::Duration first_pause = absl::Seconds(1);  // doubled each time
  // A receiver that comes back is found within ten minutes.
  absl::Duration longest_pause = absl::Minutes(10);
  int attempts = 14;
  size_t queue = 256;  // messages
  std::string content_type = "application/json";
  // Also the end of a confirmed incident: for receivers that keep an alert open
  // until they hear of it.
  bool reports_closed = false;
};

// Hex digest as the header has it, without "sha256=".
std::string WebhookSignature(const std::string& secret, int64_t unix_seconds,
                             const std::string& body);

// The functions that the daemon joins to the webhook; all must be set.
struct WebhookPorts {
  using Headers = std::map<std::string, std::string>;
  // Make the body of a message. Called from Observe().
  std::function<std::string(const Incident&)> incident_body;
  std::function<std::string(const Verdict&)> verdict_body;
  // Sends one message; ok for a status of 2xx. Called from the webhook's
  // thread, as is `on_failure`, after each attempt that failed.
  std::function<absl::Status(const Headers& headers, const std::string& body)>
      post;
  std::function<void(const WebhookMessage& message, int attempt,
                     const absl::Status& why)>
      on_failure;
};

// Thread-safe; never blocks its callers.
class Webhook {
 public:
  Webhook(WebhookOptions options, WebhookPorts ports);
  // Waits for the attempt in progress and gives up the rest.
  ~Webhook();

  // Reports an incident that is confirmed, once for each of its verdicts, and
  // its end.
  void Observe(const IncidentEvent& event);
  // Reports a confirmed verdict on a single problem. Verdicts on incidents are
  // left to the incident's own event.
  void Observe(const Verdict& verdict);

  // "delivered", "retried", "failed" and "dropped" messages.
  std::map<std::string, int64_t> Counts() const;

 private:
  // False: it was reported already.
  bool Note(const std::string& incident, absl::Time time);
  void Add(WebhookMessage message);
  void Run(const std::stop_token& stop);
  // Waits for a message; false: the webhook ends.
  bool NextMessage(const std::stop_token& stop, WebhookMessage& message);
  // All attempts; false: the webhook ends before the last one.
  bool Deliver(const std::stop_token& stop, const WebhookMessage& message);
  // One attempt; true if nothing more is to be done for the message.
  bool Attempt(const std::stop_token& stop, const WebhookMessage& message,
               int attempt, absl::Duration pause);

  const WebhookOptions options_;
  const WebhookPorts ports_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<WebhookMessage> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> counts_ ABSL_GUARDED_BY(mutex_);
  // By incident, the time of the verdict reported last; its end is
  // InfiniteFuture.
  std::map<std::string, absl::Time> reported_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_NOTIFY_WEBHOOK_H_
