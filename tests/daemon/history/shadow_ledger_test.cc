// SPDX-License-Identifier: Apache-2.0
// The ledger of rises: their beginning, peak and end, the budgets that follow
// from them, bounds, and the stored form.
#include "daemon/history/shadow_ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace reasonwatch {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1800000000);

// A stream whose one signal has this share of its threshold.
StreamSnapshot Stream(double ratio, Signal signal = Signal::kLengthCollapse,
                      const std::string& model = "m") {
  StreamSnapshot s;
  s.model = model;
  s.route = "r";
  for (SignalSnapshot& one : s.signals) one = {true, 0, 1e5, 1e6, false};
  s.signals[static_cast<size_t>(signal)].statistic = ratio * 1e5;
  return s;
}

int64_t At(const ShadowReport& report, const std::string& words) {
  for (const ShadowRow& row : report.rows)
    if (row.words == words) return row.incidents;
  return -1;
}

TEST(ShadowLedger, KeepsARiseFromItsBeginningToItsEnd) {
  ShadowLedger ledger(kStart);
  ledger.Configure({false, 4}, ~0u);
  const std::vector<double> course = {0, .05, .07, .5, 2, 1, .01, .0007, .0005};
  for (size_t i = 0; i < course.size(); ++i)
    ledger.Observe(Stream(course[i]),
                   kStart + absl::Seconds(static_cast<int64_t>(i)));
  const ShadowReport report = ledger.Report(kStart);
  ASSERT_EQ(report.rises.size(), 1u);
  const EvidenceRise& e = report.rises[0];
  EXPECT_EQ(e.began, kStart + absl::Seconds(2));
  EXPECT_EQ(e.peaked, kStart + absl::Seconds(4));
  EXPECT_EQ(e.ended, kStart + absl::Seconds(8));
  EXPECT_DOUBLE_EQ(e.peak, 2);
  EXPECT_FALSE(e.shadow);
}

// A peak of twice the threshold at 4 in 30 days needs a budget of 2.
TEST(ShadowLedger, AnswersOtherBudgets) {
  ShadowLedger ledger(kStart);
  ledger.Configure({false, 4}, ~0u);
  absl::Time now = kStart;
  for (const double peak : {2., .5, 5., .1}) {
    ledger.Observe(Stream(peak), now);
    ledger.Observe(Stream(0), now += absl::Hours(1));
    now += absl::Hours(1);
  }
  const ShadowReport report = ledger.Report(now);
  EXPECT_EQ(At(report, "one false alarm a year"), 0);
  EXPECT_EQ(At(report, "one false alarm a month"), 1);  // 5 / 4
  EXPECT_EQ(At(report, "one false alarm a week"), 2);   // 4.29: 2 and 5
  EXPECT_EQ(At(report, "one false alarm a day"), 3);    // 30: not .1 * 7.5
  EXPECT_EQ(At(report, "4 false alarms in 30 days"), 2);
  for (size_t i = 1; i < report.rows.size(); ++i) {
    EXPECT_LT(report.rows[i - 1].budget.rate, report.rows[i].budget.rate);
    EXPECT_LE(report.rows[i - 1].incidents, report.rows[i].incidents);
  }
  // Less evidence than was written down is not answered.
  ledger.Configure({false, 1}, ~0u);
  EXPECT_EQ(At(ledger.Report(now), "one false alarm a day"), -1);
  // Another budget in force changes nothing about the same question.
  EXPECT_EQ(At(ledger.Report(now), "one false alarm a week"), 2);
}

TEST(ShadowLedger, CountsBudgetsByResponses) {
  ShadowLedger ledger(kStart);
  ledger.Configure({true, 10}, ~0u);  // one in 100,000
  ledger.Observe(Stream(.5), kStart);
  const ShadowReport report = ledger.Report(kStart);
  EXPECT_EQ(At(report, "one false alarm in 100,000 responses"), 0);
  EXPECT_EQ(At(report, "one false alarm in 25,000 responses"), 1);
  // A budget by time can't be compared with it.
  ledger.Configure({false, 30}, ~0u);
  EXPECT_EQ(At(ledger.Report(kStart), "one false alarm a day"), 0);
}

