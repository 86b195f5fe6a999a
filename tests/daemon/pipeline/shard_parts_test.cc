// SPDX-License-Identifier: Apache-2.0
// The parts of a shard alone: queue, admission, checkpoints, reports.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/pipeline/checkpointer.h"
#include "daemon/pipeline/observer.h"
#include "daemon/pipeline/shard_queue.h"
#include "daemon/pipeline/snapshot_board.h"
#include "daemon/pipeline/stage_timer.h"
#include "daemon/pipeline/stream_admission.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_store.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kNoPatience = absl::ZeroDuration();

TEST(ShardQueue, IsIdleOnlyWhenTheWorkerHoldsNothing) {
  ShardQueue queue(10, 1000);
  EXPECT_TRUE(queue.Offer(Response(), 10).accepted);
  int runs = 0;
  queue.Post([&runs] { ++runs; });
  EXPECT_EQ(queue.waiting(), 1);
  EXPECT_EQ(queue.State().bytes, 10);
  std::stop_source stop;
  ShardQueue::Batch batch;
  ASSERT_TRUE(queue.Drain(stop.get_token(), kNoPatience, 0, batch));
  EXPECT_EQ(batch.responses.size(), 1u);
  for (const auto& task : batch.tasks) task();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(queue.State().bytes, 0);
  stop.request_stop();
  // The worker comes back with a response that waits for its grade, then
  // without one.
  bool idle = false;
  EXPECT_FALSE(queue.Drain(stop.get_token(), kNoPatience, 1, batch));
  std::thread waits([&] {
    queue.WaitUntilIdle();
    idle = true;
  });
  EXPECT_FALSE(queue.Drain(stop.get_token(), kNoPatience, 0, batch));
  waits.join();
  EXPECT_TRUE(idle);
}

TEST(ShardQueue, GivesWhatWaitsBeforeItEnds) {
  ShardQueue queue(100, 1000);
  for (int i = 0; i < 65; ++i) queue.Offer(Response(), 1);
  std::stop_source stop;
  stop.request_stop();
  ShardQueue::Batch batch;
  ASSERT_TRUE(queue.Drain(stop.get_token(), kNoPatience, 0, batch));
  EXPECT_EQ(batch.responses.size(), 64u);
  ASSERT_TRUE(queue.Drain(stop.get_token(), kNoPatience, 0, batch));
  EXPECT_EQ(batch.responses.size(), 1u);
  EXPECT_FALSE(queue.Drain(stop.get_token(), kNoPatience, 0, batch));
  EXPECT_TRUE(batch.responses.empty());
}

TEST(LossGuard, ForgetsALossAfterTheWindow) {
  LossGuard guard;
  for (int i = 0; i < 20; ++i) guard.Count(true);
  EXPECT_FALSE(guard.low_coverage());
  guard.Count(true);
  EXPECT_TRUE(guard.low_coverage());
  for (int i = 0; i < 979; ++i) guard.Count(false);
  EXPECT_TRUE(guard.low_coverage());
  guard.Count(false);
  EXPECT_FALSE(guard.low_coverage());
}

TEST(StreamAdmission, KeepsTheFirstStreams) {
  StreamAdmission streams(2);
  EXPECT_EQ(streams.count(), 1);
  EXPECT_TRUE(streams.Admit("m", "a"));
  EXPECT_TRUE(streams.Admit("m", "b"));
  EXPECT_FALSE(streams.Admit("m", "c"));
  EXPECT_TRUE(streams.Admit("m", "a"));
  EXPECT_FALSE(streams.Admitted("m", "c"));
  EXPECT_EQ(streams.count(), 2);
}

// Counts its reports.
struct Counting : public PipelineObserver {
  void OnStageTime(Stage /*stage*/, absl::Duration duration) override {
    EXPECT_GE(duration, absl::ZeroDuration());
    ++times;
  }
  void OnNotStored(StoreWrite what, std::string_view subject,
                   const absl::Status& why) override {
    EXPECT_FALSE(why.ok());
    refused.emplace_back(what, std::string(subject));
  }
  int times = 0;
  std::vector<std::pair<StoreWrite, std::string>> refused;
};

TEST(Checkpointer, MovesTheTimeOnlyOnceTheStoreHasAcceptedAll) {
  FakeStore store;
  FakeClock clock(absl::FromUnixSeconds(1000));
  Counting seen;
  Checkpointer checkpointer(&store, seen, clock);
  Checkpointer::Pipelines pipelines;
  pipelines["m"] =
      std::make_unique<ModelPipeline>("m", WatchOptions(), IncidentOptions());
  store.SetRefuses(true);
  checkpointer.MarkDirty("m");
  checkpointer.Checkpoint(pipelines, /*all=*/false);
  ASSERT_EQ(seen.refused.size(), 1u);
  EXPECT_EQ(seen.refused[0].first, StoreWrite::kState);
  EXPECT_EQ(seen.refused[0].second, "m");
  store.SetRefuses(false);
  // Nothing of the model has changed, and it is still missing.
  checkpointer.Checkpoint(pipelines, /*all=*/false);
  EXPECT_FALSE(store.LoadFact("checkpoint_ns").ok());
  clock.Advance(absl::Seconds(5));
  checkpointer.MarkDirty("m");
  checkpointer.Checkpoint(pipelines, /*all=*/false);
  ASSERT_TRUE(store.LoadFact("checkpoint_ns").ok());
  EXPECT_EQ(*store.LoadFact("checkpoint_ns"), "1005000000000");
}

TEST(ObserverList, ReportsToEveryObserver) {
  Counting first;
  Counting second;
  SnapshotBoard board;
  ObserverList list;
  list.Add(first);
  list.Add(second);
  list.Add(board);
  { const StageTimer timer(list, Stage::kDetect); }
  EXPECT_EQ(first.times, 1);
  EXPECT_EQ(second.times, 1);
  StreamSnapshot snapshot;
  snapshot.model = "m";
  snapshot.route = "r";
  snapshot.responses = 7;
  list.OnStream(snapshot);
  ASSERT_EQ(board.Snapshots().size(), 1u);
  EXPECT_EQ(board.Snapshots()[0].responses, 7);
  list.OnStreamReset("m", "other");
  EXPECT_EQ(board.Snapshots().size(), 1u);
  list.OnStreamReset("m", "r");
  EXPECT_TRUE(board.Snapshots().empty());
}

}  // namespace
}  // namespace reasonwatch
