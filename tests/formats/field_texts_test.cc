// SPDX-License-Identifier: Apache-2.0
// Kinds of texts that models and servers were seen to write, beside the
// families of split_text_test: markers left in an answer, blocks that come
// again, ends that are cut short, names as hosts spell them. Each text is split
// whole, in every two pieces and byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/response.h"
#include "formats/formats.h"
#include "formats/reasoning/registry.h"

namespace reasonwatch {
namespace {

using ::testing::Optional;

SplitResult Split(std::string_view model, std::string_view text,
                  Thinking thinking = Thinking::kUnstated,
                  std::string_view format = "auto") {
  SplitResult whole = SplitText(format, model, thinking, text);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    StreamSplitter splitter(format, model, thinking);
    splitter.Feed(text.substr(0, cut));
    splitter.Feed(text.substr(cut));
    EXPECT_EQ(splitter.Finish(), whole) << text << " cut at " << cut;
  }
  StreamSplitter bytes(format, model, thinking);
  for (char c : text) bytes.Feed(std::string_view(&c, 1));
  EXPECT_EQ(bytes.Finish(), whole) << text;
  return whole;
}

Trace Parse(std::string_view model, std::string_view content,
            std::optional<std::string> reasoning = std::nullopt) {
  Response response;
  response.model = std::string(model);
  response.content = std::string(content);
  response.reasoning = std::move(reasoning);
  response.finish_reason = "stop";
  return ParseResponse(response, "auto");
}

TEST(FieldTexts, TokensOfTurnsInAnAnswerHaveLeaked) {
  for (std::string_view token : kEndOfTurnTokens) {
    SCOPED_TRACE(token);
    for (std::string_view model : {"qwen3-8b", "some-model"}) {
      const std::string text = "It is six." + std::string(token);
      const SplitResult split = Split(model, text);
      EXPECT_EQ(split.marker_state, MarkerState::kLeaked) << model;
      EXPECT_EQ(Parse(model, text, "So.").marker_state, MarkerState::kLeaked);
      const std::string talk = "The token `" + std::string(token) + "` is one.";
      EXPECT_NE(Split(model, talk).marker_state, MarkerState::kLeaked);
    }
  }
  // Struck out words of a page.
  EXPECT_EQ(Split("some-model", "It <s>was</s> is.").marker_state,
            MarkerState::kNone);
}

TEST(FieldTexts, FramesLeftByAServerAreTakenOutAndNoted) {
  for (const auto& [model, close] :
       {std::pair("hunyuan-a13b", "\n</answer>"),
        std::pair("ernie-4.5-thinking", "\n</response>"),
        std::pair("command-a-reasoning", "<|END_RESPONSE|>"),
        std::pair("kimi-k3", "<|close|>response<|sep|>"),
        std::pair("apriel-thinker", "[END FINAL RESPONSE]")}) {
    const Trace trace = Parse(model, std::string("Six.") + close, "So.");
    EXPECT_EQ(trace.answer, "Six.") << model;
    EXPECT_EQ(trace.marker_state, MarkerState::kLeaked) << model;
    EXPECT_THAT(trace.reasoning, Optional(std::string("So.")));
  }
}

TEST(FieldTexts, MarkupOfACallThatNobodyReadHasLeaked) {
  for (std::string_view call :
       {"<tool_call>{\"name\":\"f\"}</tool_call>", "[TOOL_CALLS]f{}",
        "<|python_tag|>f()", "<function=f></function>",
        "<|tool_calls_section_begin|>f", "<minimax:tool_call>f"}) {
    Response response;
    response.model = "some-model";
    response.body = R"({"choices":[{"message":{"content":"I look.\n)";
    for (char c : call) {
      if (c == '"') response.body += '\\';
      response.body += c;
    }
    response.body += R"("},"finish_reason":"stop"}]})";
    const Trace trace = ParseResponse(response, "auto");
    EXPECT_EQ(trace.marker_state, MarkerState::kLeaked) << call;
    EXPECT_EQ(trace.tool_calls, 0);
  }
}

TEST(FieldTexts, AModelThatThinksAgainHasTwoBlocks) {
  for (std::string_view text :
       {"<think>One.</think><think>Two.</think>Six.",
        "<think>One.</think>\n\n<think>Two.</think>Six."}) {
    const SplitResult split = Split("qwen3-8b", text);
    EXPECT_THAT(split.reasoning, Optional(std::string("One.Two."))) << text;
    EXPECT_TRUE(split.answer.ends_with("Six."));
    EXPECT_EQ(split.answer.find("Two"), std::string::npos);
    EXPECT_EQ(split.marker_state, MarkerState::kDoubled);
  }
  const SplitResult middle =
      Split("qwen3-8b", "<think>One.</think>So <think>No, six.</think>six.");
  EXPECT_EQ(middle.answer, "So six.");
  EXPECT_EQ(middle.marker_state, MarkerState::kDoubled);
  const SplitResult talk = Split(
      "qwen3-8b", "<think>One.</think>Write <think> and </think> around it.");
  EXPECT_EQ(talk.answer, "Write <think> and </think> around it.");
}

