// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/history.h"

#include <algorithm>

#include "core/scored.h"
#include "daemon/history/picture.h"
#include "daemon/history/words.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kFutureAllowed = absl::Minutes(10);

}  // namespace

void History::SetNow(absl::Time now) {
  MutexLock lock(mutex_);
  latest_ = now + kFutureAllowed;
}

void History::Observe(const Scored& scored) {
  Held* held = nullptr;
  {
    MutexLock lock(mutex_);
    if (scored.start > latest_) return;
    if (last_ == nullptr || last_key_.second != scored.route ||
        last_key_.first != scored.model) {
      Key key(scored.model, scored.route);
      auto it = streams_.find(key);
      if (it == streams_.end()) {
        if (streams_.size() >= max_streams_) return;
        it = streams_.emplace(key, std::make_unique<Held>()).first;
      }
      last_key_ = std::move(key);
      last_ = it->second.get();
    }
    held = last_;
  }
  MutexLock lock(held->mutex);
  held->history.Observe(scored);
}

std::vector<std::pair<History::Key, History::Held*>> History::HeldStreams()
    const {
  std::vector<std::pair<Key, Held*>> held;
  {
    MutexLock lock(mutex_);
    for (const auto& [key, stream] : streams_)
      held.emplace_back(key, stream.get());
  }
  std::sort(held.begin(), held.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return held;
}

Story History::StoryOf(const Incident& incident, absl::Time now) const {
  std::vector<StreamHistory> copies;
  for (const auto& [key, held] : HeldStreams()) {
    if (key.first != incident.model ||
        (incident.scope == Scope::kRoute && key.second != incident.route))
      continue;
    MutexLock lock(held->mutex);
    copies.push_back(held->history);
  }
  Story story;
  story.as_of = now;
  story.picture = MakePicture(copies, incident);
  story.sentence = SentenceOf(incident, story.picture, now);
  return story;
}

std::vector<StreamSpark> History::Sparks() const {
  std::vector<StreamSpark> sparks;
  for (const auto& [key, held] : HeldStreams()) {
    StreamHistory copy;
    {
      MutexLock lock(held->mutex);
      copy = held->history;
    }
    sparks.push_back(MakeSpark(copy));
    sparks.back().model = key.first;
    sparks.back().route = key.second;
  }
  return sparks;
}

}  // namespace reasonwatch
