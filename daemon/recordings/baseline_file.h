// SPDX-License-Identifier: Apache-2.0
// A file of any format of problem_sets.h, into the stored baseline: recorded
// responses are learnt, problem sets are stored.
#ifndef REASONWATCH_DAEMON_RECORDINGS_BASELINE_FILE_H_
#define REASONWATCH_DAEMON_RECORDINGS_BASELINE_FILE_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/recordings/problem_sets.h"
#include "daemon/recordings/recording_settings.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

struct BaselineImportOptions {
  std::string path = {};
  BaselineFormat format = BaselineFormat::kAuto;
  // Needed for problem sets; replaces the recorded model of responses unless it
  // is empty.
  std::string model = {};
  bool replace = false;  // forget the model's baseline first
  bool dry_run = false;  // read and count, store nothing
};

struct BaselineImportReport {
  BaselineFormat format = BaselineFormat::kAuto;
  std::vector<std::string> models;
  int64_t problems = 0;   // read
  int64_t fresh = 0;      // not in the baseline before
  int64_t changed = 0;    // with another answer than before
  int64_t responses = 0;  // read
  int64_t learnt = 0;     // of them not part of the baseline before
  int64_t graded = 0;
  int64_t correct = 0;
  int64_t agreed = 0;  // problems without labels that are asked repeatedly
  int64_t bad_lines = 0;
};

// The format that the file is read as. Reports the errors that can be known
// before a database is made: no such file, no known format, no model for a
// problem set.
absl::StatusOr<BaselineFormat> CheckImport(
    const BaselineImportOptions& options);

// A bad line goes to `messages` as path:line: why, is counted and skipped.
// Importing the same again changes nothing. `store` may be null in a dry run.
// InvalidArgument if nothing could be read.
absl::StatusOr<BaselineImportReport> ImportBaseline(
    const BaselineImportOptions& options, const RecordingSettings& settings,
    BaselineStore* store, std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_BASELINE_FILE_H_
