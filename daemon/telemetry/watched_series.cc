// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/watched_series.h"

#include <string>

namespace reasonwatch {
namespace {

// Powers of two: readings are logarithms. 0 holds responses without any.
Histogram::BucketBoundaries TokenBuckets() {
  return {kTokenBounds.begin(), kTokenBounds.end()};
}

// Up to all of a text: amounts of characters are thousandths.
Histogram::BucketBoundaries AmountBuckets() {
  return {0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1000};
}

std::string Str(std::string_view s) { return std::string(s); }

}  // namespace

WatchedSeries::WatchedSeries(int max_streams, Families& families)
    : families_(families),
      streams_(static_cast<size_t>(max_streams)),
      models_(static_cast<size_t>(max_streams)) {}

StreamSeries& WatchedSeries::Stream(std::string_view model,
                                    std::string_view route, bool& overflow) {
  return streams_.Get(model, route, overflow,
                      [this](std::string_view m, std::string_view r) {
                        return MakeStream(m, r);
                      });
}

ModelSeries& WatchedSeries::Model(std::string_view model, bool& overflow) {
  return models_.Get(model, overflow,
                     [this](std::string_view m) { return MakeModel(m); });
}

StreamSeries WatchedSeries::MakeStream(std::string_view model,
                                       std::string_view route) {
  StreamSeries s;
  Labels labels = {{"model", Str(model)}, {"route", Str(route)}};
  s.output_tokens =
      &families_.HistogramAt(Metric::kOutputTokens, labels, TokenBuckets());
  s.reasoning_tokens =
      &families_.HistogramAt(Metric::kReasoningTokens, labels, TokenBuckets());
  s.zero_thinking = &families_.CounterAt(Metric::kZeroThinking, labels);
  s.split_mismatch = &families_.CounterAt(Metric::kSplitMismatch, labels);
  for (size_t i = 0; i < s.outcomes.size(); ++i) {
    labels["outcome"] = Str(kResponseOutcomeNames.names[i]);
    s.outcomes[i] = &families_.CounterAt(Metric::kResponses, labels);
  }
  labels.erase("outcome");
  for (size_t i = 0; i < kFinishCount; ++i) {
    labels["finish_reason"] = Str(FinishName(static_cast<Finish>(i)));
    s.empty_answers[i] = &families_.CounterAt(Metric::kEmptyAnswers, labels);
  }
  // The model of every stream has its series from the start.
  bool overflow = false;
  Model(model, overflow);
  return s;
}

ModelSeries WatchedSeries::MakeModel(std::string_view model) {
  ModelSeries m;
  const std::string name = Str(model);
  const auto marker_counter = [&](std::string_view marker,
                                  std::string_view state) {
    return &families_.CounterAt(
        Metric::kMarkerResponses,
        {{"model", name}, {"marker", Str(marker)}, {"state", Str(state)}});
  };
  for (size_t i = 0; i < kShownMarkers.size(); ++i) {
    const std::string_view marker = FeatureName(kShownMarkers[i]);
    m.markers[i] = {marker_counter(marker, "absent"),
                    marker_counter(marker, "present")};
  }
  const auto reading_counter = [&](std::string_view reading,
                                   std::string_view state) {
    return &families_.CounterAt(
        Metric::kReadingResponses,
        {{"model", name}, {"reading", Str(reading)}, {"state", Str(state)}});
  };
  for (size_t i = 0; i < kShownReadings.size(); ++i) {
    const std::string_view reading = FeatureName(kShownReadings[i]);
    m.readings[i] = {reading_counter(reading, "absent"),
                     reading_counter(reading, "present")};
  }
  for (size_t i = 0; i < m.block_states.size(); ++i)
    m.block_states[i] = marker_counter(
        "reasoning_block", MarkerStateName(static_cast<MarkerState>(i)));
  for (size_t i = 0; i < kShownRubric.size(); ++i)
    m.rubric[i] = &families_.HistogramAt(
        Metric::kRubricScore,
        {{"model", name}, {"property", Str(kShownRubric[i].second)}},
        {0, 1, 2});
  for (size_t i = 0; i < kShownAmounts.size(); ++i)
    m.amounts[i] = &families_.HistogramAt(
        Metric::kReadingAmount,
        {{"model", name}, {"reading", Str(FeatureName(kShownAmounts[i]))}},
        AmountBuckets());
  for (size_t i = 0; i < kShownGrades.size(); ++i)
    m.grades[i] = &families_.CounterAt(
        Metric::kGrades,
        {{"model", name}, {"grade", Str(GradeName(kShownGrades[i]))}});
  for (size_t i = 0; i < kSignalCount; ++i)
    for (size_t v = 0; v < kShownVerdicts.size(); ++v)
      m.incidents[i][v] = &families_.CounterAt(
          Metric::kIncidents,
          {{"model", name},
           {"signal", Str(SignalName(static_cast<Signal>(i)))},
           {"verdict", Str(ConfirmationName(kShownVerdicts[v]))}});
  return m;
}

}  // namespace reasonwatch
