// SPDX-License-Identifier: Apache-2.0
// Readings of form and length: first the estimate of tokens and the sources of
// lengths, then sentences and direct answers, markers, and marks of form.
#include "features/readings.h"

#include <cmath>
#include <string>

#include "core/scored.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

Trace Text(std::string reasoning, std::string answer) {
  Trace t;
  t.has_text = true;
  if (!reasoning.empty()) {
    t.reasoning = std::move(reasoning);
    t.source = ReasoningSource::kField;
  }
  t.answer = std::move(answer);
  t.format = "qwen3";
  t.finish_reason = "stop";
  return t;
}

Scored Read(const Trace& trace, std::string_view final_answer = "") {
  Scored s;
  ReadTrace(trace, final_answer, s);
  return s;
}

TEST(CountSentences, KnowsSeveralScripts) {
  struct Case {
    const char* text;
    int sentences;
  };
  const Case cases[] = {
      {"", 0},
      {"   \n ", 0},
      {"One.", 1},
      {"One without an end", 1},
      {"One. Two! Three?", 3},
      {"It is 3.14 metres.", 1},
      {"first line\nsecond line", 2},
      {"Wait... what?", 2},
      {"\xE4\xB8\x80\xE3\x80\x82\xE4\xBA\x8C\xE3\x80\x82", 2},
      {"\xE4\xBD\xA0\xE5\xA5\xBD\xEF\xBC\x81\xE5\xA5\xBD\xEF\xBC\x9F", 2},
      {"\xD0\x94\xD0\xB0. \xD0\x9D\xD0\xB5\xD1\x82.", 2},
  };
  for (const Case& c : cases)
    EXPECT_EQ(CountSentences(c.text, 100), c.sentences) << c.text;
  EXPECT_EQ(CountSentences("a. b. c. d.", 2), 2);
}

TEST(EstimateTokens, CountsLettersAndOtherScripts) {
  EXPECT_EQ(EstimateTokens(""), 0);
  EXPECT_EQ(EstimateTokens(std::string(400, 'a')), 100);
  std::string han;
  for (int i = 0; i < 300; ++i) han += "\xE4\xB8\x80";
  EXPECT_EQ(EstimateTokens(han), 200);
}

TEST(ReadTrace, TheServersCountsWin) {
  Trace t = Text(std::string(1200, 'a'), std::string(2000, 'b'));
  t.usage.output_tokens = 1023;
  t.usage.reasoning_tokens = 255;
  const Scored s = Read(t);
  EXPECT_FLOAT_EQ(s.reading(Feature::kOutputTokens), 10);
  EXPECT_FLOAT_EQ(s.reading(Feature::kReasoningTokens), 8);
  EXPECT_EQ(s.reading(Feature::kZeroThinking), 0);
  EXPECT_FALSE(s.lengths.output_estimated);
  EXPECT_FALSE(s.lengths.reasoning_estimated);
  EXPECT_EQ(s.lengths.counts_agree, true);
  // Our estimate is read beside them.
  EXPECT_FLOAT_EQ(s.reading(Feature::kEstimatedOutputTokens),
                  std::log2(1.0F + 800));
  EXPECT_FLOAT_EQ(s.reading(Feature::kEstimatedReasoningTokens),
                  std::log2(1.0F + 300));
}

TEST(ReadTrace, WithoutCountsLengthsAreEstimates) {
  const Scored s = Read(Text(std::string(1200, 'a'), std::string(2000, 'b')));
  EXPECT_TRUE(s.lengths.output_estimated);
  EXPECT_TRUE(s.lengths.reasoning_estimated);
  EXPECT_EQ(s.lengths.counts_agree, std::nullopt);
  EXPECT_FLOAT_EQ(s.reading(Feature::kOutputTokens), std::log2(1.0F + 800));
}

