// SPDX-License-Identifier: Apache-2.0
// The reasoning formats we know, as data. A new family is one row here.
//
// The table is a constant; everything in this header is safe from any thread.
// Sources: the reasoning parsers of vLLM, SGLang, SMG and llama.cpp.
#ifndef REASONWATCH_FORMATS_REASONING_REGISTRY_H_
#define REASONWATCH_FORMATS_REASONING_REGISTRY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "util/ascii.h"

namespace reasonwatch {

enum class Grammar : uint8_t {
  kPlain,        // no markers: the text is the answer
  kTags,         // start marker, reasoning, end marker, answer
  kHarmony,      // messages with channels or recipients (gpt-oss)
  kLabels,       // lines that begin with a label, "Thought:" and "Action:"
  kAppendsStart  // the server puts the start marker back and splits nothing
};
// Who writes the start marker.
enum class Opener : uint8_t {
  kModel,    // the model; text without markers is an answer
  kTemplate  // the chat template: the text begins inside the block
};
enum class TextIs : uint8_t {
  kAnswer,
  kReasoning,
  kAnswerWithoutStart  // an answer, from which the start marker is taken
};
// An end marker with no start before it, if the template did not open.
enum class BareEnd : uint8_t {
  kClosesReasoning,   // the template opened after all
  kIsDropped,         // a control token out of place: only the marker goes
  kLeadingIsDropped,  // only if the text begins with it; else it closes
  kStays,             // the model always writes its start: it is left in place
  kIsFraming          // ends blocks of every kind: it goes, and that is normal
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
  bool special_tokens = false;  // never prose: a start counts in mid-line too
  bool found_by_text = true;    // false: "auto" needs the model's name
  // Markers that show the family only beside the model's name.
  std::array<std::string_view, 2> not_by_text = {"", ""};
  // Close a block that has no end; they stay in the answer.
  std::array<std::string_view, 2> tools = {"", ""};
  // Begin the frame of the answer: taken out of it, and close a block that has
  // no end.
  std::array<std::string_view, 4> framing = {"", "", "", ""};
  // End that frame: taken out too. All that stands before one is answer if no
  // block was opened or closed before it.
  std::array<std::string_view, 5> frame_ends = {"", "", "", "", ""};
  // Tool calls inside a block, which belong to the answer.
  std::string_view inner_tool = "";
  std::string_view inner_tool_end = "";
  std::string_view label = "";   // stripped after the start
  std::string_view joiner = "";  // between the blocks of one response
  bool newline_at_end = false;   // one line feed on either side of an end goes
  // Stripped from both ends of the answer.
  std::array<std::string_view, 2> answer_open = {"", ""};
  std::array<std::string_view, 2> answer_close = {"", ""};
  // The rest of the markers after a server has dropped special tokens: words at
  // the text's beginning, and between reasoning and answer.
  std::string_view residue_open = "";
  std::string_view residue_between = "";
  // The format in which content delivered by such a server reads, "" = same.
  std::string_view delivered_as = "";
};

namespace rows {

inline constexpr std::string_view kThink = "<think>";
inline constexpr std::string_view kThinkEnd = "</think>";
inline constexpr std::string_view kToolCall = "<tool_call>";
inline constexpr std::string_view kDeepSeekTools = "<｜tool▁calls▁begin｜>";
inline constexpr std::string_view kDeepSeekMarkup = "<｜DSML｜";

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

consteval FormatRow ClosedByTool(FormatRow row, std::string_view tool,
                                 std::string_view other = "") {
  row.tools = {tool, other};
  return row;
}

}  // namespace rows

// Names are configured: never rename one. If several rows share a marker,
// "auto" takes the first of them.
inline constexpr auto kFormats = std::to_array<FormatRow>({
    {.name = "plain", .grammar = Grammar::kPlain},
    rows::Emitted("think", false),
    rows::ClosedByTool(rows::Opened("deepseek_r1", false),
                       rows::kDeepSeekTools),
    rows::ClosedByTool(rows::Emitted("deepseek_v3", true), rows::kDeepSeekTools,
                       rows::kDeepSeekMarkup),
    rows::ClosedByTool(rows::Emitted("deepseek_v4", true),
                       rows::kDeepSeekMarkup),
    rows::ClosedByTool(rows::Emitted("qwen3", true), rows::kToolCall),
    rows::ClosedByTool(rows::Opened("qwen3-thinking", false), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("glm45", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("glm47", true), rows::kToolCall),
    {.name = "kimi",
     .starts = {"◁think▷", "", ""},
     .ends = {"◁/think▷", "", ""},
     .bare_end = BareEnd::kStays},
    rows::ClosedByTool(rows::Opened("kimi_k2", true),
                       "<|tool_calls_section_begin|>"),
    // Markers are several tokens, and the last of them may be left out.
    {.name = "kimi_k3",
     .starts = {"<|open|>think<|sep|>", "<|open|>think", ""},
     .ends = {"<|close|>think<|sep|>", "<|close|>think", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .follows_request = true,
     .special_tokens = true,
     .tools = {"<|open|>tools<|sep|>", "<|open|>tools"},
     .framing = {"<|open|>response<|sep|>", "<|open|>response", "", ""},
     .frame_ends = {"<|close|>response<|sep|>", "<|close|>response",
                    "<|close|>message<|sep|>", "<|close|>message",
                    "<|end_of_msg|>"},
     .residue_between = "thinkresponse"},
    {.name = "openai_gptoss",
     .grammar = Grammar::kHarmony,
     .many_blocks = true,
     .residue_open = "analysis",
     .residue_between = "assistantfinal"},
    // A message to itself is reasoning, one to the user the answer.
    {.name = "muse_glimmer", .grammar = Grammar::kHarmony, .many_blocks = true},
    {.name = "ui_tars",
     .grammar = Grammar::kLabels,
     .starts = {"Thought:", "", ""},
     .ends = {"\nAction:", "", ""},
     .found_by_text = false},
    {.name = "mistral",
     .starts = {"[THINK]", "", ""},
     .ends = {"[/THINK]", "", ""},
     .bare_end = BareEnd::kIsDropped,
     .tools = {"[TOOL_CALLS]", ""}},
    {.name = "gemma4",
     .starts = {"<|channel>", "", ""},
     .ends = {"<channel|>", "", ""},
     .bare_end = BareEnd::kIsDropped,
     .many_blocks = true,
     .special_tokens = true,
     .tools = {"<|tool_call>", ""},
     .label = "thought\n",
     .residue_open = "thought\n"},
    {.name = "olmo3",
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .opener = Opener::kTemplate},
    rows::ClosedByTool(rows::Opened("minimax_m2", false), "<minimax:tool_call>",
                       rows::kToolCall),
    {.name = "minimax_m2_append_think",
     .grammar = Grammar::kAppendsStart,
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .delivered_as = "minimax_m2"},
    // Its vendor's own server writes the plain tag, and closes it either way.
    {.name = "minimax_m3",
     .starts = {"<mm:think>", rows::kThink, "<thinking>"},
     .ends = {"</mm:think>", rows::kThinkEnd, "</thinking>"},
     .follows_request = true,
     .bare_end = BareEnd::kLeadingIsDropped,
     .not_by_text = {"<thinking>", "</thinking>"},
     .tools = {"<minimax:tool_call>", ""}},
    rows::ClosedByTool(rows::Opened("step3", false), "<｜tool_calls_begin｜>"),
    {.name = "step3p5",
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .tools = {rows::kToolCall, ""},
     .newline_at_end = true},
    rows::ClosedByTool(rows::Opened("holo2", true), rows::kToolCall),
    {.name = "seed_oss",
     .starts = {"<seed:think>", "", ""},
     .ends = {"</seed:think>", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .tools = {"<seed:tool_call>", ""}},
    {.name = "hunyuan_a13b",
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .tools = {"<tool_calls>", ""},
     .answer_open = {"<answer>\n", "<answer>"},
     .answer_close = {"\n</answer>", "</answer>"}},
    {.name = "hy_v3",
     .starts = {rows::kThink, "<think:opensource>", ""},
     .ends = {rows::kThinkEnd, "</think:opensource>", ""},
     .follows_request = true,
     .tools = {"<tool_calls>", "<tool_calls:opensource>"}},
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
    rows::ClosedByTool(rows::Emitted("nemotron_v3", true), rows::kToolCall),
    // Switched by "/think" or "detailed thinking on" in the system prompt.
    rows::Emitted("nemotron_v2", false),
    rows::ClosedByTool(rows::Emitted("poolside_v1", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("mimo", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("interns1", true), rows::kToolCall),
    // Its server never delivers an empty answer.
    {.name = "telechat4",
     .starts = {rows::kThink, "", ""},
     .ends = {rows::kThinkEnd, "", ""},
     .no_end = TextIs::kAnswerWithoutStart},
    {.name = "cohere_command3",
     .starts = {"<|START_THINKING|>", "", ""},
     .ends = {"<|END_THINKING|>", "", ""},
     .follows_request = true,
     .special_tokens = true,
     .tools = {"<|START_ACTION|>", ""},
     .framing = {"<|START_RESPONSE|>", "<|START_TEXT|>", "", ""},
     .frame_ends = {"<|END_RESPONSE|>", "<|END_TEXT|>", "", "", ""}},
    {.name = "cohere_command4",
     .starts = {"<|START_THINKING|>", "", ""},
     .ends = {"<|END_THINKING|>", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .follows_request = true,
     .special_tokens = true,
     .tools = {"<|START_ACTION|>", ""},
     .framing = {"<|START_TEXT|>", "<|START_RESPONSE|>", "", ""},
     .frame_ends = {"<|END_TEXT|>", "<|END_RESPONSE|>", "", "", ""}},
    {.name = "apertus2509",
     .starts = {"<|inner_prefix|>", "", ""},
     .ends = {"<|inner_suffix|>", "", ""},
     .bare_end = BareEnd::kStays,
     .many_blocks = true,
     .special_tokens = true,
     .inner_tool = "<|tools_prefix|>",
     .inner_tool_end = "<|tools_suffix|>"},
    {.name = "inkling",
     .starts = {"<|content_thinking|>", "", ""},
     .ends = {"<|end_message|>", "<|content_model_end_sampling|>", ""},
     .bare_end = BareEnd::kIsFraming,
     .many_blocks = true,
     .special_tokens = true,
     .tools = {"<|content_invoke_tool_json|>", "<|content_invoke_tool_text|>"},
     .framing = {"<|message_model|>", "<|content_text|>", "", ""}},
    {.name = "solar_open2",
     .starts = {"<|think:start|>", "", ""},
     .ends = {"<|think:end|>", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .follows_request = true,
     .special_tokens = true,
     .tools = {"<|tool_call:start|>", ""}},
    {.name = "longcat",
     .starts = {"<longcat_think>", "", ""},
     .ends = {"</longcat_think>", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning},
    // The template writes "Here are my reasoning steps:" and no start marker.
    {.name = "apriel",
     .ends = {"[BEGIN FINAL RESPONSE]", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning,
     .frame_ends = {"[END FINAL RESPONSE]", "", "", "", ""}},
    {.name = "solar_open",
     .starts = {"<|think|>", "", ""},
     .ends = {"<|end|>", "", ""},
     .bare_end = BareEnd::kIsFraming,
     .many_blocks = true,
     .special_tokens = true,
     .not_by_text = {"<|end|>", ""},
     .tools = {"<|tool_calls|>", ""},
     .framing = {"<|begin|>assistant", "<|content|>", "", ""}},
    // The template opens, unless the request asks for no thinking.
    rows::ClosedByTool(rows::Opened("hy3", true), "<tool_calls>",
                       "<tool_calls:opensource>"),
    rows::ClosedByTool(rows::Opened("ling3", true), rows::kToolCall),
    rows::ClosedByTool(rows::Opened("granite42", true), rows::kToolCall),
    rows::ClosedByTool(rows::Opened("exaone4", true), rows::kToolCall),
    {.name = "exaone_deep",
     .starts = {"<thought>", "", ""},
     .ends = {"</thought>", "", ""},
     .opener = Opener::kTemplate,
     .no_marker = TextIs::kReasoning},
    rows::ClosedByTool(rows::Emitted("hyperclovax", true), rows::kToolCall),
    // The chain is a turn of its own, which the template or a label opens.
    {.name = "hyperclovax_14b",
     .ends = {"<|im_end|>\n<|im_start|>assistant\n",
              "<|im_end|>\n<|im_start|>assistant", ""},
     .opener = Opener::kTemplate,
     .found_by_text = false,
     .label = "/think\n"},
    rows::ClosedByTool(rows::Emitted("lfm25", false), "<|tool_call_start|>"),
    rows::ClosedByTool(rows::Emitted("minicpm5", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("smollm3", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("hermes4", true), rows::kToolCall),
    rows::ClosedByTool(rows::Emitted("trinity", true), rows::kToolCall),
    rows::Emitted("phi4_reasoning", false),
    rows::ClosedByTool(rows::Emitted("bielik", true), rows::kToolCall),
});

// Other names of the same rows: parsers are named differently by servers.
struct FormatAlias {
  std::string_view alias;
  std::string_view name;
};
inline constexpr auto kFormatAliases = std::to_array<FormatAlias>({
    {"gpt-oss", "openai_gptoss"},
    {"gptoss", "openai_gptoss"},
    {"deepseek-r1", "deepseek_r1"},
    {"deepseek-v3", "deepseek_v3"},
    {"deepseek-v4", "deepseek_v4"},
    {"hunyuan", "hunyuan_a13b"},
    {"kimi_k25", "kimi_k2"},
    {"minimax", "minimax_m2"},
    {"minimax-append-think", "minimax_m2_append_think"},
    {"minimax-m3", "minimax_m3"},
    {"ling", "ling3"},
    {"granite_thinking_parser", "granite42"},
    {"hyperclovax_seed_think_14b", "hyperclovax_14b"},
    {"minicpmv", "minicpm5"},
    {"nano_v3", "nemotron_v3"},
    {"nemotron_3", "nemotron_v3"},
    {"apertus", "apertus2509"},
    {"solar-open2", "solar_open2"},
});

// Tokens that end or begin a turn: in an answer they have leaked.
inline constexpr auto kEndOfTurnTokens =
    std::to_array<std::string_view>({"<|im_end|>",
                                     "<|im_start|>",
                                     "<|im_sep|>",
                                     "<|im_user|>",
                                     "<|im_assistant|>",
                                     "<|im_system|>",
                                     "<|im_middle|>",
                                     "<|endoftext|>",
                                     "<|end_of_text|>",
                                     "<|begin_of_text|>",
                                     "<|startoftext|>",
                                     "<|eot_id|>",
                                     "<|eom_id|>",
                                     "<|eot|>",
                                     "<|eom|>",
                                     "<|end|>",
                                     "<|start_header_id|>",
                                     "<|end_header_id|>",
                                     "<|user|>",
                                     "<|assistant|>",
                                     "<|system|>",
                                     "<|observation|>",
                                     "<|endofturn|>",
                                     "<|end_of_turn|>",
                                     "[|endofturn|]",
                                     "[|assistant|]",
                                     "[|user|]",
                                     "<|role_end|>",
                                     "<|start_of_role|>",
                                     "<|end_of_role|>",
                                     "<｜end▁of▁sentence｜>",
                                     "<｜begin▁of▁sentence｜>",
                                     "<｜User｜>",
                                     "<｜Assistant｜>",
                                     "<|START_OF_TURN_TOKEN|>",
                                     "<|END_OF_TURN_TOKEN|>",
                                     "<|CHATBOT_TOKEN|>",
                                     "<|USER_TOKEN|>",
                                     "<end_of_turn>",
                                     "<start_of_turn>",
                                     "<turn|>",
                                     "<|turn>",
                                     "[e~[",
                                     "[/INST]",
                                     "</s>"});
// The same, but also what a page's author writes: only at the text's end.
inline constexpr std::string_view kEndOfTextTag = "</s>";

// Beginnings of tool calls beside those of the rows, which a server should have
// taken out of an answer.
inline constexpr auto kOtherToolMarkup = std::to_array<std::string_view>(
    {"<|python_tag|>", "<|tool_call_begin|>", "<|action_start|>", "<|plugin|>",
     "<|FunctionCallBegin|>", "<function=", "<function_call>",
     "<function_calls>"});

// "auto" by model name: the first rule whose needles both occur in the name
// (`also` may be empty) decides; format "" = look at the text. Hosts spell
// names as they like, so NameHas() compares letters and digits only: "glm-4.7"
// is in "glm-4p7-fp8", "GLM_4_7" and "zai.glm4.7".
struct NameRule {
  std::string_view needle;
  std::string_view also;
  std::string_view format;
};
inline constexpr auto kNameRules = std::to_array<NameRule>({
    {"gpt-oss", "", "openai_gptoss"},
    {"llm-jp-4", "thinking", "openai_gptoss"},
    {"muse-glimmer", "", "muse_glimmer"},
    {"ui-tars", "", "ui_tars"},
    {"r1-distill", "", "deepseek_r1"},
    {"deepseek-r1", "", "deepseek_r1"},
    {"deepseek-reasoner", "", "deepseek_r1"},
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
    {"kimi-k2.6", "", "kimi_k2"},
    {"kimi-k2.7", "", "kimi_k2"},
    {"kimi-k3", "", "kimi_k3"},
    {"kimi-vl", "thinking", "kimi"},
    {"magistral", "2506", "think"},
    {"magistral", "", "mistral"},
    {"mistral-small-4", "", "mistral"},
    {"mistral-small-2603", "", "mistral"},
    {"mistral-medium-3.5", "", "mistral"},
    {"ministral", "reasoning", "mistral"},
    {"gemma-4", "", "gemma4"},
    {"olmo-3", "think", "olmo3"},
    {"minimax-m1", "", "minimax_m2"},
    {"minimax-m2", "", "minimax_m2"},
    {"minimax-m3", "", "minimax_m3"},
    {"step-3.5", "", "step3p5"},
    {"step-3.7", "", "step3p5"},
    {"stepfun-3.5", "", "step3p5"},
    {"stepfun-3.7", "", "step3p5"},
    {"step-3", "", "step3"},
    {"holo2", "", "holo2"},
    {"seed-oss", "", "seed_oss"},
    {"hunyuan-a13b", "", "hunyuan_a13b"},
    {"hunyuan-v3", "", "hy3"},
    {"hunyuan-3", "", "hy3"},
    {"hy-v3", "", "hy3"},
    {"hy3", "", "hy3"},
    {"granite-3.2", "", "granite"},
    {"granite-3.3", "", "granite"},
    {"granite-4.2", "", "granite42"},
    {"ernie-4.5", "thinking", "ernie45"},
    {"nemotron-3", "", "nemotron_v3"},
    {"nemotron-nano", "v2", "nemotron_v2"},
    {"llama", "nemotron", "nemotron_v2"},
    {"nemotron-nano", "", "nemotron_v3"},
    {"command-a-plus", "", "cohere_command4"},
    {"command-a-reasoning", "", "cohere_command3"},
    {"cohere", "north", "cohere_command4"},
    {"north-mini", "", "cohere_command4"},
    {"apertus", "", "apertus2509"},
    {"solar-open2", "", "solar_open2"},
    {"solar-open", "", "solar_open"},
    {"ling-3", "", "ling3"},
    {"ring-1t", "", "ling3"},
    {"ring-2", "", "ling3"},
    {"ring-3", "", "ling3"},
    {"ring-mini", "", "ling3"},
    {"ring-flash", "", "ling3"},
    {"ring-lite", "", "ling3"},
    {"exaone-deep", "", "exaone_deep"},
    {"exaone-4", "", "exaone4"},
    {"k-exaone", "", "exaone4"},
    {"hyperclovax", "think-14b", "hyperclovax_14b"},
    {"hyperclovax", "think", "hyperclovax"},
    {"lfm2.5", "", "lfm25"},
    {"minicpm5", "", "minicpm5"},
    {"smollm3", "", "smollm3"},
    {"hermes-4", "", "hermes4"},
    {"trinity", "thinking", "trinity"},
    {"phi-4", "reasoning", "phi4_reasoning"},
    {"bielik", "", "bielik"},
    {"longcat", "thinking", "longcat"},
    {"apriel", "thinker", "apriel"},
    {"laguna", "", "poolside_v1"},
    {"intern-s1", "", "interns1"},
    {"telechat4", "", "telechat4"},
    {"inkling", "", "inkling"},
    {"mimo", "", "mimo"},
});

// A tag at the beginning of a text whose name holds one of these is a way of
// marking reasoning; if no row has it, the format is unknown.
inline constexpr auto kThoughtWords =
    std::to_array<std::string_view>({"think", "thought", "reason", "reflect",
                                     "scratchpad", "analysis", "monologue"});

// Beginnings of tool calls, which say nothing of how reasoning is marked.
inline constexpr auto kToolStarts =
    std::to_array<std::string_view>({"<|python_tag|>", "<|tool_call", "<|tools",
                                     "<|action_start|>", "<|plugin|>"});

// The row of that name or alias, in any case, or null.
constexpr const FormatRow* FindFormat(std::string_view name) {
  for (const FormatAlias& alias : kFormatAliases) {
    if (ascii::EqualsIgnoringCase(alias.alias, name)) name = alias.name;
  }
  for (const FormatRow& row : kFormats) {
    if (ascii::EqualsIgnoringCase(row.name, name)) return &row;
  }
  return nullptr;
}

static_assert([] {
  for (const NameRule& rule : kNameRules) {
    if (!rule.format.empty() && FindFormat(rule.format) == nullptr)
      return false;
  }
  for (const FormatAlias& alias : kFormatAliases) {
    if (FindFormat(alias.name) == nullptr) return false;
  }
  for (const FormatRow& row : kFormats) {
    if (!row.delivered_as.empty() && FindFormat(row.delivered_as) == nullptr)
      return false;
  }
  return true;
}());

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_REGISTRY_H_
