// SPDX-License-Identifier: Apache-2.0
// A notice is first put into words, the same for every form; each form then
// wraps the words as its receiver wants them.
//
// In this order: the words, the three forms, the two kinds of message.
#include "daemon/api/notice_forms.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "daemon/api/incident_json.h"
#include "daemon/api/model_health.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// Limits of the receivers, in bytes, which are at most their characters.
constexpr size_t kSlackText = 2900;     // 3,000 of a section
constexpr size_t kSlackTitle = 140;     // 150 of a header
constexpr size_t kPagerSummary = 1000;  // 1,024
constexpr size_t kPagerKey = 255;

struct Link {
  std::string name;
  std::string href;
};

// The words of a notice.
struct Words {
  std::string key;  // the same for each message on the same matter
  std::string title;
  std::string sentence;
  std::vector<std::pair<std::string, std::string>> facts;  // name, value
  std::vector<Link> links;
  std::string severity;  // "critical", "warning", "info"
  std::string model;
  std::string group;  // route or replica
  std::string kind;   // signals
  absl::Time time = absl::InfinitePast();
  bool over = false;
};

// At most so many bytes, cut between characters.
std::string Cut(std::string text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t end = bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "...";
}

// One line: a name with a line feed in it could look like another notice.
std::string OneLine(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

std::string SignalsOf(const Incident& incident) {
  std::vector<std::string> names;
  for (const IncidentSignal& s : incident.signals) {
    const std::string name(SignalName(s.signal));
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  return absl::StrJoin(names, ", ");
}

std::string Upper(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] -= 'a' - 'A';
  return text;
}

std::string Percent(double share) {
  return absl::StrFormat("%.0f %%", 100 * share);
}

// "confirmed: 2 of 16 answers passed (12 %), 95 % while healthy".
std::string AskedAgain(const Verdict& v) {
  std::string text(VerdictName(v.kind));
  std::replace(text.begin(), text.end(), '_', ' ');
  if (v.samples <= 0) return text;
  return text +
         absl::StrFormat(": %d of %d answers passed (%s), %s while healthy",
                         v.samples - v.failures, v.samples,
                         Percent(v.pass_rate), Percent(v.baseline_pass_rate));
}

std::string When(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

std::string CauseText(const Cause& cause) {
  std::string text = cause.cause;
  std::replace(text.begin(), text.end(), '_', ' ');
  absl::StrAppend(&text, " (", Percent(cause.weight), ")");
  if (!cause.evidence.empty()) absl::StrAppend(&text, ": ", cause.evidence);
  return text;
}

Words WordsOf(const Incident& i, const NoticeContext& context) {
  Words w;
  w.key = i.id;
  w.over = !i.open();
  w.severity = std::string(SeverityName(i.severity));
  w.model = OneLine(i.model);
  w.group = OneLine(i.replica.empty() ? i.route : i.replica);
  w.kind = SignalsOf(i);
  w.time = w.over ? i.closed : i.opened;
  w.title = absl::StrCat(w.over ? "Over" : Upper(w.severity), ": ", w.model,
                         w.group.empty() ? "" : ", ", w.group);
  w.sentence = OneLine(context.sentence.empty() ? w.kind : context.sentence);
  if (w.over)
    w.facts.emplace_back(
        "Closed",
        absl::StrCat(When(i.closed), ", ",
                     absl::StrReplaceAll(i.close_reason, {{"_", " "}})));
  if (i.verdict.has_value())
    w.facts.emplace_back("Asked again", AskedAgain(*i.verdict));
  if (i.onset_time != absl::InfinitePast())
    w.facts.emplace_back("Began", When(i.onset_time));
  w.facts.emplace_back("Signals", w.kind);
  if (!i.causes.empty())
    w.facts.emplace_back("Likely cause", OneLine(CauseText(i.causes[0])));
  if (const std::string replica = FaultyReplica(i); !replica.empty())
    w.facts.emplace_back("Take out of service", OneLine(replica));
  if (context.page_url.empty()) return w;
  w.links.push_back({"Incident", context.page_url + "/incidents/" + i.id});
  if (!i.signals.empty())
    w.links.push_back(
        {"Runbook of the signal",
         absl::StrCat(context.page_url, "/runbooks/",
                      AbslView(SignalName(i.signals[0].signal)))});
  return w;
}

Words WordsOf(const Verdict& v, const NoticeContext& context) {
  Words w;
  w.key = absl::StrFormat("problem-%s-%016x", v.model, v.problem);
  w.severity = "warning";
  w.model = OneLine(v.model);
  w.kind = "consistency_regression";
  w.time = v.time;
  w.title = absl::StrCat("Problem failed: ", w.model);
  w.sentence =
      absl::StrFormat("%s no longer solves a problem that it solved", w.model);
  w.facts.emplace_back("Asked again", AskedAgain(v));
  w.facts.emplace_back("Problem", absl::StrFormat("%016x", v.problem));
  if (!context.page_url.empty())
    w.links.push_back({"Page", context.page_url + "/"});
  return w;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Slack reads <...> as a link or a mention, and & as an entity.
std::string SlackEscaped(const std::string& text) {
  return absl::StrReplaceAll(text,
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

std::string SlackBody(const Words& w) {
  std::string text = SlackEscaped(w.sentence);
  for (const auto& [name, value] : w.facts)
    absl::StrAppend(&text, "\n*", name, ":* ", SlackEscaped(value));
  Json blocks = Json::array();
  blocks.push_back(
      {{"type", "header"},
       {"text",
        {{"type", "plain_text"}, {"text", Cut(w.title, kSlackTitle)}}}});
  blocks.push_back(
      {{"type", "section"},
       {"text", {{"type", "mrkdwn"}, {"text", Cut(text, kSlackText)}}}});
  if (!w.links.empty()) {
    const std::string links =
        absl::StrJoin(w.links, "  ·  ", [](std::string* out, const Link& l) {
          absl::StrAppend(out, "<", SlackEscaped(l.href), "|", l.name, ">");
        });
    blocks.push_back(
        {{"type", "context"},
         {"elements", Json::array({{{"type", "mrkdwn"}, {"text", links}}})}});
  }
  return Dump(
      {{"text", Cut(SlackEscaped(w.title + ": " + w.sentence), kSlackText)},
       {"blocks", blocks}});
}

std::string PagerDutyBody(const Words& w, const NoticeContext& context) {
  Json body = {{"routing_key", context.routing_key},
               {"event_action", w.over ? "resolve" : "trigger"},
               {"dedup_key", Cut(w.key, kPagerKey)}};
  if (w.over) return Dump(body);
  Json details = Json::object();
  for (const auto& [name, value] : w.facts) details[name] = value;
  Json payload = {{"summary", Cut(w.title + ": " + w.sentence, kPagerSummary)},
                  {"source", w.model.empty() ? "reasonwatch" : w.model},
                  {"severity", w.severity}};
  if (w.time != absl::InfinitePast())
    payload["timestamp"] =
        absl::FormatTime(absl::RFC3339_sec, w.time, absl::UTCTimeZone());
  payload["component"] = w.model;
  if (!w.group.empty()) payload["group"] = w.group;
  payload["class"] = w.kind;
  payload["custom_details"] = details;
  body["payload"] = payload;
  body["client"] = "Reasonwatch";
  if (w.links.empty()) return Dump(body);
  body["client_url"] = w.links[0].href;
  body["links"] = Json::array();
  for (const Link& link : w.links)
    body["links"].push_back({{"href", link.href}, {"text", link.name}});
  return Dump(body);
}

std::string TextBody(const Words& w) {
  std::string text = absl::StrCat(w.title, "\n", w.sentence, "\n");
  for (const auto& [name, value] : w.facts)
    absl::StrAppend(&text, "\n", name, ": ", value);
  for (const Link& link : w.links)
    absl::StrAppend(&text, "\n", link.name, ": ", link.href);
  return text + "\n";
}

std::string BodyOf(NoticeForm form, const Words& words,
                   const NoticeContext& context) {
  if (form == NoticeForm::kSlack) return SlackBody(words);
  if (form == NoticeForm::kPagerDuty) return PagerDutyBody(words, context);
  return TextBody(words);
}

}  // namespace

const char* NoticeType(NoticeForm form) {
  return form == NoticeForm::kText ? "text/plain; charset=utf-8"
                                   : "application/json";
}

std::string IncidentNotice(NoticeForm form, const Incident& incident,
                           const NoticeContext& context) {
  if (form == NoticeForm::kReasonwatch) return IncidentJson(incident);
  return BodyOf(form, WordsOf(incident, context), context);
}

std::string VerdictNotice(NoticeForm form, const Verdict& verdict,
                          const NoticeContext& context) {
  if (form == NoticeForm::kReasonwatch) return VerdictJson(verdict);
  return BodyOf(form, WordsOf(verdict, context), context);
}

}  // namespace reasonwatch
