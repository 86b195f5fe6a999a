// SPDX-License-Identifier: Apache-2.0
// Findings come in through Observe(), one at a time: into their incident, then
// the incident's severity and causes are decided anew. Verdicts come in through
// ApplyVerdict(), those of canaries by ways of their own; the operator's word
// through Accept(). The state for a restart is at the end.
#include "incidents/incident_book.h"

#include <algorithm>
#include <utility>

#include "incidents/causes.h"
#include "incidents/severity.h"

namespace reasonwatch {
namespace {

// A working day and a night: long enough for somebody to look at a warning that
// asking again does not bear out, and no alert that rings for ever.
constexpr absl::Duration kUnreproducedFor = absl::Hours(24);

IncidentEvent MakeEvent(IncidentEvent::Kind kind, Signal signal,
                        const Finding& finding, const Incident& incident) {
  IncidentEvent event;
  event.kind = kind;
  event.signal = signal;
  event.finding = finding;
  event.incident = incident;
  return event;
}

// Puts the finding in its place among the incident's signals.
IncidentSignal& UpdateSignal(const Finding& f, Incident& incident) {
  auto it =
      std::find_if(incident.signals.begin(), incident.signals.end(),
                   [&](const IncidentSignal& s) { return IsSameSignal(s, f); });
  if (it == incident.signals.end()) {
    incident.signals.push_back({f.signal, f, true});
    it = incident.signals.end() - 1;
  } else if (f.event == FindingEvent::kClosed) {
    // The rest of the finding stays: only the statistic is of the closing.
    it->finding.statistic = f.statistic;
    it->finding.time = f.time;
  } else {
    it->finding = f;
  }
  it->open = f.event != FindingEvent::kClosed;
  return *it;
}

void WidenOnset(const Finding& f, Incident& incident) {
  if (f.onset_time == absl::InfinitePast() ||
      (incident.onset_time != absl::InfinitePast() &&
       f.onset_time >= incident.onset_time))
    return;
  incident.onset_time = f.onset_time;
  incident.onset_id = f.onset_id;
}

// `was_open`: some level had the signal open before the finding.
IncidentEvent::Kind KindOf(const Finding& f, const Incident& incident,
                           bool was_open) {
  using Kind = IncidentEvent::Kind;
  if (f.event == FindingEvent::kOpened)
    return was_open ? Kind::kUpdated : Kind::kOpened;
  if (f.event == FindingEvent::kUpdated) return Kind::kUpdated;
  return HasOpen(incident, f.signal) ? Kind::kUpdated : Kind::kClosed;
}

// Closes the open signals of an incident that is closed, with an event for each
// kind of signal.
void CloseSignals(Incident& incident, std::vector<IncidentEvent>& events) {
  std::vector<Signal> closed;
  for (IncidentSignal& s : incident.signals) {
    if (s.open) closed.push_back(s.signal);
    s.open = false;
  }
  std::sort(closed.begin(), closed.end());
  closed.erase(std::unique(closed.begin(), closed.end()), closed.end());
  for (Signal signal : closed) {
    Finding finding;
    for (const IncidentSignal& s : incident.signals)
      if (s.signal == signal) finding = s.finding;
    finding.event = FindingEvent::kClosed;
    events.push_back(
        MakeEvent(IncidentEvent::Kind::kClosed, signal, finding, incident));
  }
}

// An incident's confirmation after a verdict; none if it says nothing and
// another has said something.
std::optional<Confirmation> ConfirmationAfter(const Verdict& verdict,
                                              Confirmation before) {
  switch (verdict.kind) {
    case VerdictKind::kConfirmed:
      return Confirmation::kConfirmed;
    case VerdictKind::kNotReproduced:
      return Confirmation::kNotReproduced;
    case VerdictKind::kUndecided:
    case VerdictKind::kUnavailable:
    // The conditions of the failure could not be asked, so nobody has said
    // anything about it yet.
    case VerdictKind::kNotReproducedAlone:
      break;
  }
  if (before != Confirmation::kPending && before != Confirmation::kUnavailable)
    return std::nullopt;
  return Confirmation::kUnavailable;
}

}  // namespace

std::vector<IncidentEvent> IncidentBook::Observe(
    const std::vector<Finding>& findings, int64_t responses) {
  std::vector<IncidentEvent> events;
  for (const Finding& f : findings)
    if (auto event = ObserveFinding(f, responses); event.has_value())
      events.push_back(*std::move(event));
  return events;
}

std::optional<IncidentEvent> IncidentBook::ObserveFinding(const Finding& f,
                                                          int64_t responses) {
  IncidentEntry* entry =
      groups_.EntryFor(f, responses,
                       options_.can_confirm ? Confirmation::kPending
                                            : Confirmation::kUnavailable,
                       Alerting(f.signal));
  if (entry == nullptr) return std::nullopt;
  Incident& incident = entry->incident;
  if (f.event != FindingEvent::kClosed) {
    entry->last_responses = responses;
    entry->last_finding = f.time;
  }
  incident.updated = f.time;
  // The same signal seen at another level is no news of its own.
  const bool was_open = HasOpen(incident, f.signal);
  const IncidentSignal& signal = UpdateSignal(f, incident);
  // The verdict that cleared the incident did not test this signal, so the
  // incident needs a new one.
  const bool news =
      f.renewed || (f.event == FindingEvent::kOpened && !was_open);
  if (news && incident.confirmation == Confirmation::kNotReproduced)
    incident.confirmation = Confirmation::kPending;
  WidenOnset(f, incident);
  if (!HasOpen(incident)) {
    incident.closed = f.time;
    incident.close_reason = f.response_id.empty() ? "no_data" : "recovered";
  }
  incident.severity = GradeIncident(incident);
  SetWidestScope(incident);
  incident.causes = ExplainIncident(incident);

  IncidentEvent event = MakeEvent(KindOf(f, incident, was_open), f.signal,
                                  signal.finding, incident);
  event.finding.response_id = f.response_id;
  return event;
}

std::vector<IncidentEvent> IncidentBook::EndUnreproduced(absl::Time now) {
  std::vector<IncidentEvent> events;
  for (IncidentEntry& e : groups_.entries()) {
    Incident& incident = e.incident;
    if (!incident.open() || !incident.verdict.has_value() ||
        incident.confirmation != Confirmation::kNotReproduced ||
        now - incident.verdict->time < kUnreproducedFor)
      continue;
    incident.closed = std::max(now, incident.updated);
    incident.updated = incident.closed;
    incident.close_reason = kEndedUnreproduced;
    CloseSignals(incident, events);
  }
  return events;
}

std::vector<IncidentEvent> IncidentBook::Accept(absl::Time now,
                                                const std::string& evidence) {
  std::vector<IncidentEvent> events;
  for (IncidentEntry& e : groups_.entries()) {
    Incident& incident = e.incident;
    if (!incident.open()) continue;
    // Data may run on another clock than the operator.
    incident.closed = std::max(now, incident.updated);
    incident.updated = incident.closed;
    incident.close_reason = kAccepted;
    incident.causes = ExplainAccepted(incident, evidence);
    CloseSignals(incident, events);
  }
  return events;
}

std::optional<IncidentEvent> IncidentBook::OpenByCanaries(
    const Verdict& v, std::vector<FailingProblem> asked) {
  if (!Alerting(Signal::kConsistencyRegression) || v.incident.empty())
    return std::nullopt;
  for (const IncidentEntry& e : groups_.entries())
    if (e.incident.open() &&
        HasOpen(e.incident, Signal::kConsistencyRegression))
      return std::nullopt;
  const Finding f = MakeCanaryFinding(v, std::move(asked));
  IncidentEntry& e = groups_.Add(v.time);
  e.last_finding = v.time;
  Incident& incident = e.incident;
  incident.id = v.incident;
  incident.model = v.model;
  incident.scope = Scope::kModel;
  incident.opened = v.time;
  incident.updated = v.time;
  incident.onset_time = v.time;
  incident.signals.push_back({f.signal, f, true});
  incident.confirmation = Confirmation::kConfirmed;
  incident.verdict = v;
  incident.verdict_sequence = v.sequence;
  incident.severity = GradeIncident(incident);
  incident.causes = ExplainIncident(incident);
  return MakeEvent(IncidentEvent::Kind::kOpened, f.signal, f, incident);
}

std::optional<IncidentEvent> IncidentBook::CloseByCanaries(const Verdict& v) {
  for (IncidentEntry& e : groups_.entries()) {
    Incident& incident = e.incident;
    if (incident.id != v.incident || !incident.open()) continue;
    for (IncidentSignal& s : incident.signals) {
      // Live evidence that has taken its place closes by itself.
      if (!s.open || s.finding.channel != kCanaryChannel) continue;
      s.open = false;
      s.finding.time = v.time;
      incident.updated = v.time;
      if (!HasOpen(incident)) {
        incident.closed = v.time;
        incident.close_reason =
            v.kind == VerdictKind::kNotReproduced ? "recovered" : "no_data";
      }
      IncidentEvent event = MakeEvent(IncidentEvent::Kind::kClosed, s.signal,
                                      s.finding, incident);
      event.finding.event = FindingEvent::kClosed;
      return event;
    }
  }
  return std::nullopt;
}

std::optional<IncidentEvent> IncidentBook::ApplyVerdict(
    const Verdict& verdict, std::vector<FailingProblem> asked) {
  auto& entries = groups_.entries();
  for (IncidentEntry& e : entries)
    if (e.incident.id == verdict.incident)
      e.incident.verdict_sequence =
          std::max(e.incident.verdict_sequence, verdict.sequence);
  if (verdict.trigger == RescoreTrigger::kCanary) {
    if (verdict.kind != VerdictKind::kConfirmed)
      return CloseByCanaries(verdict);
    const bool known = std::any_of(entries.begin(), entries.end(),
                                   [&](const IncidentEntry& e) {
                                     return e.incident.id == verdict.incident;
                                   });
    if (!known) return OpenByCanaries(verdict, std::move(asked));
  }
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const IncidentEntry& e) {
        return e.incident.id == verdict.incident && e.incident.open();
      });
  if (entry == entries.end()) return std::nullopt;
  Incident& incident = entry->incident;
  // The same verdict comes once more with the chains that a judge has rated
  // since: it does not answer the news that has made the incident pending.
  if (incident.confirmation == Confirmation::kPending &&
      incident.verdict.has_value() && incident.verdict->kind == verdict.kind &&
      incident.verdict->time == verdict.time)
    return std::nullopt;
  const auto confirmation = ConfirmationAfter(verdict, incident.confirmation);
  if (!confirmation.has_value()) return std::nullopt;
  incident.confirmation = *confirmation;
  incident.verdict = verdict;
  incident.severity = GradeIncident(incident);
  incident.causes = ExplainIncident(incident);
  const auto shown =
      std::find_if(incident.signals.begin(), incident.signals.end(),
                   [](const IncidentSignal& s) { return s.open; });
  if (shown == incident.signals.end()) return std::nullopt;
  return MakeEvent(IncidentEvent::Kind::kUpdated, shown->signal, shown->finding,
                   incident);
}

