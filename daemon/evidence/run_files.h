// SPDX-License-Identifier: Apache-2.0
// The numbers that an incident can be replayed from: a folder with a file an
// incident, one JSON object a line, mode 0600.
//
// The lines, in this order:
//   {"part": "run", "incident", "model", "version", "opened", "rows",
//    "findings": [{"signal", "scope", "route", "replica", "channel",
//    "statistic", "threshold", "response_id", "onset_id"}]}
//   {"part": "config", "yaml"}                        in force, URLs masked
//   {"part": "state", "kind", "key", "version", "bytes"}   bytes in base64
//   {"part": "row", "key", "version", "bytes"}        the oldest first
//
// Bounded in size and in time: the oldest files go first, those over their time
// at every write and look. Thread-safe; calls wait for the disk.
#ifndef REASONWATCH_DAEMON_EVIDENCE_RUN_FILES_H_
#define REASONWATCH_DAEMON_EVIDENCE_RUN_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/replay_take.h"
#include "util/mutex.h"

namespace reasonwatch {

class RunFiles {
 public:
  RunFiles(std::string folder, int64_t max_bytes, absl::Duration ttl)
      : folder_(std::move(folder)), max_bytes_(max_bytes), ttl_(ttl) {}

  // The file of an incident, whether there is one or not; "" if the id is no
  // name of a file.
  std::string PathOf(std::string_view incident) const;
  // No effect if the incident has a file: the first opening counts.
  // ResourceExhausted if it alone is over the limit.
  absl::Status Put(const IncidentRun& run, const std::string& config_yaml,
                   absl::Time now);
  // Removes the files that are over their time, and the oldest over the limit.
  void Expire(absl::Time now);
  int64_t bytes() const;

 private:
  void ExpireLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string folder_;
  const int64_t max_bytes_;
  const absl::Duration ttl_;
  mutable Mutex mutex_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_RUN_FILES_H_
