// SPDX-License-Identifier: Apache-2.0
#include "formats/api/reasoning_fields.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "formats/api/json.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr auto kNames = std::to_array<std::string_view>(
    {"reasoning", "reasoning_content", "thinking", "reasoning_text",
     "reasoning_details", "thinking_blocks"});
constexpr auto kReasoningWords = std::to_array<std::string_view>(
    {"reasoning", "thinking", "thought", "reason_content", "reasoncontent",
     "chain_of_thought"});
constexpr auto kHiddenWords = std::to_array<std::string_view>(
    {"opaque", "signature", "encrypted", "redacted"});
constexpr auto kAboutWords = std::to_array<std::string_view>(
    {"token", "effort", "budget", "count", "enable", "time", "duration", "_ms",
     "_id", "finished", "level", "_mode", "format", "config"});
// The keys of an object's text, the first that holds any.
constexpr auto kTextKeys = std::to_array<std::string_view>(
    {"text", "thinking", "reasoning", "content", "summary", "reasoningText",
     "reasoning_text", "thought"});
constexpr auto kHiddenKeys = std::to_array<std::string_view>(
    {"signature", "data", "encrypted_content", "redactedContent",
     "redacted_content", "thoughtSignature"});
// Nobody nests deeper.
constexpr int kMostDepth = 6;

template <size_t N>
bool HasAny(std::string_view name,
            const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [name](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

bool ReadValue(const element& value, std::string_view field, bool is_signed,
               int depth, MessageBuilder& builder);

bool ReadObject(const object& from, std::string_view field, int depth,
                MessageBuilder& builder) {
  bool hidden = false;
  for (std::string_view key : kHiddenKeys) {
    if (!GetString(from, key).value_or("").empty()) hidden = true;
  }
  if (hidden) builder.HideReasoning(field);
  const bool is_signed = hidden && from["signature"].error() == 0;
  for (std::string_view key : kTextKeys) {
    element value;
    if (from[key].get(value) != simdjson::SUCCESS) continue;
    if (ReadValue(value, field, is_signed, depth + 1, builder)) return true;
  }
  // A part may bear its text under its own type's name.
  for (const auto& [key, value] : from)
    if (FieldKindOf(key) == FieldKind::kReasoning &&
        std::ranges::find(kTextKeys, key) == kTextKeys.end() &&
        ReadValue(value, field, is_signed, depth + 1, builder))
      return true;
  return false;
}

bool ReadValue(const element& value, std::string_view field, bool is_signed,
               int depth, MessageBuilder& builder) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    if (is_signed)
      builder.AddSignedReasoning(text, field);
    else
      builder.AddReasoning(text, field);
    return !text.empty();
  }
  if (depth >= kMostDepth) return false;
  if (object from; value.get(from) == simdjson::SUCCESS)
    return ReadObject(from, field, depth, builder);
  bool any = false;
  if (array list; value.get(list) == simdjson::SUCCESS) {
    for (const element& entry : list)
      any |= ReadValue(entry, field, is_signed, depth + 1, builder);
  }
  return any;
}

}  // namespace

FieldKind FieldKindOf(std::string_view name) {
  std::string lower;
  std::ranges::transform(name, std::back_inserter(lower), ascii::Lower);
  const bool is_cot = lower == "cot" || lower.starts_with("cot_");
  if (!is_cot && !HasAny(lower, kReasoningWords)) return FieldKind::kOther;
  if (HasAny(lower, kHiddenWords)) return FieldKind::kHidden;
  return HasAny(lower, kAboutWords) ? FieldKind::kAbout : FieldKind::kReasoning;
}

int RankOf(std::string_view name) {
  const auto at = std::ranges::find(kNames, name);
  return static_cast<int>(at - kNames.begin());
}

bool ReadReasoningValue(const element& value, std::string_view field,
                        MessageBuilder& builder) {
  return ReadValue(value, field, /*is_signed=*/false, 0, builder);
}

bool ReadReasoningValue(const object& value, std::string_view field,
                        MessageBuilder& builder) {
  return ReadObject(value, field, 0, builder);
}

}  // namespace reasonwatch