std::vector<IncidentEvent> IncidentBook::OpenAtEnd() const {
  std::vector<IncidentEvent> events;
  for (const IncidentEntry& e : groups_.entries()) {
    if (!e.incident.open()) continue;
    for (const IncidentSignal& s : e.incident.signals)
      if (s.open)
        events.push_back(MakeEvent(IncidentEvent::Kind::kOpenAtEnd, s.signal,
                                   s.finding, e.incident));
  }
  return events;
}

std::vector<Incident> IncidentBook::Open() const {
  std::vector<Incident> open;
  for (const IncidentEntry& e : groups_.entries())
    if (e.incident.open()) open.push_back(e.incident);
  return open;
}

std::vector<IncidentBook::Progress> IncidentBook::Save() const {
  std::vector<Progress> progress;
  for (const IncidentEntry& e : groups_.entries())
    progress.push_back({e.incident.id, e.last_responses, e.last_finding});
  return progress;
}

void IncidentBook::Restore(std::vector<Incident> incidents,
                           const std::vector<Progress>& progress) {
  std::vector<IncidentEntry> entries;
  for (Incident& incident : incidents) {
    IncidentEntry e;
    e.last_finding = incident.updated;
    for (const Progress& p : progress) {
      if (p.id != incident.id) continue;
      e.last_responses = p.last_responses;
      e.last_finding = p.last_finding;
    }
    e.incident = std::move(incident);
    // Nobody is there any more to answer.
    if (!options_.can_confirm &&
        e.incident.confirmation == Confirmation::kPending)
      e.incident.confirmation = Confirmation::kUnavailable;
    entries.push_back(std::move(e));
  }
  groups_.Restore(std::move(entries));
}

}  // namespace reasonwatch
