// SPDX-License-Identifier: Apache-2.0
// An evenly spaced sample of a model's recorded texts, to mine its habits from.
#ifndef REASONWATCH_DAEMON_RECORDINGS_HABIT_SAMPLE_H_
#define REASONWATCH_DAEMON_RECORDINGS_HABIT_SAMPLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "core/grade.h"
#include "core/trace.h"
#include "features/habits/habits.h"

namespace reasonwatch {

class HabitSample {
 public:
  // `responses`: how often WantsNext() will be called.
  explicit HabitSample(size_t responses);

  // Whether the next response is one of the sample.
  bool WantsNext();
  // A sampled response that was not graded incorrect. One without text adds
  // nothing.
  void Add(Grade grade, const Trace& trace);

  // The habits of the solved responses; of all added ones if fewer than
  // kMinHabitTraces are solved.
  HabitProfile Mine() const;

 private:
  const size_t responses_;
  const size_t wanted_;
  size_t seen_ = 0;
  size_t taken_ = 0;
  std::vector<std::string> solved_;
  std::vector<std::string> ungraded_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_HABIT_SAMPLE_H_
