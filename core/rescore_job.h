// SPDX-License-Identifier: Apache-2.0
// The jobs that ask the model again, and the samples they have brought.
#ifndef REASONWATCH_CORE_RESCORE_JOB_H_
#define REASONWATCH_CORE_RESCORE_JOB_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/verdict.h"

namespace reasonwatch {

// Rewards are 1, 0, or -1 if the response did not say.
struct RescoreSample {
  int32_t index = 0;
  std::string way;  // "" = as the baseline was asked; else a Difference's name
  absl::Time time = absl::InfinitePast();
  std::array<int8_t, kRewardCount> rewards = {-1, -1, -1, -1};
  int64_t tokens = 0;  // output tokens that were paid
};

// One group: a problem, asked again up to `limit` times.
struct RescoreJob {
  std::string id;  // "rw-" + 12 hex digits of its reason: asked once
  std::string incident;
  std::string model;
  uint64_t problem = 0;
  RescoreTrigger trigger = RescoreTrigger::kManual;
  absl::Time created = absl::InfinitePast();
  absl::Time finished = absl::InfiniteFuture();
  int32_t limit = 16;
  std::string result;  // name of the verdict when finished; else ""
  std::string reason;
  std::vector<RescoreSample> samples;  // in the order of index
  bool done() const { return finished != absl::InfiniteFuture(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_RESCORE_JOB_H_
