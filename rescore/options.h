// What re-scoring is told by its configuration.
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
#include "core/ports.h"
#include "rescore/bayes_factor.h"
#include "rescore/headroom.h"
#include "rescore/localise.h"

namespace reasonwatch {

struct RescorerOptions {
  int group = kGroupSize;
  double tokens_per_hour = 200000;  // of output
  double requests_per_hour = 1200;
  double canaries_per_hour = 0;  // while over half of the budget is left
  absl::Duration verdict_within = absl::Minutes(15);
  absl::Duration timeout = absl::Minutes(5);  // of one question
  int64_t filled_context = 8192;              // tokens
  HeadroomOptions headroom;
  bool localise = true;
  // The problem of this name in other numbers; null = there never are any.
  std::function<std::optional<ProblemVariant>(std::string_view id,
                                              uint64_t draw)>
      variant;
  // Called with each re-run as the problem was asked, by Step(); may be null.
  std::function<void(const RescoreJob& job, const Response& answer)> on_answer;
  // Name of a client's error; null = by its code.
  std::function<std::string(const absl::Status&)> error_name;
};

// Not owned. `watched` null = nobody can be asked.
struct RescoreEndpoints {
  ModelClient* watched = nullptr;
  std::vector<std::pair<std::string, ModelClient*>> replicas;
  ModelClient* reference = nullptr;  // serves what was tested
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_OPTIONS_H_
