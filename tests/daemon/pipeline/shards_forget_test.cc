// SPDX-License-Identifier: Apache-2.0
// The made-up model of the self-test in running shards, and how it is
// forgotten.
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "core/selftest.h"
#include "tests/daemon/pipeline/shards_rig.h"

namespace reasonwatch {
namespace {

std::vector<Response> MadeUp(int first, int n, bool collapsed, Origin origin,
                             const std::string& model) {
  TrafficOptions options = collapsed ? Collapsed() : WithoutEnds();
  options.model = model;
  std::vector<Response> rows = Traffic(first, n, options);
  for (Response& row : rows) row.origin = origin;
  return rows;
}

std::vector<StateBlob> StoredIn(FakeStore& store) {
  auto state = store.LoadState();
  EXPECT_TRUE(state.ok());
  return *std::move(state);
}

void Forget(Rig& rig, const std::string& model) {
  std::promise<void> gone;
  rig.shards.Forget(model, [&] { gone.set_value(); });
  gone.get_future().wait();
}

TEST(SelftestModel, IsWatchedForTheSelfTestAndForNobodyElse) {
  const std::string model(kSelftestModel);
  Rig rig(Sensitive());
  rig.shards.Start();
  rig.Offer(MadeUp(0, 20, false, Origin::kSelftest, model));
  rig.Offer(MadeUp(20, 20, false, Origin::kLive, model));
  rig.Offer(MadeUp(40, 20, false, Origin::kCanary, model));
  rig.Offer(MadeUp(60, 20, false, Origin::kSelftest, "another"));
  rig.shards.Drain();
  EXPECT_EQ(rig.seen.scored, 20);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_responses_total{model=\"reasonwatch-selftest\","
                "outcome=\"not_live\",route=\"r\"} 40"));
  EXPECT_TRUE(rig.Shows(
      "reasonwatch_responses_total{model=\"other\",outcome=\"not_live\","
      "route=\"other\"} 20"));
}

TEST(SelftestModel, IsForgottenWithItsIncidentAndItsQueue) {
  const std::string model(kSelftestModel);
  FakeStore store;
  Rig rig(Sensitive(), &store);
  rig.shards.Start();
  rig.Offer(MadeUp(0, 60, false, Origin::kLive, "other"));
  for (int round = 0; round < 2; ++round) {
    const int begin = round * 1000;
    rig.Offer(MadeUp(begin, 850, false, Origin::kSelftest, model));
    rig.Offer(MadeUp(begin + 850, 100, true, Origin::kSelftest, model));
    // Behind responses that still wait, so that none makes the model anew.
    Forget(rig, model);
    const std::vector<IncidentEvent> events = rig.Events();
    ASSERT_FALSE(events.empty());
    // Its first response of the second round meets nothing of the first one.
    EXPECT_EQ(events.front().incident.model, model);
    EXPECT_FALSE(events.back().incident.open());
    for (const StateBlob& blob : StoredIn(store)) EXPECT_NE(blob.key, model);
    EXPECT_TRUE(store.LoadIncidents(false, 0)->empty());
    for (const StreamSnapshot& s : rig.board.Snapshots())
      EXPECT_NE(s.model, model);
    {
      MutexLock lock(rig.seen.mutex);
      rig.seen.events.clear();
    }
  }
  // The other model is still there.
  rig.Offer(MadeUp(60, 5, false, Origin::kLive, "other"));
  rig.shards.Drain();
  rig.shards.Stop();
  ASSERT_EQ(rig.board.Snapshots().size(), 1u);
  EXPECT_EQ(rig.board.Snapshots().front().model, "other");
  for (const StateBlob& blob : StoredIn(store)) EXPECT_EQ(blob.key, "other");
}

}  // namespace
}  // namespace reasonwatch
