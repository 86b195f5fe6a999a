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

History::History(size_t max_streams)
    : max_streams_(max_streams), number_([] {
        static std::atomic<uint64_t> made = 0;
        return ++made;
      }()) {}

void History::SetNow(absl::Time now) {
  latest_ns_ = absl::ToUnixNanos(now + kFutureAllowed);
}

History::Held* History::HeldOf(const Scored& scored) {
  struct Last {
    uint64_t number = 0;
    Key key;
    Held* held = nullptr;
  };
  thread_local Last last;
  if (last.number == number_ && last.key.second == scored.route &&
      last.key.first == scored.model)
    return last.held;
  Key key(scored.model, scored.route);
  MutexLock lock(mutex_);
  auto it = streams_.find(key);
  if (it == streams_.end()) {
    if (streams_.size() >= max_streams_) return nullptr;
    it = streams_.emplace(key, std::make_unique<Held>()).first;
  }
  last = {number_, std::move(key), it->second.get()};
  return last.held;
}

void History::Observe(const Scored& scored) {
  if (absl::ToUnixNanos(scored.start) > latest_ns_) return;
  Held* held = HeldOf(scored);
  if (held == nullptr) return;
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
