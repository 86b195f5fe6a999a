// The reasoning formats we know, as data. A new family is one row here.
//
// The table is a constant; everything in this header is safe from any thread.
#ifndef REASONWATCH_FORMATS_REASONING_REGISTRY_H_
#define REASONWATCH_FORMATS_REASONING_REGISTRY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reasonwatch {

enum class Grammar : uint8_t {
  kPlain,        // no markers: the text is the answer
  kTags,         // start marker, reasoning, end marker, answer
  kHarmony,      // messages with channels (gpt-oss)
  kAppendsStart  // the server puts the start marker back and splits nothing
};
// Who writes the start marker.
enum class Opener : uint8_t {
  kModel,    // the model; text without markers is an answer
  kTemplate  // the chat template: the text begins inside the block
};
enum class TextIs : uint8_t { kAnswer, kReasoning };
// An end marker with no start before it, where the template did not open.
enum class BareEnd : uint8_t {
  kClosesReasoning,  // the template opened after all
  kIsDropped         // a control token out of place: only the marker goes
};

struct FormatRow {
  std::string_view name;
  Grammar grammar = Grammar::kTags;
  // Unused entries are written out as "": g++ 12 can't use an array with
  // elements left out in the tables that are made of this one.
  std::array<std::string_view, 3> starts = {"", "", ""};
  std::array<std::string_view, 3> ends = {"", "", ""};
  Opener opener = Opener::kModel;
  TextIs no_end = TextIs::kReasoning;  // start seen, end missing
  TextIs no_marker = TextIs::kAnswer;  // neither seen
  bool follows_request = false;        // thinking on/off decides who opens
  BareEnd bare_end = BareEnd::kClosesReasoning;
  bool many_blocks = false;     // more than one block is normal
  bool found_by_text = true;    // false: "auto" needs the model's name
  std::string_view tool = "";   // closes the block where no end does
  std::string_view label = "";  // stripped after the start
  // Stripped from both ends of the answer.
  std::array<std::string_view, 2> answer_open = {"", ""};
  std::array<std::string_view, 2> answer_close = {"", ""};
  // The format in which content delivered by such a server reads, "" = same.
  std::string_view delivered_as = "";
};

namespace rows {

inline constexpr std::string_view kThink = "<think>";
inline constexpr std::string_view kThinkEnd = "</think>";
inline constexpr std::string_view kToolCall = "<tool_call>";

// <think> written by the model.
consteval FormatRow Emitted(std::string_view name, bool follows_request) {
  return {.name = name,
          .starts = {kThink, "", ""},
          .ends = {kThinkEnd, "", ""},
          .follows_request = follows_request};
}

// <think> written by the chat template.
consteval FormatRow Opened(std::string_view name, bool follows_request) {
  return {.name = name,
          .starts = {kThink, "", ""},
          .ends = {kThinkEnd, "", ""},
          .opener = Opener::kTemplate,
          .no_marker = TextIs::kReasoning,
          .follows_request = follows_request};
}

consteval FormatRow ClosedByTool(FormatRow row, std::string_view tool) {
  row.tool = tool;
  return row;
}

consteval FormatRow Alias(FormatRow row, std::string_view name) {
  row.name = name;
  return row;
}

inline constexpr FormatRow kHarmonyRow = {
    .name = "openai_gptoss", .grammar = Grammar::kHarmony, .many_blocks = true};
inline constexpr FormatRow kHunyuanRow = {
    .name = "hunyuan_a13b",
    .starts = {kThink, "", ""},
    .ends = {kThinkEnd, "", ""},
    .answer_open = {"<answer>\n", "<answer>"},
    .answer_close = {"\n</answer>", "</answer>"}};

}  // namespace rows

