// SPDX-License-Identifier: Apache-2.0
// The stored baseline as commands change it: trials by regime, revisions, the
// golden reference, freezing, and work beside a running daemon.
#include "storage/baseline_store.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1750000000);

std::unique_ptr<BaselineStore> Open(const TempFolder& folder,
                                    bool read_only = false,
                                    int64_t max_bytes = int64_t{1} << 30) {
  auto store = OpenBaselineStore({.folder = folder.path(),
                                  .read_only = read_only,
                                  .max_bytes = max_bytes});
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    abort();
  }
  return *std::move(store);
}

ImportedProblem Problem(uint64_t digest, const std::string& gold,
                        int32_t trials = 0, int32_t failures = 0,
                        const std::string& build = "") {
  ImportedProblem p;
  p.problem.model = "m";
  p.problem.digest = digest;
  p.problem.id = "p" + std::to_string(digest);
  p.problem.gold = gold;
  p.problem.answer_kind = AnswerKind::kNumber;
  p.problem.trials = trials;
  p.problem.failures = failures;
  p.text.prompt = "words of " + std::to_string(digest);
  p.regime.regime.fingerprint = build;
  return p;
}

TEST(BaselineStore, AddsTrialsByRegimeAndCountsWhatIsNew) {
  TempFolder folder;
  const auto store = Open(folder);
  auto added = store->AddProblems(
      "m", {Problem(1, "42", 4, 1, "old"), Problem(~uint64_t{0}, "7")}, kNow);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->fresh, 2);
  EXPECT_EQ(added->changed, 0);
  added = store->AddProblems("m", {Problem(1, "43", 2, 2, "new")}, kNow);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->fresh, 0);
  EXPECT_EQ(added->changed, 1);
  const auto problems = store->Problems("m").value();
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].digest, ~uint64_t{0});
  EXPECT_EQ(problems[1].gold, "43");
  EXPECT_EQ(problems[1].trials, 6);
  EXPECT_EQ(problems[1].failures, 3);
  const auto trials = store->Trials("m").value();
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(trials[0].regime.regime.fingerprint, "old");
  EXPECT_EQ(trials[0].trials, 4);
  EXPECT_EQ(trials[1].failures, 2);
  EXPECT_EQ(store->Text("m", 1)->prompt, "words of 1");
  EXPECT_TRUE(absl::IsNotFound(store->Text("m", 2).status()));
}

TEST(BaselineStore, ARepeatIsNoNewRevision) {
  TempFolder folder;
  const auto store = Open(folder);
  ASSERT_TRUE(store->AddProblems("m", {Problem(1, "42")}, kNow).ok());
  const int64_t revision = store->Baselines()->front().revision;
  ASSERT_TRUE(store->AddProblems("m", {Problem(1, "42")}, kNow).ok());
  EXPECT_EQ(store->Baselines()->front().revision, revision);
  ASSERT_TRUE(store->AddProblems("m", {Problem(2, "42")}, kNow).ok());
  EXPECT_GT(store->Baselines()->front().revision, revision);
}

TEST(BaselineStore, AReferenceComesWithItsRowsOrNotAtAll) {
  TempFolder folder;
  const auto store = Open(folder);
  const StateBlob blob{"watch", "m", 4, std::string("\0\xff", 2)};
  ASSERT_TRUE(store
                  ->PutReference("m", "You are kind.\n", {Problem(1, "42")},
                                 {3, ~uint64_t{0}}, {blob}, kNow)
                  .ok());
  const BaselineInfo info = store->Baselines()->front();
  EXPECT_EQ(info.prefix, "You are kind.\n");
  EXPECT_EQ(info.responses, 2);
  EXPECT_EQ(info.reference_revision, 1);
  EXPECT_TRUE(info.has_reference);
  EXPECT_EQ(store->Rows("m")->size(), 2u);
  ASSERT_EQ(store->Golden("m")->size(), 1u);
  EXPECT_EQ(store->Golden("m")->front().bytes, blob.bytes);
  // A problem that can't be written takes the rest with it.
  ImportedProblem bad = Problem(9, "1");
  bad.problem.answer_kind = static_cast<AnswerKind>(99);
  EXPECT_FALSE(
      store->PutReference("m", "", {Problem(8, "1"), bad}, {4}, {}, kNow).ok());
  EXPECT_EQ(store->Problems("m")->size(), 1u);
  EXPECT_EQ(store->Rows("m")->size(), 2u);
  EXPECT_EQ(store->Golden("m")->size(), 1u);
  // Problems alone leave the reference as it is.
  ASSERT_TRUE(store->AddProblems("m", {Problem(5, "1")}, kNow).ok());
  EXPECT_EQ(store->Baselines()->front().prefix, "You are kind.\n");
  EXPECT_EQ(store->Baselines()->front().reference_revision, 1);
}

