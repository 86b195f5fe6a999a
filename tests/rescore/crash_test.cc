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
#include "core/strings.h"
#include "rescore/rescorer.h"
#include "tests/rescore/fake_client.h"
#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

constexpr size_t kIdBytes = 24;

class WallClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// Tells every question before it answers, and fails often enough that the
// campaign is long.
class TellingClient : public ModelClient {
 public:
  explicit TellingClient(int fd) : fd_(fd) {}
  absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) override {
    // Log-probabilities are no part of the campaign.
    if (request.top_logprobs > 0) return std::vector<Response>{Response()};
    if (request.id.size() != kIdBytes ||
        write(fd_, request.id.data(), kIdBytes) != kIdBytes)
      _exit(4);
    absl::SleepFor(absl::Milliseconds(2));
    Response r;
    r.content = StableHash(request.id) % 100 < 17 ? "wrong" : "right";
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
};

// A campaign until its verdict, or until it is killed.
[[noreturn]] void AskUntilKilled(const std::string& folder, int fd) {
  SqliteStoreOptions options;
  options.folder = folder;
  auto store = OpenSqliteStore(options);
  if (!store.ok()) _exit(2);
  WallClock clock;
  FakeEvaluator evaluator;
  TellingClient client(fd);
  bool told = false;
  RescorerOptions rescore;
  rescore.localise = false;
  RescoreEndpoints endpoints;
  endpoints.watched = &client;
  Rescorer rescorer(rescore, endpoints, clock, evaluator, store->get(),
                    [&](const Verdict&) { told = true; });
  rescorer.SetProblems(
      std::make_shared<const ProblemSet>(UniformProblems(64, 16, 2)));
  Incident incident;
  incident.id = "inc-000000000001";
  incident.model = "m";
  incident.confirmation = Confirmation::kPending;
  incident.signals.resize(1);
  incident.signals[0].signal = Signal::kConsistencyRegression;
  if (!rescorer.Resume({incident}).ok()) _exit(3);
  while (!told) rescorer.Step();
  incident.closed = absl::Now();
  rescorer.Note(incident);
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

}  // namespace
}  // namespace reasonwatch