// A server that says 0 although it thought, and one that counts bytes.
TEST(ReadTrace, ACountThatTheTextContradictsIsNoLength) {
  Trace t = Text(std::string(1200, 'a'), std::string(2000, 'b'));
  t.usage.output_tokens = 800;
  t.usage.reasoning_tokens = 0;
  const Scored s = Read(t);
  EXPECT_EQ(s.lengths.counts_agree, false);
  EXPECT_FALSE(s.lengths.output_estimated);
  EXPECT_TRUE(s.lengths.reasoning_estimated);
  EXPECT_FLOAT_EQ(s.reading(Feature::kReasoningTokens), std::log2(1.0F + 300));
  EXPECT_EQ(s.reading(Feature::kZeroThinking), 0);
  t.usage.output_tokens = 32000;
  t.usage.reasoning_tokens.reset();
  EXPECT_FLOAT_EQ(Read(t).reading(Feature::kOutputTokens),
                  std::log2(1.0F + 800));
}

// Tokens were made, and the text was lost on the way: the answer was no
// shorter for that.
TEST(ReadTrace, ACountWhoseTextIsLostIsStillALength) {
  Trace t = Text("", std::string(2000, 'b'));
  t.usage.output_tokens = 1023;
  t.usage.reasoning_tokens = 511;
  const Scored s = Read(t);
  EXPECT_EQ(s.lengths.counts_agree, false);
  EXPECT_FLOAT_EQ(s.reading(Feature::kOutputTokens), 10);
  EXPECT_FLOAT_EQ(s.reading(Feature::kReasoningTokens), 9);
  EXPECT_EQ(s.reading(Feature::kZeroThinking), 0);
}

TEST(ReadTrace, EmptyReasoningIsZeroThinking) {
  EXPECT_EQ(Read(Text("", "answer")).reading(Feature::kZeroThinking), 1);
  EXPECT_EQ(Read(Text("\n\n", "answer")).reading(Feature::kZeroThinking), 1);
  EXPECT_EQ(Read(Text("Hm.", "answer")).reading(Feature::kZeroThinking), 0);
}

TEST(ReadTrace, WithoutTextOnlyCountsAreRead) {
  Trace t;
  t.usage.output_tokens = 100;
  t.finish_reason = "length";
  const Scored s = Read(t);
  EXPECT_FALSE(std::isnan(s.reading(Feature::kOutputTokens)));
  EXPECT_EQ(s.reading(Feature::kFinishLength), 1);
  for (Feature f : {Feature::kBoxed, Feature::kSingleSentence,
                    Feature::kThinkTags, Feature::kZeroThinking})
    EXPECT_TRUE(std::isnan(s.reading(f))) << FeatureName(f);
}

TEST(ReadTrace, SeesOneSentenceChainsAndDirectAnswers) {
  const std::string chain =
      "We add them. Then we check. So it is 12. Nothing is left.";
  EXPECT_EQ(Read(Text(chain, "12")).reading(Feature::kSingleSentence), 0);
  EXPECT_EQ(Read(Text("It is 12", "12")).reading(Feature::kSingleSentence), 1);
  EXPECT_EQ(Read(Text(chain, "12"), "12").reading(Feature::kDirectAnswer), 0);
  EXPECT_EQ(Read(Text("12. As 5 + 7 is 12.", "12"), "12")
                .reading(Feature::kDirectAnswer),
            1);
  EXPECT_TRUE(
      std::isnan(Read(Text(chain, "12")).reading(Feature::kDirectAnswer)));
  // 12 is not part of 312.
  EXPECT_EQ(Read(Text("See 312. And. Then 12.", "12"), "12")
                .reading(Feature::kDirectAnswer),
            0);
}

struct MarkerCase {
  Feature feature;
  const char* with;
  const char* without;
};

