// SPDX-License-Identifier: Apache-2.0
// Requests and responses drawn at random: a gateway that only translates is
// never suspected, and one that changes or loses something always is.
#include "features/gateway.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>

#include "core/scored.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

using Random = std::mt19937_64;

int Below(Random& random, int n) {
  return static_cast<int>(random() % static_cast<uint64_t>(n));
}

const std::array<std::string, 6> kEfforts = {"minimal", "low",   "medium",
                                             "high",    "xhigh", "turbo"};

// A wish for reasoning in one of its spellings.
Intent AnyWish(Random& random) {
  Intent intent;
  switch (Below(random, 3)) {
    case 0:
      intent.thinking = Thinking::kOn;
      break;
    case 1:
      intent.effort = kEfforts.at(static_cast<size_t>(Below(random, 6)));
      break;
    default:
      intent.thinking_budget = 1 + Below(random, 32'000);
  }
  if (Below(random, 2) == 0) intent.max_tokens = 1 + Below(random, 64'000);
  return intent;
}

Intent AnyRefusal(Random& random) {
  Intent intent;
  switch (Below(random, 3)) {
    case 0:
      intent.thinking = Thinking::kOff;
      break;
    case 1:
      intent.effort = "none";
      break;
    default:
      intent.thinking_budget = 0;
  }
  return intent;
}

TEST(WishesDiffer, ATranslationIsTheSameWish) {
  Random random(1);
  for (int i = 0; i < 500; ++i) {
    const Intent asked = AnyWish(random);
    EXPECT_FALSE(WishesDiffer(asked, asked));
    // The spelling of another server's, with the first one left out.
    Intent sent = asked;
    sent.effort.clear();
    sent.thinking_budget.reset();
    sent.thinking = Thinking::kOn;
    EXPECT_FALSE(WishesDiffer(asked, sent));
    // A limit that some servers demand.
    if (asked.max_tokens == 0) sent.max_tokens = 4096;
    EXPECT_FALSE(WishesDiffer(asked, sent));
    EXPECT_FALSE(WishesDiffer(AnyRefusal(random), AnyRefusal(random)));
  }
}

TEST(WishesDiffer, SwitchedLeftOutOrChanged) {
  Random random(2);
  for (int i = 0; i < 500; ++i) {
    const Intent asked = AnyWish(random);
    EXPECT_TRUE(WishesDiffer(asked, AnyRefusal(random)));
    EXPECT_TRUE(WishesDiffer(AnyRefusal(random), asked));
    EXPECT_TRUE(WishesDiffer(asked, Intent()));
    EXPECT_TRUE(WishesDiffer(Intent(), AnyRefusal(random)));
    Intent sent = asked;
    if (!asked.effort.empty())
      sent.effort = asked.effort == "low" ? "high" : "low";
    else if (asked.thinking_budget.has_value())
      sent.thinking_budget = *asked.thinking_budget / 2 + 40'000;
    else if (asked.max_tokens > 0)
      sent.max_tokens = asked.max_tokens + 1;
    else
      continue;
    EXPECT_TRUE(WishesDiffer(asked, sent));
  }
}

std::string AnyText(Random& random, int words) {
  std::string text;
  for (int i = 0; i < words; ++i) {
    if (i > 0) text += ' ';
    const int letters = 2 + Below(random, 8);
    for (int j = 0; j < letters; ++j)
      text += static_cast<char>('a' + Below(random, 26));
  }
  return text;
}

// A trace whose server counted all that was generated.
Trace AnyTrace(Random& random, bool counts_reasoning) {
  Trace trace;
  trace.has_text = true;
  trace.finish_reason = "stop";
  trace.reasoning = AnyText(random, 150 + Below(random, 300));
  trace.answer = AnyText(random, 1 + Below(random, 80));
  const auto tokens = [](const std::string& text) {
    return static_cast<int64_t>(text.size()) / 4 + 1;
  };
  if (counts_reasoning) trace.usage.reasoning_tokens = tokens(*trace.reasoning);
  trace.usage.output_tokens = tokens(*trace.reasoning) + tokens(trace.answer);
  return trace;
}

bool Withheld(const Trace& trace, const Response& response = Response(),
              bool lower_bound = false) {
  Scored scored;
  scored.lower_bound = lower_bound;
  ReadGateway(trace, response, scored);
  return scored.reasoning_withheld;
}

TEST(ReadGateway, CountedReasoningThatDidNotComeWasWithheld) {
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    Trace trace = AnyTrace(random, Below(random, 2) == 0);
    EXPECT_FALSE(Withheld(trace));
    if (Below(random, 2) == 0)
      trace.reasoning.reset();
    else
      trace.reasoning = Below(random, 2) == 0 ? "" : " \n";
    EXPECT_TRUE(Withheld(trace)) << trace.answer;
  }
}

TEST(ReadGateway, AModelThatDidNotReasonWithheldNothing) {
  Random random(4);
  for (int i = 0; i < 500; ++i) {
    Trace trace = AnyTrace(random, true);
    trace.reasoning.reset();
    trace.usage.reasoning_tokens = 0;
    if (Below(random, 2) == 0) trace.usage.reasoning_tokens.reset();
    // Formulas and digits have two bytes a token at least.
    trace.usage.output_tokens =
        static_cast<int64_t>(trace.answer.size()) / (2 + Below(random, 3)) +
        Below(random, 8);
    EXPECT_FALSE(Withheld(trace));
  }
}

TEST(ReadGateway, NothingIsSaidOfResponsesThatWouldNotShowIt) {
  Random random(5);
  Trace trace = AnyTrace(random, true);
  trace.reasoning.reset();
  ASSERT_TRUE(Withheld(trace));
  EXPECT_FALSE(Withheld(trace, Response(), true));
  Trace other = trace;
  other.reasoning_hidden = true;
  EXPECT_FALSE(Withheld(other));
  other = trace;
  other.has_text = false;
  EXPECT_FALSE(Withheld(other));
  other = trace;
  other.error = "server_error";
  EXPECT_FALSE(Withheld(other));
  other = trace;
  other.dropped_bytes = 1;
  EXPECT_FALSE(Withheld(other));
  // Tokens that may be those of a tool call or of another choice.
  trace.usage.reasoning_tokens.reset();
  ASSERT_TRUE(Withheld(trace));
  other = trace;
  other.tool_calls = 1;
  EXPECT_FALSE(Withheld(other));
  other = trace;
  other.other_media = true;
  EXPECT_FALSE(Withheld(other));
  Response several;
  several.sampling.n = 4;
  EXPECT_FALSE(Withheld(trace, several));
}

TEST(ReadGateway, ComparesTheRequestsOnlyIfBothAreKnown) {
  Response response;
  response.intent.effort = "high";
  Scored scored;
  ReadGateway(Trace(), response, scored);
  EXPECT_FALSE(scored.request_changed);
  response.sent_intent.emplace();
  ReadGateway(Trace(), response, scored);
  EXPECT_TRUE(scored.request_changed);
  response.sent_intent->effort = "high";
  ReadGateway(Trace(), response, scored);
  EXPECT_FALSE(scored.request_changed);
}

}  // namespace
}  // namespace reasonwatch
