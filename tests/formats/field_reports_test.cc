// SPDX-License-Identifier: Apache-2.0
// Reports of operators about markers in texts, each as a test. The names
// are those of the public reports.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/response.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

struct Report {
  std::string_view name;
  std::string_view model;
  std::string_view format = "auto";
  Thinking thinking = Thinking::kUnstated;
  std::string_view content;
  std::optional<std::string_view> field;
  std::string_view finish = "stop";
  int64_t reasoning_tokens = 0;  // 0 = not stated

  std::optional<std::string_view> reasoning;
  std::string_view answer;
  MarkerState state = MarkerState::kNone;
  bool split_differs = false;
};

constexpr std::nullopt_t kNoReasoning = std::nullopt;

// table: reported texts and their right splits.
const Report kReports[] = {
    {.name = "sglang#37645: cut off without the end",
     .model = "zai-org/GLM-5.2",
     .content = "<think>and so",
     .field = {},
     .finish = "length",
     .reasoning = "and so",
     .answer = "",
     .state = MarkerState::kUnclosed},
    {.name = "sglang#37645: stopped, answer in the reasoning field",
     .model = "zai-org/GLM-5.2",
     .content = "",
     .field = "It is 4.",
     .reasoning = "It is 4.",
     .answer = ""},
    {.name = "vllm#48645: no end, and the end of turn leaks",
     .model = "deepseek-ai/DeepSeek-V4",
     .content = "It is 4.<｜end▁of▁sentence｜>",
     .field = {},
     .reasoning = kNoReasoning,
     .answer = "It is 4.<｜end▁of▁sentence｜>",
     .state = MarkerState::kLeaked},
    {.name = "llama.cpp#22577: the end comes first",
     .model = "Qwen/Qwen3-8B",
     .content = "</think>It is 4.",
     .field = {},
     .reasoning = "",
     .answer = "It is 4.",
     .state = MarkerState::kForcedOpen},
    {.name = "llama.cpp#23320: the start is stripped in streams",
     .model = "Qwen/Qwen3-8B",
     .content = "two and two</think>4",
     .field = {},
     .reasoning = "two and two",
     .answer = "4",
     .state = MarkerState::kForcedOpen},
    {.name = "vllm#45213: final without its message",
     .model = "openai/gpt-oss-20b",
     .content = "<|channel|>analysis<|message|>add<|end|><|start|>assistant"
                "<|channel|>final It is 4.",
     .field = {},
     .reasoning = "add",
     .answer = "It is 4.",
     .state = MarkerState::kLeaked},
    {.name = "llama.cpp#27720: a channel that does not exist",
     .model = "openai/gpt-oss-20b",
     .content = "<|channel|>thoughts<|message|>It is 4.<|return|>",
     .field = {},
     .reasoning = kNoReasoning,
     .answer = "It is 4.",
     .state = MarkerState::kLeaked},
    {.name = "vllm#34625: the server puts the start back into the content",
     .model = "MiniMaxAI/MiniMax-M2.5",
     .content = "<think>add</think>4",
     .field = {},
     .reasoning = "add",
     .answer = "4",
     .state = MarkerState::kWellFormed},
    {.name = "GLM-V#243: the block stays in the content",
     .model = "zai-org/GLM-4.6V",
     .content = "<think>add</think>4",
     .field = {},
     .reasoning_tokens = 1,
     .reasoning = "add",
     .answer = "4",
     .state = MarkerState::kWellFormed,
     .split_differs = true},
    {.name = "DeepSeek-v4-Flash#6: foreign tags, and the block never closes",
     .model = "deepseek-ai/DeepSeek-V4-Flash",
     .content = "<think>first <STORE_AND_RETURN> then",
     .field = {},
     .reasoning = "first <STORE_AND_RETURN> then",
     .answer = "",
     .state = MarkerState::kUnclosed},
    {.name = "open-webui#24697: a second block",
     .model = "google/gemma-4-31b-it",
     .content = "<|channel>thought\na<channel|>b\n<|channel>thought\nc"
                "<channel|>d",
     .field = {},
     .reasoning = "ac",
     .answer = "b\nd",
     .state = MarkerState::kWellFormed},
    {.name = "vllm#13025: the start has moved into the template",
     .model = "deepseek-ai/DeepSeek-R1",
     .content = "add</think>4",
     .field = {},
     .reasoning = "add",
     .answer = "4",
     .state = MarkerState::kForcedOpen},
    {.name = "vllm#43395: effort was never turned into thinking",
     .model = "google/gemma-4-31b-it",
     .thinking = Thinking::kOn,
     .content = "It is 4.",
     .field = {},
     .reasoning = kNoReasoning,
     .answer = "It is 4.",
     .state = MarkerState::kAbsent},
    {.name = "llama.cpp#22398: an empty block",
     .model = "Qwen/Qwen3.6-27B",
     .content = "<think></think>It is 4.",
     .field = {},
     .reasoning = "",
     .answer = "It is 4.",
     .state = MarkerState::kWellFormed},
    {.name = "gemma#727: an empty block",
     .model = "google/gemma-4-31b-it",
     .content = "<|channel>thought\n<channel|>It is 4.",
     .field = {},
     .reasoning = "",
     .answer = "It is 4.",
     .state = MarkerState::kWellFormed},
    {.name = "1Cat-vLLM#569: closed again and again, never opened",
     .model = "Qwen/Qwen3-8B",
     .content = "a</think>b</think>b</think>b</think>",
     .field = {},
     .reasoning = "a",
     .answer = "b</think>b</think>b</think>",
     .state = MarkerState::kDoubled},
    {.name = "litellm#20246: the proxy drops the field",
     .model = "Qwen/Qwen3-8B",
     .content = "It is 4.",
     .field = {},
     .reasoning_tokens = 80,
     .reasoning = kNoReasoning,
     .answer = "It is 4.",
     .state = MarkerState::kStripped},
    {.name = "skip_special_tokens without a parser",
     .model = "openai/gpt-oss-20b",
     .content = "analysisadd themassistantfinalIt is 4.",
     .field = {},
     .reasoning = "add them",
     .answer = "It is 4.",
     .state = MarkerState::kStripped},
    {.name = "the parser of another family",
     .model = "any/model",
     .format = "mistral",
     .content = "<think>add</think>4",
     .field = {},
     .reasoning = kNoReasoning,
     .answer = "<think>add</think>4",
     .state = MarkerState::kUnexpected},
    {.name = "tags that the prompt asked for, reasoning in its field",
     .model = "Qwen/Qwen3-8B",
     .content = "<analysis>a</analysis>4",
     .field = "add",
     .reasoning = "add",
     .answer = "<analysis>a</analysis>4"},
};

TEST(ParseResponse, ReadsWhatWasReported) {
  for (const Report& report : kReports) {
    SCOPED_TRACE(report.name);
    Response response;
    response.model = std::string(report.model);
    response.content = std::string(report.content);
    if (report.field.has_value())
      response.reasoning = std::string(*report.field);
    response.finish_reason = std::string(report.finish);
    response.intent.thinking = report.thinking;
    if (report.reasoning_tokens > 0)
      response.usage.reasoning_tokens = report.reasoning_tokens;
    const Trace trace = ParseResponse(response, report.format);
    EXPECT_EQ(trace.reasoning, report.reasoning);
    EXPECT_EQ(trace.answer, report.answer);
    EXPECT_EQ(MarkerStateName(trace.marker_state),
              MarkerStateName(report.state));
    EXPECT_EQ(trace.split_differs, report.split_differs);
  }
}

}  // namespace
}  // namespace reasonwatch
