// SPDX-License-Identifier: Apache-2.0
// The way to an incident, written to a file and replayed from it, and files
// that are damaged.
#include "daemon/recordings/replay_bundle.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/app/config/config.h"
#include "daemon/app/settings.h"
#include "daemon/evidence/run_files.h"
#include "daemon/pipeline/model_pipeline.h"
#include "evaluator/standard_evaluator.h"
#include "tests/daemon/pipeline/traffic.h"

namespace reasonwatch {
namespace {

// The files' own times are those of the machine.
const absl::Time kNow = absl::Now();
constexpr int64_t kLarge = int64_t{64} << 20;

WatchOptions Settings() {
  Config config = DefaultConfig();
  config.false_alarms.mean_responses = 1e4;
  WatchOptions options = WatchOptionsOf(config);
  options.reference.quarantine = 50;
  return options;
}

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "bundleXXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Healthy traffic, then traffic that has collapsed, until an incident opens.
// `fit`: the regressions that live traffic asks for are made, which cuts the
// tape.
class Opening {
 public:
  explicit Opening(int healthy, bool fit) {
    pipeline_.KeepTape();
    TrafficOptions traffic;
    traffic.with_ends = false;
    for (const Response& row : Traffic(0, healthy, traffic)) Feed(row, fit);
    traffic.collapsed = true;
    for (const Response& row : Traffic(healthy, 300, traffic)) {
      Feed(row, fit);
      if (!run.findings.empty()) return;
    }
  }
  IncidentRun run;

 private:
  void Feed(const Response& row, bool fit) {
    pipeline_.watch().set_streams(1 + fed_++ / 400);
    for (const IncidentEvent& event :
         pipeline_.Observe(evaluator_.Evaluate(row), false)) {
      if (event.kind != IncidentEvent::Kind::kOpened) continue;
      run.incident = event.incident;
      run.findings.push_back(event.finding);
    }
    if (!run.findings.empty()) run.take = pipeline_.Take().value();
    for (FitJob job = pipeline_.watch().NextFitJob(); fit && !job.rows.empty();
         job = pipeline_.watch().NextFitJob())
      pipeline_.InstallFit(job, FitPromptRegression(job.rows));
  }

