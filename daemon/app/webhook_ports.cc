// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/webhook_ports.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "daemon/app/log.h"
#include "rescore/client/failure.h"
#include "rescore/client/http.h"

namespace reasonwatch {
namespace {

// A receiver that has not answered by then is tried again later.
constexpr absl::Duration kTimeout = absl::Seconds(10);
// The reply is not read but for its status.
constexpr int64_t kMaxReply = int64_t{64} << 10;

absl::Status Post(const std::string& url, const std::string& ca_file,
                  const WebhookPorts::Headers& headers,
                  const std::string& body) {
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
}

}  // namespace

WebhookPorts WebhookPortsOf(const WebhookSender& sender) {
  WebhookPorts ports;
  ports.incident_body = [sender](const Incident& incident) {
    NoticeContext context;
    if (sender.form != NoticeForm::kReasonwatch)
      context = {sender.sentence(incident), sender.page_url(),
                 sender.routing_key};
    return IncidentNotice(sender.form, incident, context);
  };
  ports.verdict_body = [sender](const Verdict& verdict) {
    return VerdictNotice(sender.form, verdict,
                         {"", sender.page_url(), sender.routing_key});
  };
  ports.post = [url = sender.url, ca_file = sender.ca_file](
                   const WebhookPorts::Headers& headers,
                   const std::string& body) {
    return Post(url, ca_file, headers, body);
  };
  ports.on_failure = [](const WebhookMessage& message, int attempt,
                        const absl::Status& why) {
    LogWarning("webhook_failed", {{"event", message.event},
                                  {"attempt", std::to_string(attempt)},
                                  {"error", std::string(why.message())}});
  };
  return ports;
}

}  // namespace reasonwatch
