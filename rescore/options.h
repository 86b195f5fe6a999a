// SPDX-License-Identifier: Apache-2.0
// Settings of re-scoring: defaults here, values from the configuration keys
// `rescore` and `baseline.canaries`.
#ifndef REASONWATCH_RESCORE_OPTIONS_H_
#define REASONWATCH_RESCORE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/rescore_job.h"
#include "core/response.h"
#include "rescore/server/headroom.h"
#include "rescore/statistics/bayes_factor.h"
#include "rescore/statistics/paired_ways.h"

namespace reasonwatch {

class ModelClient;

struct RescoreProblem;

// A question that was answered, for those who want to follow. Valid during the
// call.
struct SampleReport {
  const RescoreJob& job;
  const RescoreProblem& problem;
  const RescoreSample& sample;
  const Response& answer;
  int64_t seed = 0;
  // For a loss, over all samples that are judged together with this one; NaN =
  // it is one of a comparison. Decided from one bound or the other on.
  double bayes_factor = 1;
  Bounds bounds;
};

struct RescorerOptions {
  int group = kGroupSize;
  double tokens_per_hour = 200000;  // of output
  double requests_per_hour = 1200;
  double canaries_per_hour = 0;  // while over half of the budget is left
  // Severity waits this long for a verdict.
  absl::Duration verdict_within = absl::Minutes(15);
  absl::Duration timeout = absl::Minutes(5);  // of one question
  int64_t filled_context = 8192;              // tokens
  HeadroomOptions headroom;
  bool localise = true;
  // The problem of this name in other numbers, one for each draw; none: it has
  // no variants. Null = no problem has any.
  std::function<std::optional<ProblemVariant>(std::string_view id,
                                              uint64_t draw)>
      variant;
  // Called by Step() with each re-run that was asked as the baseline was; may
  // be null.
  std::function<void(const RescoreJob& job, const Response& answer)> on_answer;
  // Called by Step() with each sample; may be null.
  std::function<void(const SampleReport&)> on_sample;
  // The name of a client's error; null = the status code's.
  std::function<std::string(const absl::Status&)> error_name;
};

// Not owned. `watched` null = there is no server to ask.
struct RescoreEndpoints {
  ModelClient* watched = nullptr;
  std::vector<std::pair<std::string, ModelClient*>> replicas;
  ModelClient* reference = nullptr;  // serves the weights that were tested
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_OPTIONS_H_
