// SPDX-License-Identifier: Apache-2.0
// A rescorer over the real database, in a process that is killed again and
// again: no job is lost, no question repeated, no verdict lost on its way.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "incidents/incident_book.h"
#include "rescore/rescorer.h"
#include "tests/rescore/fake_client.h"
#include "tests/storage/store_test_util.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kIdBytes = 24;

// Writes the id of every question into a pipe before it answers. So many of a
// hundred answers are wrong; at 17, while the baseline has 12.5, a campaign is
// long.
class ReportingClient : public ModelClient {
 public:
  ReportingClient(int fd, int wrong) : fd_(fd), wrong_(wrong) {}
  absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) override {
    // Log-probabilities are no part of the campaign.
    if (request.top_logprobs > 0) return std::vector<Response>{Response()};
    if (request.id.size() != kIdBytes ||
        write(fd_, request.id.data(), kIdBytes) != kIdBytes)
      _exit(4);
    absl::SleepFor(absl::Milliseconds(2));
    Response r;
    r.content = StableHash(request.id) % 100 < static_cast<uint64_t>(wrong_)
                    ? "wrong"
                    : "right";
    return std::vector<Response>{r};
  }
  absl::StatusOr<LoadReading> Load() override {
    return absl::UnimplementedError("no metrics");
  }
  absl::StatusOr<Regime> ReadRegime(std::string_view) override {
    return Regime();
  }

 private:
  const int fd_;
  const int wrong_;
};

// A campaign until its verdict, or until it is killed.
[[noreturn]] void AskUntilKilled(const std::string& folder, int fd) {
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) _exit(2);
  WallClock clock;
  FakeEvaluator evaluator;
  ReportingClient client(fd, /*wrong=*/17);
  bool emitted = false;
  RescorerOptions rescore;
  rescore.localise = false;
  RescoreEndpoints endpoints;
  endpoints.watched = &client;
  Rescorer rescorer(rescore, endpoints, clock, evaluator, store->get(),
                    [&](const Verdict&) { emitted = true; });
  rescorer.SetProblems(
      std::make_shared<const ProblemSet>(UniformProblems(64, 16, 2)));
  Incident incident;
  incident.id = "inc-000000000001";
  incident.model = "m";
  incident.confirmation = Confirmation::kPending;
  incident.signals.resize(1);
  incident.signals[0].signal = Signal::kConsistencyRegression;
  if (!rescorer.Resume({incident}).ok()) _exit(3);
  while (!emitted) rescorer.Step();
  incident.closed = absl::Now();
  rescorer.Observe(incident);
  rescorer.Step();
  _exit(0);
}

TEST(RescoreCrash, LosesNoJobAndRepeatsAtMostTheQuestionUnderWay) {
  TempFolder folder;
  std::mt19937 random(7);
  std::set<std::string> answered;
  std::string under_way;
  size_t jobs = 0;
  bool ended = false;
  int kills = 0;
  for (int round = 0; round < 200 && !ended; ++round) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) AskUntilKilled(folder.path(), fds[1]);
    close(fds[1]);
    // The first twenty rounds end wherever they are.
    const bool kills_it = kills < 20;
    int questions = std::uniform_int_distribution<int>(0, 3)(random);
    std::vector<std::string> asked;
    std::array<char, kIdBytes> id{};
    const auto read_id = [&] {
      if (read(fds[0], id.data(), kIdBytes) != static_cast<ssize_t>(kIdBytes))
        return false;
      asked.emplace_back(id.data(), kIdBytes);
      return true;
    };
    if (kills_it) {
      while (questions-- > 0 && read_id()) continue;
      usleep(std::uniform_int_distribution<unsigned>(0, 6000)(random));
      kill(child, SIGKILL);
      ++kills;
    }
    while (read_id()) continue;
    close(fds[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ended = WIFEXITED(status);
    if (ended) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
    }
    for (size_t i = 0; i < asked.size(); ++i) {
      if (i == 0 && asked[i] == under_way) continue;
      EXPECT_FALSE(answered.contains(asked[i])) << asked[i] << " asked twice";
      EXPECT_NE(asked[i], under_way);
      answered.insert(asked[i]);
    }
    if (!asked.empty()) under_way = asked.back();

    auto store = OpenOrDie(InFolder(folder));
    const auto all = store->LoadRescoreJobs(absl::InfinitePast());
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_GE(all->size(), jobs);
    jobs = all->size();
    size_t samples = 0;
    for (const RescoreJob& job : *all) samples += job.samples.size();
    // All but the one under way.
    EXPECT_GE(samples + 1, answered.size());
    EXPECT_LE(samples, answered.size());
    if (!ended) continue;
    EXPECT_EQ(jobs, 64u);
    for (const RescoreJob& job : *all) EXPECT_TRUE(job.done()) << job.id;
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(kills, 20);
}

