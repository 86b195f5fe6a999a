// SPDX-License-Identifier: Apache-2.0
// The last day of every watched stream, and incidents drawn from it.
//
// Thread-safe. At most `max_streams` streams are kept, about 110 KB each if
// full; further ones are not kept and not counted anywhere, since telemetry
// counts them. A caller of Observe() waits at most while one stream is copied
// (some tens of microseconds).
#ifndef REASONWATCH_DAEMON_HISTORY_HISTORY_H_
#define REASONWATCH_DAEMON_HISTORY_HISTORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/incident.h"
#include "core/picture.h"
#include "daemon/history/stream_history.h"
#include "util/mutex.h"

namespace reasonwatch {

class History {
 public:
  explicit History(size_t max_streams);

  // A scored response of a watched stream. One that begins later than ten
  // minutes after the latest SetNow() is left out: it would push the others
  // out of the day.
  void Observe(const Scored& scored);
  void SetNow(absl::Time now);

  // Covers the incident's scope: its stream, or all of its model.
  Story StoryOf(const Incident& incident, absl::Time now) const;
  // By model and route.
  std::vector<StreamSpark> Sparks() const;

 private:
  using Key = std::pair<std::string, std::string>;  // model, route
  struct Hash {
    size_t operator()(const Key& key) const {
      const std::hash<std::string> hash;
      return hash(key.first) * 31 + hash(key.second);
    }
  };
  struct Held {
    Mutex mutex;
    StreamHistory history ABSL_GUARDED_BY(mutex);
  };
  // The stream, made if it is new; null = there is no room. A stream that is
  // held is never dropped, so each thread keeps the one it has seen last.
  Held* HeldOf(const Scored& scored);
  std::vector<std::pair<Key, Held*>> HeldStreams() const;

  const size_t max_streams_;
  const uint64_t number_;  // of this history among all of the process
  std::atomic<int64_t> latest_ns_ = INT64_MAX;
  mutable Mutex mutex_;
  std::unordered_map<Key, std::unique_ptr<Held>, Hash> streams_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_HISTORY_HISTORY_H_
