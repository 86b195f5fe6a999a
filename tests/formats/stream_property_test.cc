// SPDX-License-Identifier: Apache-2.0
// Generated texts: a stream of pieces is split as the whole, nothing is added,
// and unknown markup is left alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/formats.h"
#include "formats/reasoning/custom.h"
#include "formats/reasoning/registry.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REASONWATCH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define REASONWATCH_SANITIZED 1
#endif
#endif

namespace reasonwatch {
namespace {

#ifdef REASONWATCH_SANITIZED
constexpr int kTexts = 50'000;
#else
constexpr int kTexts = 1'000'000;
#endif

class Generator {
 public:
  Generator() {
    words_ = {"a",
              " ",
              "\n",
              "`",
              "```",
              "\n```\n",
              "\"",
              "“",
              "”",
              "<",
              "</",
              "[",
              "[/",
              "thi",
              "nk>",
              "<|",
              "|>",
              "Here is my ",
              "◁",
              "\xE2",
              "\x97",
              "日本",
              "assistant",
              "to=functions.f",
              "analysis",
              "assistantfinal",
              "thinkresponse",
              "commentary",
              "the answer is 4. ",
              "thought\n",
              "<thinking>",
              "<<plan>>",
              "<</plan>>"};
    for (std::string_view token : {"<|start|>", "<|end|>", "<|channel|>",
                                   "<|message|>", "<|return|>", "<|call|>"})
      words_.push_back(token);
    const auto add = [this](const auto& markers) {
      for (std::string_view marker : markers)
        if (!marker.empty()) words_.push_back(marker);
    };
    for (const FormatRow& row : kFormats) {
      add(row.starts);
      add(row.ends);
      add(row.tools);
      add(row.framing);
      add(std::array{row.inner_tool, row.inner_tool_end});
    }
    add(kEndOfTurnTokens);
    formats_ = FormatNames();
    formats_.push_back("auto");
    formats_.push_back("plan");
    policy_.custom = *CustomFormats::Compile({{.name = "plan",
                                               .start = "<<plan>>",
                                               .end = "<</plan>>",
                                               .tool = "",
                                               .markers = {"<[a-z]+>"},
                                               .template_opens = false}});
  }

  size_t Below(size_t n) { return static_cast<size_t>(random_() % n); }
  std::string_view Word() { return words_[Below(words_.size())]; }

  // Half of the texts are a block of one family with something wrong in it,
  // half are words and markers in any order.
  std::string Text() {
    std::string text;
    if (Below(2) == 0) {
      for (size_t n = Below(20); n > 0; --n) text += Word();
      return text;
    }
    const FormatRow& row = kFormats[Below(kFormats.size())];
    const auto marker = [&](const auto& markers) {
      std::string_view one = markers[Below(markers.size())];
      if (one.empty()) one = markers[0];
      switch (Below(12)) {
        case 0:
          return std::string();
        case 1:
          return std::string(one.substr(0, one.size() / 2));
        case 2:
          return std::string(one) + std::string(one);
        case 3:
          return "`" + std::string(one) + "`";
        default:
          return std::string(one);
      }
    };
    const auto prose = [&] {
      for (size_t n = Below(4); n > 0; --n)
        text += Below(8) == 0 ? Word() : words_[Below(9)];
    };
    for (size_t blocks = 1 + Below(3); blocks > 0; --blocks) {
      text += marker(row.starts);
      prose();
      if (Below(6) == 0) text += marker(row.tools);
      text += marker(row.ends);
      if (Below(3) == 0) text += marker(row.framing);
      prose();
    }
    return text;
  }

  FormatPolicy Policy() {
    policy_.format = std::string(formats_[Below(formats_.size())]);
    policy_.families.clear();
    if (Below(8) == 0)
      policy_.families = {std::string(formats_[Below(formats_.size() - 2)]),
                          "plan"};
    return policy_;
  }

 private:
  std::mt19937_64 random_{20240607};
  std::vector<std::string_view> words_;
  std::vector<std::string_view> formats_;
  FormatPolicy policy_;
};

bool IsSubsequence(std::string_view part, std::string_view whole) {
  size_t at = 0;
  for (char c : part) {
    at = whole.find(c, at);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  return true;
}

TEST(StreamSplitter, AMillionTextsInRandomPiecesEqualTheWhole) {
  Generator make;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = make.Text();
    const FormatPolicy policy = make.Policy();
    const std::string_view model = make.Below(2) == 0 ? "m" : "Qwen3-8B";
    const auto thinking = static_cast<Thinking>(make.Below(3));
    const SplitResult whole = SplitText(policy, model, thinking, text);
    StreamSplitter splitter(policy, model, thinking);
    for (std::string_view rest = text; !rest.empty();) {
      const size_t size = 1 + make.Below(std::min<size_t>(rest.size(), 12));
      splitter.Feed(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    const SplitResult streamed = splitter.Finish();
    ASSERT_EQ(streamed, whole) << policy.format << ": " << text;

    // Messages of one kind are joined by line feeds.
    const bool messages =
        whole.format == "openai_gptoss" || whole.format == "muse_glimmer";
    ASSERT_TRUE(messages || IsSubsequence(whole.reasoning.value_or(""), text))
        << whole.format << ": " << text;
    ASSERT_TRUE(whole.format == "minimax_m2_append_think" || messages ||
                IsSubsequence(whole.answer, text))
        << whole.format << ": " << text;
    if (whole.format == "unknown") {
      ASSERT_EQ(whole.answer, text);
    }
    ASSERT_EQ(whole.shape.empty(), whole.format != "unknown");
    ASSERT_NE(whole.marker_state, MarkerState::kCount);
  }
}

TEST(StreamSplitter, EveryCutIntoTwoEqualsTheWhole) {
  Generator make;
  for (int i = 0; i < kTexts / 100; ++i) {
    const std::string text = make.Text();
    const FormatPolicy policy = make.Policy();
    const SplitResult whole = SplitText(policy, "m", Thinking::kUnstated, text);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      StreamSplitter splitter(policy, "m", Thinking::kUnstated);
      splitter.Feed(std::string_view(text).substr(0, cut));
      splitter.Feed(std::string_view(text).substr(cut));
      ASSERT_EQ(splitter.Finish(), whole)
          << policy.format << " at " << cut << ": " << text;
    }
  }
}

}  // namespace
}  // namespace reasonwatch