TEST(ShadowLedger, FindingsOfOneModelAreOneIncident) {
  ShadowLedger ledger(kStart);
  ledger.Configure({false, 30}, ~0u);
  ledger.Observe(Stream(3, Signal::kLengthCollapse), kStart);
  ledger.Observe(Stream(3, Signal::kLengthCollapse, "other"), kStart);
  StreamSnapshot both = Stream(3, Signal::kFormatMarkers);
  both.signals[static_cast<size_t>(Signal::kLengthCollapse)].statistic = 3e5;
  ledger.Observe(both, kStart + absl::Hours(3));
  EXPECT_EQ(At(ledger.Report(kStart), "one false alarm a day"), 2);
  ledger.Observe(Stream(0), kStart + absl::Hours(4));
  ledger.Observe(Stream(3, Signal::kRefusal),
                 kStart + absl::Hours(4) + absl::Minutes(9));
  EXPECT_EQ(At(ledger.Report(kStart), "one false alarm a day"), 2);
  ledger.Reset("m", "r", kStart + absl::Hours(5));
  ledger.Observe(Stream(3), kStart + absl::Hours(6));
  EXPECT_EQ(At(ledger.Report(kStart), "one false alarm a day"), 3);
}

TEST(ShadowLedger, KnowsSignalsInShadowMode) {
  ShadowLedger ledger(kStart);
  ledger.Configure({false, 30}, ~(1u << static_cast<int>(Signal::kRefusal)));
  ledger.Observe(Stream(3, Signal::kRefusal), kStart);
  ledger.Observe(Stream(3, Signal::kLengthCollapse, "other"), kStart);
  // A signal that is off is nothing at all.
  StreamSnapshot off = Stream(9, Signal::kFormatMarkers, "third");
  for (SignalSnapshot& s : off.signals) s.enabled = false;
  ledger.Observe(off, kStart);
  const ShadowReport report = ledger.Report(kStart);
  for (const ShadowRow& row : report.rows) {
    if (!row.in_force) continue;
    EXPECT_EQ(row.incidents, 2);
    EXPECT_EQ(row.shadow_incidents, 1);
  }
  ASSERT_EQ(report.rises.size(), 2u);
  EXPECT_TRUE(report.rises[1].shadow);
}

TEST(ShadowLedger, IsBoundedAndSaysSinceWhen) {
  ShadowLedger ledger(kStart);
  ledger.Configure({false, 4}, ~0u);
  absl::Time now = kStart;
  const int most = static_cast<int>(ShadowLedger::kMaxRises);
  for (int i = 0; i < most + 100; ++i) {
    ledger.Observe(Stream(1, Signal::kRefusal, absl::StrCat("m", i)), now);
    now += absl::Seconds(1);
  }
  EXPECT_GT(ledger.Report(now).since, kStart + absl::Seconds(99));
  EXPECT_EQ(At(ledger.Report(now), "4 false alarms in 30 days"), most);
  // After the time for which they are kept, those that have ended are gone.
  for (int i = 0; i < most + 100; ++i)
    ledger.Observe(Stream(0, Signal::kRefusal, absl::StrCat("m", i)), now);
  ledger.Observe(Stream(0), now + ShadowLedger::kKept + absl::Hours(1));
  EXPECT_TRUE(ledger.Report(now).rises.empty());
}

TEST(ShadowLedger, IsStoredAndReadAgain) {
  ShadowLedger ledger(kStart);
  ledger.Configure({false, 4}, ~0u);
  EXPECT_FALSE(ledger.WantsSave());
  ledger.Observe(Stream(2), kStart + absl::Hours(1));
  ledger.Observe(Stream(3, Signal::kRefusal, "other"), kStart);
  ASSERT_TRUE(ledger.WantsSave());
  const std::string bytes = ledger.Save();
  EXPECT_FALSE(ledger.WantsSave());
  ShadowLedger again(kStart + absl::Hours(9));
  ASSERT_TRUE(again.Restore(bytes));
  again.Configure({false, 4}, ~0u);
  EXPECT_EQ(again.Report(kStart).since, kStart);
  EXPECT_EQ(again.Save(), bytes);
  // An open rise goes on; it is not a second one.
  again.Observe(Stream(4), kStart + absl::Hours(10));
  ASSERT_EQ(again.Report(kStart).rises.size(), 2u);
  EXPECT_DOUBLE_EQ(again.Report(kStart).rises[1].peak, 4);
  // A command reads the same.
  EXPECT_EQ(
      At(ReportOfSaved(bytes, {false, 4}, kStart), "4 false alarms in 30 days"),
      2);
  // Damage of any byte is refused whole.
  for (size_t i = 0; i < bytes.size(); i += 7) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(again.Restore(damaged)) << i;
  }
  EXPECT_FALSE(again.Restore(""));
  EXPECT_TRUE(ReportOfSaved("", {false, 4}, kStart).rises.empty());
}

}  // namespace
}  // namespace reasonwatch
