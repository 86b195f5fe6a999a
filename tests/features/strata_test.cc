// SPDX-License-Identifier: Apache-2.0
#include "features/strata/strata.h"

#include <set>

#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

Stratum StratumOf(const Response& r, int64_t window = 0) {
  return MakeStratum(r, ReadPrompt(r), window);
}

TEST(Strata, AreMadeOfTheRequestAlone) {
  Response r;
  r.prompt = "What is 2 + 3?";
  const Stratum before = StratumOf(r);
  r.content = "5";
  r.reasoning = "2 + 3 = 5";
  r.finish_reason = "length";
  r.usage.output_tokens = 12345;
  r.tool_calls = 3;
  EXPECT_EQ(StratumOf(r), before);
}

TEST(Strata, EachWayToAskForThinkingIsItsOwn) {
  std::set<uint64_t> keys;
  for (Thinking thinking : {Thinking::kUnstated, Thinking::kOn, Thinking::kOff})
    for (const char* effort : {"", "none", "minimal", "low", "medium", "high",
                               "xhigh", "max", "turbo"}) {
      Response r;
      r.intent.thinking = thinking;
      r.intent.effort = effort;
      keys.insert(StratumOf(r).Key());
    }
  EXPECT_EQ(keys.size(), 27u);
}

TEST(Strata, FillIsOfTheWindow) {
  Response r;
  r.prompt = "p";
  r.usage.input_tokens = 600;
  EXPECT_EQ(StratumOf(r).fill, 0);
  EXPECT_EQ(StratumOf(r, 1000).fill, 1);
  EXPECT_EQ(StratumOf(r, 800).fill, 2);
  EXPECT_EQ(StratumOf(r, 1201).fill, 0);
  r.context_window = 800;
  EXPECT_EQ(StratumOf(r, 1201).fill, 2);
}

TEST(Strata, TurnsAreOneFewOrMany) {
  Response r;
  const int expected[] = {0, 0, 1, 1, 1, 1, 2, 2};
  for (int turn = 0; turn < 8; ++turn) {
    r.turn = turn;
    EXPECT_EQ(StratumOf(r).turn, expected[turn]) << turn;
  }
}

TEST(Strata, MessagesTellTurnsAndTools) {
  Response r;
  r.messages_json =
      R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"},
          {"role":"user","content":"c"},{"role":"tool","content":"d"}])";
  EXPECT_EQ(StratumOf(r).turn, 1);
  EXPECT_EQ(StratumOf(r).tool, 1);
}

TEST(Strata, LengthOfThePromptCutsOnlyRowsWithoutText) {
  Response r;
  r.usage.input_tokens = 5000;
  const Stratum without = StratumOf(r);
  EXPECT_GT(without.prompt_length, 0);
  r.usage.input_tokens = 20;
  EXPECT_NE(StratumOf(r).prompt_length, without.prompt_length);
  r.prompt = "text";
  EXPECT_EQ(StratumOf(r).prompt_length, 0);
}

TEST(Strata, TheCallersTaskIsItsOwn) {
  Response r;
  r.task = "sql";
  const Stratum sql = StratumOf(r);
  r.task = "chat";
  EXPECT_NE(StratumOf(r), sql);
  EXPECT_GT(sql.task, 0);
}

}  // namespace
}  // namespace reasonwatch
