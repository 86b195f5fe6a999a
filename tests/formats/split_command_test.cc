// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "daemon/recordings/split_lines.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

FormatPolicy AnyFormat(const std::string& /*model*/) { return {}; }

TEST(RunSplit, AddsTheSplitAndKeepsTheRow) {
  std::istringstream in(
      R"({"id":7,"format":"qwen3","text":"<think>a</think>b","streaming":true})"
      "\n"
      R"({"format":"auto","model":"gemma-2","text":"b","thinking":null})"
      "\n");
  std::ostringstream out;
  std::ostringstream diagnostics;
  ASSERT_TRUE(RunSplit(AnyFormat, in, out, diagnostics).ok());
  EXPECT_EQ(diagnostics.str(), "");
  std::istringstream lines(out.str());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first["id"], 7);
  EXPECT_EQ(first["reasoning"], "a");
  EXPECT_EQ(first["content"], "b");
  EXPECT_EQ(first["format"], "qwen3");
  ASSERT_TRUE(std::getline(lines, line));
  const auto second = nlohmann::json::parse(line);
  EXPECT_TRUE(second["reasoning"].is_null());
  EXPECT_EQ(second["format"], "plain");
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(RunSplit, ThinkingOffChangesTheSplit) {
  std::istringstream in(
      R"({"format":"holo2","text":"a</think>b","thinking":false})");
  std::ostringstream out;
  std::ostringstream diagnostics;
  ASSERT_TRUE(RunSplit(AnyFormat, in, out, diagnostics).ok());
  EXPECT_TRUE(nlohmann::json::parse(out.str())["reasoning"].is_null());
}

TEST(RunSplit, ReportsBadLinesByNumberWithoutTheirText) {
  std::istringstream in(
      "secret\n\n[1]\n"
      R"({"text":"b"})"
      "\n"
      R"({"format":"qwen3","text":5})"
      "\n"
      R"({"format":"qwen3","text":"b","model":1})"
      "\n"
      R"({"format":"qwen3","text":"b","thinking":"yes"})"
      "\n"
      R"({"format":"qwen3","text":"b"})"
      "\n");
  std::ostringstream out;
  std::ostringstream diagnostics;
  EXPECT_TRUE(RunSplit(AnyFormat, in, out, diagnostics).ok());
  for (const char* message :
       {"line 1: not JSON", "line 3: not an object", "line 4: \"format\"",
        "line 5: \"text\"", "line 6: \"model\"", "line 7: \"thinking\"",
        "6 bad lines"})
    EXPECT_THAT(diagnostics.str(), HasSubstr(message));
  EXPECT_THAT(diagnostics.str(), Not(HasSubstr("secret")));
  EXPECT_EQ(nlohmann::json::parse(out.str())["content"], "b");
}

TEST(RunSplit, NoUsableLineIsAnError) {
  std::istringstream in("x\n");
  std::ostringstream out;
  std::ostringstream diagnostics;
  EXPECT_EQ(RunSplit(AnyFormat, in, out, diagnostics).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RunSplit, FailedOutputIsAnError) {
  std::istringstream in(R"({"format":"plain","text":"b"})");
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  std::ostringstream diagnostics;
  EXPECT_EQ(RunSplit(AnyFormat, in, out, diagnostics).code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace reasonwatch