enum class Life { kDiesWithTheVerdict, kAppliesIt, kHasApplied };

// The part of the daemon between a rescorer's verdict and the stored incident.
[[noreturn]] void LiveOnce(const std::string& folder, int fd, Life life) {
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) _exit(2);
  auto stored = (*store)->LoadIncidents(/*open_only=*/true, 0);
  if (!stored.ok() || stored->size() != 1) _exit(3);
  IncidentBook book({.can_confirm = true});
  book.Restore(*std::move(stored), {});
  WallClock clock;
  FakeEvaluator evaluator;
  ReportingClient client(fd, /*wrong=*/100);
  bool emitted = false;
  RescorerOptions rescore;
  rescore.localise = false;
  RescoreEndpoints endpoints;
  endpoints.watched = &client;
  Rescorer rescorer(rescore, endpoints, clock, evaluator, store->get(),
                    [&](const Verdict& verdict) {
                      if (life == Life::kDiesWithTheVerdict) raise(SIGKILL);
                      emitted = true;
                      const auto event = book.ApplyVerdict(verdict);
                      if (!event.has_value()) _exit(4);
                      if (!(*store)->PutIncidents({event->incident}, {}).ok() ||
                          !(*store)->Flush(absl::Seconds(10)).ok())
                        _exit(5);
                    });
  rescorer.SetProblems(
      std::make_shared<const ProblemSet>(UniformProblems(64, 16, 2)));
  if (!rescorer.Resume(book.Open()).ok()) _exit(6);
  if (life == Life::kHasApplied)
    for (int i = 0; i < 5; ++i) rescorer.Step();
  else
    while (!emitted) rescorer.Step();
  _exit(emitted == (life == Life::kAppliesIt) ? 0 : 7);
}

// Returns the number of questions that one life has asked.
int QuestionsOf(const std::string& folder, Life life, int* status) {
  int fds[2];
  if (pipe(fds) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) LiveOnce(folder, fds[1], life);
  close(fds[1]);
  int questions = 0;
  std::array<char, kIdBytes> id{};
  while (read(fds[0], id.data(), kIdBytes) == static_cast<ssize_t>(kIdBytes))
    ++questions;
  close(fds[0]);
  if (waitpid(child, status, 0) != child) return -1;
  return questions;
}

TEST(RescoreCrash, AVerdictLostBetweenEmissionAndStoreIsDecidedAgain) {
  TempFolder folder;
  {
    auto store = OpenOrDie(InFolder(folder));
    Incident incident;
    incident.id = "inc-000000000001";
    incident.model = "m";
    incident.confirmation = Confirmation::kPending;
    incident.signals.resize(1);
    incident.signals[0].signal = Signal::kConsistencyRegression;
    incident.signals[0].finding.model = "m";
    ASSERT_TRUE(store->PutIncidents({incident}, {}).ok());
    ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  }
  const auto confirmation = [&] {
    auto store = OpenOrDie(InFolder(folder));
    return store->LoadIncident("inc-000000000001")->confirmation;
  };
  int status = 0;
  EXPECT_GT(QuestionsOf(folder.path(), Life::kDiesWithTheVerdict, &status), 1);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(confirmation(), Confirmation::kPending);
  // The samples are on disk, so the verdict needs no further question.
  EXPECT_EQ(QuestionsOf(folder.path(), Life::kAppliesIt, &status), 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(confirmation(), Confirmation::kConfirmed);
  // An incident that has heard its verdict gets no second one.
  EXPECT_EQ(QuestionsOf(folder.path(), Life::kHasApplied, &status), 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace reasonwatch
