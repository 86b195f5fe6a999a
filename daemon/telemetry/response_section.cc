// SPDX-License-Identifier: Apache-2.0
// Counts each response by its readings. In this order: streams, models,
// regimes, the gauges that others set, the rows of the catalogue.
#include "daemon/telemetry/response_section.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/grade.h"
#include "core/scored.h"
#include "daemon/telemetry/label.h"

namespace reasonwatch {
namespace {

// Readings are log2(1 + amount).
void ObserveAmount(Histogram& histogram, float reading) {
  if (!std::isfinite(reading)) return;
  histogram.Observe(std::round(std::exp2(static_cast<double>(reading)) - 1));
}

void KeepExemplar(Exemplars& exemplars, const Scored& scored, Feature length) {
  const float reading = scored.reading(length);
  if (!std::isfinite(reading)) return;
  const double tokens = std::round(std::exp2(static_cast<double>(reading)) - 1);
  exemplars.Observe(Exemplars::BucketOf(tokens), scored.trace_id, tokens,
                    scored.start);
}

void KeepExemplars(StreamSeries& stream, const Scored& scored,
                   bool zero_thinking) {
  KeepExemplar(stream.output_exemplars, scored, Feature::kOutputTokens);
  KeepExemplar(stream.reasoning_exemplars, scored, Feature::kReasoningTokens);
  if (zero_thinking)
    stream.zero_exemplars.Observe(0, scored.trace_id, 1, scored.start);
}

// Index of the label in kReasoningFields.
size_t ReasoningFieldOf(const Markup& markup) {
  std::string_view name = markup.reasoning_field;
  switch (markup.source) {
    case ReasoningSource::kNone:
      name = "none";
      break;
    case ReasoningSource::kInText:
      name = "content";
      break;
    case ReasoningSource::kBoth:
      name = "both";
      break;
    case ReasoningSource::kField:
      if (name.empty()) name = "tap";
      break;
  }
  const auto found =
      std::find(kReasoningFields.begin(), kReasoningFields.end() - 1, name);
  return static_cast<size_t>(found - kReasoningFields.begin());
}

}  // namespace

ResponseSection::ResponseSection(Families& families, WatchedSeries& watched)
    : families_(families), watched_(watched) {
  for (const Metric m :
       {Metric::kResponses, Metric::kMarkerResponses, Metric::kStreamState,
        Metric::kBaselineProblems, Metric::kUnknownFormatRatio,
        Metric::kCountsDifferRatio})
    families_.OverflowCounter(m);
}

void ResponseSection::Observe(const Scored& scored, ResponseOutcome outcome) {
  bool overflow = false;
  StreamSeries& stream = watched_.Stream(scored.model, scored.route, overflow);
  if (overflow) families_.OverflowCounter(Metric::kResponses).Increment();
  stream.outcomes[static_cast<size_t>(outcome)]->Increment();
  if (outcome != ResponseOutcome::kScored) return;
  ObserveStream(stream, scored);
  ModelSeries& model = watched_.Model(scored.model, overflow);
  if (overflow) families_.OverflowCounter(Metric::kMarkerResponses).Increment();
  ObserveModel(overflow ? kOtherLabel : std::string_view(scored.model), model,
               scored);
}

void ResponseSection::ObserveStream(StreamSeries& stream,
                                    const Scored& scored) {
  ObserveAmount(*stream.output_tokens, scored.reading(Feature::kOutputTokens));
  ObserveAmount(*stream.reasoning_tokens,
                scored.reading(Feature::kReasoningTokens));
  const bool zero_thinking = scored.reading(Feature::kZeroThinking) > 0.5f;
  if (zero_thinking) stream.zero_thinking->Increment();
  if (!scored.trace_id.empty()) KeepExemplars(stream, scored, zero_thinking);
  if (scored.reading(Feature::kSplitDiffers) > 0.5f)
    stream.split_mismatch->Increment();
  if (scored.reading(Feature::kStopEmpty) > 0.5f ||
      scored.reading(Feature::kReasoningWithoutAnswer) > 0.5f)
    stream.empty_answers[static_cast<size_t>(scored.finish)]->Increment();
}

void ResponseSection::ObserveModel(std::string_view label, ModelSeries& model,
                                   const Scored& scored) {
  for (size_t i = 0; i < kShownMarkers.size(); ++i) {
    const float value = scored.reading(kShownMarkers[i]);
    if (!std::isnan(value)) model.markers[i][value > 0.5f]->Increment();
  }
  for (size_t i = 0; i < kShownReadings.size(); ++i) {
    const float value = scored.reading(kShownReadings[i]);
    if (!std::isnan(value)) model.readings[i][value > 0.5f]->Increment();
  }
  for (size_t i = 0; i < kShownRubric.size(); ++i) {
    const float points = scored.reading(kShownRubric[i].first);
    if (!std::isnan(points)) model.rubric[i]->Observe(points);
  }
  for (size_t i = 0; i < kShownAmounts.size(); ++i)
    ObserveAmount(*model.amounts[i], scored.reading(kShownAmounts[i]));
  model.block_states[static_cast<size_t>(scored.markup.state)]->Increment();
  const size_t carried_by = ReasoningFieldOf(scored.markup);
  Counter*& field = model.fields[carried_by];
  if (field == nullptr) {
    field = &families_.CounterAt(
        Metric::kReasoningField,
        {{"model", LabelValue(label)},
         {"field", std::string(kReasoningFields[carried_by])}});
  }
  field->Increment();
  for (size_t i = 0; i < kShownGrades.size(); ++i)
    if (scored.grade == kShownGrades[i]) model.grades[i]->Increment();
  // Without a baseline there is nothing to match.
  if (model.problems != nullptr) {
    model.matches.Count(scored.match.kind == MatchKind::kExact);
    families_.SetOrRemove(Metric::kBaselineMatchRatio,
                          {{"model", LabelValue(label)}}, model.match_ratio,
                          true, model.matches.share());
  }
  ObserveRegime(label, model, scored);
}

void ResponseSection::ObserveRegime(std::string_view label, ModelSeries& model,
                                    const Scored& scored) {
  const Regime& regime = scored.regime;
  if (regime == Regime()) return;
  if (std::any_of(model.regimes.begin(), model.regimes.end(),
                  [&](const auto& r) { return r.first == regime; }))
    return;
  if (!model.regimes.empty() && IsFinite(scored.start)) {
    families_.SetOrRemove(Metric::kDeploymentTime,
                          {{"model", LabelValue(label)}}, model.deployment,
                          true, UnixSeconds(scored.start));
  }
  Gauge& gauge =
      families_.GaugeAt(Metric::kRegimeInfo,
                        {{"model", LabelValue(label)},
                         {"fingerprint", LabelValue(regime.fingerprint)},
                         {"template_hash", LabelValue(regime.template_hash)}});
  gauge.Set(1);
  model.regimes.emplace_back(regime, &gauge);
  if (OverTheLatest(model.regimes, kMaxRegimes) == 0) return;
  Gauge* oldest = model.regimes.front().second;
  model.regimes.erase(model.regimes.begin());
  // Regimes may differ in fields that are no labels and share a series.
  if (std::none_of(model.regimes.begin(), model.regimes.end(),
                   [&](const auto& r) { return r.second == oldest; }))
    families_.Remove(Metric::kRegimeInfo, oldest);
}

ModelSeries* ResponseSection::OwnModel(std::string_view model, Metric metric) {
  bool overflow = false;
  ModelSeries& series = watched_.Model(model, overflow);
  if (!overflow) return &series;
  families_.OverflowCounter(metric).Increment();
  return nullptr;
}

void ResponseSection::SetStream(const StreamSnapshot& snapshot) {
  bool overflow = false;
  StreamSeries& stream =
      watched_.Stream(snapshot.model, snapshot.route, overflow);
  if (overflow) {
    // The state of many streams at once would mean nothing.
    families_.OverflowCounter(Metric::kStreamState).Increment();
    return;
  }
  stream.gauges.Set(snapshot);
  constexpr std::array<const char*, 4> kDistances = {"0", "0.15", "0.3", "0.5"};
  bool model_overflow = false;
  ModelSeries& model = watched_.Model(snapshot.model, model_overflow);
  for (size_t i = 0; i < kDistances.size() && !model_overflow; ++i) {
    // Exactly 1 only if nothing was seen.
    families_.SetOrRemove(
        Metric::kBaselineDistanceRatio,
        {{"model", LabelValue(snapshot.model)}, {"distance", kDistances[i]}},
        model.distance_ratios[i], snapshot.distance_ratios[i] != 1,
        snapshot.distance_ratios[i]);
  }
}

void ResponseSection::SetDeployment(std::string_view model, absl::Time time) {
  ModelSeries* series = OwnModel(model, Metric::kDeploymentTime);
  if (series == nullptr) return;
  families_.SetOrRemove(Metric::kDeploymentTime, {{"model", LabelValue(model)}},
                        series->deployment, true, UnixSeconds(time));
}

void ResponseSection::SetBaseline(std::string_view model, int64_t problems) {
  ModelSeries* series = OwnModel(model, Metric::kBaselineProblems);
  if (series == nullptr) return;
  families_.SetOrRemove(Metric::kBaselineProblems,
                        {{"model", LabelValue(model)}}, series->problems, true,
                        static_cast<double>(problems));
}

void ResponseSection::SetUnknownFormat(std::string_view model, double ratio,
                                       bool notice) {
  ModelSeries* series = OwnModel(model, Metric::kUnknownFormatRatio);
  if (series == nullptr) return;
  const Labels labels = {{"model", LabelValue(model)}};
  families_.SetOrRemove(Metric::kUnknownFormatRatio, labels,
                        series->unknown_format_ratio, true, ratio);
  families_.SetOrRemove(Metric::kUnknownFormatNotice, labels,
                        series->unknown_format_notice, true, notice ? 1 : 0);
}

void ResponseSection::SetCountsDiffer(std::string_view model, double ratio,
                                      bool notice) {
  ModelSeries* series = OwnModel(model, Metric::kCountsDifferRatio);
  if (series == nullptr) return;
  const Labels labels = {{"model", LabelValue(model)}};
  families_.SetOrRemove(Metric::kCountsDifferRatio, labels,
                        series->counts_differ_ratio, true, ratio);
  families_.SetOrRemove(Metric::kCountsDifferNotice, labels,
                        series->counts_differ_notice, true, notice ? 1 : 0);
}

// table: the rows of the catalogue that this section fills.
std::vector<MetricInfo> ResponseSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kResponses,
       "reasonwatch_responses_total",
       kCounter,
       "responses",
       {"model", "route", "outcome"},
       "Responses that left the evaluator, by outcome.",
       "Traffic seen. `scored` is live and readable, and may still be dropped "
       "by a stage; `unreadable` gave no numbers, or is an error of the "
       "server; `not_live` was a canary, a re-run or a self-test."},
      {Metric::kOutputTokens,
       "reasonwatch_output_tokens",
       kHistogram,
       "tokens",
       {"model", "route"},
       "Output tokens of live responses.",
       "Length of whole responses, reasoning included."},
      {Metric::kReasoningTokens,
       "reasonwatch_reasoning_tokens",
       kHistogram,
       "tokens",
       {"model", "route"},
       "Reasoning tokens of live responses.",
       "Length of the reasoning; the 0 bucket holds responses without any."},
      {Metric::kZeroThinking,
       "reasonwatch_zero_thinking_responses_total",
       kCounter,
       "responses",
       {"model", "route"},
       "Live responses without reasoning.",
       "Divide by responses_total{outcome=\"scored\"} for the rate."},
      {Metric::kMarkerResponses,
       "reasonwatch_marker_responses_total",
       kCounter,
       "responses",
       {"model", "marker", "state"},
       "Live responses in which a format marker was looked for, by state.",
       "present / (present + absent) is the rate of the marker; a jump in "
       "either direction is a change of format. `reasoning_block` has states "
       "of its own, listed in docs/formats.md."},
      {Metric::kReadingResponses,
       "reasonwatch_reading_responses_total",
       kCounter,
       "responses",
       {"model", "reading", "state"},
       "Live responses of which a yes/no reading was taken, by its outcome.",
       "present / (present + absent) is the rate of the reading; "
       "docs/glossary.md explains each. Compare it with the model's own past."},
      {Metric::kReadingAmount,
       "reasonwatch_reading_amount",
       kHistogram,
       "amount",
       {"model", "reading"},
       "Amounts of live responses: thousandths of characters, and phrases.",
       "`minority_script`: letters of other scripts, `symbol_density`: "
       "decorative symbols, both of 1,000 characters; `habits_shown`: phrases "
       "of the model's own that begin a line."},
      {Metric::kReferenceReasoning,
       "reasonwatch_reference_reasoning_tokens",
       kGauge,
       "tokens",
       {"model", "route", "bound"},
       "Reasoning tokens of the reference: its median, and the bounds of its "
       "middle 80 %.",
       "Expected against seen: draw it behind the quantiles of "
       "reasoning_tokens. `bound` is low, median or high."},
      {Metric::kReferenceOutput,
       "reasonwatch_reference_output_tokens",
       kGauge,
       "tokens",
       {"model", "route", "bound"},
       "The same of output tokens.",
       "As above, behind output_tokens."},
      {Metric::kReferenceMarker,
       "reasonwatch_reference_marker_ratio",
       kGauge,
       "ratio",
       {"model", "marker"},
       "Share of the reference's responses that show a marker.",
       "The expected rate of marker_responses_total. Routes count by their "
       "traffic."},
      {Metric::kReferenceReading,
       "reasonwatch_reference_reading_ratio",
       kGauge,
       "ratio",
       {"model", "reading"},
       "Share of the reference's responses that show a reading.",
       "The expected rate of reading_responses_total, and with `zero_thinking` "
       "of responses without reasoning. Routes count by their traffic."},
      {Metric::kReasoningField,
       "reasonwatch_reasoning_field_responses_total",
       kCounter,
       "responses",
       {"model", "field"},
       "Live responses by the field that carried the reasoning.",
       "`content`: between markers in the text; `none`: nowhere; `both`: in "
       "the text and in a field; `tap`: delivered apart without a body. A "
       "server or proxy that renames or drops the field shows here."},
      {Metric::kUnknownFormatRatio,
       "reasonwatch_unknown_format_ratio",
       kGauge,
       "ratio",
       {"model"},
       "Share of the last 1,000 responses that are marked in a way no format "
       "has.",
       "Their reasoning is not told from the answer."},
      {Metric::kUnknownFormatNotice,
       "reasonwatch_unknown_format_notice",
       kGauge,
       "state",
       {"model"},
       "1 while more than 5 % of the responses have an unknown format.",
       "No alert: describe the format under formats.custom, or restrict "
       "models.<name>.families. The page shows how such responses look."},
      {Metric::kCountsDifferRatio,
       "reasonwatch_token_counts_differ_ratio",
       kGauge,
       "ratio",
       {"model"},
       "Share of the last 1,000 responses with a text and a token count of the "
       "server that no tokenizer can explain together.",
       "Their lengths are our own estimates. The server counts wrongly, or its "
       "text is lost on the way; `reasonwatch read` shows both numbers."},
      {Metric::kCountsDifferNotice,
       "reasonwatch_token_counts_differ_notice",
       kGauge,
       "state",
       {"model"},
       "1 while more than 5 % of these responses have such counts.",
       "No alert: whoever is billed or rate-limited by these counts should "
       "look."},
      {Metric::kSplitMismatch,
       "reasonwatch_split_mismatch_responses_total",
       kCounter,
       "responses",
       {"model", "route"},
       "Live responses that the server split into reasoning and answer in "
       "another way than our parser.",
       "Above zero after a server upgrade: its reasoning parser is wrong."},
      {Metric::kGrades,
       "reasonwatch_grades_total",
       kCounter,
       "responses",
       {"model", "grade"},
       "Live answers to problems of the baseline, by grade.",
       "correct / (correct + incorrect) is the pass rate on problems that "
       "were solved before."},
      {Metric::kDetectorStatistic,
       "reasonwatch_detector_statistic",
       kGauge,
       "evidence ratio",
       {"model", "route", "signal"},
       "Evidence for a change of the signal; an incident opens where it "
       "passes detector_threshold.",
       "Read it on a logarithmic scale beside its threshold."},
      {Metric::kDetectorThreshold,
       "reasonwatch_detector_threshold",
       kGauge,
       "evidence ratio",
       {"model", "route", "signal"},
       "Evidence at which a warning opens, from the budget of false alarms.",
       "Moves with the stream's traffic, so panels compare with this series "
       "and hold no numbers."},
      {Metric::kStreamState,
       "reasonwatch_stream_state",
       kGauge,
       "state",
       {"model", "route", "state"},
       "1 for the state that the stream is in, 0 for the others.",
       "Only `watching` gives full protection; `blind` and `stale` alert."},
      {Metric::kReferenceResponses,
       "reasonwatch_reference_responses",
       kGauge,
       "responses",
       {"model", "route"},
       "Responses that the reference of the stream was learnt from.",
       "How much is known of the healthy model."},
      {Metric::kReferenceCoverage,
       "reasonwatch_reference_coverage_ratio",
       kGauge,
       "ratio",
       {"model", "route"},
       "Share of the last 500 responses that have a reference to compare "
       "with.",
       "Under 0.5 the stream is blind."},
      {Metric::kHalvedLengthDelay,
       "reasonwatch_halved_length_delay_responses",
       kGauge,
       "responses",
       {"model", "route"},
       "Responses until a halved reasoning length would be noticed.",
       "How quick the watch over this stream is; absent until known."},
      {Metric::kLastResponse,
       "reasonwatch_last_response_timestamp_seconds",
       kGauge,
       "seconds",
       {"model", "route"},
       "Unix time of the latest live response.",
       "Separates an idle model from a tap that was cut off."},
      {Metric::kRegimeInfo,
       "reasonwatch_regime_info",
       kGauge,
       "info",
       {"model", "fingerprint", "template_hash"},
       "1 for the latest regimes (what served the responses) of a model.",
       "The eight latest of a model; join it to see what changed."},
      {Metric::kDeploymentTime,
       "reasonwatch_deployment_timestamp_seconds",
       kGauge,
       "seconds",
       {"model"},
       "Unix time of the response that first showed the newest regime, or of "
       "a deployment that the operator told.",
       "When the model was last changed while we watched; absent until then."},
      {Metric::kBaselineProblems,
       "reasonwatch_baseline_problems",
       kGauge,
       "problems",
       {"model"},
       "Solved problems in the baseline of the model.",
       "0 means that no answer can be graded."},
      {Metric::kBaselineMatchRatio,
       "reasonwatch_baseline_match_ratio",
       kGauge,
       "ratio",
       {"model"},
       "Share of the last 1,000 live responses whose prompt is a problem of "
       "the baseline.",
       "How much live traffic says about correctness."},
      {Metric::kBaselineDistanceRatio,
       "reasonwatch_baseline_distance_ratio",
       kGauge,
       "ratio",
       {"model", "distance"},
       "Observed over expected failures of healthy answers, by the distance "
       "of the problem to the baseline's: itself, or a neighbour.",
       "What a neighbour's record is worth: far over 1, similar problems are "
       "harder than the stored ones."},
      {Metric::kEmptyAnswers,
       "reasonwatch_empty_answers_total",
       kCounter,
       "responses",
       {"model", "route", "finish_reason"},
       "Live responses without an answer that call no tool, by the server's "
       "finish reason.",
       "`stop` is a server that loses answers; `length` and "
       "`thinking_budget` are limits that are too small."},
      {Metric::kRubricScore,
       "reasonwatch_rubric_score",
       kHistogram,
       "points",
       {"model", "property"},
       "Points of live reasoning traces, 0 to 2 each: steps self-contained, "
       "steps connected, answer follows.",
       "Compare with the model's own past: what is counted says nothing by "
       "itself. See features/rubric/rubric.h."},
  };
}

}  // namespace reasonwatch