TEST(ReadTrace, SeesMarkersAndTheirAbsence) {
  const MarkerCase cases[] = {
      {Feature::kSteps, "Step 1: add\nStep 2: done", "A step 1 ahead"},
      {Feature::kSteps, "**Step 3** go", "misstep 3"},
      {Feature::kBoxed, "so \\boxed{12}", "so 12 in a box"},
      {Feature::kAnswerTag, "<ANSWER>12</ANSWER>", "answer: 12"},
      {Feature::kCodeFence, "```py\n1\n```", "`1`"},
      {Feature::kJsonKeys, "{ \"answer\" : 12}", "{12, \"answer\"}"},
      {Feature::kJsonKeys, "set {1} then {\"a\":1}", "{\"unfinished"},
  };
  for (const MarkerCase& c : cases) {
    EXPECT_EQ(Read(Text("", c.with)).reading(c.feature), 1) << c.with;
    EXPECT_EQ(Read(Text("", c.without)).reading(c.feature), 0) << c.without;
  }
}

TEST(ReadTrace, ATextThatWasCutSaysNothingOfWhatIsMissing) {
  Trace cut = Text("", "so it");
  cut.finish_reason = "length";
  EXPECT_TRUE(std::isnan(Read(cut).reading(Feature::kBoxed)));
  cut.answer = "so \\boxed{1} and";
  EXPECT_EQ(Read(cut).reading(Feature::kBoxed), 1);
  Trace dropped = Text("", "so it is");
  dropped.dropped_bytes = 10;
  EXPECT_TRUE(std::isnan(Read(dropped).reading(Feature::kBoxed)));
  // A long text that is open at its end, with any finish reason.
  std::string open;
  while (open.size() < 1200) open += "and then we add ";
  EXPECT_TRUE(std::isnan(Read(Text("", open)).reading(Feature::kBoxed)));
  EXPECT_EQ(Read(Text("", open + "it.")).reading(Feature::kBoxed), 0);
}

TEST(ReadTrace, AToolCallNeedsNoAnswer) {
  Trace t = Text("call it", "");
  t.tool_calls = 1;
  const Scored s = Read(t);
  EXPECT_TRUE(std::isnan(s.reading(Feature::kSingleSentence)));
  EXPECT_TRUE(std::isnan(s.reading(Feature::kBoxed)));
}

TEST(ReadTrace, HiddenReasoningSaysNothingOfLength) {
  Trace t = Text("", "The answer is 12.");
  t.reasoning.emplace();
  t.source = ReasoningSource::kField;
  t.reasoning_hidden = true;
  for (Feature f : {Feature::kOutputTokens, Feature::kReasoningTokens,
                    Feature::kZeroThinking, Feature::kSingleSentence,
                    Feature::kDirectAnswer})
    EXPECT_TRUE(std::isnan(Read(t, "12").reading(f)));
  EXPECT_EQ(Read(t).reading(Feature::kReasoningField), 1);
  t.usage.reasoning_tokens = 255;
  EXPECT_FLOAT_EQ(Read(t).reading(Feature::kReasoningTokens), 8);
  EXPECT_EQ(Read(t).reading(Feature::kZeroThinking), 0);
}

TEST(ReadTrace, TellsWhereReasoningCameFromAndHowItsMarkersStood) {
  Trace t = Text("a", "b");
  t.source = ReasoningSource::kInText;
  t.marker_state = MarkerState::kUnclosed;
  t.split_differs = true;
  t.format = "unknown";
  const Scored s = Read(t);
  EXPECT_EQ(s.reading(Feature::kThinkTags), 1);
  EXPECT_EQ(s.reading(Feature::kReasoningField), 0);
  EXPECT_EQ(s.reading(Feature::kUnclosed), 1);
  EXPECT_EQ(s.reading(Feature::kLeaked), 0);
  EXPECT_EQ(s.reading(Feature::kSplitDiffers), 1);
  EXPECT_EQ(s.reading(Feature::kUnknownFormat), 1);
}

}  // namespace
}  // namespace reasonwatch
