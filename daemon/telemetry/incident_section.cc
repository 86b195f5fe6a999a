// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/incident_section.h"

#include <algorithm>
#include <tuple>

#include "daemon/telemetry/label.h"

namespace reasonwatch {

IncidentSection::IncidentSection(Families& families, WatchedSeries& watched)
    : families_(families), watched_(watched) {
  families_.OverflowCounter(Metric::kIncidentOpen);
}

void IncidentSection::Set(const Incident& incident, bool count) {
  Open* held = open_.Find(incident.id);
  if (held == nullptr) {
    // Several signals may close an incident at once: the first did it all.
    if (!incident.open()) return;
    held = open_.GetOrMake(incident.id);
    if (held == nullptr) {
      families_.OverflowCounter(Metric::kIncidentOpen).Increment();
      return;
    }
  }
  if (incident.open()) std::tie(held->model, held->route) = LabelsOf(incident);

  // A verdict that is pending when the incident closes will never come.
  const Confirmation verdict =
      !incident.open() && incident.confirmation == Confirmation::kPending
          ? Confirmation::kUnavailable
          : incident.confirmation;
  std::vector<IncidentKey> keys;
  for (const IncidentSignal& signal : incident.signals) {
    if (verdict != Confirmation::kPending &&
        held->counted.insert(signal.signal).second && count)
      CountVerdict(held->model, signal.signal, verdict);
    if (incident.open() && signal.open) {
      keys.emplace_back(held->model, held->route, incident.scope, signal.signal,
                        incident.severity, incident.confirmation);
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  gauges_.Change(held->keys, keys);
  held->keys = std::move(keys);
  if (!incident.open()) open_.Erase(incident.id);
}

void IncidentSection::CountVerdict(const std::string& model, Signal signal,
                                   Confirmation verdict) {
  ModelSeries* series = watched_.FindModel(model);
  if (series == nullptr) return;
  for (size_t v = 0; v < kShownVerdicts.size(); ++v)
    if (verdict == kShownVerdicts[v])
      series->incidents[static_cast<size_t>(signal)][v]->Increment();
}

// The labels of the incident, or `other` if the cap is reached: an alert must
// fire all the same.
std::pair<std::string, std::string> IncidentSection::LabelsOf(
    const Incident& incident) {
  const bool of_model = incident.scope == Scope::kModel;
  bool overflow = false;
  if (of_model) {
    watched_.Model(incident.model, overflow);
  } else {
    watched_.Stream(incident.model, incident.route, overflow);
  }
  if (!overflow)
    return {LabelValue(incident.model),
            of_model ? "" : LabelValue(incident.route)};
  families_.OverflowCounter(Metric::kIncidentOpen).Increment();
  const std::string other(kOtherLabel);
  return {other, of_model ? "" : other};
}

void IncidentSection::SetInfos(std::vector<IncidentInfo> infos) {
  std::stable_sort(infos.begin(), infos.end(),
                   [](const IncidentInfo& a, const IncidentInfo& b) {
                     return a.incident.severity > b.incident.severity;
                   });
  if (infos.size() > kMaxIncidentInfos) {
    families_.OverflowCounter(Metric::kIncidentInfo).Increment();
    infos.resize(kMaxIncidentInfos);
  }
  infos_ = std::move(infos);
}

void IncidentSection::CountAction(std::string_view model,
                                  std::string_view action) {
  bool overflow = false;
  watched_.Model(model, overflow);
  families_
      .CounterAt(
          Metric::kIncidentActions,
          {{"model", overflow ? std::string(kOtherLabel) : LabelValue(model)},
           {"action", LabelValue(action)}})
      .Increment();
}

std::vector<MetricInfo> IncidentSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kIncidentOpen,
       "reasonwatch_incident_open",
       kGauge,
       "incident",
       {"model", "route", "scope", "signal", "severity", "confirmation"},
       "1 while an incident of these labels is open, else 0.",
       "What the alerts read. 0 exists from the first response of a stream. "
       "`route` is empty where the whole model is concerned."},
      {Metric::kIncidents,
       "reasonwatch_incidents_total",
       kCounter,
       "incidents",
       {"model", "signal", "verdict"},
       "Signals of incidents, counted once when their verdict stands.",
       "How often a signal fires, and how often re-runs bear it out."},
      {Metric::kIncidentInfo,
       "reasonwatch_incident_info",
       kGauge,
       "incident",
       {"incident", "model", "route", "replica", "scope", "severity",
        "confirmation", "signal", "cause", "sentence", "url"},
       "1 for each open incident, with its words.",
       "The text of an alert: `sentence` says the fault, its size, since when "
       "and the likeliest cause, and is renewed at most once in five minutes; "
       "`url` is the incident's page. At most 256 incidents; a series ends "
       "with its incident."},
      {Metric::kIncidentOnset,
       "reasonwatch_incident_onset_timestamp_seconds",
       kGauge,
       "seconds",
       {"incident", "model"},
       "Begin of the first response of an open incident's change.",
       "Since when a model is worse."},
      {Metric::kIncidentResponses,
       "reasonwatch_incident_responses",
       kGauge,
       "responses",
       {"incident", "model", "state"},
       "Responses since the onset of an open incident, all and affected.",
       "`affected` of `all` show the fault or lie outside the expected band. "
       "Missing while the past of the stream is not known, as after a "
       "restart."},
      {Metric::kIncidentEffect,
       "reasonwatch_incident_effect",
       kGauge,
       "effect",
       {"incident", "model", "unit"},
       "Size of an open incident's change by its first signal.",
       "`unit` ratio: a length as a multiple of its usual one; points: the "
       "change of a rate, -1 to 1."},
      {Metric::kIncidentActions,
       "reasonwatch_incident_actions_total",
       kCounter,
       "actions",
       {"model", "action"},
       "Words of an operator on incidents.",
       "`false_alarm` against `incidents_total` shows whether the budget "
       "holds."},
      {Metric::kPageInfo,
       "reasonwatch_page_info",
       kGauge,
       "",
       {"url"},
       "1, with the address of the page.",
       "Alerts make their links of it."},
  };
}

}  // namespace reasonwatch
