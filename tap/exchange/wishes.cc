// SPDX-License-Identifier: Apache-2.0
// Servers differ in where they keep a wish and in its name, so every name is
// looked for in the body itself and in each of the objects that some server
// keeps parameters in. A value for thinking may be a flag, a word, a number of
// tokens or an object of those; one reader knows them all.
//
// In order: one value for thinking, one object, the whole.
#include "tap/exchange/wishes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tap/exchange/json.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Objects that hold parameters, also inside of each other.
constexpr std::array<std::string_view, 15> kHolders = {
    "options",
    "parameters",
    "sampling_params",
    "sampling_parameters",
    "generationConfig",
    "generation_config",
    "inferenceConfig",
    "textGenerationConfig",
    "output_config",
    "additionalModelRequestFields",
    "extra_body",
    "chat_template_kwargs",
    "chat_template_args",
    "nvext",
    "config"};
constexpr int kMaxDepth =
    4;  // objects within objects, as extra_body nests them

constexpr std::array<std::string_view, 11> kThinkingKeys = {
    "thinking",        "enable_thinking",  "think",           "reasoning",
    "thinking_mode",   "enable_reasoning", "reasoning_mode",  "thinkingConfig",
    "thinking_config", "reasoningConfig",  "reasoning_config"};
constexpr std::array<std::string_view, 6> kEffortKeys = {
    "reasoning_effort", "reasoningEffort", "effort",
    "thinkingLevel",    "thinking_level",  "maxReasoningEffort"};
constexpr std::array<std::string_view, 7> kBudgetKeys = {
    "thinking_budget",     "thinking_token_budget", "thinkingBudget",
    "budget_tokens",       "reasoning_budget",      "max_thinking_tokens",
    "max_reasoning_tokens"};
// A name further on wins: it is the newer one where both are sent.
constexpr std::array<std::string_view, 12> kLimitKeys = {
    "max_tokens_to_sample",
    "max_gen_len",
    "n_predict",
    "num_predict",
    "maxTokenCount",
    "max_length",
    "max_tokens",
    "maxTokens",
    "max_new_tokens",
    "max_completion_tokens",
    "maxOutputTokens",
    "max_output_tokens"};

constexpr double kMostTokens = 9e15;

struct Wishes {
  std::optional<bool> thinking;  // stated as such
  std::optional<bool> implied;   // by a budget or an effort
  std::string effort;
  std::optional<int64_t> budget;  // tokens
  std::optional<bool> delivers_text;
};

std::string LowerCase(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), ascii::Lower);
  return lower;
}

