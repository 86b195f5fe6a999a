// SPDX-License-Identifier: Apache-2.0
// The seam to model servers.
#ifndef REASONWATCH_CORE_MODEL_CLIENT_H_
#define REASONWATCH_CORE_MODEL_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/intent.h"
#include "core/load_reading.h"
#include "core/regime.h"

namespace reasonwatch {

struct Response;

// One question to a model. Every sampling field is sent as it is here, so
// that a server's own defaults do not come in; NaN = not sent, if the
// baseline was asked so.
struct SampleRequest {
  std::string model;
  std::string messages_json;  // OpenAI chat form, or
  std::string prompt;
  double temperature = 1;
  double top_p = 1;
  int64_t max_tokens = 4096;
  int64_t seed = 0;
  int n = 1;  // choices; a server that can't gives one
  Thinking thinking = Thinking::kUnstated;
  std::string effort;      // "" = not sent
  std::string cache_salt;  // "" = the cache as it is
  bool stream = false;
  int32_t top_logprobs = 0;  // 0 = none
  absl::Duration timeout = absl::Minutes(5);
  std::string id;  // begins with "rw-", so that taps know it as our own
  // Turned true from another thread: give up within a second (Cancelled). May
  // be null.
  const std::atomic<bool>* stop = nullptr;
};

// A fixed conversation as the server counted it, and the name by which the
// model answered.
struct PromptCount {
  int64_t tokens = 0;  // 0 = the server does not say
  std::string model;   // "" = likewise
};

// Asks a model server. Thread-safe. The raw body is in Response::body, for
// the same Evaluator as live responses; origin is kRescore.
class ModelClient {
 public:
  virtual ~ModelClient() = default;
  virtual absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) = 0;
  // Unimplemented: no metrics are known of this server.
  virtual absl::StatusOr<LoadReading> Load() = 0;
  virtual absl::StatusOr<Regime> ReadRegime(std::string_view model) = 0;
  // Costs one token. Unimplemented: this client can't.
  virtual absl::StatusOr<PromptCount> CountPrompt(std::string_view /*model*/) {
    return absl::UnimplementedError("prompts are not counted");
  }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_MODEL_CLIENT_H_
