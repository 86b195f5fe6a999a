// SPDX-License-Identifier: Apache-2.0
// The shapes that Slack and PagerDuty document, and that names of others add
// nothing to them.
#include "daemon/api/notice_forms.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

Incident Confirmed() {
  Incident i;
  i.id = "inc-0123456789ab";
  i.model = "heron";
  i.route = "tutor";
  i.severity = Severity::kCritical;
  i.confirmation = Confirmation::kConfirmed;
  i.opened = absl::FromUnixSeconds(1800000000);
  i.onset_time = absl::FromUnixSeconds(1799999940);
  IncidentSignal signal;
  signal.signal = Signal::kLengthCollapse;
  i.signals = {signal, signal};
  i.causes = {{"version_change", .8, "fingerprint a became b"}};
  i.verdict.emplace();
  i.verdict->kind = VerdictKind::kConfirmed;
  i.verdict->samples = 16;
  i.verdict->failures = 14;
  i.verdict->pass_rate = 2. / 16;
  i.verdict->baseline_pass_rate = .95;
  return i;
}

NoticeContext Context() {
  return {"Reasoning of heron is 4 % of its usual length", "https://rw.example",
          "R0UTINGKEY"};
}

Incident Closed() {
  Incident i = Confirmed();
  i.closed = absl::FromUnixSeconds(1800003600);
  i.close_reason = "no_data";
  return i;
}

TEST(NoticeForms, ReasonwatchIsTheApisOwn) {
  const auto body =
      Json::parse(IncidentNotice(NoticeForm::kReasonwatch, Confirmed(), {}));
  EXPECT_EQ(body["id"], "inc-0123456789ab");
  EXPECT_TRUE(Json::parse(VerdictNotice(NoticeForm::kReasonwatch, {}, {}))
                  .contains("verdict"));
}

TEST(NoticeForms, SlackHasATitleASectionAndLinks) {
  const std::string text =
      IncidentNotice(NoticeForm::kSlack, Confirmed(), Context());
  const auto body = Json::parse(text);
  EXPECT_EQ(body["text"],
            "Critical: heron, tutor: Reasoning of heron is 4 % of its usual "
            "length");
  ASSERT_EQ(body["blocks"].size(), 3u);
  EXPECT_EQ(body["blocks"][0]["type"], "header");
  EXPECT_EQ(body["blocks"][0]["text"]["type"], "plain_text");
  EXPECT_EQ(body["blocks"][1]["type"], "section");
  EXPECT_EQ(body["blocks"][1]["text"]["type"], "mrkdwn");
  const auto words = body["blocks"][1]["text"]["text"].get<std::string>();
  EXPECT_NE(words.find("*Asked again:* confirmed: 2 of 16 answers passed "
                       "(12 %), 95 % while healthy"),
            std::string::npos)
      << words;
  EXPECT_NE(words.find("*Signals:* length_collapse\n"), std::string::npos);
  EXPECT_NE(words.find("version change (80 %): fingerprint a became b"),
            std::string::npos);
  EXPECT_EQ(body["blocks"][2]["type"], "context");
  EXPECT_EQ(body["blocks"][2]["elements"][0]["text"],
            "<https://rw.example/incidents/inc-0123456789ab|Incident>  ·  "
            "<https://rw.example/runbooks/length_collapse|Runbook of the "
            "signal>");
  EXPECT_EQ(text.find("R0UTINGKEY"), std::string::npos);
}

TEST(NoticeForms, SlackGetsNoMarkupAndNothingTooLong) {
  Incident hostile = Confirmed();
  hostile.model = "<!channel> & <https://evil.example|here>\nCritical: other";
  hostile.route = std::string(4000, 'x');
  NoticeContext context = Context();
  context.sentence.clear();
  for (int i = 0; i < 4000; ++i) context.sentence += "\xC3\xA4<";
  const auto body =
      Json::parse(IncidentNotice(NoticeForm::kSlack, hostile, context));
  for (const Json& text : {body["text"], body["blocks"][1]["text"]["text"]}) {
    EXPECT_LE(text.get<std::string>().size(), 3000u);
    EXPECT_EQ(text.get<std::string>().find('<'), std::string::npos);
  }
  const auto title = body["blocks"][0]["text"]["text"].get<std::string>();
  EXPECT_LE(title.size(), 150u);
  EXPECT_EQ(title.find('\n'), std::string::npos);
}

