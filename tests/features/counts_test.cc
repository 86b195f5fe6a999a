// SPDX-License-Identifier: Apache-2.0
#include "features/counts.h"

#include <gtest/gtest.h>

#include <string>

namespace reasonwatch {
namespace {

// A text of about `tokens` tokens of English.
std::string Text(int tokens) {
  std::string text;
  while (text.size() < static_cast<size_t>(tokens) * 4) text += "and so on, ";
  return text;
}

Trace With(int chain, int answer) {
  Trace trace;
  trace.has_text = true;
  trace.reasoning = Text(chain);
  trace.answer = Text(answer);
  return trace;
}

TEST(Counts, OursAreOfTheTextThatIsThere) {
  const OwnCounts own = EstimateCounts(With(300, 100));
  EXPECT_NEAR(static_cast<double>(*own.reasoning), 300, 6);
  EXPECT_NEAR(static_cast<double>(*own.output), 400, 12);
  EXPECT_EQ(EstimateCounts(Trace()).output, std::nullopt);
  Trace hidden = With(0, 100);
  hidden.reasoning_hidden = true;
  EXPECT_EQ(EstimateCounts(hidden).reasoning, std::nullopt);
}

TEST(Counts, AgreeAsFarAsATokenizerCanExplain) {
  Trace trace = With(300, 100);
  EXPECT_EQ(CountsAgree(trace), std::nullopt);
  for (int64_t counted : {150, 400, 1200}) {
    trace.usage.output_tokens = counted;
    EXPECT_EQ(CountsAgree(trace), true) << counted;
  }
  for (int64_t counted : {0, 40, 9000}) {
    trace.usage.output_tokens = counted;
    EXPECT_EQ(CountsAgree(trace), false) << counted;
  }
  // The share of reasoning is compared by itself.
  trace.usage.output_tokens = 400;
  trace.usage.reasoning_tokens = 1;
  EXPECT_EQ(CountsAgree(trace), false);
  trace.usage.reasoning_tokens = 310;
  EXPECT_EQ(CountsAgree(trace), true);
  trace.usage.reasoning_tokens = 500;
  EXPECT_EQ(CountsAgree(trace), false);
}

TEST(Counts, TokensThatNoTextShowsAreNoDifference) {
  Trace call = With(20, 0);
  call.usage.output_tokens = 5000;
  EXPECT_EQ(CountsAgree(call), false);
  call.tool_calls = 1;
  EXPECT_EQ(CountsAgree(call), true);
  // A few tokens beside a short answer are markers.
  Trace small = With(0, 1);
  small.usage.output_tokens = 60;
  EXPECT_EQ(CountsAgree(small), true);
}

}  // namespace
}  // namespace reasonwatch
