// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/scraped_gauges.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "absl/time/time.h"
#include "daemon/telemetry/label.h"

namespace reasonwatch {
namespace {

// By name, as prometheus-cpp has them.
using LabelList =
    std::initializer_list<std::pair<std::string_view, std::string_view>>;

void Add(ScrapedSeries& out, Metric metric, LabelList labels, double value) {
  prometheus::ClientMetric& series =
      out[static_cast<size_t>(metric)].emplace_back();
  series.label.reserve(labels.size());
  for (const auto& [name, text] : labels)
    series.label.push_back({std::string(name), std::string(text)});
  series.gauge.value = value;
}

void AddIncident(ScrapedSeries& out, const IncidentKey& key, bool open) {
  const auto& [model, route, scope, signal, severity, confirmation] = key;
  Add(out, Metric::kIncidentOpen,
      {{"confirmation", ConfirmationName(confirmation)},
       {"model", model},
       {"route", route},
       {"scope", ScopeName(scope)},
       {"severity", SeverityName(severity)},
       {"signal", SignalName(signal)}},
      open ? 1 : 0);
}

double SecondsOf(absl::Time time) {
  return static_cast<double>(absl::ToUnixNanos(time)) / 1e9;
}

void AddIncidentInfo(ScrapedSeries& out, const IncidentInfo& info) {
  const Incident& incident = info.incident;
  const std::string model = LabelValue(incident.model);
  const std::string route = LabelValue(incident.route);
  const std::string replica = LabelValue(incident.replica);
  const std::string sentence = LabelValue(info.sentence, kMaxLabelTextBytes);
  const std::string url = LabelValue(info.url, kMaxLabelTextBytes);
  const std::string cause =
      incident.causes.empty() ? "unknown" : incident.causes.front().cause;
  const std::string signal(
      incident.signals.empty() ? "" : SignalName(incident.signals[0].signal));
  Add(out, Metric::kIncidentInfo,
      {{"cause", cause},
       {"confirmation", ConfirmationName(incident.confirmation)},
       {"incident", incident.id},
       {"model", model},
       {"replica", replica},
       {"route", route},
       {"scope", ScopeName(incident.scope)},
       {"sentence", sentence},
       {"severity", SeverityName(incident.severity)},
       {"signal", signal},
       {"url", url}},
      1);
  if (incident.onset_time != absl::InfinitePast())
    Add(out, Metric::kIncidentOnset,
        {{"incident", incident.id}, {"model", model}},
        SecondsOf(incident.onset_time));
  if (info.seen > 0) {
    Add(out, Metric::kIncidentResponses,
        {{"incident", incident.id}, {"model", model}, {"state", "affected"}},
        static_cast<double>(info.affected));
    Add(out, Metric::kIncidentResponses,
        {{"incident", incident.id}, {"model", model}, {"state", "all"}},
        static_cast<double>(info.seen));
  }
  if (incident.signals.empty()) return;
  const Effect& effect = incident.signals.front().finding.effect;
  if (std::isfinite(effect.value) && !effect.unit.empty())
    Add(out, Metric::kIncidentEffect,
        {{"incident", incident.id}, {"model", model}, {"unit", effect.unit}},
        effect.value);
}

}  // namespace

void AddIncidentInfos(const std::vector<IncidentInfo>& infos,
                      ScrapedSeries& out) {
  for (const IncidentInfo& info : infos) AddIncidentInfo(out, info);
}

void StreamGauges::Set(const StreamSnapshot& snapshot) {
  set_ = true;
  state_ = snapshot.state;
  reference_ = static_cast<double>(snapshot.reference_responses);
  if (std::isfinite(snapshot.coverage_ratio))
    coverage_ = snapshot.coverage_ratio;
  delay_ = std::isfinite(snapshot.halved_length_delay)
               ? snapshot.halved_length_delay
               : kNone;
  const absl::Time last = snapshot.last_response;
  last_response_ =
      last == absl::InfinitePast() || last == absl::InfiniteFuture()
          ? kNone
          : static_cast<double>(absl::ToUnixNanos(last)) / 1e9;
  expected_ = snapshot.expected;
  rate_ = std::isfinite(snapshot.responses_per_hour)
              ? snapshot.responses_per_hour
              : 0;
  for (size_t i = 0; i < kSignalCount; ++i) {
    const SignalSnapshot& signal = snapshot.signals[i];
    statistic_[i] = signal.enabled ? signal.statistic : kNone;
    threshold_[i] = signal.enabled ? signal.threshold : kNone;
  }
}

void StreamGauges::AddTo(const StreamLabels& stream, ScrapedSeries& out) const {
  if (!set_) return;
  const std::string& model = stream.first;
  const std::string& route = stream.second;
  const auto add = [&](Metric metric, double value) {
    if (!std::isnan(value))
      Add(out, metric, {{"model", model}, {"route", route}}, value);
  };
  add(Metric::kReferenceResponses, reference_);
  add(Metric::kReferenceCoverage, coverage_);
  add(Metric::kHalvedLengthDelay, delay_);
  add(Metric::kLastResponse, last_response_);
  for (size_t i = 0; i < kStreamStateCount; ++i) {
    const auto state = static_cast<StreamState>(i);
    Add(out, Metric::kStreamState,
        {{"model", model}, {"route", route}, {"state", StreamStateName(state)}},
        state == state_ ? 1 : 0);
  }
  for (size_t i = 0; i < kSignalCount; ++i) {
    const auto add_signal = [&](Metric metric, double value) {
      if (!std::isnan(value))
        Add(out, metric,
            {{"model", model},
             {"route", route},
             {"signal", SignalName(static_cast<Signal>(i))}},
            value);
    };
    add_signal(Metric::kDetectorStatistic, statistic_[i]);
    add_signal(Metric::kDetectorThreshold, threshold_[i]);
  }
}

void IncidentGauges::Change(const std::vector<IncidentKey>& before,
                            const std::vector<IncidentKey>& now) {
  for (const IncidentKey& key : now)
    if (!std::binary_search(before.begin(), before.end(), key)) ++held_[key];
  for (const IncidentKey& key : before)
    if (!std::binary_search(now.begin(), now.end(), key)) --held_[key];
}

void IncidentGauges::AddTo(const std::vector<StreamLabels>& streams,
                           const std::vector<StreamLabels>& models,
                           ScrapedSeries& out) const {
  const auto add_zeros = [&](const StreamLabels& of, Scope scope) {
    for (size_t i = 0; i < kSignalCount; ++i) {
      const IncidentKey key = {of.first,
                               of.second,
                               scope,
                               static_cast<Signal>(i),
                               Severity::kWarning,
                               Confirmation::kUnavailable};
      if (!held_.contains(key)) AddIncident(out, key, false);
    }
  };
  for (const StreamLabels& stream : streams) add_zeros(stream, Scope::kRoute);
  for (const StreamLabels& model : models) add_zeros(model, Scope::kModel);
  for (const auto& [key, incidents] : held_)
    AddIncident(out, key, incidents > 0);
}

}  // namespace reasonwatch
