// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/incident_story.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "daemon/api/incident_json.h"

namespace reasonwatch {
namespace {

const absl::Time kOnset = absl::FromUnixSeconds(1800000000);

// 30 minutes before the onset, as many after it.
Story Drawn(double before, double since, const std::string& unit) {
  Story story;
  story.sentence = "Reasoning is shorter";
  SignalPicture& signal = story.picture.signals.emplace_back();
  signal.title = "reasoning tokens";
  signal.unit = unit;
  signal.expected.value = before;
  signal.now.value = since;
  signal.affected = 9;
  signal.seen = 10;
  for (int minute = -30; minute < 30; ++minute) {
    PicturePoint& point = signal.points.emplace_back();
    point.time = kOnset + absl::Minutes(minute);
    point.value = minute < 0 ? before : since;
  }
  return story;
}

std::string LineWith(const std::string& text, const std::string& word) {
  const size_t at = text.find(word);
  if (at == std::string::npos) return "";
  const size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST(StoryText, HasTheSentenceTheNumbersAndAPlotWithItsOnset) {
  const std::string text =
      StoryText(StoryJson(Drawn(800, 100, "tokens")), kOnset);
  EXPECT_TRUE(text.starts_with("Reasoning is shorter.\n"));
  EXPECT_EQ(LineWith(text, "usually"),
            "  reasoning tokens: 100, usually 800; 9 of 10 responses affected");
  const std::string bars = LineWith(text, "█");
  EXPECT_NE(bars.find("▁"), std::string::npos);
  EXPECT_LT(bars.find("█"), bars.find("▁"));
  const std::string mark = LineWith(text, "^ began");
  EXPECT_NEAR(static_cast<double>(mark.find('^')), 4 + kPlotColumns / 2.0, 1.5);
}

TEST(StoryText, ShowsSharesInPercentAndTimesWithoutResponses) {
  Story story = Drawn(.1, .9, "share");
  auto& points = story.picture.signals[0].points;
  points.erase(points.begin() + 10, points.begin() + 20);
  const std::string text = StoryText(StoryJson(story), kOnset);
  EXPECT_NE(text.find("90.0 %, usually 10.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("▁........"), std::string::npos) << text;
}

TEST(StoryText, TakesWhateverIsStored) {
  EXPECT_EQ(StoryText("", kOnset), "");
  EXPECT_EQ(StoryText("[]", kOnset), "");
  const std::string good = StoryJson(Drawn(800, 100, "tokens"));
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bad = good;
    for (int i = 0; i < 4; ++i)
      bad[random() % bad.size()] = static_cast<char>(random() % 256);
    StoryText(bad, kOnset);
  }
  for (
      const char* text :
      {R"({"sentence":3,"picture":{"signals":[3,{"title":"t","points":[1]}]}})",
       R"({"picture":{"signals":{"a":1}}})",
       R"({"picture":{"signals":[{"title":"t","points":[{"time":"x"}]}]}})"})
    StoryText(text, kOnset);
}

}  // namespace
}  // namespace reasonwatch
