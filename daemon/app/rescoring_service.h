// SPDX-License-Identifier: Apache-2.0
// Re-scoring in the daemon: the clients, the thread that asks, and the thread
// that watches the server's load while it does.
#ifndef REASONWATCH_DAEMON_APP_RESCORING_SERVICE_H_
#define REASONWATCH_DAEMON_APP_RESCORING_SERVICE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/response.h"
#include "core/verdict.h"
#include "daemon/app/config/config.h"
#include "rescore/rescorer.h"
#include "rescore/statistics/bayes_factor.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

class Evaluator;

class Store;

// Whether re-scoring is on and the configuration names a server to ask.
bool CanRescore(const Config& config);

// A question that was answered, as it is shown to the operator who asked it.
struct AskedSample {
  std::string model;
  std::string problem;  // the operator's name for it
  std::string way;      // "" = alone, as its baseline was asked
  int32_t index = 0;
  int64_t seed = 0;
  std::string last_line;  // of the answer, at most 200 bytes
  std::array<int8_t, kRewardCount> rewards = {-1, -1, -1, -1};
  int64_t tokens = 0;  // of output
  // As of SampleReport.
  double bayes_factor = 1;
  Bounds bounds;
};

class RescoreService {
 public:
  virtual ~RescoreService() = default;
  virtual Rescorer& rescorer() = 0;
  // Counters of the rescorer and the judge.
  virtual RescoreCounters Counters() const = 0;
  // Sets the problems of recorded rows; `evaluator` must know their profile.
  virtual void SetProblems(const std::vector<Response>& rows) = 0;
  // Sets the problems of the database besides, in place of the last ones.
  virtual void SetStored(const std::vector<StoredProblem>& stored) = 0;
  // The problems that the operator calls `id`, of all models.
  virtual std::vector<const RescoreProblem*> FindById(
      const std::string& id) const = 0;
  virtual void Start() = 0;
  // Gives up the questions in progress. Idempotent.
  virtual void Stop() = 0;
};

// The stored problems that can be asked again: those whose words and answer are
// known, at most ProblemSet::kMaxProblems.
absl::StatusOr<std::vector<StoredProblem>> LoadStoredProblems(
    BaselineStore& store);

// All arguments must outlive the service; `store` may be null. `on_verdict` is
// called from the threads that ask, one call at a time, and again for a verdict
// whose chains a judge has rated since. The errors are those of
// OpenModelClient(). CanRescore() must hold. `on_sample` is called from the
// thread that asks; it may be null.
absl::StatusOr<std::unique_ptr<RescoreService>> OpenRescoreService(
    const Config& config, const Evaluator& evaluator, Store* store,
    std::function<void(const Verdict&)> on_verdict,
    std::function<void(const AskedSample&)> on_sample = nullptr);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_RESCORING_SERVICE_H_
