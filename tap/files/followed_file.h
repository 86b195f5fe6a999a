// SPDX-License-Identifier: Apache-2.0
// One open file: its lines as they come.
#ifndef REASONWATCH_TAP_FILES_FOLLOWED_FILE_H_
#define REASONWATCH_TAP_FILES_FOLLOWED_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tap/files/file_mark.h"
#include "tap/files/options.h"

namespace reasonwatch {

class FollowedFile {
 public:
  // `line_begin` is the offset of the line. False: stop, and come back to this
  // very line.
  using OnLine = std::function<bool(int64_t line_begin, std::string_view line)>;

  // Closes `fd` at its end.
  FollowedFile(int fd, FileMark mark, const FollowedPath& source);
  ~FollowedFile();
  FollowedFile(const FollowedFile&) = delete;
  FollowedFile& operator=(const FollowedFile&) = delete;

  enum class Outcome {
    kAll,       // there is no more for now
    kMore,      // there is more to read at once
    kReplaced,  // the file was truncated, nothing was read
  };
  // Reads what has come, about 1 MiB at most. A line longer than `max_line` is
  // skipped and counted.
  Outcome Read(int64_t max_line, const OnLine& on_line);
  // The last line, if it has no line feed and is a whole JSON document.
  void ReadLastLine(const OnLine& on_line);

  const FileMark& mark() const { return mark_; }
  void set_path(std::string path) { mark_.path = std::move(path); }
  const FollowedPath& source() const { return source_; }
  int fd() const { return fd_; }
  absl::Time grown() const { return grown_; }
  int64_t skipped_lines() const { return skipped_lines_; }

  // No path of the configuration leads to it any more.
  bool moved = false;
  // Truncated or found as a copy: nothing will be written to it again.
  bool ended = false;

 private:
  void Advance(int64_t offset);

  const int fd_;
  FileMark mark_;
  const FollowedPath source_;
  std::string buffer_;    // from mark_.offset on
  int64_t skipping_ = 0;  // bytes of a line that is too long, so far
  int64_t skipped_lines_ = 0;
  absl::Time grown_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_FILES_FOLLOWED_FILE_H_
