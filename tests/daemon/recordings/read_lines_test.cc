// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/read_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "daemon/recordings/bad_lines.h"

namespace reasonwatch {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

FormatPolicy AnyFormat(const std::string& /*model*/) { return {}; }

TEST(RunRead, AddsTheTraceAndKeepsTheRow) {
  std::istringstream in(
      R"({"id":"a","model":"qwen3","content":"<think>so</think>4","note":7,)"
      R"("finish_reason":"stop","usage":{"output_tokens":9}})"
      "\n\n");
  std::ostringstream out;
  std::ostringstream diagnostics;
  ASSERT_TRUE(RunRead(AnyFormat, false, in, out, diagnostics).ok());
  EXPECT_EQ(diagnostics.str(), "");
  const json row = json::parse(out.str());
  EXPECT_EQ(row["id"], "a");
  EXPECT_EQ(row["note"], 7);
  const json& trace = row["trace"];
  EXPECT_EQ(trace["reasoning"], "so");
  EXPECT_EQ(trace["answer"], "4");
  EXPECT_EQ(trace["state"], "well_formed");
  EXPECT_EQ(trace["source"], "text");
  EXPECT_EQ(trace["format"], "qwen3");
  EXPECT_EQ(trace["out"], 9);
  EXPECT_TRUE(trace["rt"].is_null());
  EXPECT_TRUE(trace["own_out"].is_number());
  EXPECT_EQ(trace["counts_agree"], true);
  EXPECT_EQ(trace["f_stop_empty"], false);
  EXPECT_EQ(trace["error"], "");
}

TEST(RunRead, ForAPersonEachKeyIsALine) {
  std::istringstream in(R"({"id":"a","model":"m","content":"4"})");
  std::ostringstream out;
  std::ostringstream diagnostics;
  ASSERT_TRUE(RunRead(AnyFormat, true, in, out, diagnostics).ok());
  EXPECT_THAT(out.str(), HasSubstr("answer      \"4\"\n"));
  EXPECT_THAT(out.str(), HasSubstr("reasoning   null\n"));
  EXPECT_THAT(out.str(), Not(HasSubstr("trace")));
}

TEST(RunRead, BadLinesAreSkippedWithoutTheirText) {
  std::istringstream in(
      "secret\n{\"content\":\"secret\"}\n"
      "{\"model\":\"m\",\"content\":\"4\"}\n");
  std::ostringstream out;
  std::ostringstream diagnostics;
  EXPECT_TRUE(RunRead(AnyFormat, false, in, out, diagnostics).ok());
  EXPECT_THAT(diagnostics.str(), HasSubstr("line 1: "));
  EXPECT_THAT(diagnostics.str(), HasSubstr("line 2: "));
  EXPECT_THAT(diagnostics.str(), Not(HasSubstr("secret")));
  std::istringstream none("secret\n");
  EXPECT_EQ(RunRead(AnyFormat, false, none, out, diagnostics).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BadLines, AreCappedAndSummedUp) {
  std::ostringstream messages;
  BadLines bad(messages, "f:");
  for (int64_t line = 1; line <= 250; ++line) bad.Add(line, "why");
  bad.Finish();
  EXPECT_EQ(bad.count(), 250);
  EXPECT_THAT(messages.str(), HasSubstr("f:100: why\n"));
  EXPECT_THAT(messages.str(), Not(HasSubstr("f:101: ")));
  EXPECT_THAT(messages.str(), HasSubstr("150 further bad lines, 250 in all"));
}

}  // namespace
}  // namespace reasonwatch
