// SPDX-License-Identifier: Apache-2.0
// Messages about the bad lines of a file, of which there may be very many.
#ifndef REASONWATCH_DAEMON_RECORDINGS_BAD_LINES_H_
#define REASONWATCH_DAEMON_RECORDINGS_BAD_LINES_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace reasonwatch {

// Writes the first hundred bad lines, one a line, and the number of the others
// at the end. Not thread-safe.
class BadLines {
 public:
  // The wrong format makes a bad line of every line.
  static constexpr int64_t kMostShown = 100;

  // `place` comes before a number, e.g. "line " or "in.jsonl:".
  // `messages` must outlive this.
  BadLines(std::ostream& messages, std::string place)
      : messages_(messages), place_(std::move(place)) {}

  void Add(int64_t line, std::string_view why) {
    if (++count_ <= kMostShown)
      messages_ << place_ << line << ": " << why << '\n';
  }
  // Call once, behind the last line.
  void Finish() {
    if (count_ > kMostShown)
      messages_ << place_ << "…: " << count_ - kMostShown
                << " further bad lines, " << count_ << " in all\n";
  }
  int64_t count() const { return count_; }

 private:
  std::ostream& messages_;
  const std::string place_;
  int64_t count_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_BAD_LINES_H_
