// SPDX-License-Identifier: Apache-2.0
// The file of redacted texts, one JSON object a line, mode 0600.
//
// Bounded in size and in time: the oldest incidents' texts go first, and those
// over their time go at every write and look. A file that is damaged loses the
// lines that can't be read. Thread-safe; calls wait for the disk.
#ifndef REASONWATCH_DAEMON_EVIDENCE_EVIDENCE_FILE_H_
#define REASONWATCH_DAEMON_EVIDENCE_EVIDENCE_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "util/mutex.h"

namespace reasonwatch {

// A response as a reader sees it; the texts are redacted already.
struct EvidenceExample {
  bool healthy = false;  // from before the incident
  std::string id;
  std::string trace_id;
  absl::Time time = absl::InfinitePast();
  std::string prompt;
  std::string reasoning;
  std::string answer;
};

class EvidenceFile {
 public:
  EvidenceFile(std::string path, int64_t max_bytes, absl::Duration ttl)
      : path_(std::move(path)), max_bytes_(max_bytes), ttl_(ttl) {}

  // Replaces the incident's examples. ResourceExhausted if they alone are over
  // the limit.
  absl::Status Put(std::string_view incident,
                   const std::vector<EvidenceExample>& examples,
                   absl::Time now);
  // {"examples": [{"side": "incident"|"healthy", "id", "trace_id", "time",
  // "prompt", "reasoning", "answer"}]}; none if there are none, or they are
  // over their time.
  std::string ExamplesJson(std::string_view incident, absl::Time now) const;
  // Removes the lines that are over their time.
  absl::Status Expire(absl::Time now);
  int64_t bytes() const;

 private:
  struct Line {
    std::string incident;
    int64_t written = 0;  // Unix seconds
    std::string text;
  };
  std::vector<Line> ReadLines(absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteLines(std::vector<Line> lines)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const int64_t max_bytes_;
  const absl::Duration ttl_;
  mutable Mutex mutex_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_EVIDENCE_FILE_H_