TEST(NoticeForms, PagerDutyTriggersAndResolvesUnderOneKey) {
  const auto body = Json::parse(
      IncidentNotice(NoticeForm::kPagerDuty, Confirmed(), Context()));
  EXPECT_EQ(body["routing_key"], "R0UTINGKEY");
  EXPECT_EQ(body["event_action"], "trigger");
  EXPECT_EQ(body["dedup_key"], "inc-0123456789ab");
  const Json& payload = body["payload"];
  EXPECT_EQ(payload["summary"],
            "Critical: heron, tutor: Reasoning of heron is 4 % of its usual "
            "length");
  EXPECT_EQ(payload["source"], "heron");
  EXPECT_EQ(payload["severity"], "critical");
  EXPECT_EQ(payload["timestamp"], "2027-01-15T08:00:00+00:00");
  EXPECT_EQ(payload["component"], "heron");
  EXPECT_EQ(payload["group"], "tutor");
  EXPECT_EQ(payload["class"], "length_collapse");
  EXPECT_EQ(payload["custom_details"]["Began"], "2027-01-15 07:59 UTC");
  EXPECT_EQ(body["links"][0]["href"],
            "https://rw.example/incidents/inc-0123456789ab");
  EXPECT_EQ(body["links"][0]["text"], "Incident");
  EXPECT_EQ(body["client_url"], body["links"][0]["href"]);

  const auto over =
      Json::parse(IncidentNotice(NoticeForm::kPagerDuty, Closed(), Context()));
  EXPECT_EQ(over["event_action"], "resolve");
  EXPECT_EQ(over["dedup_key"], body["dedup_key"]);
  EXPECT_EQ(over["routing_key"], "R0UTINGKEY");

  Incident named = Confirmed();
  named.model = std::string(5000, 'm');
  const auto large =
      Json::parse(IncidentNotice(NoticeForm::kPagerDuty, named, Context()));
  EXPECT_LE(large["payload"]["summary"].get<std::string>().size(), 1024u);
}

TEST(NoticeForms, PlainTextIsReadAsItIs) {
  EXPECT_STREQ(NoticeType(NoticeForm::kText), "text/plain; charset=utf-8");
  EXPECT_STREQ(NoticeType(NoticeForm::kSlack), "application/json");
  EXPECT_EQ(IncidentNotice(NoticeForm::kText, Closed(), Context()),
            "Over: heron, tutor\n"
            "Reasoning of heron is 4 % of its usual length\n"
            "\n"
            "Closed: 2027-01-15 09:00 UTC, no data\n"
            "Asked again: confirmed: 2 of 16 answers passed (12 %), 95 % while "
            "healthy\n"
            "Began: 2027-01-15 07:59 UTC\n"
            "Signals: length_collapse\n"
            "Likely cause: version change (80 %): fingerprint a became b\n"
            "Incident: https://rw.example/incidents/inc-0123456789ab\n"
            "Runbook of the signal: "
            "https://rw.example/runbooks/length_collapse\n");
  // Without a sentence or a page the facts remain.
  const std::string bare =
      IncidentNotice(NoticeForm::kText, Confirmed(), NoticeContext());
  EXPECT_EQ(bare.find("http"), std::string::npos);
  EXPECT_EQ(bare.find("Critical: heron, tutor\nlength_collapse\n"), 0u);
}

TEST(NoticeForms, AProblemIsANoticeOfItsOwn) {
  Verdict v;
  v.model = "heron";
  v.problem = 0xab;
  v.kind = VerdictKind::kConfirmed;
  v.samples = 16;
  v.failures = 16;
  v.pass_rate = 0;
  v.baseline_pass_rate = 1;
  const auto body =
      Json::parse(VerdictNotice(NoticeForm::kPagerDuty, v, Context()));
  EXPECT_EQ(body["dedup_key"], "problem-heron-00000000000000ab");
  EXPECT_EQ(body["event_action"], "trigger");
  EXPECT_EQ(body["payload"]["severity"], "warning");
  EXPECT_FALSE(body["payload"].contains("timestamp"));
  EXPECT_EQ(VerdictNotice(NoticeForm::kText, v, {}),
            "Problem failed: heron\n"
            "heron no longer solves a problem that it solved\n\n"
            "Asked again: confirmed: 0 of 16 answers passed (0 %), 100 % while "
            "healthy\n"
            "Problem: 00000000000000ab\n");
}

}  // namespace
}  // namespace reasonwatch
