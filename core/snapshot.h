// SPDX-License-Identifier: Apache-2.0
// A stream as it looks from outside: published by the worker that owns
// it, read by export and the page. Plain value.
#ifndef REASONWATCH_CORE_SNAPSHOT_H_
#define REASONWATCH_CORE_SNAPSHOT_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/expected_readings.h"
#include "core/signal.h"
#include "util/enum_names.h"

namespace reasonwatch {

enum class StreamState : uint8_t {
  kLearning,     // under 30 responses
  kProvisional,  // a young reference: warnings only
  kWatching,
  kFrozen,  // learns nothing more, by configuration
  kBlind,   // most responses have no reference
  kStale,   // no response for 24 h
  kCount
};
inline constexpr int kStreamStateCount = static_cast<int>(StreamState::kCount);
inline constexpr EnumNames<StreamState, kStreamStateCount> kStreamStateNames = {
    {"learning", "provisional", "watching", "frozen", "blind", "stale"}};
static_assert(AllNamed(kStreamStateNames));
inline std::string_view StreamStateName(StreamState state) {
  return NameOf(kStreamStateNames, state);
}

struct SignalSnapshot {
  bool enabled = false;
  double statistic = 0;
  double threshold = 0;           // of the warning budget
  double critical_threshold = 0;  // of the critical budget
  bool open = false;
};

// How many of a model's latest responses are marked in a way that no format of
// the registry has.
struct UnknownFormatSnapshot {
  bool notice = false;              // so many that somebody should look
  double ratio = 0;                 // of the latest responses
  std::vector<std::string> shapes;  // how they are marked, without words
};

// How many of a model's latest responses have token counts that their text
// contradicts, of those that can be compared (features/counts.h).
struct CountsDifferSnapshot {
  bool notice = false;  // so many that somebody should look
  double ratio = 0;     // of the latest responses
};

// Prompts of a kind that came after the reference (detectors/traffic).
struct NewPromptsSnapshot {
  bool notice = false;  // its answers are still being learnt
  double share = 0;     // of the latest prompts
  absl::Time since = absl::InfinitePast();
};

// The source of the lengths that a stream's responses are compared by.
enum class LengthSource : uint8_t { kServer, kEstimate, kCount };
inline constexpr EnumNames<LengthSource, 2> kLengthSourceNames = {
    {"server", "estimate"}};
static_assert(AllNamed(kLengthSourceNames));
inline std::string_view LengthSourceName(LengthSource source) {
  return NameOf(kLengthSourceNames, source);
}

struct StreamSnapshot {
  std::string model;
  std::string route;
  StreamState state = StreamState::kLearning;
  int64_t responses = 0;            // live ones seen
  int64_t reference_responses = 0;  // learnt
  double coverage_ratio = 0;        // of the last 500, with a reference
  double responses_per_hour = 0;    // NaN: unknown
  absl::Time last_response = absl::InfinitePast();
  std::array<SignalSnapshot, kSignalCount> signals;  // indexed by Signal
  // A state that a larger reference ends (learning, provisional): the responses
  // and the further time that it needs. 0 otherwise.
  int64_t reference_needed = 0;
  absl::Duration reference_time_left = absl::ZeroDuration();
  bool reference_imported = false;
  // A gross effect is critical all the same.
  bool pages_on_gross = false;
  // For the model: observed over expected failures by distance to the
  // baseline's problem: itself, neighbours up to .15, .3, .5.
  std::array<double, 4> distance_ratios = {1, 1, 1, 1};
  UnknownFormatSnapshot unknown_format;  // of the whole model
  CountsDifferSnapshot counts_differ;    // of the whole model
  NewPromptsSnapshot new_prompts;
  LengthSource lengths = LengthSource::kServer;
  // By the reference; null while it is too small to say.
  std::shared_ptr<const ExpectedReadings> expected;
  // How far the length of healthy outputs has drifted since the reference was
  // learnt, as a ratio; a drift of up to 2 % a day is followed.
  double length_drift = 1;
  // Responses until a halved reasoning length is noticed; NaN: not yet known.
  double halved_length_delay = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_SNAPSHOT_H_
