// SPDX-License-Identifier: Apache-2.0
// Bodies of the webhook in the forms of other services: for Slack's incoming
// webhooks, for PagerDuty's Events API v2, and as plain text.
//
// Pure, thread-safe; never throws. Numbers are in words: no receiver has to
// know our JSON. Texts of others (names of models, notes) can't add markup.
#ifndef REASONWATCH_DAEMON_API_NOTICE_FORMS_H_
#define REASONWATCH_DAEMON_API_NOTICE_FORMS_H_

#include <cstdint>
#include <string>

#include "core/incident.h"
#include "core/verdict.h"
#include "util/enum_names.h"

namespace reasonwatch {

enum class NoticeForm : uint8_t { kReasonwatch, kSlack, kPagerDuty, kText };
inline constexpr EnumNames<NoticeForm, 4> kNoticeFormNames = {
    {"reasonwatch", "slack", "pagerduty", "text"}};
static_assert(AllNamed(kNoticeFormNames));

struct NoticeContext {
  std::string sentence;     // of the incident; "" = the signals' names
  std::string page_url;     // without a slash at its end; "" = no links
  std::string routing_key;  // of PagerDuty's integration
};

// "application/json" or "text/plain; charset=utf-8".
const char* NoticeType(NoticeForm form);

// A confirmed incident, or one that has closed since. kReasonwatch gives
// IncidentJson().
std::string IncidentNotice(NoticeForm form, const Incident& incident,
                           const NoticeContext& context);
// A confirmed problem. kReasonwatch gives VerdictJson().
std::string VerdictNotice(NoticeForm form, const Verdict& verdict,
                          const NoticeContext& context);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_NOTICE_FORMS_H_
