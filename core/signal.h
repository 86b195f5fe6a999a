// SPDX-License-Identifier: Apache-2.0
// The signals, the levels that carry them, and how grave an incident is.
#ifndef REASONWATCH_CORE_SIGNAL_H_
#define REASONWATCH_CORE_SIGNAL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/verdict.h"
#include "util/enum_names.h"

namespace reasonwatch {

// The changes that Reasonwatch reports. kSignals has a row for each.
enum class Signal : uint8_t {
  kLengthCollapse,
  kLengthRunaway,
  kFormatMarkers,
  kConsistencyRegression,
  kRepetitionLoop,
  kLanguageMixing,
  kDecorativeSymbols,
  kEmptyOrTruncated,
  kAnswerChainMismatch,
  kToolCallInvalid,
  kStructuredOutput,
  kRefusal,
  kServedModelChanged,
  kCount
};
inline constexpr int kSignalCount = static_cast<int>(Signal::kCount);

// Properties of a signal that several rooms need, beside its channels
// (detectors/signals).
struct SignalRow {
  Signal signal;
  // Stored and exported; never renamed, never reused.
  std::string_view name;
  // Share of the budget of false alarms, against the other signals': larger
  // if evidence comes slowly, so that a tighter threshold costs many
  // responses (docs/statistics.md).
  double budget_weight = 1;
  // The reward of a re-run, besides its outcome.
  Reward reward = Reward::kOutcome;
};
inline constexpr std::array<SignalRow, kSignalCount> kSignals = {{
    {.signal = Signal::kLengthCollapse,
     .name = "length_collapse",
     .budget_weight = 2,
     .reward = Reward::kNotShort},
    {.signal = Signal::kLengthRunaway,
     .name = "length_runaway",
     .reward = Reward::kNotLong},
    {.signal = Signal::kFormatMarkers,
     .name = "format_markers",
     .budget_weight = 2,
     .reward = Reward::kFormat},
    {.signal = Signal::kConsistencyRegression,
     .name = "consistency_regression",
     .budget_weight = 6},
    {.signal = Signal::kRepetitionLoop,
     .name = "repetition_loop",
     .reward = Reward::kFormat},
    {.signal = Signal::kLanguageMixing,
     .name = "language_mixing",
     .reward = Reward::kFormat},
    {.signal = Signal::kDecorativeSymbols,
     .name = "decorative_symbols",
     .reward = Reward::kFormat},
    {.signal = Signal::kEmptyOrTruncated,
     .name = "empty_or_truncated",
     .reward = Reward::kFormat},
    {.signal = Signal::kAnswerChainMismatch, .name = "answer_chain_mismatch"},
    // A response with one of these faults is strong evidence by itself, and a
    // small share costs it a response or two; it costs the older signals 3 % of
    // a threshold together.
    {.signal = Signal::kToolCallInvalid,
     .name = "tool_call_invalid",
     .budget_weight = .15,
     .reward = Reward::kFormat},
    {.signal = Signal::kStructuredOutput,
     .name = "structured_output",
     .budget_weight = .15,
     .reward = Reward::kFormat},
    {.signal = Signal::kRefusal, .name = "refusal", .budget_weight = .15},
    {.signal = Signal::kServedModelChanged,
     .name = "served_model_changed",
     .budget_weight = .05},
}};
constexpr bool InOrder(const std::array<SignalRow, kSignalCount>& rows) {
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].signal != static_cast<Signal>(i) || rows[i].name.empty() ||
        !(rows[i].budget_weight > 0))
      return false;
  return true;
}
static_assert(InOrder(kSignals));

// The names alone, to find a signal by its name.
inline constexpr EnumNames<Signal, kSignalCount> kSignalNames = [] {
  EnumNames<Signal, kSignalCount> table{};
  for (size_t i = 0; i < kSignals.size(); ++i)
    table.names[i] = kSignals[i].name;
  return table;
}();
static_assert(AllNamed(kSignalNames));
constexpr std::string_view SignalName(Signal signal) {
  return NameOf(kSignalNames, signal);
}

enum class Scope : uint8_t { kRoute, kModel, kReplica };
inline constexpr EnumNames<Scope, 3> kScopeNames = {
    {"route", "model", "replica"}};
static_assert(AllNamed(kScopeNames));
inline std::string_view ScopeName(Scope scope) {
  return NameOf(kScopeNames, scope);
}

enum class Severity : uint8_t { kWarning, kCritical };
inline constexpr EnumNames<Severity, 2> kSeverityNames = {
    {"warning", "critical"}};
static_assert(AllNamed(kSeverityNames));
inline std::string_view SeverityName(Severity severity) {
  return NameOf(kSeverityNames, severity);
}

enum class Confirmation : uint8_t {
  kPending,
  kConfirmed,
  kNotReproduced,
  kUnavailable
};
inline constexpr EnumNames<Confirmation, 4> kConfirmationNames = {
    {"pending", "confirmed", "not_reproduced", "unavailable"}};
static_assert(AllNamed(kConfirmationNames));
inline std::string_view ConfirmationName(Confirmation confirmation) {
  return NameOf(kConfirmationNames, confirmation);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_SIGNAL_H_