TEST(BaselineStore, FreezeKeepsWhatTheDaemonLearntAndRefusesImports) {
  TempFolder folder;
  auto daemon = OpenOrDie(InFolder(folder));
  ASSERT_TRUE(daemon->PutState({{"watch", "m", 4, "learnt"}}).ok());
  ASSERT_TRUE(daemon->Flush(absl::Seconds(10)).ok());
  const auto store = Open(folder);
  EXPECT_TRUE(absl::IsNotFound(store->Freeze("other", true, kNow)));
  ASSERT_TRUE(store->Freeze("m", true, kNow).ok());
  EXPECT_EQ(store->Golden("m")->front().bytes, "learnt");
  ASSERT_TRUE(daemon->PutState({{"watch", "m", 4, "later"}}).ok());
  ASSERT_TRUE(daemon->Flush(absl::Seconds(10)).ok());
  EXPECT_EQ(store->Golden("m")->front().bytes, "learnt");
  EXPECT_EQ(store->Rolling("m")->front().bytes, "later");
  const auto added = store->AddProblems("m", {Problem(1, "42")}, kNow);
  EXPECT_TRUE(absl::IsFailedPrecondition(added.status())) << added.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(store->Clear("m")));
  ASSERT_TRUE(store->Freeze("m", false, kNow).ok());
  EXPECT_TRUE(store->AddProblems("m", {Problem(1, "42")}, kNow).ok());
}

TEST(BaselineStore, WritesBesideTheDaemon) {
  TempFolder folder;
  auto daemon = OpenOrDie(InFolder(folder));
  const auto store = Open(folder);
  ASSERT_TRUE(store->AddProblems("m", {Problem(1, "42")}, kNow).ok());
  EXPECT_EQ(store->Problems("m")->size(), 1u);
  EXPECT_EQ(store->Text("m", 1)->prompt, "words of 1");
}

TEST(BaselineStore, ClearForgetsAllButWhatIsAgreed) {
  TempFolder folder;
  auto daemon = OpenOrDie(InFolder(folder));
  BaselineProblem agreed;
  agreed.model = "m";
  agreed.digest = 77;
  agreed.kind = ProblemKind::kAgreed;
  ASSERT_TRUE(daemon->PutProblems({agreed}).ok());
  ASSERT_TRUE(daemon->Flush(absl::Seconds(10)).ok());
  const auto store = Open(folder);
  ASSERT_TRUE(store
                  ->PutReference("m", "", {Problem(1, "42", 1)}, {3},
                                 {{"watch", "m", 4, "x"}}, kNow)
                  .ok());
  EXPECT_EQ(store->Baselines()->front().agreed, 1);
  ASSERT_TRUE(store->Clear("m").ok());
  ASSERT_EQ(store->Problems("m")->size(), 1u);
  EXPECT_EQ(store->Problems("m")->front().kind, ProblemKind::kAgreed);
  EXPECT_TRUE(store->Trials("m")->empty());
  EXPECT_TRUE(store->Golden("m")->empty());
  EXPECT_TRUE(store->Rows("m")->empty());
  EXPECT_TRUE(absl::IsNotFound(store->Text("m", 1).status()));
}

ModelEvent Event(const std::string& model, int seconds) {
  ModelEvent e;
  e.time = kNow + absl::Seconds(seconds);
  e.model = model;
  e.kind = "rebase";
  e.old_value = "a";
  e.new_value = "b";
  e.expected = true;
  e.note = "planned";
  return e;
}

TEST(BaselineStore, EventsWaitUntilTheDaemonHasActed) {
  TempFolder folder;
  auto daemon = OpenOrDie(InFolder(folder));
  const auto store = Open(folder);
  ASSERT_TRUE(store->AddEvent(Event("m", 1), true).ok());
  ASSERT_TRUE(store->AddEvent(Event("n", 2), true).ok());
  ASSERT_TRUE(daemon->PutEvent(Event("m", 3)).ok());
  ASSERT_TRUE(daemon->Flush(absl::Seconds(10)).ok());
  const auto pending = store->Pending().value();
  ASSERT_EQ(pending.size(), 2u);
  EXPECT_EQ(pending[0].note, "planned");
  EXPECT_TRUE(pending[0].expected);
  ASSERT_TRUE(
      daemon->PutFact("events_acted/m", std::to_string(pending[0].id)).ok());
  ASSERT_TRUE(daemon->Flush(absl::Seconds(10)).ok());
  ASSERT_EQ(store->Pending()->size(), 1u);
  EXPECT_EQ(store->Pending()->front().model, "n");
  const auto of_m = daemon->LoadEvents("m", kNow, kNow + absl::Seconds(3), 9);
  ASSERT_TRUE(of_m.ok()) << of_m.status();
  ASSERT_EQ(of_m->size(), 2u);
  EXPECT_EQ(of_m->front().time, kNow + absl::Seconds(1));
  EXPECT_EQ(of_m->front().old_value, "a");
  EXPECT_EQ(
      daemon->LoadEvents("", absl::InfinitePast(), absl::InfiniteFuture(), 1)
          ->front()
          .time,
      kNow + absl::Seconds(3));
}

TEST(BaselineStore, ReadsOnlyWhereItIsAskedTo) {
  TempFolder folder;
  EXPECT_TRUE(absl::IsNotFound(
      OpenBaselineStore({.folder = folder.path(), .read_only = true})
          .status()));
  ASSERT_TRUE(Open(folder)->AddProblems("m", {Problem(1, "42")}, kNow).ok());
  const auto reader = Open(folder, /*read_only=*/true);
  EXPECT_EQ(reader->Problems("m")->size(), 1u);
  EXPECT_TRUE(absl::IsFailedPrecondition(
      reader->AddProblems("m", {Problem(2, "42")}, kNow).status()));
}

TEST(BaselineStore, KeepsUnderTheLimitOfTheDatabase) {
  TempFolder folder;
  const auto store = Open(folder, false, /*max_bytes=*/4096);
  const auto added = store->AddProblems("m", {Problem(1, "42")}, kNow);
  EXPECT_TRUE(absl::IsResourceExhausted(added.status())) << added.status();
}

}  // namespace
}  // namespace reasonwatch
