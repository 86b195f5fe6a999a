// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/match_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Problem(int i) {
  return "A cart holds " + std::to_string(20 + i) +
         " crates of pears and loses three of them on a bumpy road. How many "
         "crates arrive?";
}

class MatchLines : public testing::Test {
 protected:
  MatchLines()
      : path_(std::filesystem::temp_directory_path() /
              ("match_lines_test_" + std::to_string(getpid()) + ".jsonl")) {
    std::ofstream out(path_);
    for (int i = 0; i < 6; ++i)
      out << nlohmann::json{{"id", "r" + std::to_string(i)},
                            {"model", "m"},
                            {"prompt", Problem(i)},
                            {"content", "1"},
                            {"problem",
                             {{"id", "p" + std::to_string(i)},
                              {"answer", std::to_string(17 + i)},
                              {"answer_kind", "number"}}}}
                 .dump()
          << "\n";
  }
  ~MatchLines() override { std::filesystem::remove(path_); }

  std::vector<std::string> Match(const std::string& lines) {
    std::istringstream in(lines);
    std::ostringstream out;
    status_ = RunBaselineMatch(path_.string(), in, out, errors_, &counts_);
    std::vector<std::string> matches;
    std::istringstream rows(out.str());
    for (std::string line; std::getline(rows, line);)
      matches.push_back(nlohmann::json::parse(line).at("match"));
    return matches;
  }
  static std::string Row(const std::string& prompt) {
    return nlohmann::json{{"prompt", prompt}}.dump() + "\n";
  }

  const std::filesystem::path path_;
  std::ostringstream errors_;
  MatchCounts counts_;
  absl::Status status_;
};

// The frame is known to the first row already, since the file is read before.
TEST_F(MatchLines, AFrameOfTheFileIsTakenOffFromItsFirstRow) {
  std::string lines;
  for (int i = 0; i < 3; ++i) lines += Row("Velmo tarik sunde.\n" + Problem(i));
  lines += Row("Other tarik sunde.\n" + Problem(3));
  EXPECT_THAT(Match(lines), ElementsAre("exact", "exact", "exact", "near"));
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(counts_.exact, 3);
}

TEST_F(MatchLines, OneProblemAskedOftenTeachesNoFrame) {
  std::string lines;
  for (int i = 0; i < 5; ++i) lines += Row("Velmo tarik sunde.\n" + Problem(1));
  for (const std::string& match : Match(lines)) EXPECT_EQ(match, "near");
}

TEST_F(MatchLines, BadLinesAreNamedOnceAndSkipped) {
  EXPECT_THAT(Match("{\n" + Row(Problem(2)) + "{}\n"), ElementsAre("exact"));
  EXPECT_EQ(counts_.bad_lines, 2);
  EXPECT_THAT(errors_.str(), HasSubstr("line 1: not a JSON object\nline 3: "));
}

TEST_F(MatchLines, VeryManyBadLinesAreSummedUp) {
  std::string lines = Row(Problem(2));
  for (int i = 0; i < 250; ++i) lines += "nonsense\n";
  EXPECT_THAT(Match(lines), ElementsAre("exact"));
  EXPECT_EQ(counts_.bad_lines, 250);
  EXPECT_THAT(errors_.str(), HasSubstr("150 further bad lines, 250 in all"));
  EXPECT_LT(errors_.str().size(), 5000u);
}

}  // namespace
}  // namespace reasonwatch