  StandardEvaluator evaluator_{"key"};
  ModelPipeline pipeline_{"m", Settings(), IncidentOptions{}};
  int fed_ = 0;
};

TEST(ReplayBundle, OpensTheSameIncidentAgain) {
  for (const bool fit : {false, true})
    for (const int healthy : {200, 700, 1400}) {
      SCOPED_TRACE(absl::StrCat(healthy, " healthy, fit ", fit));
      const Opening opening(healthy, fit);
      ASSERT_FALSE(opening.run.findings.empty());
      EXPECT_LE(opening.run.take.rows.size(), 2 * ReplayTape::kRows);
      Folder folder;
      RunFiles files(folder.path() + "/runs", kLarge, absl::Hours(1));
      ASSERT_TRUE(files.Put(opening.run, "log: {level: info}\n", kNow).ok());
      const std::string path = files.PathOf(opening.run.incident.id);
      struct stat info = {};
      ASSERT_EQ(::stat(path.c_str(), &info), 0);
      EXPECT_EQ(info.st_mode & 0777, 0600u);
      const auto bundle = ReadBundle(path);
      ASSERT_TRUE(bundle.ok()) << bundle.status();
      EXPECT_EQ(bundle->config_yaml, "log: {level: info}\n");
      const auto replay = ReplayBundle(*bundle, Settings(), IncidentOptions{});
      ASSERT_TRUE(replay.ok()) << replay.status();
      EXPECT_TRUE(replay->agrees());
      EXPECT_EQ(replay->findings.size(), opening.run.findings.size());
      // Nothing but the last response opens it.
      ASSERT_FALSE(replay->events.empty());
      EXPECT_EQ(replay->events.front().finding.response_id,
                opening.run.findings.front().response_id);
    }
}

TEST(ReplayBundle, SaysThatAnotherBudgetOrAnotherStateDiffers) {
  const Opening opening(1400, /*fit=*/false);
  ASSERT_FALSE(opening.run.findings.empty());
  Folder folder;
  RunFiles files(folder.path() + "/runs", kLarge, absl::Hours(1));
  ASSERT_TRUE(files.Put(opening.run, "", kNow).ok());
  auto bundle = ReadBundle(files.PathOf(opening.run.incident.id));
  ASSERT_TRUE(bundle.ok());
  WatchOptions never = Settings();
  never.budget.mean_responses = 1e300;
  const auto other = ReplayBundle(*bundle, never, IncidentOptions{});
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other->agrees());
  bundle->take.state.clear();
  const auto empty = ReplayBundle(*bundle, Settings(), IncidentOptions{});
  ASSERT_TRUE(empty.ok());
  EXPECT_FALSE(empty->agrees());
}

TEST(ReplayBundle, RefusesADamagedFile) {
  const Opening opening(200, /*fit=*/false);
  ASSERT_FALSE(opening.run.findings.empty());
  Folder folder;
  RunFiles files(folder.path() + "/runs", kLarge, absl::Hours(1));
  ASSERT_TRUE(files.Put(opening.run, "", kNow).ok());
  std::ifstream in(files.PathOf(opening.run.incident.id));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const auto read = [&](const std::vector<std::string>& some) {
    const std::string path = folder.path() + "/damaged.jsonl";
    std::ofstream out(path);
    for (const std::string& line : some) out << line << "\n";
    out.close();
    return ReadBundle(path);
  };
  EXPECT_TRUE(read(lines).ok());
  auto without_last = lines;
  without_last.pop_back();
  EXPECT_EQ(read(without_last).status().code(), absl::StatusCode::kDataLoss);
  auto without_head = lines;
  without_head.erase(without_head.begin());
  EXPECT_EQ(read(without_head).status().code(),
            absl::StatusCode::kFailedPrecondition);
  auto with_junk = lines;
  with_junk[1] = "\xff{";
  const auto junk = read(with_junk);
  EXPECT_EQ(junk.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(junk.status().message().find(":2:"), std::string::npos);
  EXPECT_EQ(ReadBundle(folder.path() + "/absent").status().code(),
            absl::StatusCode::kNotFound);
  // A bit of the state or of a response that has flipped.
  for (const char* part : {"\"state\"", "\"row\""}) {
    auto flipped = lines;
    for (std::string& line : flipped)
      if (line.find(part) != std::string::npos) {
        const size_t at = line.find("\"bytes\":\"") + 20;
        line[at] = line[at] == 'A' ? 'B' : 'A';
        break;
      }
    const auto bundle = read(flipped);
    ASSERT_TRUE(bundle.ok());
    const auto replay = ReplayBundle(*bundle, Settings(), IncidentOptions{});
    EXPECT_EQ(replay.status().code(), absl::StatusCode::kDataLoss) << part;
  }
}

TEST(RunFiles, AreBoundedInSizeAndTimeAndKeepTheFirstOpening) {
  IncidentRun run;
  run.findings.emplace_back();
  const auto put = [&](RunFiles& files, const std::string& id, size_t bytes,
                       absl::Time now) {
    run.incident.id = id;
    run.take.rows = {{"tape_row", "m", 1, std::string(bytes, 'x')}};
    return files.Put(run, "", now);
  };
  Folder folder;
  RunFiles files(folder.path() + "/runs", 10000, absl::Hours(1));
  EXPECT_EQ(put(files, "inc-large", 20000, kNow).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(put(files, "../inc", 10, kNow).code(),
            absl::StatusCode::kInvalidArgument);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(put(files, absl::StrCat("inc-", 10 + i), 1500, kNow).ok());
    EXPECT_LE(files.bytes(), 10000);
    EXPECT_TRUE(
        std::filesystem::exists(files.PathOf(absl::StrCat("inc-", 10 + i))));
  }
  EXPECT_FALSE(std::filesystem::exists(files.PathOf("inc-10")));
  const auto size = std::filesystem::file_size(files.PathOf("inc-29"));
  ASSERT_TRUE(put(files, "inc-29", 10, kNow).ok());
  EXPECT_EQ(std::filesystem::file_size(files.PathOf("inc-29")), size);
  files.Expire(kNow + absl::Hours(2));
  EXPECT_EQ(files.bytes(), 0);
}

}  // namespace
}  // namespace reasonwatch
