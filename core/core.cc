#include <array>

#include "core/incident.h"
#include "core/scored.h"
#include "core/snapshot.h"
#include "core/strings.h"
#include "core/trace.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace reasonwatch {
namespace {

template <typename E, size_t N>
std::string_view NameOf(const std::array<std::string_view, N>& names, E value) {
  const auto i = static_cast<size_t>(value);
  return i < N ? names[i] : std::string_view("invalid");
}

constexpr std::array<std::string_view, kFeatureCount> kFeatureNames = {
    "output_tokens",
    "reasoning_tokens",
    "zero_thinking",
    "single_sentence",
    "direct_answer",
    "finish_length",
    "think_tags",
    "reasoning_field",
    "steps",
    "boxed",
    "answer_tag",
    "code_fence",
    "json_keys",
    "unclosed",
    "doubled",
    "leaked",
    "split_differs",
    "unknown_format",
    "language_mismatch",
    "minority_script",
    "symbol_density",
    "garbage_run",
    "exact_period",
    "shingle_recurrence",
    "stop_empty",
    "reasoning_without_answer",
    "cut_in_transport",
    "answer_not_in_chain",
    "answer_contradicts_chain",
    "contradictory_answers",
    "rubric_self_contained",
    "rubric_connected",
    "rubric_follows",
    "rubric_low",
    "habits_shown"};
constexpr std::array<std::string_view, kSignalCount> kSignalNames = {
    "length_collapse",        "length_runaway",     "format_markers",
    "consistency_regression", "repetition_loop",    "language_mixing",
    "decorative_symbols",     "empty_or_truncated", "answer_chain_mismatch"};
constexpr std::array<std::string_view, kMarkerStateCount> kMarkerStateNames = {
    "none",   "well_formed", "forced_open", "unclosed",  "doubled",
    "leaked", "absent",      "stripped",    "unexpected"};
constexpr std::array<std::string_view, 3> kScopeNames = {"route", "model",
                                                         "replica"};
constexpr std::array<std::string_view, 3> kSeverityNames = {"info", "warning",
                                                            "critical"};
constexpr std::array<std::string_view, 4> kConfirmationNames = {
    "pending", "confirmed", "not_reproduced", "unavailable"};
constexpr std::array<std::string_view, 4> kGradeNames = {
    "not_graded", "correct", "incorrect", "ungradable"};
constexpr std::array<std::string_view, 4> kEventNames = {
    "opened", "updated", "closed", "open_at_end"};

constexpr std::array<std::string_view, kStreamStateCount> kStateNames = {
    "learning", "provisional", "watching", "frozen",
    "blind",    "paused",      "stale"};

constexpr std::array<std::string_view, static_cast<size_t>(Finish::kCount)>
    kFinishNames = {"none",       "stop",           "length", "thinking_budget",
                    "tool_calls", "content_filter", "other"};
constexpr std::array<std::string_view, 4> kVerdictNames = {
    "undecided", "confirmed", "not_reproduced", "unavailable"};
constexpr std::array<std::string_view, kRewardCount> kRewardNames = {
    "outcome", "format", "not_short", "not_long"};
constexpr std::array<std::string_view, 5> kTriggerNames = {
    "incident", "failure", "near", "canary", "manual"};

}  // namespace

std::string_view VerdictName(VerdictKind k) { return NameOf(kVerdictNames, k); }
std::string_view RewardName(Reward r) { return NameOf(kRewardNames, r); }
std::string_view RescoreTriggerName(RescoreTrigger t) {
  return NameOf(kTriggerNames, t);
}
std::string_view StreamStateName(StreamState s) {
  return NameOf(kStateNames, s);
}
std::string_view FeatureName(Feature f) { return NameOf(kFeatureNames, f); }
std::string_view MarkerStateName(MarkerState s) {
  return NameOf(kMarkerStateNames, s);
}
std::string_view SignalName(Signal s) { return NameOf(kSignalNames, s); }
std::string_view ScopeName(Scope s) { return NameOf(kScopeNames, s); }
std::string_view SeverityName(Severity s) { return NameOf(kSeverityNames, s); }
std::string_view ConfirmationName(Confirmation c) {
  return NameOf(kConfirmationNames, c);
}
std::string_view FinishName(Finish f) { return NameOf(kFinishNames, f); }
std::string_view GradeName(Grade g) { return NameOf(kGradeNames, g); }
std::string_view IncidentEventName(IncidentEvent::Kind k) {
  return NameOf(kEventNames, k);
}

uint64_t Stratum::Key() const {
  uint64_t key = 0;
  for (uint8_t part : {intent, task, fill, turn, tool, prompt_length, language})
    key = key << 8 | part;
  return key;
}

size_t Utf8CharacterLength(std::string_view text, size_t& skip) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  skip = 1;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  // Bounds of the second byte: no overlong forms, surrogates, or > U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (; skip < length; ++skip) {
    if (skip >= text.size() || byte(skip) < low || byte(skip) > high) return 0;
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

std::string JsonString(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

uint64_t StableHash(std::string_view bytes, uint64_t seed) {
  const uint64_t h = XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
  return h == 0 ? 1 : h;
}

}  // namespace reasonwatch
