// SPDX-License-Identifier: Apache-2.0
// Reloads, verdicts and the operator's requests to running shards.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/daemon/pipeline/shards_rig.h"

namespace reasonwatch {
namespace {

TEST(Shards, TakeNewBudgetsAndSignalsWhileRunning) {
  Rig rig(Sensitive());
  rig.shards.Start();
  rig.Offer(Traffic(0, 40, WithoutEnds()));
  const auto stream = [&] {
    const auto streams = rig.board.Snapshots();
    return streams.empty() ? StreamSnapshot() : streams.front();
  };
  // The share of length collapse among all signals; the route has .85 of the
  // share that it has with its two replicas.
  double all = 0;
  for (const SignalRow& row : kSignals) all += row.budget_weight;
  const double collapse = kSignals[0].budget_weight;
  const double runaway = kSignals[1].budget_weight;
  const auto opens_at = [&](double threshold) {
    return std::abs(stream().signals[0].threshold / threshold - 1) < 1e-9;
  };
  ASSERT_TRUE(WaitFor([&] { return opens_at(1e4 * all / collapse / .85); }));
  Config fresh = Sensitive();
  fresh.false_alarms.mean_responses = 1e6;
  fresh.signals["length_runaway"].enabled = false;
  rig.shards.Reload(WatchOptionsOf(fresh), IncidentOptionsOf(fresh));
  EXPECT_TRUE(WaitFor(
      [&] { return opens_at(1e6 * (all - runaway) / collapse / .85); }));
  EXPECT_FALSE(stream().signals[1].enabled);
  // A model that comes later has them too.
  TrafficOptions later = WithoutEnds();
  later.model = "later";
  rig.Offer(Traffic(0, 40, later));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_EQ(stream().model, "later");
  EXPECT_TRUE(opens_at(1e6 * (all - runaway) / collapse / .85));
}

TEST(Shards, AVerdictChangesItsIncidentAndIsStored) {
  FakeStore store;
  Rig rig(Sensitive(), &store, /*shard_count=*/1, /*can_confirm=*/true);
  rig.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  ASSERT_FALSE(rig.Events().empty());
  const Incident before = rig.Events().back().incident;
  EXPECT_EQ(before.confirmation, Confirmation::kPending);
  Verdict verdict;
  verdict.kind = VerdictKind::kConfirmed;
  verdict.model = before.model;
  verdict.incident = before.id;
  verdict.differences = {{"fresh_cache", .5, .3, .7, 32, "cache_or_batching"}};
  rig.shards.ApplyVerdict(verdict);
  verdict.incident = "inc-unknown";
  rig.shards.ApplyVerdict(verdict);
  verdict.model = "unknown";
  rig.shards.ApplyVerdict(verdict);
  rig.shards.Drain();
  rig.shards.Stop();
  const Incident after = rig.Events().back().incident;
  EXPECT_EQ(after.confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(after.causes.front().cause, "cache_or_batching");
  EXPECT_EQ(store.LoadIncident(before.id)->confirmation,
            Confirmation::kConfirmed);
  EXPECT_TRUE(rig.Shows("confirmation=\"confirmed\""));
}

TEST(Shards, AShadowSignalOpensNothingUntilItAlerts) {
  Config config = Sensitive();
  for (auto& [name, signal] : config.signals) signal.shadow = true;
  Rig rig(config);
  rig.Import(Traffic(0, 300, WithoutEnds()), true);
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_TRUE(rig.Events().empty());
}

TEST(Shards, CanariesOpenAnIncidentOfAModelWithoutTraffic) {
  FakeStore store;
  const Config config = DefaultConfig();
  Verdict verdict;
  verdict.kind = VerdictKind::kConfirmed;
  verdict.trigger = RescoreTrigger::kCanary;
  verdict.model = "quiet";
  verdict.incident = "inc-0123456789ab";
  verdict.time = absl::Now();
  verdict.samples = 40;
  verdict.failures = 30;
  verdict.pass_rate = .25;
  verdict.baseline_pass_rate = .9;
  verdict.bayes_factor = 1e5;
  verdict.outcomes = {{0xabc, 8, 8, 4, 0}, {0xdef, 8, 7, 4, 4}};
  {
    Rig rig(config, &store, 1, /*can_confirm=*/true);
    rig.shards.Start();
    // A verdict on one problem alone opens nothing.
    Verdict one = verdict;
    one.incident.clear();
    one.problem = 7;
    rig.shards.ApplyVerdict(one);
    rig.shards.ApplyVerdict(verdict);
    rig.shards.ApplyVerdict(verdict);
    ASSERT_TRUE(WaitFor([&] { return !rig.Events().empty(); }));
    rig.shards.Drain();
    EXPECT_EQ(rig.Events()[0].kind, IncidentEvent::Kind::kOpened);
    const Incident incident = rig.Events()[0].incident;
    EXPECT_EQ(incident.id, verdict.incident);
    EXPECT_EQ(incident.severity, Severity::kCritical);
    EXPECT_EQ(incident.scope, Scope::kModel);
    const Finding& finding = incident.signals[0].finding;
    ASSERT_EQ(finding.failing.size(), 1u);
    EXPECT_EQ(finding.failing[0].id, "0000000000000abc");
    EXPECT_EQ(finding.failing[0].passed_before, 8);
    EXPECT_EQ(finding.failing[0].trials_now, 4);
    EXPECT_EQ(finding.families, (std::vector<FamilyCount>{{"", 2, 1}}));
    rig.shards.Stop();
  }
  // The detectors hold nothing of it, and it stays open all the same.
  Rig rig(config, &store, 1, /*can_confirm=*/true);
  ASSERT_TRUE(rig.shards
                  .Restore(*store.LoadState(),
                           *store.LoadIncidents(/*open_only=*/true, 0))
                  .ok());
  rig.shards.Start();
  absl::SleepFor(absl::Milliseconds(1500));
  EXPECT_TRUE(rig.Events().empty());
  verdict.kind = VerdictKind::kNotReproduced;
  rig.shards.ApplyVerdict(verdict);
  ASSERT_TRUE(WaitFor([&] { return !rig.Events().empty(); }));
  EXPECT_EQ(rig.Events()[0].incident.close_reason, "recovered");
  rig.shards.Stop();
}

TEST(Shards, AWantedChangeIsToldToWhoeverRemembersTheModel) {
  Rig rig(DefaultConfig());
  rig.shards.Accept("m", "wanted", {}, {});
  MutexLock lock(rig.seen.mutex);
  EXPECT_EQ(rig.seen.accepted, std::vector<std::string>{"m"});
}

}  // namespace
}  // namespace reasonwatch
