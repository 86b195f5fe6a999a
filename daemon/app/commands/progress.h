// SPDX-License-Identifier: Apache-2.0
// The progress of a command that may take more than a second: a bar on a
// terminal, and an end with its counts at Ctrl-C.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_PROGRESS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_PROGRESS_H_

#include <cstdint>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace reasonwatch {

// While an object exists, SIGINT and SIGTERM only set a flag; a second one ends
// the process at once. One at a time.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
};
// Since the latest InterruptScope began.
bool Interrupted();

// The lines of a regular file; 0 for all else.
int64_t LinesOf(const std::string& path);

// Not thread-safe.
class Progress {
 public:
  // `on`: the operator wants a bar. It shows on standard error if that is a
  // terminal, once a second has passed.
  Progress(std::ostream& messages, bool on);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `total` `things` (0: not known). Cancelled, with these figures,
  // after Ctrl-C.
  absl::Status Show(std::string_view things, int64_t done, int64_t total);
  // Takes the bar away, before other output.
  void Clear();

 private:
  InterruptScope interrupts_;
  std::ostream& messages_;
  const bool visible_;
  const absl::Time began_;
  absl::Time drawn_ = absl::InfinitePast();
  bool shown_ = false;
};

// "12,345 of 50,000 lines".
std::string CountText(std::string_view things, int64_t done, int64_t total);
// The bar, without a carriage return: "[#####.....] 12,345 of 50,000 lines".
std::string BarText(std::string_view things, int64_t done, int64_t total);

// Hands a stream's text on line for line and shows how many went by. The stream
// ends early after Ctrl-C, and status() is then Cancelled.
class LineMeter : public std::streambuf {
 public:
  LineMeter(std::streambuf& from, int64_t total, Progress& progress);
  const absl::Status& status() const { return status_; }

 protected:
  int_type underflow() override;

 private:
  std::streambuf& from_;
  const int64_t total_;
  Progress& progress_;
  std::vector<char> piece_;
  std::streamsize ReadToLineEnd();

  int64_t lines_ = 0;
  bool in_line_ = false;  // the latest piece ended in a line
  absl::Status status_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_PROGRESS_H_
