// SPDX-License-Identifier: Apache-2.0
// The ports that are open, for the metrics and for readiness. Ports open and
// close while others ask for them.
#ifndef REASONWATCH_DAEMON_APP_PORT_BOOK_H_
#define REASONWATCH_DAEMON_APP_PORT_BOOK_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/port_counts.h"
#include "util/mutex.h"

namespace reasonwatch {

// Thread-safe.
class PortBook {
 public:
  using Source = std::function<std::vector<PortCounts>()>;

  // `source` is called until Remove(owner) returns; it must be quick.
  void Add(const std::string& owner, Source source) {
    MutexLock lock(mutex_);
    sources_[owner] = std::move(source);
  }
  void Remove(const std::string& owner) {
    MutexLock lock(mutex_);
    sources_.erase(owner);
  }

  std::vector<PortCounts> All() const {
    MutexLock lock(mutex_);
    std::vector<PortCounts> all;
    for (const auto& [owner, source] : sources_)
      for (PortCounts& port : source()) all.push_back(std::move(port));
    return all;
  }

  // Unavailable, with the port's name, while one accepts nothing.
  absl::Status Accepting() const {
    for (const PortCounts& port : All())
      if (!port.accepting)
        return absl::UnavailableError(
            absl::StrCat("port ", port.port,
                         ": no file descriptor is free for a connection"));
    return absl::OkStatus();
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, Source> sources_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_PORT_BOOK_H_
