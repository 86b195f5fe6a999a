// SPDX-License-Identifier: Apache-2.0
#include "rescore/verdict_ledger.h"

#include <gtest/gtest.h>

#include "absl/strings/str_format.h"

namespace reasonwatch {
namespace {

Incident IncidentWith(const std::string& id, uint64_t echo) {
  Incident incident;
  incident.id = id;
  incident.verdict_sequence = echo;
  return incident;
}

uint64_t Stamped(VerdictLedger& ledger, const std::string& incident) {
  Verdict verdict;
  verdict.incident = incident;
  ledger.Stamp(verdict);
  return verdict.sequence;
}

TEST(VerdictLedger, AnIncidentHasHeardTheVerdictThatItEchoes) {
  VerdictLedger ledger;
  EXPECT_TRUE(ledger.HasHeard(IncidentWith("a", 0)));
  const uint64_t first = Stamped(ledger, "a");
  EXPECT_GT(first, 0u);
  EXPECT_FALSE(ledger.HasHeard(IncidentWith("a", 0)));
  EXPECT_TRUE(ledger.HasHeard(IncidentWith("a", first)));
  EXPECT_TRUE(ledger.HasHeard(IncidentWith("b", 0)));
  const uint64_t second = Stamped(ledger, "a");
  EXPECT_GT(second, first);
  EXPECT_FALSE(ledger.HasHeard(IncidentWith("a", first)));
  // A late copy of an older state does not count as news.
  ledger.Observe(IncidentWith("a", second));
  EXPECT_FALSE(ledger.HasHeard(IncidentWith("a", first)));
}

TEST(VerdictLedger, NumbersGoOnAboveEveryEcho) {
  VerdictLedger ledger;
  ledger.Observe(IncidentWith("a", 41));
  EXPECT_EQ(Stamped(ledger, "a"), 42u);
  EXPECT_EQ(Stamped(ledger, ""), 43u);
  EXPECT_EQ(Stamped(ledger, "b"), 44u);
}

TEST(VerdictLedger, AClosedIncidentWaitsForNothing) {
  VerdictLedger ledger;
  Stamped(ledger, "a");
  Incident closed = IncidentWith("a", 0);
  closed.closed = absl::FromUnixSeconds(5);
  ledger.Observe(closed);
  EXPECT_TRUE(ledger.HasHeard(IncidentWith("a", 0)));
}

TEST(VerdictLedger, OfTooManyIncidentsTheOldestIsDropped) {
  VerdictLedger ledger;
  for (size_t i = 0; i <= VerdictLedger::kMaxIncidents; ++i)
    Stamped(ledger, absl::StrFormat("inc-%d", i));
  EXPECT_TRUE(ledger.HasHeard(IncidentWith("inc-0", 0)));
  EXPECT_FALSE(ledger.HasHeard(IncidentWith("inc-1", 0)));
}

}  // namespace
}  // namespace reasonwatch
