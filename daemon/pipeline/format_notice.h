// Notices that a model's responses are marked in a way no format has.
//
// Not thread-safe; one owner. Counts start anew with the process.
#ifndef REASONWATCH_DAEMON_PIPELINE_FORMAT_NOTICE_H_
#define REASONWATCH_DAEMON_PIPELINE_FORMAT_NOTICE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/snapshot.h"

namespace reasonwatch {

class FormatNotice {
 public:
  static constexpr size_t kWindow = 1000;  // latest responses
  static constexpr size_t kLeast = 50;     // until then nothing is noticed
  static constexpr double kOpens = .05;    // share above which it opens
  static constexpr double kCloses = .025;  // share at which it closes

  // `shape` is empty where the format is known.
  void Count(bool unknown, std::string_view shape);
  // The two latest shapes that differ, while the notice is on.
  const UnknownFormatSnapshot& snapshot() const { return snapshot_; }

 private:
  std::array<uint8_t, kWindow> ring_{};
  size_t next_ = 0;
  size_t seen_ = 0;
  size_t unknown_ = 0;
  UnknownFormatSnapshot snapshot_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_FORMAT_NOTICE_H_
