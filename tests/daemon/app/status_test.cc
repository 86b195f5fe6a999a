// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kStreams[] = R"({"streams":[
  {"model":"m","route":"a","state":"provisional","responses":310,
   "responses_per_hour":600,"provisional":{"text":"warnings only: so far"}},
  {"model":"m","route":"","state":"watching","responses":9000,
   "responses_per_hour":null,"provisional":null},
  {"model":"n","route":"b","state":"blind","responses":5}]})";
constexpr char kIncidents[] = R"({"incidents":[
  {"id":"inc-1","severity":"critical","model":"m","route":"a",
   "causes":[{"cause":"version_change"}]},
  {"id":"inc-2","severity":"warning","model":"n","route":"","causes":[]}]})";

TEST(StatusText, SaysHowFarEachStreamIsProtected) {
  const auto text = StatusText(kStreams, kIncidents, Painter());
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, ContainsRegex("m/a +provisional +310 +600 +warnings only: "
                                   "so far\n"));
  EXPECT_THAT(*text, ContainsRegex("m +watching +9000 +- +\n"));
  EXPECT_THAT(*text, ContainsRegex("n/b +blind .*reference lacks\n"));
  EXPECT_THAT(*text,
              ContainsRegex("critical +inc-1 +m/a; likely version_change\n"));
  EXPECT_THAT(*text, ContainsRegex("warning +inc-2 +n\n"));
  EXPECT_THAT(*text, Not(HasSubstr("\x1b")));
}

TEST(StatusText, HasColoursOnATerminalOnly) {
  const auto text = StatusText(kStreams, kIncidents, Painter(true));
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("\x1b[1;31mcritical\x1b[0m"));
}

TEST(StatusText, OfADaemonWithoutTraffic) {
  const auto text =
      StatusText(R"({"streams":[]})", R"({"incidents":[]})", Painter());
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("no stream yet"));
  EXPECT_THAT(*text, HasSubstr("no open incident"));
}

TEST(StatusText, AnotherAnswerIsAnError) {
  for (const char* body : {"", "[]", "<html>", R"({"streams":3})"})
    EXPECT_EQ(StatusText(body, kIncidents, Painter()).status().code(),
              absl::StatusCode::kUnavailable)
        << body;
}

}  // namespace
}  // namespace reasonwatch
