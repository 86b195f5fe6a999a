// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/faults/faults.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"
#include "tests/fakes/faults/healthy_traffic.h"

namespace reasonwatch::testing {
namespace {

bool Says(const Incident& incident, std::string_view cause,
          std::string_view evidence) {
  return std::any_of(incident.causes.begin(), incident.causes.end(),
                     [&](const Cause& c) {
                       return c.cause == cause &&
                              c.evidence.find(evidence) != std::string::npos;
                     });
}

bool Sits(const Incident& incident, std::string_view where) {
  return std::any_of(incident.signals.begin(), incident.signals.end(),
                     [&](const IncidentSignal& s) {
                       const auto& strata = s.finding.strata;
                       return std::find(strata.begin(), strata.end(), where) !=
                              strata.end();
                     });
}

struct Own {
  Fault fault;
  double share;
};

class Faults : public ::testing::TestWithParam<Own> {};

TEST_P(Faults, AreFoundByTheirOwnSignal) {
  const Plan plan{.fault = GetParam().fault, .share = GetParam().share};
  const DrillReport report = Drill(plan, 7, 1500);
  EXPECT_TRUE(report.clean_before);
  EXPECT_GT(report.delay, 0) << FaultName(plan.fault) << " at " << plan.share;
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    ::testing::Values(Own{Fault::kStripMarkers, 1},
                      Own{Fault::kStripMarkers, .1}, Own{Fault::kSymbols, 1},
                      Own{Fault::kSymbols, .1}, Own{Fault::kGarbage, 1},
                      Own{Fault::kGarbage, .1}, Own{Fault::kLoop, 1},
                      Own{Fault::kLoop, .1}, Own{Fault::kLanguage, 1},
                      Own{Fault::kLanguage, .1}, Own{Fault::kContradict, 1},
                      Own{Fault::kContradict, .1}, Own{Fault::kTruncate, 1},
                      Own{Fault::kTruncate, .1}, Own{Fault::kShorten, 1},
                      Own{Fault::kShorten, .1}, Own{Fault::kOneSentence, 1},
                      Own{Fault::kOneSentence, .1}, Own{Fault::kFail, 1},
                      Own{Fault::kFail, .3}),
    [](const auto& test) {
      std::string name(FaultName(test.param.fault));
      std::replace(name.begin(), name.end(), ' ', '_');
      return name + "_" +
             std::to_string(static_cast<int>(100 * test.param.share));
    });

TEST(FaultScope, AReplicaIsNamedWithItsShare) {
  const DrillReport report =
      Drill({.fault = Fault::kShorten, .where = Where::kOneReplica}, 7);
  ASSERT_GT(report.delay, 0);
  EXPECT_EQ(report.incident.causes[0].cause, "replica_fault");
  EXPECT_TRUE(
      Says(report.incident, "replica_fault", "replica replica-2 carries") ||
      Says(report.incident, "replica_fault", "only replica replica-2"));
}

TEST(FaultScope, LateTurns) {
  const DrillReport report =
      Drill({.fault = Fault::kShorten, .where = Where::kLateTurns}, 7);
  ASSERT_GT(report.delay, 0);
  EXPECT_TRUE(Sits(report.incident, "turns 6 and later"));
  EXPECT_EQ(report.incident.causes[0].cause, "context_saturation");
}

TEST(FaultScope, TheSameQueryAgainInASession) {
  const DrillReport report =
      Drill({.fault = Fault::kOneSentence, .where = Where::kAskedAgain}, 7);
  EXPECT_TRUE(report.clean_before);
  ASSERT_GT(report.delay, 0);
  EXPECT_TRUE(Sits(report.incident, "what a session asks again"));
}

TEST(FaultScope, AFullContext) {
  const DrillReport report =
      Drill({.fault = Fault::kShorten, .where = Where::kFullContext}, 7);
  ASSERT_GT(report.delay, 0);
  EXPECT_TRUE(Sits(report.incident, "context fill 75 % and over"));
  EXPECT_EQ(report.incident.causes[0].cause, "context_saturation");
}

TEST(FaultScope, ARolloutToATenthIsNamedByItsFingerprint) {
  const DrillReport report = Drill(
      {.fault = Fault::kShorten, .share = .1, .where = Where::kCanary}, 7);
  ASSERT_GT(report.delay, 0);
  EXPECT_EQ(report.incident.causes[0].cause, "version_change");
  EXPECT_TRUE(
      Says(report.incident, "version_change", "fingerprint fp-canary carries"));
}

TEST(FaultCauses, PaddingThatIsWrong) {
  const DrillReport report = Drill({.fault = Fault::kPad}, 7);
  ASSERT_GT(report.delay, 0);
  EXPECT_EQ(report.incident.causes[0].cause, "reward_hacking");
}

TEST(FaultSeverity, AModelThatLoopsIsOverTheFloorOfBrokenOutput) {
  const DrillReport report = Drill({.fault = Fault::kLoop}, 7);
  ASSERT_GT(report.delay, 0);
  Finding finding;
  for (const IncidentSignal& s : report.incident.signals)
    if (s.signal == Signal::kRepetitionLoop) finding = s.finding;
  EXPECT_GT(finding.effect.value, .2);
}

TEST(HealthyTraffic, RaisesNothing) {
  const DrillReport report =
      Drill({.fault = Fault::kLoop, .share = 0}, 11, 2000);
  EXPECT_TRUE(report.clean_before);
  EXPECT_TRUE(report.opened.empty());
}

TEST(HealthyTraffic, IsTheSameForASeed) {
  HealthyTraffic a(3);
  HealthyTraffic b(3);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(a.Next().content, b.Next().content);
}

}  // namespace
}  // namespace reasonwatch::testing
