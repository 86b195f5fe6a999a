// SPDX-License-Identifier: Apache-2.0
#include "baseline/matching/frame_book.h"

#include <algorithm>
#include <utility>

namespace reasonwatch {

void FrameBook::Note(uint64_t half, uint64_t problem) {
  MutexLock lock(mutex_);
  auto it = young_.find(half);
  if (it == young_.end()) {
    if (young_.size() >= kMaxFrames) {
      for (const auto& [old, unused] : old_)
        forgotten_ += !young_.contains(old);
      old_ = std::exchange(young_, {});
    }
    const auto before = old_.find(half);
    it =
        young_.emplace(half, before == old_.end() ? Problems{} : before->second)
            .first;
  }
  Problems& problems = it->second;
  if (std::find(problems.begin(), problems.end(), problem) != problems.end())
    return;
  const auto free = std::find(problems.begin(), problems.end(), uint64_t{0});
  if (free != problems.end()) *free = problem;
}

bool FrameBook::Knows(uint64_t half) const {
  MutexLock lock(mutex_);
  for (const Generation* generation : {&young_, &old_}) {
    const auto it = generation->find(half);
    if (it != generation->end()) return it->second.back() != 0;
  }
  return false;
}

uint64_t FrameBook::forgotten() const {
  MutexLock lock(mutex_);
  return forgotten_;
}

size_t FrameBook::size() const {
  MutexLock lock(mutex_);
  return young_.size() + old_.size();
}

}  // namespace reasonwatch
