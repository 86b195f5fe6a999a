// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/incident_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "daemon/api/incident_json.h"
#include "daemon/history/words.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kRenewal = absl::Minutes(5);
constexpr absl::Duration kPageRenewal = absl::Seconds(30);
// More than one operator can read; the rest has words without numbers.
constexpr size_t kMaxOpen = 256;

// The history reaches back to before the onset, and has responses since.
bool KnowsBoth(const Story& story) {
  return std::any_of(story.picture.signals.begin(), story.picture.signals.end(),
                     [](const SignalPicture& s) {
                       return s.expected.responses > 0 && s.seen > 0;
                     });
}

}  // namespace

void IncidentDesk::Restore(const std::vector<Incident>& open) {
  MutexLock lock(mutex_);
  for (const Incident& incident : open) {
    if (open_.size() >= kMaxOpen) return;
    Open& held = open_[incident.id];
    held.incident = incident;
    held.sentence = reasonwatch::SentenceOf(incident, clock_.Now());
    held.made = clock_.Now();
    const absl::StatusOr<std::string> stored = store_.LoadStory(incident.id);
    held.rich = stored.ok();
    if (!stored.ok()) continue;
    const std::string sentence = SentenceOfStory(*stored);
    if (!sentence.empty()) held.sentence = sentence;
  }
}

void IncidentDesk::OnScored(const Scored& scored, ResponseOutcome outcome,
                            bool watched) {
  if (watched && outcome == ResponseOutcome::kScored) history_.Observe(scored);
}

void IncidentDesk::OnHeartbeat(Stage /*stage*/, absl::Time now) {
  history_.SetNow(now);
}

void IncidentDesk::OnIncident(const IncidentEvent& event) {
  const Incident& incident = event.incident;
  bool changed = !incident.open();
  bool rich = false;
  {
    MutexLock lock(mutex_);
    const auto it = open_.find(incident.id);
    if (it != open_.end()) rich = it->second.rich;
    if (!incident.open()) {
      if (it != open_.end()) open_.erase(it);
    } else if (it != open_.end()) {
      changed = it->second.incident.severity != incident.severity ||
                event.kind == IncidentEvent::Kind::kOpened;
      it->second.incident = incident;
    } else if (open_.size() < kMaxOpen) {
      changed = true;
      open_[incident.id].incident = incident;
    }
  }
  if (changed) Renew(incident, rich);
}

void IncidentDesk::Renew(const Incident& incident, bool rich) {
  const absl::Time now = clock_.Now();
  const Story story = history_.StoryOf(incident, now);
  const bool knows = KnowsBoth(story);
  if (knows || !rich)
    store_.PutStory(incident.id, StoryJson(story)).IgnoreError();
  MutexLock lock(mutex_);
  const auto it = open_.find(incident.id);
  if (it == open_.end()) return;
  Open& held = it->second;
  held.made = now;
  held.rich = held.rich || knows;
  if (!knows && (rich || held.seen > 0)) return;
  held.sentence = story.sentence;
  if (knows) {
    held.affected = story.picture.signals.front().affected;
    held.seen = story.picture.signals.front().seen;
  }
}

std::string IncidentDesk::StoryOf(const Incident& incident) const {
  if (incident.open()) {
    const Story story = history_.StoryOf(incident, clock_.Now());
    if (KnowsBoth(story)) return StoryJson(story);
  }
  absl::StatusOr<std::string> stored = store_.LoadStory(incident.id);
  if (stored.ok()) return *std::move(stored);
  return StoryJson(history_.StoryOf(incident, clock_.Now()));
}

std::string IncidentDesk::SentenceOf(const Incident& incident) const {
  const absl::Time now = clock_.Now();
  if (!incident.open()) return reasonwatch::SentenceOf(incident, now);
  {
    MutexLock lock(mutex_);
    const auto it = open_.find(incident.id);
    if (it != open_.end() && now - it->second.page_made < kPageRenewal)
      return it->second.page_sentence;
  }
  const Story story = history_.StoryOf(incident, now);
  const bool knows = KnowsBoth(story);
  MutexLock lock(mutex_);
  const auto it = open_.find(incident.id);
  if (it == open_.end()) return story.sentence;
  Open& held = it->second;
  held.page_sentence =
      knows || held.sentence.empty() ? story.sentence : held.sentence;
  held.page_made = now;
  return held.page_sentence;
}

std::vector<IncidentInfo> IncidentDesk::Infos(std::string_view page_url) {
  std::vector<std::pair<Incident, bool>> old;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, held] : open_)
      if (clock_.Now() - held.made >= kRenewal)
        old.emplace_back(held.incident, held.rich);
  }
  for (const auto& [incident, rich] : old) Renew(incident, rich);
  std::vector<IncidentInfo> infos;
  MutexLock lock(mutex_);
  for (const auto& [id, held] : open_) {
    IncidentInfo& info = infos.emplace_back();
    info.incident = held.incident;
    info.sentence = held.sentence;
    info.url = absl::StrFormat("%s/incidents/%s", page_url, id);
    info.affected = held.affected;
    info.seen = held.seen;
  }
  return infos;
}

void IncidentDesk::SaveAll() {
  std::vector<std::pair<Incident, bool>> open;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, held] : open_)
      open.emplace_back(held.incident, held.rich);
  }
  for (const auto& [incident, rich] : open) Renew(incident, rich);
}

}  // namespace reasonwatch
