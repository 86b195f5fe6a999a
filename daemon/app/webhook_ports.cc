// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/webhook_ports.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/app/deliver.h"
#include "daemon/app/log.h"
#include "rescore/client/http.h"

namespace reasonwatch {
namespace {

absl::Status Post(const std::string& url, const std::string& ca_file,
                  const WebhookPorts::Headers& headers,
                  const std::string& body) {
  HttpRequest request;
  request.url = url;
  request.ca_file = ca_file;
  request.post = body;
  for (const auto& [name, value] : headers)
    request.headers.push_back(absl::StrCat(name, ": ", value));
  return Deliver(std::move(request));
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
