// SPDX-License-Identifier: Apache-2.0
// The options of the files tap, with their defaults.
#ifndef REASONWATCH_TAP_FILES_OPTIONS_H_
#define REASONWATCH_TAP_FILES_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace reasonwatch {

struct FollowedPath {
  std::string path;  // a file, or a pattern of the shell's kind: *, ?, [...]
  std::string format = "reasonwatch";  // of kRecordFormats
  std::string model;  // of rows that name none, "" = such rows are refused
};

struct FileTapOptions {
  std::vector<FollowedPath> paths;
  // Between two looks at the files, and at the folders.
  absl::Duration poll = absl::Milliseconds(200);
  absl::Duration scan = absl::Seconds(2);
  // Between two notes of how far the files were read.
  absl::Duration save = absl::Seconds(2);
  // A file that nobody can find by its path any more is read for this long
  // after its last growth: writers keep a renamed file open for a while.
  absl::Duration grace = absl::Seconds(60);
  // A last line without its line feed counts after this, if it is whole.
  absl::Duration last_line = absl::Seconds(5);
  int32_t max_files = 256;  // open at once
  int64_t max_line_bytes = int64_t{64} << 20;

  bool enabled() const { return !paths.empty(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_FILES_OPTIONS_H_
