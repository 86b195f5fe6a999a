// SPDX-License-Identifier: Apache-2.0
// The latest snapshot of every stream, for the HTTP server. Thread-safe.
#ifndef REASONWATCH_DAEMON_PIPELINE_SNAPSHOT_BOARD_H_
#define REASONWATCH_DAEMON_PIPELINE_SNAPSHOT_BOARD_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot.h"
#include "daemon/pipeline/observer.h"
#include "util/mutex.h"

namespace reasonwatch {

class SnapshotBoard : public PipelineObserver {
 public:
  void OnStream(const StreamSnapshot& snapshot) override {
    MutexLock lock(mutex_);
    snapshots_[{snapshot.model, snapshot.route}] = snapshot;
  }
  void OnStreamReset(const std::string& model,
                     const std::string& route) override {
    MutexLock lock(mutex_);
    snapshots_.erase({model, route});
  }
  // By model and route.
  std::vector<StreamSnapshot> Snapshots() const {
    MutexLock lock(mutex_);
    std::vector<StreamSnapshot> all;
    all.reserve(snapshots_.size());
    for (const auto& [key, snapshot] : snapshots_) all.push_back(snapshot);
    return all;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::pair<std::string, std::string>, StreamSnapshot> snapshots_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SNAPSHOT_BOARD_H_
