// SPDX-License-Identifier: Apache-2.0
// The same responses by two ways, in any order and form, count once each;
// equal responses by one way count as often as they came.
#include "daemon/pipeline/repeat_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "util/strings.h"

namespace reasonwatch {
namespace {

const absl::Time kBegin = absl::FromUnixSeconds(1750000000);

Response Answer(const std::string& way, const std::string& text,
                const std::string& prompt = "2+2?") {
  Response r;
  r.model = "m";
  r.source = way;
  r.prompt = prompt;
  r.content = text;
  return r;
}

// As a tap delivers it that sees the body.
Response Body(const std::string& way, const std::string& text,
              const std::string& prompt = "2+2?") {
  Response r = Answer(way, "", prompt);
  r.content.reset();
  r.body_type = BodyType::kJson;
  r.body = "{\"choices\":[{\"message\":{\"reasoning\":\"hm\",\"content\":" +
           JsonString(text + "\n") + "}}]}";
  r.prompt.clear();
  r.messages_json =
      "[{\"role\":\"user\",\"content\":" + JsonString(prompt) + "}]";
  return r;
}

TEST(RepeatFilter, CountsEachResponseOfTwoWaysOnce) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 50; ++round) {
    RepeatFilter filter;
    absl::Time now = kBegin;
    filter.Repeats(Answer("a", "first"), now);
    filter.Repeats(Body("b", "begin"), now);
    std::vector<Response> all;
    const size_t n = 1 + random() % 40;
    for (size_t i = 0; i < n; ++i) {
      // Some answers are equal to others.
      const std::string text = "It is " + std::to_string(random() % 10) + ".";
      all.push_back(Answer("a", text));
      all.push_back(Body("b", text));
    }
    std::shuffle(all.begin(), all.end(), random);
    size_t counted = 0;
    for (const Response& r : all) {
      now += absl::Milliseconds(random() % 5000);
      counted += !filter.Repeats(r, now);
    }
    EXPECT_EQ(counted, n);
  }
}

TEST(RepeatFilter, LeavesEqualResponsesOfOneWayAlone) {
  RepeatFilter filter;
  filter.Repeats(Answer("b", "other"), kBegin);
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(filter.Repeats(Answer("a", "4"), kBegin));
}

TEST(RepeatFilter, ReadsNothingWhileThereIsOneWay) {
  RepeatFilter filter;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(filter.Repeats(Answer("a", std::to_string(i)), kBegin));
  EXPECT_EQ(filter.size(), 0u);
}

TEST(RepeatFilter, TellsPromptsChoicesModelsAndTimesApart) {
  RepeatFilter filter;
  filter.Repeats(Answer("b", "begin"), kBegin);
  EXPECT_FALSE(filter.Repeats(Answer("a", "4"), kBegin));
  EXPECT_FALSE(filter.Repeats(Answer("b", "4", "3+1?"), kBegin));
  Response r = Answer("b", "4");
  r.sampling.choice_index = 1;
  EXPECT_FALSE(filter.Repeats(r, kBegin));
  r = Answer("b", "4");
  r.model = "m2";
  EXPECT_FALSE(filter.Repeats(r, kBegin));
  r = Answer("b", "4");
  r.origin = Origin::kCanary;
  EXPECT_FALSE(filter.Repeats(r, kBegin));
  EXPECT_FALSE(filter.Repeats(Answer("b", "4"), kBegin + absl::Minutes(11)));
}

TEST(RepeatFilter, KnowsAResponseWithoutTextByItsRequest) {
  RepeatFilter filter;
  Response a;
  a.model = "m";
  a.source = "a";
  a.request_id = "q1";
  Response b = a;
  b.source = "b";
  b.request_id = "q0";
  filter.Repeats(b, kBegin);
  EXPECT_FALSE(filter.Repeats(a, kBegin));
  b.request_id = "q1";
  EXPECT_TRUE(filter.Repeats(b, kBegin));
  EXPECT_FALSE(filter.Repeats(b, kBegin));
  b.request_id.clear();
  EXPECT_FALSE(filter.Repeats(b, kBegin));
}

}  // namespace
}  // namespace reasonwatch
