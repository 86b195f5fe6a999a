// SPDX-License-Identifier: Apache-2.0
// Rows of followed files: the state says which of them it holds, so that a
// process after a crash counts the others alone; and what the rows say is saved
// before anybody notes how far a file was read.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "daemon/pipeline/followed_rows.h"
#include "tests/daemon/pipeline/shards_rig.h"

namespace reasonwatch {
namespace {

constexpr uint64_t kFile = 7;

// Rows without ids: only their places can tell that they came before.
void Follow(Rig& rig, int n) {
  TrafficOptions other = WithoutEnds();
  other.model = "other";
  int64_t row = 0;
  for (int i = 0; i < n; ++i) {
    for (Response r :
         {Traffic(i, 1, WithoutEnds())[0], Traffic(i, 1, other)[0]}) {
      r.id.clear();
      ++row;
      while (!rig.shards.OfferPatiently(r, 1000, {kFile, row}))
        absl::SleepFor(absl::Milliseconds(1));
    }
  }
}

TEST(Shards, CountTheRowsOfAFileThatTheirStateDoesNotHold) {
  FakeStore store;
  Rig rig(Sensitive(), &store, /*shard_count=*/2);
  rig.shards.Start();
  Follow(rig, 60);
  std::atomic<int> saved = 0;
  rig.shards.SaveBehind([&](bool all) { saved = all ? 1 : -1; });
  ASSERT_TRUE(WaitFor([&] { return saved != 0; }));
  EXPECT_EQ(saved, 1);
  EXPECT_EQ(rig.seen.scored, 120);
  const auto blobs = store.LoadState();

  Rig next(Sensitive(), nullptr, /*shard_count=*/2);
  ASSERT_TRUE(next.shards.Restore(*blobs, {}).ok());
  next.shards.Start();
  Follow(next, 75);
  next.shards.Drain();
  EXPECT_EQ(next.seen.scored, 30);
  // Another file's rows are others.
  Response r = Traffic(0, 1, WithoutEnds())[0];
  r.id.clear();
  ASSERT_TRUE(next.shards.OfferPatiently(r, 1000, {kFile + 1, 1}));
  next.shards.Drain();
  EXPECT_EQ(next.seen.scored, 31);
}

TEST(Shards, SayThatRowsAreNotSavedIfTheStoreRefusesOrIsNone) {
  FakeStore store;
  Rig rig(Sensitive(), &store);
  rig.shards.Start();
  store.SetRefuses(true);
  Follow(rig, 3);
  std::atomic<int> saved = 0;
  const auto note = [&](bool all) { saved = all ? 1 : -1; };
  rig.shards.SaveBehind(note);
  ASSERT_TRUE(WaitFor([&] { return saved != 0; }));
  EXPECT_EQ(saved, -1);
  Rig none(Sensitive());
  none.shards.Start();
  saved = 0;
  none.shards.SaveBehind(note);
  ASSERT_TRUE(WaitFor([&] { return saved != 0; }));
  EXPECT_EQ(saved, -1);
}

TEST(Shards, WaitForRoomWithoutCountingALoss) {
  Config config = Sensitive();
  config.queue.records = 2;
  Rig rig(config);
  Response r = Traffic(0, 1, WithoutEnds())[0];
  // Nobody works the queue off yet.
  EXPECT_TRUE(rig.shards.OfferPatiently(r, 1000, {}));
  r = Traffic(1, 1, WithoutEnds())[0];
  EXPECT_TRUE(rig.shards.OfferPatiently(r, 1000, {}));
  r = Traffic(2, 1, WithoutEnds())[0];
  const std::string id = r.id;
  EXPECT_FALSE(rig.shards.OfferPatiently(r, 1000, {}));
  EXPECT_EQ(r.id, id);
  rig.shards.Start();
  EXPECT_TRUE(WaitFor([&] { return rig.shards.OfferPatiently(r, 1000, {}); }));
  rig.shards.Drain();
  EXPECT_EQ(rig.seen.scored, 3);
}

TEST(FollowedRows, AreReadBackAndBounded) {
  FollowedRows rows;
  rows.Note({0, 5});
  EXPECT_TRUE(rows.empty());
  for (uint64_t file = 1; file < 3000; ++file)
    rows.Note({file, static_cast<int64_t>(file) * 10});
  FollowedRows again;
  ASSERT_TRUE(again.Parse(rows.Serialize()));
  EXPECT_EQ(again.Serialize(), rows.Serialize());
  EXPECT_TRUE(again.Holds({2999, 29990}));
  EXPECT_FALSE(again.Holds({2999, 29991}));
  EXPECT_FALSE(again.Holds({1, 10}));
  EXPECT_LT(rows.Serialize().size(), 32u * 1024u);
  EXPECT_FALSE(again.Parse("1 2\nnonsense"));
  EXPECT_TRUE(again.Holds({1, 2}));
}

}  // namespace
}  // namespace reasonwatch