TEST(FieldTexts, AnEndWithoutItsLastTokenIsOne) {
  const SplitResult split =
      Split("kimi-k3",
            "I add.<|close|>think<|open|>response<|sep|>Six."
            "<|close|>response<|sep|>");
  EXPECT_THAT(split.reasoning, Optional(std::string("I add.")));
  EXPECT_EQ(split.answer, "Six.");
}

TEST(FieldTexts, TheEndOfTheAnswersFrameShowsThatNoBlockWasOpen) {
  for (const auto& [model, text] :
       {std::pair("kimi-k3", "Six.<|close|>response<|sep|>"),
        std::pair("command-a-plus", "Six.<|END_TEXT|>"),
        std::pair("apriel-thinker", "Six.[END FINAL RESPONSE]")}) {
    const SplitResult split = Split(model, text);
    EXPECT_EQ(split.reasoning, std::nullopt) << model;
    EXPECT_EQ(split.answer, "Six.") << model;
  }
}

TEST(FieldTexts, ALabelShowsThatTheTemplateOpenedThisTime) {
  const SplitResult split =
      Split("gemma-4-31b", "thought\nThe tool says six.<channel|>Six.");
  EXPECT_THAT(split.reasoning, Optional(std::string("The tool says six.")));
  EXPECT_EQ(split.answer, "Six.");
}

TEST(FieldTexts, HeadersWithoutTheirTokensAreRead) {
  const auto check = [](std::string_view text,
                        const std::optional<std::string>& reasoning,
                        std::string_view answer) {
    const SplitResult split = Split("gpt-oss-20b", text);
    EXPECT_EQ(split.reasoning, reasoning) << text;
    EXPECT_EQ(split.answer, answer) << text;
    EXPECT_EQ(split.marker_state, MarkerState::kStripped) << text;
  };
  check("analysisI add.assistantfinalSix.", "I add.", "Six.");
  check("analysisI look.assistantcommentary to=functions.f json{\"a\":1}",
        "I look.", "");
  check("commentary to=functions.f json{\"a\":1}", std::nullopt, "");
  check("analysisI add.assistantanalysisAgain.assistantfinalSix.",
        "I add.\nAgain.", "Six.");
  check("analysisI was cut", "I was cut", "");
  EXPECT_EQ(Split("gpt-oss-20b", "analysis of the data is done").answer,
            "analysis of the data is done");
  EXPECT_EQ(Split("gpt-oss-20b", "final words").answer, "final words");
  // An unknown model is told by the same words.
  EXPECT_EQ(Split("some-model", "analysisI add.assistantfinalSix.").format,
            "openai_gptoss");
}

TEST(FieldTexts, MessagesWithRecipientsAreRead) {
  for (std::string_view model : {"muse-glimmer-30b", "some-model"}) {
    const SplitResult split =
        Split(model,
              " to=self<|message|>I add.<|eom|><|start|>assistant "
              "to=user<|message|>Six.<|eot|>");
    EXPECT_THAT(split.reasoning, Optional(std::string("I add."))) << model;
    EXPECT_EQ(split.answer, "Six.");
    EXPECT_EQ(split.format, "muse_glimmer");
  }
}

TEST(FieldTexts, ACallClosesTheChainOfATemplateThatOpens) {
  for (std::string_view model : {"ling-3.0-flash", "exaone-4.5-33b", "hy3"}) {
    const std::string tool =
        model == "hy3" ? "<tool_calls:opensource>" : "<tool_call>";
    Response response;
    response.model = std::string(model);
    response.content = "I look." + tool + "f";
    response.finish_reason = "tool_calls";
    const Trace trace = ParseResponse(response, "auto");
    EXPECT_THAT(trace.reasoning, Optional(std::string("I look."))) << model;
    EXPECT_EQ(trace.marker_state, MarkerState::kUnclosed);
    // `split` reads it in the same way.
    EXPECT_EQ(Split(model, *response.content).reasoning, trace.reasoning);
  }
}

TEST(FieldTexts, NamesAreKnownHoweverHostsSpellThem) {
  for (const auto& [name, format] :
       std::vector<std::pair<std::string_view, std::string_view>>{
           {"qwen-3-32b", "qwen3"},
           {"Qwen3:14b", "qwen3"},
           {"accounts/x/models/glm-4p7", "glm47"},
           {"zai.glm_4_7", "glm47"},
           {"kimi-k2p5", "kimi_k2"},
           {"x-kimi-k2-7-code", "kimi_k2"},
           {"deepseek-v3p2", "deepseek_v3"},
           {"deepseek-reasoner", "deepseek_r1"},
           {"GPT_OSS:120b", "openai_gptoss"},
           {"tencent/Hy3-preview", "hy3"},
           {"Ring-1T", "ling3"},
           {"North-Mini-Code", "cohere_command4"},
           {"granite-4.2-30b", "granite42"},
           {"LFM2.5-8B", "lfm25"},
           {"Apertus-v1.5-8B", "apertus2509"},
           {"Step-3.7-Flash", "step3p5"},
           {"Mistral-Small-4-119B", "mistral"}}) {
    EXPECT_EQ(Split(name, "Six.").format, format) << name;
  }
  for (std::string_view name : {"qwen-30b", "qwen-3b", "qwen2.5-32b", "happy3b",
                                "string-1t", "granite-32b"})
    EXPECT_EQ(Split(name, "Six.").format, "plain") << name;
}

}  // namespace
}  // namespace reasonwatch
