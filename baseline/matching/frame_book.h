// SPDX-License-Identifier: Apache-2.0
// The frames that recur round different problems: what a client puts before or
// behind each of them, in words that nobody has listed.
//
// Thread-safe. Bounded: the halves that were asked least recently are
// forgotten. No text is kept, only hashes.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_BOOK_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_BOOK_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "util/mutex.h"

namespace reasonwatch {

// Distinct problems that make a frame known. Two could be two questions about
// one text that are both in the baseline.
inline constexpr size_t kFrameProblems = 3;
// Halves in each of the two generations.
inline constexpr size_t kMaxFrames = 4096;

class FrameBook {
 public:
  // The half with this hash stood round this problem.
  void Note(uint64_t half, uint64_t problem) ABSL_LOCKS_EXCLUDED(mutex_);
  // Has it stood round kFrameProblems different ones?
  bool Knows(uint64_t half) const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Halves that were forgotten for room since the start.
  uint64_t forgotten() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Problems = std::array<uint64_t, kFrameProblems>;  // 0 = free
  using Generation = absl::flat_hash_map<uint64_t, Problems>;

  mutable Mutex mutex_;
  Generation young_ ABSL_GUARDED_BY(mutex_);
  Generation old_ ABSL_GUARDED_BY(mutex_);
  uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_BOOK_H_
