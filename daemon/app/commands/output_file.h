// SPDX-License-Identifier: Apache-2.0
// An output file that appears whole or not at all.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_OUTPUT_FILE_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_OUTPUT_FILE_H_

#include <fstream>
#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace reasonwatch {

// Writes to a temporary file beside the named one and puts it in its place at
// Commit(), with the permissions of an existing file. Without Commit() an
// existing file stays as it was. A name that is no regular file (a pipe,
// /dev/stdout) is written to directly. Not thread-safe.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Internal if the file can't be written. Check it before the work begins.
  absl::Status status() const;
  std::ostream& stream() { return out_; }
  // Internal if the whole output could not be written. Call once.
  absl::Status Commit();

 private:
  absl::Status Failure() const;

  const std::string path_;
  std::string target_;     // path_, links followed
  std::string temporary_;  // "" = target_ is written to directly
  std::ofstream out_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_OUTPUT_FILE_H_