bool OneOf(std::string_view word,
           std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

void StateEffort(std::string_view word, Wishes& wishes) {
  constexpr size_t kMaxWord = 16;  // far over the efforts in use
  std::string effort = LowerCase(ascii::Trim(word));
  if (effort.empty() || effort.size() > kMaxWord ||
      !std::ranges::all_of(effort, ascii::IsLetter) ||
      OneOf(effort, {"default", "auto"}))
    return;
  if (OneOf(effort, {"off", "disabled", "disable"})) effort = "none";
  // Only "none" says whether there is to be any thinking: a model without it is
  // sent efforts too.
  if (effort == "none") wishes.implied = false;
  wishes.effort = std::move(effort);
}

void StateBudget(int64_t tokens, Wishes& wishes) {
  wishes.implied = tokens != 0;
  // -1 leaves the budget to the model.
  wishes.budget = tokens < 0 ? std::nullopt : std::optional(tokens);
}

void StateWord(std::string_view word, Wishes& wishes) {
  const std::string lower = LowerCase(ascii::Trim(word));
  if (OneOf(lower, {"on", "true", "enabled", "enable", "yes", "adaptive",
                    "thinking", "think"}))
    wishes.thinking = true;
  else if (OneOf(lower, {"off", "false", "disabled", "disable", "no",
                         "no_think", "nothink", "non-thinking", "chat"}))
    wishes.thinking = false;
  else
    StateEffort(lower, wishes);
}

void StateDelivery(const object& from, Wishes& wishes) {
  for (std::string_view key :
       {"include_reasoning", "includeThoughts", "include_thoughts"})
    if (const auto delivers = ValueIn<bool>(from, key))
      wishes.delivers_text = *delivers;
  if (const auto excluded = ValueIn<bool>(from, "exclude"))
    wishes.delivers_text = !*excluded;
  if (TextIn(from, "reasoning_format") == "hidden" ||
      TextIn(from, "display") == "omitted")
    wishes.delivers_text = false;
}

void StateThinking(const element& value, Wishes& wishes) {
  bool flag = false;
  double number = 0;
  std::string_view word;
  object fields;
  if (value.get(flag) == simdjson::SUCCESS) {
    wishes.thinking = flag;
  } else if (value.get(word) == simdjson::SUCCESS) {
    StateWord(word, wishes);
  } else if (value.get(number) == simdjson::SUCCESS) {
    // Also 1 for "on" and fractions, which are no number of tokens.
    if (number > 1 && number <= kMostTokens && number == std::floor(number))
      StateBudget(static_cast<int64_t>(number), wishes);
    else
      wishes.implied = number != 0;
  } else if (value.get(fields) == simdjson::SUCCESS) {
    StateWord(TextIn(fields, "type"), wishes);
    for (std::string_view key : {"enabled", "enable"})
      if (const auto on = ValueIn<bool>(fields, key)) wishes.thinking = on;
    for (std::string_view key : kEffortKeys)
      StateEffort(TextIn(fields, key), wishes);
    for (std::string_view key : kBudgetKeys)
      if (const auto tokens = WholeIn(fields, key))
        StateBudget(*tokens, wishes);
    if (const auto tokens = WholeIn(fields, "max_tokens"))
      StateBudget(*tokens, wishes);
    StateDelivery(fields, wishes);
  }
}

void ReadSampling(const object& from, Response& r) {
  const auto number = [&from](std::string_view key, std::optional<double>& to) {
    const auto value = ValueIn<double>(from, key);
    if (value.has_value() && std::isfinite(*value)) to = value;
  };
  number("temperature", r.sampling.temperature);
  for (std::string_view key : {"p", "topP", "top_p"})
    number(key, r.sampling.top_p);
  constexpr int64_t kMostChoices = 10'000;  // no server gives as many
  for (std::string_view key :
       {"num_return_sequences", "candidateCount", "candidate_count", "n"})
    if (const auto n = WholeIn(from, key); n && *n >= 1)
      r.sampling.n = static_cast<int32_t>(std::min(*n, kMostChoices));
  for (std::string_view key : kLimitKeys)
    if (const auto most = WholeIn(from, key); most && *most > 0)
      r.intent.max_tokens = *most;
  if (const auto window = WholeIn(from, "num_ctx"); window && *window > 0)
    r.context_window = *window;
  if (const auto stream = ValueIn<bool>(from, "stream")) r.streamed = *stream;
}

void ReadHolder(const object& from, Response& r, Wishes& wishes, int depth) {
  ReadSampling(from, r);
  StateDelivery(from, wishes);
  for (std::string_view key : kEffortKeys)
    StateEffort(TextIn(from, key), wishes);
  for (std::string_view key : kBudgetKeys)
    if (const auto tokens = WholeIn(from, key)) StateBudget(*tokens, wishes);
  for (std::string_view key : kThinkingKeys) {
    element value;
    if (from[key].get(value) == simdjson::SUCCESS) StateThinking(value, wishes);
  }
  if (depth >= kMaxDepth) return;
  for (std::string_view key : kHolders)
    InObject(from, key, [&](const object& inner) {
      ReadHolder(inner, r, wishes, depth + 1);
    });
}

}  // namespace

void ReadWishes(const object& body, Response& r) {
  Wishes wishes;
  ReadHolder(body, r, wishes, 0);
  if (!wishes.effort.empty()) r.intent.effort = wishes.effort;
  if (wishes.budget.has_value()) r.intent.thinking_budget = wishes.budget;
  const std::optional<bool> on =
      wishes.thinking.has_value() ? wishes.thinking : wishes.implied;
  if (on.has_value()) r.intent.thinking = *on ? Thinking::kOn : Thinking::kOff;
  // Gemini delivers thoughts only if it is asked to.
  const bool gemini =
      ValueIn<simdjson::dom::array>(body, "contents").has_value();
  if (wishes.delivers_text.has_value() || gemini)
    r.without_reasoning_text = !wishes.delivers_text.value_or(false);
}

}  // namespace reasonwatch
