// SPDX-License-Identifier: Apache-2.0
// The answers of one shard that wait for the operator's grader.
//
// They wait beside the queue, so nothing behind them does. An answer whose
// grade does not come in time is judged as ungradable.
//
// Not thread-safe; one owner (the shard's worker).
#ifndef REASONWATCH_DAEMON_PIPELINE_GRADING_DESK_H_
#define REASONWATCH_DAEMON_PIPELINE_GRADING_DESK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "absl/time/time.h"
#include "answers/command/live_grader.h"
#include "core/clock.h"
#include "core/grade.h"
#include "core/scored.h"

namespace reasonwatch {

class GradingDesk {
 public:
  // Runs a task on the owner's thread, later. Thread-safe.
  using Post = std::function<void(std::function<void()>)>;
  // Called on the owner's thread with each response, once it has its grade.
  using Graded = std::function<void(Scored scored, bool low_coverage)>;

  // `grader` may be null: then Ask() is not called. All outlive the desk, and
  // the grader is stopped before the desk is gone.
  GradingDesk(LiveGrader* grader, const Clock& clock, Post post, Graded graded);

  // The grades of the evaluator itself do not hold: ask.
  bool open() const { return grader_ != nullptr; }
  void Ask(GradingQuestion question, Scored scored, bool low_coverage);
  // Gives up on the answers that have waited until `now`.
  void GiveUp(absl::Time now);
  size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    Scored scored;
    bool low_coverage = false;
    absl::Time until;  // then it is ungradable
  };
  void ApplyGrade(uint64_t ticket, Grade grade);

  LiveGrader* const grader_;
  const Clock& clock_;
  const Post post_;
  const Graded graded_;
  std::map<uint64_t, Waiting> waiting_;  // by ticket, the oldest first
  uint64_t tickets_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_GRADING_DESK_H_
