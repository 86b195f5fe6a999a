// SPDX-License-Identifier: Apache-2.0
// State that shards save, restore, import and fit: checkpoints and refused
// writes first, then habits and prefixes, then streams and regressions.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/pipeline/model_pipeline.h"
#include "tests/daemon/pipeline/shards_rig.h"

namespace reasonwatch {
namespace {

TEST(Shards, CheckpointWhatASuccessorGoesOnWith) {
  FakeStore store;
  {
    Rig rig(Sensitive(), &store);
    rig.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
    rig.shards.Start();
    rig.Offer(Traffic(300, 100, WithoutEnds()));
    rig.Offer(Traffic(400, 40, Collapsed()));
    rig.shards.Drain();
    ASSERT_FALSE(rig.Events().empty());
    // As a crash leaves it: nothing is stopped in order.
    ASSERT_TRUE(WaitFor([&] { return store.LoadFact("checkpoint_ns").ok(); }));
    const auto blobs = store.LoadState();
    const auto incidents = store.LoadIncidents(/*open_only=*/true, 0);
    ASSERT_EQ(incidents->size(), 1u);
    Rig next(Sensitive(), &store);
    ASSERT_TRUE(next.shards.Restore(*blobs, *incidents).ok());
    EXPECT_FALSE(next.shards.LastResponses()["m"].empty());
    next.shards.Start();
    next.Offer(Traffic(440, 300, WithoutEnds()));
    next.shards.Drain();
    next.shards.Stop();
    ASSERT_FALSE(next.Events().empty());
    EXPECT_EQ(next.Events().back().kind, IncidentEvent::Kind::kClosed);
    EXPECT_EQ(next.Events().back().incident.id, incidents->front().id);
  }
}

TEST(Shards, StoreTheEvidenceWithTheIncident) {
  FakeStore store;
  Rig rig(Sensitive(), &store);
  rig.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
  // The import is kept before a single response has come.
  EXPECT_EQ(store.calls(), "S");
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  rig.shards.Stop();
  // No incident is followed by anything but others and their state.
  const std::string calls = store.calls();
  ASSERT_NE(calls.find('I'), std::string::npos);
  EXPECT_NE(calls.back(), 'I');
  const auto open = store.LoadIncidents(/*open_only=*/true, 0);
  ASSERT_EQ(open->size(), 1u);
  // The state that lies there knows of every open signal: recovery closes it.
  Rig next(Sensitive(), &store);
  ASSERT_TRUE(next.shards.Restore(*store.LoadState(), *open).ok());
  next.shards.Start();
  next.Offer(Traffic(360, 300, WithoutEnds()));
  next.shards.Drain();
  next.shards.Stop();
  EXPECT_TRUE(store.LoadIncidents(/*open_only=*/true, 0)->empty());
}

TEST(Shards, GoOnWatchingWhileTheStoreRefuses) {
  FakeStore store;
  Rig rig(Sensitive(), &store);
  EXPECT_TRUE(rig.Import(Traffic(0, 300, WithoutEnds()), true));
  store.SetRefuses(true);
  EXPECT_FALSE(rig.Import(Traffic(0, 300, WithoutEnds()), true));
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_FALSE(rig.Events().empty());
}

TEST(Shards, SaveAgainWhatTheStoreHasRefused) {
  FakeStore store;
  Rig rig(DefaultConfig(), &store);
  rig.shards.Start();
  store.SetRefuses(true);
  // Over 256 learnt rows, which are saved once and not again.
  rig.Offer(Traffic(0, 1000, WithoutEnds()));
  rig.shards.Drain();
  absl::SleepFor(absl::Milliseconds(50));
  rig.Offer(Traffic(1000, 1, WithoutEnds()));
  rig.shards.Drain();
  store.SetRefuses(false);
  EXPECT_TRUE(WaitFor([&, sent = 1001]() mutable {
    rig.Offer(Traffic(sent++, 1, WithoutEnds()));
    rig.shards.Drain();
    return store.checkpoints() > 0;
  }));
  ModelPipeline copy("m", WatchOptionsOf(rig.config), {});
  EXPECT_TRUE(copy.Restore(*store.LoadState(), {}).ok());
  ASSERT_NE(copy.watch().reference("r"), nullptr);
  EXPECT_GT(copy.watch().reference("r")->rows(), 256u);
  rig.shards.Stop();
}

TEST(Shards, MineHabitsOnImportAndKeepThem) {
  const std::vector<Response> recorded = Traffic(0, 100, WithoutEnds());
  const Response live = Traffic(500, 1, WithoutEnds()).front();
  TrafficOptions broken = WithoutEnds();
  broken.collapsed = true;
  const Response bare = Traffic(501, 1, broken).front();
  Response cut = live;
  cut.finish_reason = "length";
  FakeStore store;
  std::vector<Habit> mined;
  uint32_t bits = 0;
  {
    Rig rig(DefaultConfig(), &store);
    EXPECT_EQ(rig.evaluator.Evaluate(live).habits_known, 0);
    rig.Import(recorded, /*learn=*/true);
    ASSERT_EQ(rig.evaluator.Habits().count("m"), 1u);
    mined = rig.evaluator.Habits()["m"]->habits();
    const Scored scored = rig.evaluator.Evaluate(live);
    bits = scored.habits;
    EXPECT_NE(bits, 0u);
    EXPECT_EQ(scored.habits_known, mined.size());
    EXPECT_NE(rig.evaluator.Evaluate(bare).habits, bits);
    EXPECT_EQ(rig.evaluator.Evaluate(cut).habits_known, 0);
  }
  ASSERT_FALSE(mined.empty());
  EXPECT_EQ(mined.front().phrase, "Step # looks at the digits");
  Rig next(DefaultConfig(), &store);
  ASSERT_TRUE(next.shards.Restore(*store.LoadState(), {}).ok());
  EXPECT_EQ(next.evaluator.Evaluate(live).habits, bits);
  // The learnt state knows phrases by their places, so they stay.
  next.Import(Traffic(0, 40, broken), /*learn=*/false);
  EXPECT_EQ(next.evaluator.Habits()["m"]->habits(), mined);
}

TEST(Shards, KeepThePrefixThatLiveTrafficHasShown) {
  TrafficOptions bare = WithoutEnds();
  bare.with_prefix = false;
  const std::vector<Response> recorded = Traffic(0, 100, bare);
  const Response live = Traffic(500, 1, WithoutEnds()).front();
  FakeStore store;
  uint64_t learnt = 0;
  {
    Rig rig(DefaultConfig(), &store);
    rig.Import(recorded, /*learn=*/true);
    EXPECT_EQ(rig.evaluator.Evaluate(live).prefix_digest, 0u);
    rig.shards.Start();
    rig.Offer(Traffic(100, 60, WithoutEnds()));
    rig.shards.Drain();
    rig.shards.Stop();
    learnt = rig.evaluator.Evaluate(live).prefix_digest;
    EXPECT_NE(learnt, 0u);
  }
  Rig next(DefaultConfig(), &store);
  ASSERT_TRUE(next.shards.Restore(*store.LoadState(), {}).ok());
  next.Import(recorded, /*learn=*/false);
  EXPECT_EQ(next.evaluator.Evaluate(live).prefix_digest, learnt);
  EXPECT_TRUE(next.evaluator.Evaluate(live).prompt_beginnings.empty());
}

TEST(Shards, CallASilentModelStaleWhileAnotherIsBusy) {
  TrafficOptions silent = WithoutEnds();
  silent.model = "silent";
  std::vector<StateBlob> blobs;
  {
    StandardEvaluator evaluator("key");
    ModelPipeline pipeline("silent", WatchOptionsOf(DefaultConfig()), {});
    for (const Response& r : Traffic(0, 60, silent))
      pipeline.Observe(evaluator.Evaluate(r), false);
    pipeline.set_received(absl::Now() - absl::Hours(25));
    blobs = pipeline.Save(/*all=*/true);
  }
  Rig rig(DefaultConfig());
  ASSERT_TRUE(rig.shards.Restore(blobs, {}).ok());
  rig.shards.Start();
  TrafficOptions busy = WithoutEnds();
  busy.model = "busy";
  rig.Offer(Traffic(0, 60, busy));
  rig.shards.Drain();
  rig.shards.Stop();
  const auto snapshots = rig.board.Snapshots();
  ASSERT_EQ(snapshots.size(), 2u);
  EXPECT_NE(snapshots[0].state, StreamState::kStale);
  EXPECT_EQ(snapshots[1].model, "silent");
  EXPECT_EQ(snapshots[1].state, StreamState::kStale);
}

TEST(Shards, SplitTheBudgetOverRestoredStreamsFromTheFirstResponse) {
  Config config = DefaultConfig();
  std::vector<Response> rows;
  for (const char* model : {"x", "y", "z"}) {
    TrafficOptions options = WithoutEnds();
    options.model = model;
    for (Response& r : Traffic(0, 40, options)) rows.push_back(std::move(r));
  }
  Rig rig(config);
  rig.Import(rows, /*learn=*/true);
  rig.shards.Start();
  rig.shards.Drain();
  rig.shards.Stop();
  // 100,000 responses a month until more is known, on each of 3 streams; 4
  // warnings of all signals together.
  for (const StreamSnapshot& s : rig.board.Snapshots()) {
    double false_warnings = 0;
    for (const SignalSnapshot& signal : s.signals)
      false_warnings += 1e5 / signal.threshold;
    EXPECT_DOUBLE_EQ(3 * false_warnings, 4);
  }
}

TEST(Shards, FitAGrownReferenceInTheBackground) {
  FakeStore store;
  Rig rig(DefaultConfig(), &store);
  rig.shards.Start();
  int sent = 0;
  const auto offer = [&](int n) {
    rig.Offer(Traffic(sent, n, WithoutEnds()));
    sent += n;
  };
  for (int i = 0; i < 12; ++i) {
    offer(100);
    rig.shards.Drain();
  }
  // 1,200 less the 500 in quarantine: more than is fitted in place. Once the
  // fit is in, the saved reference wants none.
  EXPECT_TRUE(WaitFor([&] {
    offer(1);
    rig.shards.Drain();
    ModelPipeline copy("m", WatchOptionsOf(rig.config), {});
    if (!copy.Restore(*store.LoadState(), {}).ok()) return false;
    const StreamReference* reference = copy.watch().reference("r");
    return reference != nullptr && reference->rows() > 400 &&
           !reference->WantsFit();
  }));
  rig.shards.Stop();
}

}  // namespace
}  // namespace reasonwatch
