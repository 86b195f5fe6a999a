// SPDX-License-Identifier: Apache-2.0
// The functions that join the webhook to the other rooms.
#ifndef REASONWATCH_DAEMON_APP_WEBHOOK_PORTS_H_
#define REASONWATCH_DAEMON_APP_WEBHOOK_PORTS_H_

#include <functional>
#include <string>

#include "core/incident.h"
#include "daemon/api/notice_forms.h"
#include "daemon/notify/webhook.h"

namespace reasonwatch {

struct WebhookSender {
  std::string url;
  std::string ca_file;  // "" = the system's certificates
  NoticeForm form = NoticeForm::kReasonwatch;
  std::string routing_key;  // for kPagerDuty
  // The sentence of an incident and the address of the page; both are called
  // from Webhook::Observe().
  std::function<std::string(const Incident&)> sentence;
  std::function<std::string()> page_url;
};

// Bodies in the sender's form, POST over HTTP, and a log line "webhook_failed"
// for each attempt that failed.
WebhookPorts WebhookPortsOf(const WebhookSender& sender);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_WEBHOOK_PORTS_H_
