// SPDX-License-Identifier: Apache-2.0
// The series of each stream and of each model, made when it is first seen.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_WATCHED_SERIES_H_
#define REASONWATCH_DAEMON_TELEMETRY_WATCHED_SERIES_H_

#include <array>
#include <bitset>
#include <string_view>
#include <utility>
#include <vector>

#include "core/feature.h"
#include "core/finding.h"
#include "core/finish.h"
#include "core/grade.h"
#include "core/markers.h"
#include "core/regime.h"
#include "core/signal.h"
#include "core/stage.h"
#include "daemon/telemetry/bounded_labels.h"
#include "daemon/telemetry/exemplars.h"
#include "daemon/telemetry/families.h"
#include "daemon/telemetry/scraped_gauges.h"

namespace reasonwatch {

inline constexpr int kFinishCount = static_cast<int>(Finish::kCount);
inline constexpr std::array<Grade, 5> kShownGrades = {
    Grade::kCorrect, Grade::kIncorrect, Grade::kUngradable, Grade::kNoAnswer,
    Grade::kRefused};
inline constexpr std::array<Confirmation, 3> kShownVerdicts = {
    Confirmation::kConfirmed, Confirmation::kNotReproduced,
    Confirmation::kUnavailable};
inline constexpr std::array<Feature, 11> kShownMarkers = {
    Feature::kThinkTags, Feature::kReasoningField, Feature::kSteps,
    Feature::kBoxed,     Feature::kAnswerTag,      Feature::kCodeFence,
    Feature::kJsonKeys,  Feature::kUnclosed,       Feature::kDoubled,
    Feature::kLeaked,    Feature::kUnknownFormat};
// Readings of a logarithm, log2(1 + amount), that are no lengths.
inline constexpr std::array<Feature, 3> kShownAmounts = {
    Feature::kMinorityScript, Feature::kSymbolDensity, Feature::kHabitsShown};
// Whether the reading is a yes or no that no other family shows.
constexpr bool IsShownReading(Feature f) {
  for (const Feature marker : kShownMarkers)
    if (f == marker) return false;
  for (const Feature amount : kShownAmounts)
    if (f == amount) return false;
  switch (f) {
    // Lengths; the estimates are read where the server counts nothing.
    case Feature::kOutputTokens:
    case Feature::kReasoningTokens:
    case Feature::kEstimatedOutputTokens:
    case Feature::kEstimatedReasoningTokens:
    // Counters of their own.
    case Feature::kZeroThinking:
    case Feature::kSplitDiffers:
    // Points.
    case Feature::kRubricSelfContained:
    case Feature::kRubricConnected:
    case Feature::kRubricFollows:
    case Feature::kCount:
      return false;
    default:
      return true;
  }
}
constexpr size_t CountShownReadings() {
  size_t count = 0;
  for (int f = 0; f < kFeatureCount; ++f)
    count += IsShownReading(static_cast<Feature>(f)) ? 1 : 0;
  return count;
}
// Faults of a response, and what is asked of it, that are no markers.
inline constexpr std::array<Feature, CountShownReadings()> kShownReadings = [] {
  std::array<Feature, CountShownReadings()> shown{};
  size_t next = 0;
  for (int f = 0; f < kFeatureCount; ++f)
    if (IsShownReading(static_cast<Feature>(f)))
      shown[next++] = static_cast<Feature>(f);
  return shown;
}();
// Each reading and its label.
inline constexpr std::array<std::pair<Feature, std::string_view>, 3>
    kShownRubric = {{{Feature::kRubricSelfContained, "self_contained"},
                     {Feature::kRubricConnected, "connected"},
                     {Feature::kRubricFollows, "follows"}}};
// Values of the label `field`; a field that is none of them is the last.
inline constexpr std::array<std::string_view, 14> kReasoningFields = {
    "none",
    "content",
    "tap",
    "both",
    "reasoning",
    "reasoning_content",
    "reasoning_text",
    "reasoning_details",
    "reasoning_summary",
    "thinking",
    "thinking_blocks",
    "thinking_delta",
    "reasoningContent",
    "other"};

// Share of the last 1,000 that were so.
class RecentShare {
 public:
  void Count(bool is_so) {
    count_ += static_cast<int>(is_so) - static_cast<int>(ring_[next_]);
    ring_[next_] = is_so;
    next_ = (next_ + 1) % ring_.size();
    if (seen_ < ring_.size()) ++seen_;
  }
  // 0 before the first Count().
  double share() const {
    return seen_ == 0
               ? 0
               : static_cast<double>(count_) / static_cast<double>(seen_);
  }

 private:
  std::bitset<1000> ring_;
  size_t next_ = 0;
  size_t seen_ = 0;
  int count_ = 0;
};

struct StreamSeries {
  std::array<Counter*, kFinishCount> empty_answers{};
  std::array<Counter*, kResponseOutcomeCount> outcomes{};
  Histogram* output_tokens = nullptr;
  Histogram* reasoning_tokens = nullptr;
  Counter* zero_thinking = nullptr;
  Counter* split_mismatch = nullptr;
  // For output_tokens, reasoning_tokens and zero_thinking.
  Exemplars output_exemplars;
  Exemplars reasoning_exemplars;
  Exemplars zero_exemplars;
  StreamGauges gauges;
};

struct ModelSeries {
  std::array<Histogram*, kShownRubric.size()> rubric{};
  std::array<Histogram*, kShownAmounts.size()> amounts{};
  // Markers by absent, present.
  std::array<std::array<Counter*, 2>, kShownMarkers.size()> markers{};
  std::array<std::array<Counter*, 2>, kShownReadings.size()> readings{};
  std::array<Counter*, kMarkerStateCount> block_states{};
  std::array<Counter*, kReasoningFields.size()> fields{};  // null: not seen yet
  std::array<Counter*, kShownGrades.size()> grades{};
  std::array<std::array<Counter*, kShownVerdicts.size()>, kSignalCount>
      incidents{};
  std::vector<std::pair<Regime, Gauge*>> regimes;  // the oldest first
  Gauge* unknown_format_ratio = nullptr;
  Gauge* unknown_format_notice = nullptr;
  Gauge* counts_differ_ratio = nullptr;
  Gauge* counts_differ_notice = nullptr;
  Gauge* deployment = nullptr;
  Gauge* problems = nullptr;
  Gauge* match_ratio = nullptr;
  std::array<Gauge*, 4> distance_ratios{};
  RecentShare matches;
};

class WatchedSeries {
 public:
  // At most `max_streams` streams and as many models. `families` must outlive
  // this.
  WatchedSeries(int max_streams, Families& families);

  // `overflow`: the series are those of `other`.
  StreamSeries& Stream(std::string_view model, std::string_view route,
                       bool& overflow);
  ModelSeries& Model(std::string_view model, bool& overflow);
  // By the label; null = there is none.
  ModelSeries* FindModel(std::string_view label) { return models_.Find(label); }

  const BoundedStreams<StreamSeries>& streams() const { return streams_; }
  const BoundedModels<ModelSeries>& models() const { return models_; }

 private:
  StreamSeries MakeStream(std::string_view model, std::string_view route);
  ModelSeries MakeModel(std::string_view model);

  Families& families_;
  BoundedStreams<StreamSeries> streams_;
  BoundedModels<ModelSeries> models_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_WATCHED_SERIES_H_
