// SPDX-License-Identifier: Apache-2.0
// Notices that a large share of a model's latest responses has some property.
//
// Not thread-safe; one owner. Counts start anew with the process.
#ifndef REASONWATCH_DAEMON_PIPELINE_SHARE_NOTICE_H_
#define REASONWATCH_DAEMON_PIPELINE_SHARE_NOTICE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace reasonwatch {

class ShareNotice {
 public:
  static constexpr size_t kWindow = 1000;  // latest responses
  // Fewer responses notice nothing: 3 odd ones of 50 are 6 %.
  static constexpr size_t kLeast = 50;
  // Share above which the notice opens: below it are stray responses.
  static constexpr double kOpens = .05;
  // Share at which it closes: half, so that it does not flicker.
  static constexpr double kCloses = .025;

  void Count(bool odd) {
    uint8_t& slot = ring_[next_];
    next_ = (next_ + 1) % kWindow;
    odd_ -= slot;
    slot = odd ? 1 : 0;
    odd_ += slot;
    seen_ = std::min(seen_ + 1, kWindow);
    if (seen_ >= kLeast && ratio() > kOpens) open_ = true;
    if (ratio() <= kCloses) open_ = false;
  }
  // Share of the window; 0 before the first.
  double ratio() const {
    return seen_ == 0 ? 0
                      : static_cast<double>(odd_) / static_cast<double>(seen_);
  }
  bool any() const { return odd_ > 0; }
  bool open() const { return open_; }

 private:
  std::array<uint8_t, kWindow> ring_{};
  size_t next_ = 0;
  size_t seen_ = 0;
  size_t odd_ = 0;
  bool open_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SHARE_NOTICE_H_
