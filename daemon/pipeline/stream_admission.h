// SPDX-License-Identifier: Apache-2.0
// The streams that are watched: the first `max_streams` of all models.
//
// Thread-safe. A stream that was admitted stays so until its model is forgotten
// or the process ends.
#ifndef REASONWATCH_DAEMON_PIPELINE_STREAM_ADMISSION_H_
#define REASONWATCH_DAEMON_PIPELINE_STREAM_ADMISSION_H_

#include <set>
#include <string>
#include <utility>

#include "util/mutex.h"

namespace reasonwatch {

class StreamAdmission {
 public:
  explicit StreamAdmission(int max_streams) : max_streams_(max_streams) {}

  // Admits the stream if there is room; returns whether it is admitted.
  bool Admit(const std::string& model, const std::string& route);
  bool Admitted(const std::string& model, const std::string& route) const;
  // Makes room of the model's streams.
  void Forget(const std::string& model);
  // Admitted streams, at least 1: the number over which budgets are divided.
  int count() const;

 private:
  const int max_streams_;
  mutable Mutex mutex_;
  std::set<std::pair<std::string, std::string>> streams_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_STREAM_ADMISSION_H_
