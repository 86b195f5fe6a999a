// SPDX-License-Identifier: Apache-2.0
#include "incidents/grouping.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Signals of one change open within a few dozen responses of each other
// (docs/signals.md, "Faults"); on slow streams minutes say more.
constexpr int64_t kJoinResponses = 200;
// For streams too slow for kJoinResponses.
constexpr absl::Duration kJoinTime = absl::Minutes(10);
// A change that comes and goes with the hours of a day is one incident.
constexpr absl::Duration kReopenWithin = absl::Hours(24);
// Incidents of one model: more are a flood, of which the newest matter.
constexpr size_t kMaxEntries = 256;

std::string NewId(const Finding& f) {
  const std::string key = absl::StrFormat(
      "%s\n%s\n%s\n%s\n%d", f.model, f.route, SignalName(f.signal),
      f.response_id, absl::ToUnixNanos(f.time));
  return absl::StrFormat("inc-%012x", StableHash(key) >> 16);
}

int Width(Scope s) {
  return s == Scope::kModel ? 2 : s == Scope::kRoute ? 1 : 0;
}

}  // namespace

bool IsSameSignal(const IncidentSignal& s, const Finding& f) {
  return s.signal == f.signal && s.finding.scope == f.scope &&
         s.finding.route == f.route && s.finding.replica == f.replica;
}

bool HasOpen(const Incident& incident, Signal signal) {
  return std::any_of(
      incident.signals.begin(), incident.signals.end(),
      [&](const IncidentSignal& s) { return s.signal == signal && s.open; });
}

bool HasOpen(const Incident& incident) {
  return std::any_of(incident.signals.begin(), incident.signals.end(),
                     [](const IncidentSignal& s) { return s.open; });
}

void SetWidestScope(Incident& incident) {
  const Finding* widest = nullptr;
  for (const IncidentSignal& s : incident.signals) {
    if (!s.open && incident.open()) continue;
    if (widest == nullptr || Width(s.finding.scope) > Width(widest->scope))
      widest = &s.finding;
  }
  if (widest == nullptr) return;
  incident.scope = widest->scope;
  incident.route = widest->route;
  incident.replica = widest->replica;
}

IncidentEntry* IncidentGroups::FindOpen(const Finding& f) {
  for (IncidentEntry& e : entries_)
    for (const IncidentSignal& s : e.incident.signals)
      if (e.incident.open() && s.open && IsSameSignal(s, f)) return &e;
  return nullptr;
}

bool IncidentGroups::HasEnded(const Finding& f) const {
  return std::any_of(
      entries_.begin(), entries_.end(), [&](const IncidentEntry& e) {
        return e.incident.close_reason == kEndedUnreproduced &&
               std::any_of(
                   e.incident.signals.begin(), e.incident.signals.end(),
                   [&](const IncidentSignal& s) { return IsSameSignal(s, f); });
      });
}

IncidentEntry* IncidentGroups::FindRecent(const Finding& f, int64_t responses) {
  for (IncidentEntry& e : entries_)
    if (e.incident.open() && (responses - e.last_responses <= kJoinResponses ||
                              f.time - e.last_finding <= kJoinTime))
      return &e;
  return nullptr;
}

IncidentEntry* IncidentGroups::Reopen(const Finding& f, Confirmation fresh) {
  for (IncidentEntry& e : entries_) {
    Incident& incident = e.incident;
    if (incident.open() || f.time - incident.closed > kReopenWithin ||
        incident.close_reason == kAccepted ||
        std::none_of(incident.signals.begin(), incident.signals.end(),
                     [&](const IncidentSignal& s) {
                       return s.signal == f.signal &&
                              s.finding.route == f.route;
                     }))
      continue;
    incident.closed = absl::InfiniteFuture();
    incident.close_reason.clear();
    // The verdict was about the change that has gone.
    incident.verdict.reset();
    incident.confirmation = fresh;
    return &e;
  }
  return nullptr;
}

IncidentEntry* IncidentGroups::EntryFor(const Finding& f, int64_t responses,
                                        Confirmation fresh, bool may_open) {
  if (IncidentEntry* e = FindOpen(f); e != nullptr) return e;
  if (f.event == FindingEvent::kClosed || !may_open) return nullptr;
  // No news: only evidence that has grown a hundredfold opens it again.
  if (f.event == FindingEvent::kUpdated && !f.renewed && HasEnded(f))
    return nullptr;
  if (IncidentEntry* e = FindRecent(f, responses); e != nullptr) return e;
  if (IncidentEntry* e = Reopen(f, fresh); e != nullptr) return e;
  IncidentEntry& e = Add(f.time);
  e.incident.id = NewId(f);
  e.incident.model = f.model;
  e.incident.opened = f.time;
  e.incident.onset_id = f.onset_id;
  e.incident.onset_time = f.onset_time;
  e.incident.confirmation = fresh;
  return &e;
}

IncidentEntry& IncidentGroups::Add(absl::Time now) {
  std::erase_if(entries_, [&](const IncidentEntry& e) {
    return !e.incident.open() && now - e.incident.closed > kReopenWithin;
  });
  if (entries_.size() >= kMaxEntries) {
    // A closed one is forgotten first.
    const auto closed =
        std::find_if(entries_.begin(), entries_.end(),
                     [](const IncidentEntry& e) { return !e.incident.open(); });
    entries_.erase(closed == entries_.end() ? entries_.begin() : closed);
  }
  return entries_.emplace_back();
}

void IncidentGroups::Restore(std::vector<IncidentEntry> entries) {
  // Oldest first: the newest are kept if there are too many.
  const size_t skip =
      entries.size() > kMaxEntries ? entries.size() - kMaxEntries : 0;
  entries_.insert(entries_.end(),
                  std::make_move_iterator(entries.begin() +
                                          static_cast<std::ptrdiff_t>(skip)),
                  std::make_move_iterator(entries.end()));
}

}  // namespace reasonwatch