// Names are stored and configured: never rename one. Where several rows share
// a marker, "auto" takes the first of them.
inline constexpr auto kFormats = std::to_array<FormatRow>({
    {.name = "plain", .grammar = Grammar::kPlain},
    rows::Emitted("think", false),
    rows::Opened("deepseek_r1", false),
    rows::Emitted("deepseek_v3", true),
    rows::Emitted("deepseek_v4", true),
    rows::ClosedByTool(rows::Emitted("qwen3", true), rows::kToolCall),
    rows::ClosedByTool(rows::Opened("qwen3-thinking", false), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("glm45", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("glm47", true), rows::kToolCall),
    {.name = "kimi",
     .starts = {"◁think▷", "", ""},
     .ends = {"◁/think▷", "", ""}},
    rows::ClosedByTool(rows::Opened("kimi_k2", true),
                       "<|tool_calls_section_begin|>"),
    {.name = "kimi_k3",
     .starts = {"<|open|>think<|sep|>", "", ""},
     .ends = {"<|close|>think<|sep|>", "", ""},
     .answer_open = {"<|open|>response<|sep|>", ""},
     .answer_close = {"<|close|>response<|sep|>", ""}},
    rows::kHarmonyRow,
    rows::Alias(rows::kHarmonyRow, "gpt-oss"),
    {.name = "mistral",
     .starts = {"[THINK]", "", ""},
     .ends = {"[/THINK]", "", ""},
     .bare_end = BareEnd::kIsDropped},
    {.name = "gemma4",
     .starts = {"<|channel>", "", ""},
     .ends = {"<channel|>", "", ""},
     .bare_end = BareEnd::kIsDropped,
     .many_blocks = true,
     .label = "thought\n"},
    {.name = "olmo3",
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .opener = Opener::kTemplate},
    rows::Opened("minimax_m2", false),
    {.name = "minimax_m2_append_think",
     .grammar = Grammar::kAppendsStart,
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .delivered_as = "minimax_m2"},
    {.name = "minimax_m3",
     .starts = {"<mm:think>", "", ""},
     .ends = {"</mm:think>", "", ""},
     .follows_request = true,
     .bare_end = BareEnd::kIsDropped},
    rows::Opened("step3", false),
    rows::Opened("step3p5", false),
    rows::Opened("holo2", true),
    {.name = "seed_oss",
     .starts = {"<seed:think>", "", ""},
     .ends = {"</seed:think>", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning},
    rows::kHunyuanRow,
    rows::Alias(rows::kHunyuanRow, "hunyuan"),
    rows::Emitted("hy_v3", true),
    // Its first two markers are English prose that any model may write: without
    // their end they are too weak to call the whole text reasoning.
    {.name = "granite",
     .starts = {"Here is my thought process:", "Here's my thought process:",
                rows::kThink},
     .ends = {"Here is my response:", "Here's my response:", rows::kThinkEnd},
     .no_end = TextIs::kAnswer,
     .found_by_text = false,
     .answer_open = {"<response>", ""},
     .answer_close = {"</response>", ""}},
    {.name = "ernie45",
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .answer_open = {"<response>\n", "<response>"},
     .answer_close = {"\n</response>", "</response>"}},
    rows::Emitted("nemotron_v3", true),
    rows::Emitted("poolside_v1", true),
    rows::Emitted("mimo", true),
    rows::Emitted("interns1", true),
    rows::Emitted("telechat4", true),
    {.name = "cohere_command3",
     .starts = {"<|START_THINKING|>", "", ""},
     .ends = {"<|END_THINKING|>", "", ""},
     .tool = "<|START_ACTION|>",
     .answer_open = {"<|START_RESPONSE|>", "<|START_TEXT|>"},
     .answer_close = {"<|END_RESPONSE|>", "<|END_TEXT|>"}},
    {.name = "apertus2509",
     .starts = {"<|inner_prefix|>", "", ""},
     .ends = {"<|inner_suffix|>", "", ""},
     .many_blocks = true},
    {.name = "inkling",
     .starts = {"<|message_model|><|content_thinking|>", "", ""},
     .ends = {"<|end_message|>", "", ""},
     .answer_open = {"<|message_model|><|content_text|>", "<|content_text|>"},
     .answer_close = {"<|content_model_end_sampling|>", "<|end_message|>"}},
    {.name = "solar_open2",
     .starts = {"<|think:start|>", "", ""},
     .ends = {"<|think:end|>", "", ""},
     .opener = Opener::kTemplate},
});

// "auto" by model name: the first rule whose needles both occur in the name
// (lower case; `also` may be empty) decides; format "" = look at the text.
struct NameRule {
  std::string_view needle;
  std::string_view also;
  std::string_view format;
};
inline constexpr auto kNameRules = std::to_array<NameRule>({
    {"gpt-oss", "", "openai_gptoss"},
    {"gptoss", "", "openai_gptoss"},
    {"r1-distill", "", "deepseek_r1"},
    {"deepseek-r1", "", "deepseek_r1"},
    {"qwq", "", "deepseek_r1"},
    {"deepseek-v3.1", "", "deepseek_v3"},
    {"deepseek-v3.2", "", "deepseek_v3"},
    {"deepseek-v4", "", "deepseek_v4"},
    {"qwen3", "thinking", "qwen3-thinking"},
    {"qwen3", "instruct", ""},
    {"qwen3", "coder", ""},
    {"qwen3", "embedding", ""},
    {"qwen3", "", "qwen3"},
    {"glm-4.5", "", "glm45"},
    {"glm-4.6", "", "glm45"},
    {"glm-4.7", "", "glm47"},
    {"glm-5", "", "glm47"},
    {"kimi-k2-thinking", "", "kimi_k2"},
    {"kimi-k2.5", "", "kimi_k2"},
    {"kimi-k3", "", "kimi_k3"},
    {"kimi-vl", "thinking", "kimi"},
    {"magistral", "", "mistral"},
    {"ministral", "reasoning", "mistral"},
    {"gemma-4", "", "gemma4"},
    {"gemma4", "", "gemma4"},
    {"olmo-3", "think", "olmo3"},
    {"minimax-m1", "", "minimax_m2"},
    {"minimax-m2", "", "minimax_m2"},
    {"minimax-m3", "", "minimax_m3"},
    {"step3.5", "", "step3p5"},
    {"step-3.5", "", "step3p5"},
    {"stepfun3.5", "", "step3p5"},
    {"step3", "", "step3"},
    {"holo2", "", "holo2"},
    {"seed-oss", "", "seed_oss"},
    {"hunyuan-a13b", "", "hunyuan_a13b"},
    {"granite-3.2", "", "granite"},
    {"granite-3.3", "", "granite"},
    {"ernie-4.5", "thinking", "ernie45"},
    {"nemotron-3", "", "nemotron_v3"},
    {"nemotron-nano", "", "nemotron_v3"},
    {"command-a-reasoning", "", "cohere_command3"},
    {"apertus", "2509", "apertus2509"},
    {"solar-open2", "", "solar_open2"},
    {"mimo", "", "mimo"},
});

// Texts that begin so are marked up in a way that no row knows.
inline constexpr auto kForeignStarts = std::to_array<std::string_view>(
    {"<thinking>", "<thought>", "<reasoning>", "<reflection>", "<scratchpad>",
     "[THINKING]", "<|"});

// The row of that name, or null.
constexpr const FormatRow* FindFormat(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

static_assert([] {
  for (const NameRule& rule : kNameRules) {
    if (!rule.format.empty() && FindFormat(rule.format) == nullptr)
      return false;
  }
  for (const FormatRow& row : kFormats) {
    if (!row.delivered_as.empty() && FindFormat(row.delivered_as) == nullptr)
      return false;
  }
  return true;
}());

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_REGISTRY_H_
