// SPDX-License-Identifier: Apache-2.0
// Times a stage, for the observer: from its construction to its end.
#ifndef REASONWATCH_DAEMON_PIPELINE_STAGE_TIMER_H_
#define REASONWATCH_DAEMON_PIPELINE_STAGE_TIMER_H_

#include <chrono>

#include "absl/time/time.h"
#include "daemon/pipeline/observer.h"

namespace reasonwatch {

class StageTimer {
 public:
  // `observer` must outlive the timer.
  StageTimer(PipelineObserver& observer, Stage stage)
      : observer_(observer), stage_(stage) {}
  ~StageTimer() {
    observer_.OnStageTime(
        stage_, absl::FromChrono(std::chrono::steady_clock::now() - begin_));
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  PipelineObserver& observer_;
  const Stage stage_;
  const std::chrono::steady_clock::time_point begin_ =
      std::chrono::steady_clock::now();
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_STAGE_TIMER_H_
