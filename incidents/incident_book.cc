#include "incidents/incident_book.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "incidents/failing_problems.h"

namespace reasonwatch {
namespace {

constexpr int64_t kJoinResponses = 200;
constexpr absl::Duration kJoinTime = absl::Minutes(10);
constexpr absl::Duration kReopenWithin = absl::Hours(24);
constexpr size_t kMaxEntries = 256;
constexpr char kAccepted[] = "accepted";
// What the operator says weighs more than what the channels hint at.
constexpr double kAcceptedWeight = 9;

// Floors of an effect that is worth a page.
constexpr double kShortRatio = .7;
constexpr double kLongRatio = 1.5;
constexpr double kPoints = .05;
// p-value of the fingerprint from which the weights are not those of before.
constexpr double kOtherWeights = .005;
// Bayes factor at which several canaries together are confirmed.
constexpr double kCanaryThreshold = 100;

// The rise of what no response should show, over which no second opinion is
// waited for.
constexpr double kBrokenShare = .2;

bool Broken(const Finding& f) {
  const bool broken =
      f.signal == Signal::kRepetitionLoop ||
      f.channel == "decorative_symbols/garbage_run" ||
      f.channel == "empty_or_truncated/stop_empty" ||
      f.channel == "empty_or_truncated/reasoning_without_answer";
  return broken && f.effect.unit == "points" && f.effect.value > kBrokenShare;
}

bool PassesFloor(const Effect& effect) {
  if (effect.unit == "ratio")
    return effect.value <= kShortRatio || effect.value >= kLongRatio;
  return std::abs(effect.value) >= kPoints;
}

std::string NewId(const Finding& f) {
  const std::string key = absl::StrFormat(
      "%s\n%s\n%s\n%s\n%d", f.model, f.route, SignalName(f.signal),
      f.response_id, absl::ToUnixNanos(f.time));
  return absl::StrFormat("inc-%012x", StableHash(key) >> 16);
}

// The widest scope among the open signals; a replica's only where nothing
// wider shows it.
void SetScope(Incident& incident) {
  const Finding* widest = nullptr;
  const auto width = [](Scope s) {
    return s == Scope::kModel ? 2 : s == Scope::kRoute ? 1 : 0;
  };
  for (const IncidentSignal& s : incident.signals) {
    if (!s.open && incident.open()) continue;
    if (widest == nullptr || width(s.finding.scope) > width(widest->scope))
      widest = &s.finding;
  }
  if (widest == nullptr) return;
  incident.scope = widest->scope;
  incident.route = widest->route;
  incident.replica = widest->replica;
}

}  // namespace

namespace {

// What the causes and their evidence are, with what the paired runs have named
// before all of them.
std::vector<Cause> CausesOf(const Incident& incident) {
  std::vector<Cause> causes = RankCauses(incident);
  if (!incident.verdict.has_value()) return causes;
  const auto lead = [&](const std::string& cause, double weight,
                        std::string evidence) {
    std::erase_if(causes, [&](const Cause& c) { return c.cause == cause; });
    double rest = 0;
    for (const Cause& c : causes) rest += c.weight;
    for (Cause& c : causes) c.weight *= (1 - weight) / rest;
    causes.insert(causes.begin(),
                  {cause, causes.empty() ? 1 : weight, std::move(evidence)});
  };
  const Verdict& v = *incident.verdict;
  // Measured, where the others are hints.
  const auto measured =
      std::find_if(v.differences.begin(), v.differences.end(),
                   [](const Difference& d) { return !d.cause.empty(); });
  if (measured != v.differences.end()) {
    lead(measured->cause, .8,
         absl::StrFormat("asked again as %s, the reward differs by %+.2f "
                         "(%.2f to %.2f, %d pairs)",
                         measured->name, measured->value, measured->low,
                         measured->high, measured->pairs));
  } else if (v.fingerprint_p <= kOtherWeights) {
    // The same messages give other log-probabilities under other weights and
    // under another template; only the latter takes the reasoning away too.
    const bool reasoning_gone = std::any_of(
        causes.begin(), causes.end(),
        [](const Cause& c) { return c.cause == "effort_or_thinking_switch"; });
    lead(reasoning_gone ? "prompt_or_template_change"
                        : "quantization_or_weights",
         .6,
         absl::StrFormat("log-probabilities on fixed prompts are not those of "
                         "before (p = %.4f)%s",
                         v.fingerprint_p,
                         reasoning_gone ? " and reasoning is gone" : ""));
  }
  // Another template switches thinking, and moves log-probabilities: it stands
  // behind those two, and a whole other server beats it.
  const bool elsewhere = measured != v.differences.end() &&
                         measured->cause != "effort_or_thinking_switch" &&
                         measured->cause != "quantization_or_weights";
  if (!v.healthy_template_hash.empty() && !v.template_hash.empty() &&
      v.template_hash != v.healthy_template_hash && !elsewhere &&
      v.kind != VerdictKind::kNotReproduced)
    lead("prompt_or_template_change", .8,
         absl::StrFormat("the endpoint renders a fixed conversation to %s, "
                         "which was %s while all was well",
                         v.template_hash, v.healthy_template_hash));
  return causes;
}

}  // namespace

Severity GradeFinding(const Finding& finding, Confirmation confirmation) {
  const bool verdict = confirmation == Confirmation::kConfirmed ||
                       confirmation == Confirmation::kUnavailable ||
                       Broken(finding);
  if (finding.passed_critical && PassesFloor(finding.effect) &&
      !finding.provisional && !finding.low_coverage && verdict)
    return Severity::kCritical;
  return Severity::kWarning;
}

IncidentBook::Entry* IncidentBook::EntryFor(const Finding& f,
                                            int64_t responses) {
  for (Entry& e : entries_)
    for (const IncidentSignal& s : e.incident.signals)
      if (e.incident.open() && s.open && s.signal == f.signal &&
          s.finding.scope == f.scope && s.finding.route == f.route &&
          s.finding.replica == f.replica)
        return &e;
  const bool alerting =
      (options_.alerting_signals >> static_cast<int>(f.signal) & 1) != 0;
  if (f.event == FindingEvent::kClosed || !alerting) return nullptr;
  for (Entry& e : entries_)
    if (e.incident.open() && (responses - e.last_responses <= kJoinResponses ||
                              f.time - e.last_finding <= kJoinTime))
      return &e;
  for (Entry& e : entries_) {
    if (e.incident.open() || f.time - e.incident.closed > kReopenWithin ||
        e.incident.close_reason == kAccepted)
      continue;
    for (const IncidentSignal& s : e.incident.signals)
      if (s.signal == f.signal && s.finding.route == f.route) {
        e.incident.closed = absl::InfiniteFuture();
        e.incident.close_reason.clear();
        // What was found out then is not about what comes back now.
        e.incident.verdict.reset();
        e.incident.confirmation = options_.can_confirm
                                      ? Confirmation::kPending
                                      : Confirmation::kUnavailable;
        return &e;
      }
  }
  Entry& e = NewEntry(f.time);
  e.incident.id = NewId(f);
  e.incident.model = f.model;
  e.incident.opened = f.time;
  e.incident.onset_id = f.onset_id;
  e.incident.onset_time = f.onset_time;
  e.incident.confirmation = options_.can_confirm ? Confirmation::kPending
                                                 : Confirmation::kUnavailable;
  return &e;
}

IncidentBook::Entry& IncidentBook::NewEntry(absl::Time now) {
  // Forget what closed long ago, then the oldest.
  std::erase_if(entries_, [&](const Entry& e) {
    return !e.incident.open() && now - e.incident.closed > kReopenWithin;
  });
  if (entries_.size() >= kMaxEntries) {
    // A closed one first.
    const auto closed =
        std::find_if(entries_.begin(), entries_.end(),
                     [](const Entry& e) { return !e.incident.open(); });
    entries_.erase(closed == entries_.end() ? entries_.begin() : closed);
  }
  return entries_.emplace_back();
}

std::optional<IncidentEvent> IncidentBook::OpenByCanaries(
    const Verdict& v, std::vector<FailingProblem> asked) {
  const bool alerting = (options_.alerting_signals >>
                             static_cast<int>(Signal::kConsistencyRegression) &
                         1) != 0;
  if (!alerting || v.incident.empty()) return std::nullopt;
  for (const Entry& e : entries_)
    for (const IncidentSignal& s : e.incident.signals)
      if (e.incident.open() && s.open &&
          s.signal == Signal::kConsistencyRegression)
        return std::nullopt;
  Finding f;
  f.signal = Signal::kConsistencyRegression;
  f.scope = Scope::kModel;
  f.model = v.model;
  f.time = v.time;
  f.onset_time = v.time;
  f.statistic = v.bayes_factor;
  f.threshold = kCanaryThreshold;
  f.passed_critical = true;
  f.channel = kCanaryChannel;
  f.channel_share = 1;
  f.channels = {{kCanaryChannel, 1}};
  // Agresti and Coull's interval of the pass rate, less what it used to be.
  constexpr double kZ = 1.96;
  const double n = v.samples + kZ * kZ;
  const double rate = (v.samples - v.failures + kZ * kZ / 2) / n;
  const double half = kZ * std::sqrt(rate * (1 - rate) / n);
  f.effect = {v.pass_rate - v.baseline_pass_rate,
              rate - half - v.baseline_pass_rate,
              rate + half - v.baseline_pass_rate, "points"};
  if (v.baseline_pass_rate > 0)
    f.affected_share =
        std::clamp(-f.effect.value / v.baseline_pass_rate, 0., 1.);
  ListFailing(std::move(asked), f);
  Entry& e = NewEntry(v.time);
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
  incident.severity = GradeFinding(f, incident.confirmation);
  incident.causes = CausesOf(incident);
  e.last_finding = v.time;
  IncidentEvent event;
  event.kind = IncidentEvent::Kind::kOpened;
  event.signal = f.signal;
  event.finding = f;
  event.incident = incident;
  return event;
}

std::optional<IncidentEvent> IncidentBook::CloseByCanaries(const Verdict& v) {
  for (Entry& e : entries_) {
    Incident& incident = e.incident;
    if (incident.id != v.incident || !incident.open()) continue;
    for (IncidentSignal& s : incident.signals) {
      // Live evidence that has taken its place closes by itself.
      if (!s.open || s.finding.channel != kCanaryChannel) continue;
      s.open = false;
      s.finding.time = v.time;
      incident.updated = v.time;
      if (std::none_of(
              incident.signals.begin(), incident.signals.end(),
              [](const IncidentSignal& other) { return other.open; })) {
        incident.closed = v.time;
        incident.close_reason =
            v.kind == VerdictKind::kNotReproduced ? "recovered" : "no_data";
      }
      IncidentEvent event;
      event.kind = IncidentEvent::Kind::kClosed;
      event.signal = s.signal;
      event.finding = s.finding;
      event.finding.event = FindingEvent::kClosed;
      event.incident = incident;
      return event;
    }
  }
  return std::nullopt;
}

std::vector<IncidentEvent> IncidentBook::Take(
    const std::vector<Finding>& findings, int64_t responses) {
  std::vector<IncidentEvent> events;
  for (const Finding& f : findings) {
    Entry* entry = EntryFor(f, responses);
    if (entry == nullptr) continue;
    Entry& e = *entry;
    Incident& incident = e.incident;
    if (f.event != FindingEvent::kClosed) {
      e.last_responses = responses;
      e.last_finding = f.time;
    }
    incident.updated = f.time;
    const auto same = [&](const IncidentSignal& s) {
      return s.signal == f.signal && s.finding.scope == f.scope &&
             s.finding.route == f.route && s.finding.replica == f.replica;
    };
    auto it =
        std::find_if(incident.signals.begin(), incident.signals.end(), same);
    // The same signal seen at another level is no news of its own.
    const bool signal_was_open =
        std::any_of(incident.signals.begin(), incident.signals.end(),
                    [&](const IncidentSignal& s) {
                      return s.signal == f.signal && s.open;
                    });
    if (it == incident.signals.end()) {
      incident.signals.push_back({f.signal, f, true});
      it = incident.signals.end() - 1;
    } else if (f.event == FindingEvent::kClosed) {
      // What was found stays; only the statistic is of the closing.
      it->finding.statistic = f.statistic;
      it->finding.time = f.time;
    } else {
      it->finding = f;
    }
    it->open = f.event != FindingEvent::kClosed;
    // What cleared it has not asked about this.
    const bool news =
        f.renewed || (f.event == FindingEvent::kOpened && !signal_was_open);
    if (news && incident.confirmation == Confirmation::kNotReproduced)
      incident.confirmation = Confirmation::kPending;
    if (f.onset_time != absl::InfinitePast() &&
        (incident.onset_time == absl::InfinitePast() ||
         f.onset_time < incident.onset_time)) {
      incident.onset_time = f.onset_time;
      incident.onset_id = f.onset_id;
    }
    const bool any_open =
        std::any_of(incident.signals.begin(), incident.signals.end(),
                    [](const IncidentSignal& s) { return s.open; });
    if (!any_open) {
      incident.closed = f.time;
      incident.close_reason = f.response_id.empty() ? "no_data" : "recovered";
    }
    Severity severity = Severity::kWarning;
    for (const IncidentSignal& s : incident.signals)
      if (s.open || !any_open)
        severity =
            std::max(severity, GradeFinding(s.finding, incident.confirmation));
    incident.severity = severity;
    SetScope(incident);
    incident.causes = CausesOf(incident);

    IncidentEvent event;
    event.signal = f.signal;
    event.finding = it->finding;
    event.finding.response_id = f.response_id;
    event.incident = incident;
    switch (f.event) {
      case FindingEvent::kOpened:
        event.kind = signal_was_open ? IncidentEvent::Kind::kUpdated
                                     : IncidentEvent::Kind::kOpened;
        break;
      case FindingEvent::kUpdated:
        event.kind = IncidentEvent::Kind::kUpdated;
        break;
      case FindingEvent::kClosed:
        event.kind =
            std::any_of(incident.signals.begin(), incident.signals.end(),
                        [&](const IncidentSignal& s) {
                          return s.signal == f.signal && s.open;
                        })
                ? IncidentEvent::Kind::kUpdated
                : IncidentEvent::Kind::kClosed;
        break;
    }
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<IncidentEvent> IncidentBook::Accept(absl::Time now,
                                                const std::string& evidence) {
  std::vector<IncidentEvent> events;
  for (Entry& e : entries_) {
    Incident& incident = e.incident;
    if (!incident.open()) continue;
    // Data may run on another clock than the operator.
    incident.closed = std::max(now, incident.updated);
    incident.updated = incident.closed;
    incident.close_reason = kAccepted;
    std::vector<Cause> causes = {{"version_change", kAcceptedWeight, evidence}};
    for (const Cause& c : incident.causes) {
      if (c.cause != causes.front().cause) {
        causes.push_back(c);
        continue;
      }
      causes.front().weight += c.weight;
      if (!c.evidence.empty()) causes.front().evidence += "; " + c.evidence;
    }
    double sum = 0;
    for (const Cause& c : causes) sum += c.weight;
    for (Cause& c : causes) c.weight /= sum;
    incident.causes = std::move(causes);
    std::vector<Signal> closed;
    for (IncidentSignal& s : incident.signals) {
      if (s.open) closed.push_back(s.signal);
      s.open = false;
    }
    std::sort(closed.begin(), closed.end());
    closed.erase(std::unique(closed.begin(), closed.end()), closed.end());
    for (Signal signal : closed) {
      IncidentEvent& event = events.emplace_back();
      event.kind = IncidentEvent::Kind::kClosed;
      event.signal = signal;
      for (const IncidentSignal& s : incident.signals)
        if (s.signal == signal) event.finding = s.finding;
      event.finding.event = FindingEvent::kClosed;
      event.incident = incident;
    }
  }
  return events;
}

std::optional<IncidentEvent> IncidentBook::TakeVerdict(
    const Verdict& verdict, std::vector<FailingProblem> asked) {
  if (verdict.trigger == RescoreTrigger::kCanary) {
    const bool known = std::any_of(
        entries_.begin(), entries_.end(),
        [&](const Entry& e) { return e.incident.id == verdict.incident; });
    if (verdict.kind != VerdictKind::kConfirmed)
      return CloseByCanaries(verdict);
    if (!known) return OpenByCanaries(verdict, std::move(asked));
  }
  for (Entry& e : entries_) {
    Incident& incident = e.incident;
    if (incident.id != verdict.incident || !incident.open()) continue;
    // Told again, with the chains that a judge has rated since: no answer to
    // what has made it wait anew.
    if (incident.confirmation == Confirmation::kPending &&
        incident.verdict.has_value() &&
        incident.verdict->kind == verdict.kind &&
        incident.verdict->time == verdict.time)
      return std::nullopt;
    switch (verdict.kind) {
      case VerdictKind::kConfirmed:
        incident.confirmation = Confirmation::kConfirmed;
        break;
      case VerdictKind::kNotReproduced:
        incident.confirmation = Confirmation::kNotReproduced;
        break;
      case VerdictKind::kUndecided:
      case VerdictKind::kUnavailable:
        if (incident.confirmation != Confirmation::kPending &&
            incident.confirmation != Confirmation::kUnavailable)
          return std::nullopt;
        incident.confirmation = Confirmation::kUnavailable;
        break;
    }
    incident.verdict = verdict;
    incident.severity = Severity::kWarning;
    const IncidentSignal* shown = nullptr;
    for (const IncidentSignal& s : incident.signals) {
      if (!s.open) continue;
      if (shown == nullptr) shown = &s;
      incident.severity = std::max(
          incident.severity, GradeFinding(s.finding, incident.confirmation));
    }
    incident.causes = CausesOf(incident);
    if (shown == nullptr) return std::nullopt;
    IncidentEvent event;
    event.kind = IncidentEvent::Kind::kUpdated;
    event.signal = shown->signal;
    event.finding = shown->finding;
    event.incident = incident;
    return event;
  }
  return std::nullopt;
}

std::vector<IncidentEvent> IncidentBook::OpenAtEnd() const {
  std::vector<IncidentEvent> events;
  for (const Entry& e : entries_) {
    if (!e.incident.open()) continue;
    for (const IncidentSignal& s : e.incident.signals) {
      if (!s.open) continue;
      IncidentEvent event;
      event.kind = IncidentEvent::Kind::kOpenAtEnd;
      event.signal = s.signal;
      event.finding = s.finding;
      event.incident = e.incident;
      events.push_back(std::move(event));
    }
  }
  return events;
}

std::vector<Incident> IncidentBook::Open() const {
  std::vector<Incident> open;
  for (const Entry& e : entries_)
    if (e.incident.open()) open.push_back(e.incident);
  return open;
}

std::vector<IncidentBook::Progress> IncidentBook::Save() const {
  std::vector<Progress> progress;
  for (const Entry& e : entries_)
    progress.push_back({e.incident.id, e.last_responses, e.last_finding});
  return progress;
}

void IncidentBook::Restore(std::vector<Incident> incidents,
                           const std::vector<Progress>& progress) {
  // Oldest first: where there are too many the newest are kept.
  const size_t skip =
      incidents.size() > kMaxEntries ? incidents.size() - kMaxEntries : 0;
  for (size_t i = skip; i < incidents.size(); ++i) {
    Incident& incident = incidents[i];
    Entry e;
    e.last_finding = incident.updated;
    for (const Progress& p : progress) {
      if (p.id != incident.id) continue;
      e.last_responses = p.last_responses;
      e.last_finding = p.last_finding;
    }
    e.incident = std::move(incident);
    // Whoever was to be asked is there no more.
    if (!options_.can_confirm &&
        e.incident.confirmation == Confirmation::kPending)
      e.incident.confirmation = Confirmation::kUnavailable;
    entries_.push_back(std::move(e));
  }
}

}  // namespace reasonwatch
