// SPDX-License-Identifier: Apache-2.0
// Texts of every family of formats, split whole and piece by piece: the table
// first, then the rules by which "auto" picks a row, then streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "formats/formats.h"
#include "formats/reasoning/registry.h"

namespace reasonwatch {

void PrintTo(MarkerState state, std::ostream* os) {
  *os << "state " << static_cast<int>(state);
}

namespace {

using ::testing::Contains;
using ::testing::Not;
using enum MarkerState;

constexpr std::nullopt_t kNoReasoning = std::nullopt;

struct Row {
  std::string_view name;  // of the case
  std::string_view format;
  Thinking thinking;
  std::string_view text;
  std::optional<std::string_view> reasoning;
  std::string_view answer;
  MarkerState state;
};

std::ostream& operator<<(std::ostream& os, const Row& row) {
  return os << row.format << " " << row.name;
}

constexpr Thinking kAsIs = Thinking::kUnstated;
constexpr Thinking kOn = Thinking::kOn;
constexpr Thinking kOff = Thinking::kOff;

// table: texts, and the reasoning and answer in them.
const std::vector<Row>& Rows() {
  static const auto& rows = *new std::vector<Row>{
      // <think> written by the model.
      {"block", "qwen3", kAsIs, "<think>2+2 is 4</think>4", "2+2 is 4", "4",
       kWellFormed},
      {"leading white space", "qwen3", kAsIs, "\n <think>a</think>b", "a", "b",
       kWellFormed},
      {"empty block", "qwen3", kOff, "<think>\n\n</think>\n\nYes.", "\n\n",
       "\n\nYes.", kWellFormed},
      {"no marker", "qwen3", kAsIs, "Yes.", kNoReasoning, "Yes.", kAbsent},
      {"no text", "qwen3", kAsIs, " \n", kNoReasoning, " \n", kNone},
      {"no end", "qwen3", kAsIs, "<think>and then", "and then", "", kUnclosed},
      {"no start", "qwen3", kAsIs, "so 4</think>4", "so 4", "4", kForcedOpen},
      {"no start, thinking off", "qwen3", kOff, "so 4</think>4", kNoReasoning,
       "so 4</think>4", kLeaked},
      {"no end, thinking on", "qwen3", kOn, "so 4", "so 4", "", kUnclosed},
      {"second start", "qwen3", kAsIs, "<think><think>a</think>b", "a", "b",
       kDoubled},
      {"second block", "qwen3", kAsIs, "<think>a</think>b\n<think>c</think>d",
       "ac", "b\nd", kDoubled},
      {"second end", "qwen3", kAsIs, "<think>a</think>b</think>c", "a",
       "b</think>c", kDoubled},
      {"block after a line", "qwen3", kAsIs, "Let me see.\n<think>a</think>b",
       "a", "Let me see.\nb", kWellFormed},
      {"block within a line", "qwen3", kAsIs, "Well: <think>a\nb</think>c",
       "a\nb", "Well: c", kWellFormed},
      {"tool call instead of the end", "qwen3", kAsIs,
       "<think>I need a tool\n<tool_call>{}", "I need a tool\n",
       "<tool_call>{}", kUnclosed},
      {"tool call named in reasoning", "glm45", kAsIs,
       "<think>no\n<tool_call> needed</think>4", "no\n<tool_call> needed", "4",
       kWellFormed},
      {"off is the default", "deepseek_v3", kAsIs, "4", kNoReasoning, "4",
       kAbsent},
      {"on", "deepseek_v3", kOn, "so 4", "so 4", "", kUnclosed},
      {"generic", "think", kAsIs, "<think>a</think>b", "a", "b", kWellFormed},
      // Talk about markers is not reasoning.
      {"fenced", "qwen3", kAsIs,
       "Write:\n```\n<think>\nx\n</think>\n```\nThat is all.", kNoReasoning,
       "Write:\n```\n<think>\nx\n</think>\n```\nThat is all.", kAbsent},
      {"code span", "qwen3", kAsIs, "It ends with `</think>`, then text.",
       kNoReasoning, "It ends with `</think>`, then text.", kAbsent},
      {"quoted", "qwen3", kAsIs, "Look for \"</think>\" and “<think>”.",
       kNoReasoning, "Look for \"</think>\" and “<think>”.", kAbsent},
      {"mentioned", "qwen3", kAsIs, "Use <think> and </think> as tags.",
       kNoReasoning, "Use <think> and </think> as tags.", kAbsent},
      {"code span in the reasoning", "qwen3", kAsIs,
       "<think>close with `</think>` later</think>done",
       "close with `</think>` later", "done", kWellFormed},
      {"lone backtick", "qwen3", kAsIs, "<think>a ` b</think>c", "a ` b", "c",
       kWellFormed},
      {"fence left open in the reasoning", "qwen3", kAsIs,
       "<think>\n```\nx = 1\n</think>\nx is 1", "\n```\nx = 1\n", "\nx is 1",
       kWellFormed},
      {"fence in the answer", "qwen3", kAsIs,
       "<think>a</think>\n```\n</think>\n```\n", "a", "\n```\n</think>\n```\n",
       kWellFormed},
      {"mention in the answer", "qwen3", kAsIs,
       "<think>a</think>Tags are <think> and </think>.", "a",
       "Tags are <think> and </think>.", kWellFormed},
      // <think> written by the template.
      {"opened", "deepseek_r1", kAsIs, "so 4</think>4", "so 4", "4",
       kForcedOpen},
      {"opened and closed at once", "deepseek_r1", kAsIs, "</think>4", "", "4",
       kForcedOpen},
      {"opened and written too", "deepseek_r1", kAsIs, "<think>a</think>b", "a",
       "b", kWellFormed},
      {"never closed", "deepseek_r1", kAsIs, "so", "so", "", kUnclosed},
      {"thinking is not switched", "deepseek_r1", kOff, "a</think>b", "a", "b",
       kForcedOpen},
      {"no text", "deepseek_r1", kAsIs, "", kNoReasoning, "", kNone},
      {"code span only", "deepseek_r1", kAsIs, "find `</think>` there",
       "find `</think>` there", "", kUnclosed},
      {"opened", "qwen3-thinking", kAsIs, "a</think>b", "a", "b", kForcedOpen},
      {"opened", "minimax_m2", kAsIs, "a</think>b", "a", "b", kForcedOpen},
      {"opened", "step3", kAsIs, "a</think>b", "a", "b", kForcedOpen},
      {"off", "holo2", kOff, "a</think>b", kNoReasoning, "a</think>b", kLeaked},
      {"unstated", "holo2", kAsIs, "a</think>b", "a", "b", kForcedOpen},
      {"no marker", "olmo3", kAsIs, "4", kNoReasoning, "4", kAbsent},
      {"opened", "olmo3", kAsIs, "a</think>b", "a", "b", kForcedOpen},
      {"tool section instead of the end", "kimi_k2", kAsIs,
       "look it up\n<|tool_calls_section_begin|>x", "look it up\n",
       "<|tool_calls_section_begin|>x", kUnclosed},
      {"start put back", "minimax_m2_append_think", kAsIs, "a</think>b",
       kNoReasoning, "<think>a</think>b", kLeaked},
      // harmony
      {"analysis and final", "openai_gptoss", kAsIs,
       "<|channel|>analysis<|message|>add<|end|><|start|>assistant<|channel|>"
       "final<|message|>4<|return|>",
       "add", "4", kWellFormed},
      {"preamble", "openai_gptoss", kAsIs, "<|channel|>commentary<|message|>Hi",
       kNoReasoning, "Hi", kWellFormed},
      {"tool call is neither", "openai_gptoss", kAsIs,
       "<|channel|>analysis<|message|>ask<|end|><|start|>assistant<|channel|>"
       "commentary to=functions.add <|constrain|>json<|message|>{}<|call|>",
       "ask", "", kWellFormed},
      {"recipient in the role", "openai_gptoss", kAsIs,
       "<|start|>assistant to=functions.f<|channel|>analysis<|message|>{}",
       kNoReasoning, "", kWellFormed},
      {"two analyses", "openai_gptoss", kAsIs,
       "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>"
       "analysis<|message|>b<|end|><|start|>assistant<|channel|>final"
       "<|message|>c",
       "a\nb", "c", kWellFormed},
      {"cut in analysis", "openai_gptoss", kAsIs,
       "<|channel|>analysis<|message|>and", "and", "", kUnclosed},
      {"final without message", "openai_gptoss", kAsIs,
       "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>"
       "final 4<|return|>",
       "a", "4", kLeaked},
      {"another role", "openai_gptoss", kAsIs,
       "<|start|>user<|message|>hello<|end|>", kNoReasoning, "", kWellFormed},
      {"name left to the model", "openai_gptoss", kAsIs,
       "analysis<|message|>a<|end|><|channel|>final<|message|>b", "a", "b",
       kWellFormed},
      {"token named in the answer", "openai_gptoss", kAsIs,
       "<|channel|>final<|message|>It ends with `<|end|>`.<|return|>",
       kNoReasoning, "It ends with `<|end|>`.", kWellFormed},
      {"tokens dropped by the server", "openai_gptoss", kAsIs,
       "analysisadd themassistantfinal4", "add them", "4", kStripped},
      {"analysis as a word", "openai_gptoss", kAsIs, "analysis shows 4",
       kNoReasoning, "analysis shows 4", kAbsent},
      {"no token", "openai_gptoss", kAsIs, "4", kNoReasoning, "4", kAbsent},
      // Mistral
      {"block", "mistral", kAsIs, "[THINK]a[/THINK]b", "a", "b", kWellFormed},
      {"after a line", "mistral", kAsIs, "Hm.\n[THINK]a[/THINK]\nb", "a",
       "Hm.\n\nb", kWellFormed},
      {"no start", "mistral", kAsIs, "a[/THINK]b", kNoReasoning, "ab", kLeaked},
      {"no end", "mistral", kAsIs, "[THINK]a", "a", "", kUnclosed},
      {"no marker", "mistral", kAsIs, "b", kNoReasoning, "b", kAbsent},
      // Gemma 4
      {"block", "gemma4", kAsIs, "<|channel>thought\na<channel|>b", "a", "b",
       kWellFormed},
      {"two blocks", "gemma4", kAsIs,
       "<|channel>thought\na<channel|>b\n<|channel>thought\nc<channel|>", "ac",
       "b\n", kWellFormed},
      {"stray markers", "gemma4", kAsIs,
       "<|channel><|channel>thought\n<channel|>b<channel|>", "", "b", kDoubled},
      {"no start, thinking on", "gemma4", kOn, "a<channel|>b", "a", "b",
       kForcedOpen},
      {"no marker, thinking on", "gemma4", kOn, "b", kNoReasoning, "b",
       kAbsent},
      {"no start, thinking on", "mistral", kOn, "a[/THINK]b", "a", "b",
       kForcedOpen},
      {"tool calls instead of the end", "hunyuan_a13b", kAsIs,
       "<think>a<tool_calls>[]", "a", "<tool_calls>[]", kUnclosed},
      {"first of several tools", "glm45", kAsIs,
       "<think>a<tool_call>b<tool_call>c", "a", "<tool_call>b<tool_call>c",
       kUnclosed},
      {"no marker", "gemma4", kOff, "b", kNoReasoning, "b", kAbsent},
      // The families that are only data.
      {"block", "kimi", kAsIs, "◁think▷a◁/think▷b", "a", "b", kWellFormed},
      {"block", "kimi_k3", kAsIs,
       "<|open|>think<|sep|>a<|close|>think<|sep|><|open|>response<|sep|>b"
       "<|close|>response<|sep|>",
       "a", "b", kWellFormed},
      {"opened", "seed_oss", kAsIs, "a</seed:think>b", "a", "b", kForcedOpen},
      {"wrapped answer", "hunyuan_a13b", kAsIs,
       "<think>\na\n</think>\n<answer>\nb\n</answer>", "\na\n", "b",
       kWellFormed},
      {"wrapped answer cut off", "hunyuan_a13b", kAsIs,
       "<think>\na\n</think>\n<answer>\nb", "\na\n", "b", kWellFormed},
      {"wrapped answer", "ernie45", kAsIs,
       "a</think><response>\nb\n</response>", "a", "b", kForcedOpen},
      {"prose markers", "granite", kAsIs,
       "Here is my thought process: a Here's my response: b", " a ", " b",
       kWellFormed},
      {"prose markers without an end", "granite", kAsIs,
       "Here is my thought process: a", kNoReasoning,
       "Here is my thought process: a", kUnclosed},
      {"block", "minimax_m3", kAsIs, "<mm:think>a</mm:think>b", "a", "b",
       kWellFormed},
      {"stray end", "minimax_m3", kOff, "</mm:think>b", kNoReasoning, "b",
       kLeaked},
      {"block", "cohere_command3", kAsIs,
       "<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>",
       "a", "b", kWellFormed},
      {"blocks", "apertus2509", kAsIs,
       "<|inner_prefix|>a<|inner_suffix|>b\n<|inner_prefix|>c<|inner_suffix|>",
       "ac", "b\n", kWellFormed},
      {"block", "inkling", kAsIs,
       "<|message_model|><|content_thinking|>a<|end_message|><|message_model|>"
       "<|content_text|>b<|content_model_end_sampling|>",
       "a", "b", kWellFormed},
      {"opened", "solar_open2", kAsIs, "a<|think:end|>b", "a", "b",
       kForcedOpen},
      {"blocks in any order", "inkling", kAsIs,
       "<|content_text|>b<|end_message|><|message_model|><|content_thinking|>a"
       "<|end_message|><|message_model|><|content_text|>c<|end_message|>",
       "a", "bc", kWellFormed},
      {"no framing", "inkling", kAsIs, "b", kNoReasoning, "b", kAbsent},
      {"cut in the block", "inkling", kAsIs, "<|content_thinking|>a", "a", "",
       kUnclosed},
      {"tool call in the block", "apertus2509", kAsIs,
       "<|inner_prefix|>a<|tools_prefix|>[{}]<|tools_suffix|>c<|inner_suffix|>",
       "ac", "<|tools_prefix|>[{}]<|tools_suffix|>", kWellFormed},
      {"end without a start", "apertus2509", kAsIs, "a<|inner_suffix|>b",
       kNoReasoning, "a<|inner_suffix|>b", kLeaked},
      {"end without a start", "kimi", kAsIs, "a◁/think▷b", kNoReasoning,
       "a◁/think▷b", kLeaked},
      {"end without a start", "granite", kAsIs, "a Here is my response: b",
       "a ", " b", kForcedOpen},
      {"opened", "kimi_k3", kAsIs,
       "a<|close|>think<|sep|><|open|>response<|sep|>b<|close|>response<|sep|>"
       "<|close|>message<|sep|><|end_of_msg|>",
       "a", "b", kForcedOpen},
      {"answer begins without the end", "kimi_k3", kAsIs,
       "a<|open|>response<|sep|>b", "a", "b", kUnclosed},
      {"tools are left as they are", "kimi_k3", kAsIs,
       "<|open|>think<|sep|>a<|close|>think<|sep|><|open|>response<|sep|>b"
       "<|close|>response<|sep|><|open|>tools<|sep|>t<|close|>message<|sep|>",
       "a", "b<|open|>tools<|sep|>t<|close|>message<|sep|>", kWellFormed},
      {"thinking off", "kimi_k3", kOff, "b<|close|>response<|sep|>",
       kNoReasoning, "b", kAbsent},
      {"tokens dropped by the server", "kimi_k3", kAsIs, "athinkresponseb", "a",
       "b", kStripped},
      {"tokens dropped by the server", "gemma4", kAsIs, "thought\na. b",
       kNoReasoning, "thought\na. b", kStripped},
      {"tool call instead of the end", "gemma4", kAsIs,
       "<|channel>thought\na<|tool_call>call:f{}", "a", "<|tool_call>call:f{}",
       kUnclosed},
      {"opened", "cohere_command4", kAsIs,
       "a<|END_THINKING|><|START_TEXT|>b<|END_TEXT|>", "a", "b", kForcedOpen},
      {"closed by the template", "cohere_command4", kAsIs,
       "<|START_TEXT|>b<|END_TEXT|>", kNoReasoning, "b", kAbsent},
      {"action instead of the end", "cohere_command4", kAsIs,
       "a<|START_ACTION|>[]", "a", "<|START_ACTION|>[]", kUnclosed},
      {"cut off", "cohere_command4", kAsIs, "a", "a", "", kUnclosed},
      {"never closed", "solar_open2", kAsIs, "a", "a", "", kUnclosed},
      {"thinking off", "solar_open2", kOff, "b", kNoReasoning, "b", kAbsent},
      {"block within a line", "solar_open2", kOff,
       "b <|think:start|>a<|think:end|>c", "a", "b c", kWellFormed},
      {"suffixed tokens", "hy_v3", kOn, "a</think:opensource>b", "a", "b",
       kForcedOpen},
      {"tool calls instead of the end", "hy_v3", kAsIs,
       "<think>a<tool_calls>{}", "a", "<tool_calls>{}", kUnclosed},
      {"line feeds around the end", "step3p5", kAsIs, "a\n</think>\nb", "a",
       "b", kForcedOpen},
      {"no end", "telechat4", kAsIs, "<think>a", kNoReasoning, "a", kUnclosed},
      {"block", "telechat4", kAsIs, "<think>a</think>b", "a", "b", kWellFormed},
      {"leading end", "minimax_m3", kAsIs, "</mm:think>b", kNoReasoning, "b",
       kLeaked},
      {"end without a start", "minimax_m3", kAsIs, "a</mm:think>b", "a", "b",
       kForcedOpen},
      {"opened", "longcat", kAsIs, "a</longcat_think>b", "a", "b", kForcedOpen},
      {"opened", "apriel", kAsIs,
       "a\n[BEGIN FINAL RESPONSE]\nb\n[END FINAL RESPONSE]", "a\n", "\nb\n",
       kForcedOpen},
      {"block", "nemotron_v2", kAsIs, "<think>a</think>b", "a", "b",
       kWellFormed},
      {"tool call within a line", "qwen3", kAsIs,
       "<think>I look it up<tool_call>{}", "I look it up", "<tool_call>{}",
       kUnclosed},
      {"budget reflection", "seed_oss", kAsIs,
       "a<seed:cot_budget_reflect>b</seed:cot_budget_reflect>c</seed:think>d",
       "a<seed:cot_budget_reflect>b</seed:cot_budget_reflect>c", "d",
       kForcedOpen},
      {"end of turn left in", "deepseek_v4", kAsIs,
       "<think>a</think>b<｜end▁of▁sentence｜>", "a", "b<｜end▁of▁sentence｜>",
       kLeaked},
      {"end of turn named", "qwen3", kAsIs, "It ends with `<|im_end|>`.",
       kNoReasoning, "It ends with `<|im_end|>`.", kAbsent},
      {"anything", "plain", kAsIs, "a < b", kNoReasoning, "a < b", kNone},
      {"another family's", "plain", kAsIs, "<think>a</think>b", kNoReasoning,
       "<think>a</think>b", kUnexpected},
      {"another family's", "mistral", kAsIs, "<think>a</think>b", kNoReasoning,
       "<think>a</think>b", kUnexpected},
      {"no family's", "qwen3", kAsIs, "<reasoning>a</reasoning>b", kNoReasoning,
       "<reasoning>a</reasoning>b", kUnexpected},
  };
  return rows;
}

TEST(SplitText, FollowsTheTableOfEveryFamily) {
  for (const Row& row : Rows()) {
    SCOPED_TRACE(::testing::PrintToString(row));
    const SplitResult got = SplitText(row.format, "", row.thinking, row.text);
    EXPECT_EQ(got.reasoning, row.reasoning);
    EXPECT_EQ(got.answer, row.answer);
    EXPECT_EQ(got.marker_state, row.state);
    EXPECT_EQ(got.format, row.format);
  }
}

TEST(SplitText, AliasesAreTheSameRows) {
  for (const FormatAlias& alias : kFormatAliases) {
    const SplitResult got =
        SplitText(alias.alias, "", kAsIs, "<think>a</think>b");
    EXPECT_EQ(got, SplitText(alias.name, "", kAsIs, "<think>a</think>b"));
    EXPECT_EQ(got.format, alias.name);
  }
  EXPECT_EQ(SplitText("DeepSeek-R1", "", kAsIs, "a</think>b").reasoning, "a");
}

TEST(SplitText, UnknownNameKeepsTheText) {
  const SplitResult got =
      SplitText("no_such_format", "qwen3", kAsIs, "<think>a</think>b");
  EXPECT_EQ(got.format, "unknown");
  EXPECT_EQ(got.reasoning, std::nullopt);
  EXPECT_EQ(got.answer, "<think>a</think>b");
}

TEST(FormatNames, HoldsTheRequiredFamiliesAndNotAuto) {
  const auto names = FormatNames();
  for (std::string_view name :
       {"plain", "deepseek_r1", "deepseek_v3", "qwen3", "qwen3-thinking",
        "glm45", "kimi_k2", "olmo3", "minimax_m2", "minimax_m2_append_think",
        "step3", "holo2", "openai_gptoss", "mistral", "gemma4"})
    EXPECT_THAT(names, Contains(name));
  EXPECT_THAT(names, Not(Contains("auto")));
  EXPECT_THAT(names, Not(Contains("unknown")));
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(),
            names.size());
}

struct AutoRow {
  std::string_view model;
  std::string_view text;
  std::string_view format;
};

TEST(SplitText, AutoGoesByNameThenByText) {
  const std::vector<AutoRow> rows = {
      {"Qwen-QwQ-32B", "a</think>b", "deepseek_r1"},
      {"deepseek-ai/DeepSeek-R1-0528", "a", "deepseek_r1"},
      {"deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "a", "deepseek_r1"},
      {"deepseek-ai/DeepSeek-V3.1", "a", "deepseek_v3"},
      {"Qwen/Qwen3-8B", "a", "qwen3"},
      {"Qwen/Qwen3-30B-A3B-Thinking-2507", "a", "qwen3-thinking"},
      {"Qwen/Qwen3-30B-A3B-Instruct-2507", "a", "plain"},
      {"openai-gpt-oss-120b", "a", "openai_gptoss"},
      {"google-gemma-4-31B-it", "a", "gemma4"},
      {"google-gemma-2-2b-it", "a", "plain"},
      {"mistralai/Magistral-Small-2509", "a", "mistral"},
      {"moonshotai/Kimi-K2-Thinking", "a", "kimi_k2"},
      {"moonshotai/Kimi-K2-Instruct", "a", "plain"},
      {"zai-org/GLM-4.6", "a", "glm45"},
      {"my-model", "a", "plain"},
      {"my-model", "", "plain"},
      {"my-model", "<think>a</think>b", "think"},
      {"my-model", "a</think>b", "think"},
      {"my-model", "[THINK]a[/THINK]b", "mistral"},
      {"my-model", "<|channel|>final<|message|>b", "openai_gptoss"},
      {"my-model", "<|channel>thought\na<channel|>b", "gemma4"},
      {"my-model", "◁think▷a◁/think▷b", "kimi"},
      {"my-model", "Here is my response: b", "plain"},
      {"ibm/granite-3.3-8b", "Here is my thought process: a", "granite"},
      {"my-model", "Write `<think>` first.", "plain"},
      {"my-model", "Use <think> and </think> as tags.", "plain"},
      {"my-model", "<reasoning>a</reasoning>b", "unknown"},
      {"my-model", "<|mode|>b", "unknown"},
      {"my-model", "x\n<think>a[/THINK]b", "unknown"},
      {"my-model", "<my_thoughts>a</my_thoughts>b", "unknown"},
      {"my-model", "[REASONING]a[/REASONING]b", "unknown"},
      {"my-model", "[Analysis] b", "plain"},
      {"my-model", "<html>b</html>", "plain"},
      {"my-model", "<|python_tag|>f()", "plain"},
      {"my-model", "<|message_model|><|content_text|>b", "inkling"},
      {"my-model", "a</think:opensource>b", "hy_v3"},
      {"my-model", "a[BEGIN FINAL RESPONSE]b", "apriel"},
      {"zai-org/GLM-4.6", "<tool_call>{}", "glm45"},
      {"Qwen/Qwen3-8B", "<reasoning>a</reasoning>b", "unknown"},
      {"nvidia/Llama-3.3-Nemotron-Super-49B", "b", "nemotron_v2"},
      {"LongCat-Flash-Thinking", "b", "longcat"},
      // The text's own markers contradict the name.
      {"Qwen/Qwen3-8B", "[THINK]a[/THINK]b", "mistral"},
  };
  for (const AutoRow& row : rows) {
    const SplitResult got = SplitText("auto", row.model, kAsIs, row.text);
    EXPECT_EQ(got.format, row.format) << row.model << ": " << row.text;
    if (row.format == "plain") {
      EXPECT_EQ(got.reasoning, std::nullopt) << row.text;
      EXPECT_EQ(got.marker_state, kNone) << row.text;
    }
    if (row.format == "unknown") {
      EXPECT_EQ(got.answer, row.text);
      EXPECT_EQ(got.reasoning, std::nullopt);
      EXPECT_NE(got.shape, "");
    } else {
      EXPECT_EQ(got.shape, "");
    }
  }
}

TEST(SplitText, MarkersOfAnotherFamilyThanTheNamesAreUnexpected) {
  const SplitResult got =
      SplitText("auto", "Qwen/Qwen3-8B", kAsIs, "[THINK]a[/THINK]b");
  EXPECT_EQ(got.format, "mistral");
  EXPECT_EQ(got.reasoning, "a");
  EXPECT_EQ(got.marker_state, kUnexpected);
  EXPECT_EQ(
      SplitText("auto", "my-model", kAsIs, "[THINK]a[/THINK]b").marker_state,
      kWellFormed);
}

TEST(SplitText, FamiliesBoundWhatAutoTakes) {
  FormatPolicy policy;
  policy.families = {"glm45", "gpt-oss"};
  const auto split = [&policy](std::string_view model, std::string_view text) {
    return SplitText(policy, model, kAsIs, text);
  };
  // Two rows share the marker, one of them is allowed.
  EXPECT_EQ(split("my-model", "<think>a</think>b").format, "glm45");
  EXPECT_EQ(split("my-model", "<|channel|>final<|message|>b").format,
            "openai_gptoss");
  EXPECT_EQ(split("zai-org/GLM-4.6", "b").format, "glm45");
  // The name is of no family that is allowed: the first of them.
  EXPECT_EQ(split("Qwen/Qwen3-8B", "b").format, "glm45");
  const SplitResult other = split("my-model", "[THINK]a[/THINK]b");
  EXPECT_EQ(other.format, "unknown");
  EXPECT_EQ(other.answer, "[THINK]a[/THINK]b");
  EXPECT_EQ(other.marker_state, kUnexpected);
}

// Only the server that puts the start marker back adds anything.
TEST(SplitText, AddsNothingToTheText) {
  for (const Row& row : Rows()) {
    const SplitResult got = SplitText(row.format, "", row.thinking, row.text);
    EXPECT_LE(got.answer.size() + got.reasoning.value_or("").size(),
              row.text.size() + std::string_view("<think>").size())
        << row;
  }
}

SplitResult Streamed(std::string_view format, Thinking thinking,
                     const std::vector<std::string_view>& pieces) {
  StreamSplitter splitter(format, "", thinking);
  for (std::string_view piece : pieces) splitter.Feed(piece);
  return splitter.Finish();
}

TEST(StreamSplitter, EveryTwoPieceSplitEqualsTheWhole) {
  for (const Row& row : Rows()) {
    for (std::string_view format : {row.format, std::string_view("auto")}) {
      const SplitResult whole = SplitText(format, "", row.thinking, row.text);
      for (size_t cut = 0; cut <= row.text.size(); ++cut) {
        EXPECT_EQ(Streamed(format, row.thinking,
                           {row.text.substr(0, cut), row.text.substr(cut)}),
                  whole)
            << row << " cut at " << cut;
      }
    }
  }
}

TEST(StreamSplitter, EveryByteByItselfEqualsTheWhole) {
  for (const Row& row : Rows()) {
    std::vector<std::string_view> bytes;
    for (size_t i = 0; i < row.text.size(); ++i)
      bytes.push_back(row.text.substr(i, 1));
    EXPECT_EQ(Streamed(row.format, row.thinking, bytes),
              SplitText(row.format, "", row.thinking, row.text))
        << row;
  }
}

// Texts that would cost quadratic time if a walk were begun again and again.
TEST(SplitText, LongTextsOfMarkersTakeLinearTime) {
  const std::vector<std::string> units = {
      "<think>",
      "</think>",
      "<think>\n</think>",
      "`</think>",
      "```\n</think>\n",
      "x <think> y ",
      "<|channel>",
      "<channel|>",
      "<|channel><channel|>",
      "`<|channel>",
      "\"<channel|>\"\n<|channel>",
      "<|start|>",
      "<|message|>",
      "<|channel|>analysis",
      "[THINK] [/THINK]",
      "<|channel>x<|tool_call>",
      "<|content_thinking|>x<|end_message|>",
      "<|inner_prefix|><|tools_prefix|>",
      "<|open|>response<|sep|>",
      "<",
      "`",
      "\n```",
      "   "};
  for (const std::string& unit : units) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    for (std::string_view format :
         {"auto", "qwen3", "deepseek_r1", "gemma4", "openai_gptoss", "mistral",
          "inkling", "apertus2509", "kimi_k3"}) {
      const auto start = std::chrono::steady_clock::now();
      const SplitResult got = SplitText(format, "", kAsIs, text);
      const auto took = std::chrono::steady_clock::now() - start;
      EXPECT_LE(got.answer.size(), text.size());
      // A quadratic walk over 140,000 markers takes minutes.
      EXPECT_LT(took, std::chrono::seconds(5)) << format << " " << unit;
    }
  }
}

}  // namespace
}  // namespace reasonwatch
