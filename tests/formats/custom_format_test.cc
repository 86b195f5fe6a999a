// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/formats.h"
#include "formats/reasoning/custom.h"
#include "formats/reasoning/shape.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

CustomFormatSpec Spec() {
  return {.name = "plan",
          .start = R"(\[plan( \d+)?\])",
          .end = R"(\[/plan\])",
          .tool = R"(\[call\])",
          .markers = {R"(\[eot\])"},
          .template_opens = false};
}

FormatPolicy PolicyWith(CustomFormatSpec spec, std::string format = "auto") {
  FormatPolicy policy;
  policy.format = std::move(format);
  policy.custom = *CustomFormats::Compile({std::move(spec)});
  return policy;
}

SplitResult Split(const FormatPolicy& policy, std::string_view text,
                  std::string_view model = "") {
  return SplitText(policy, model, Thinking::kUnstated, text);
}

TEST(CustomFormat, SplitsAtItsPatterns) {
  const FormatPolicy policy = PolicyWith(Spec(), "plan");
  const SplitResult block = Split(policy, "[plan 7]a[/plan]b");
  EXPECT_EQ(block.format, "plan");
  EXPECT_EQ(block.reasoning, "a");
  EXPECT_EQ(block.answer, "b");
  EXPECT_EQ(block.marker_state, MarkerState::kWellFormed);
  EXPECT_EQ(Split(policy, "[plan]a").marker_state, MarkerState::kUnclosed);
  EXPECT_EQ(Split(policy, "[plan]a[call]x").answer, "[call]x");
  EXPECT_EQ(Split(policy, "[plan]a[/plan]b[eot]").marker_state,
            MarkerState::kLeaked);
  EXPECT_EQ(Split(policy, "b").marker_state, MarkerState::kAbsent);
  EXPECT_EQ(Split(policy, "<think>a</think>b").marker_state,
            MarkerState::kUnexpected);
}

TEST(CustomFormat, TheTemplateMayOpen) {
  CustomFormatSpec spec = Spec();
  spec.start = "";
  spec.template_opens = true;
  const FormatPolicy policy = PolicyWith(spec, "plan");
  EXPECT_EQ(Split(policy, "a[/plan]b").marker_state, MarkerState::kForcedOpen);
  EXPECT_EQ(Split(policy, "a[/plan]b").reasoning, "a");
  EXPECT_EQ(Split(policy, "a").reasoning, "a");
}

TEST(CustomFormat, AutoFindsItInTheText) {
  const FormatPolicy policy = PolicyWith(Spec());
  EXPECT_EQ(Split(policy, "[plan]a[/plan]b").format, "plan");
  EXPECT_EQ(Split(policy, "b").format, "plain");
  EXPECT_EQ(Split(policy, "a[/plan]b").format, "plain");
  EXPECT_EQ(Split(policy, "<think>a</think>b").format, "think");
  // The name's own markers come first; if there are none the text decides.
  EXPECT_EQ(Split(policy, "<think>[plan]a[/plan]</think>b", "qwen3").format,
            "qwen3");
  const SplitResult other = Split(policy, "[plan]a[/plan]b", "qwen3");
  EXPECT_EQ(other.format, "plan");
  EXPECT_EQ(other.marker_state, MarkerState::kUnexpected);
}

TEST(CustomFormat, MayBeAFamily) {
  FormatPolicy policy = PolicyWith(Spec());
  policy.families = {"plan"};
  EXPECT_EQ(Split(policy, "b").format, "plan");
  EXPECT_EQ(Split(policy, "b").marker_state, MarkerState::kAbsent);
  EXPECT_EQ(Split(policy, "<think>a</think>b").format, "unknown");
}

TEST(CustomFormats, SaysWhatIsWrong) {
  const auto error = [](CustomFormatSpec spec) {
    return std::string(
        CustomFormats::Compile({std::move(spec)}).status().message());
  };
  CustomFormatSpec spec = Spec();
  spec.start = "(";
  EXPECT_THAT(error(spec), HasSubstr("plan: start: bad pattern: missing )"));
  spec = Spec();
  spec.end = "";
  EXPECT_THAT(error(spec), HasSubstr("plan: end: is missing"));
  spec = Spec();
  spec.markers = {"x*"};
  EXPECT_THAT(error(spec), HasSubstr("plan: markers: bad pattern"));
  spec = Spec();
  spec.name = "gpt-oss";
  EXPECT_THAT(error(spec), HasSubstr("name: is empty or taken"));
  EXPECT_FALSE(CustomFormats::Compile({Spec(), Spec()}).ok());
  EXPECT_FALSE(
      CustomFormats::Compile(std::vector<CustomFormatSpec>(17, Spec())).ok());
}

// A pattern that reads to the end of the text for each match.
TEST(CustomFormat, HostileTextTakesBoundedTime) {
  CustomFormatSpec spec = Spec();
  spec.start = "<.*!|<";
  const FormatPolicy policy = PolicyWith(spec, "plan");
  const std::string text(200'000, '<');
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_LE(Split(policy, text).answer.size(), text.size());
  // 200,000 matches would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Shape, ShowsMarkupAndNoWord) {
  const auto shape = [](std::string_view text) {
    MarkerScanner scanner;
    scanner.Scan(text, /*final=*/true);
    return ShapeOf(text, scanner.hits());
  };
  EXPECT_EQ(shape("<secret7>my words</secret7>\nmore"),
            "<word0>…</word0> then text");
  EXPECT_EQ(shape(" <my_thoughts>words"), "<word_word>…");
  EXPECT_EQ(shape("[Überlegung]a[/Überlegung]"), "[word]…[/word]");
  EXPECT_EQ(shape("<|assistant|>b"), "<|word|>…");
  EXPECT_EQ(shape("private\n<think>a[/THINK]b"), "text…<think>…[/THINK]");
  EXPECT_EQ(shape("<a b>"), "text");
  EXPECT_EQ(shape(""), "text");
  EXPECT_EQ(shape("<é\x01$$>"), "<word?>…");
}

TEST(Shape, IsShort) {
  for (const std::string& unit :
       {std::string("<"), std::string("a1"), std::string("<think>"),
        std::string("<a1:b2|c3-d4_e5/f6=>"),
        std::string("<|content_model_end_sampling|>")}) {
    std::string text;
    while (text.size() < 10'000) text += unit;
    MarkerScanner scanner;
    scanner.Scan(text, /*final=*/true);
    EXPECT_LE(ShapeOf(text, scanner.hits()).size(), 240u) << unit;
  }
}

}  // namespace
}  // namespace reasonwatch
