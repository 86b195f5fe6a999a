// Re-scoring in the daemon: the clients, the thread that asks, and the thread
// that watches the server's load while it does.
#ifndef REASONWATCH_DAEMON_RESCORING_SERVICE_H_
#define REASONWATCH_DAEMON_RESCORING_SERVICE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/ports.h"
#include "daemon/config.h"
#include "rescore/rescorer.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

// Whether the configuration names somebody to ask.
bool CanRescore(const Config& config);

class RescoreService {
 public:
  virtual ~RescoreService() = default;
  virtual Rescorer& rescorer() = 0;
  // The rescorer's, and the judge's.
  virtual RescoreCounters Counters() const = 0;
  // The baseline's recorded rows; `evaluator` must know their profile.
  virtual void SetProblems(const std::vector<Response>& rows) = 0;
  // Those of the database, besides: in place of the last ones.
  virtual void SetStored(const std::vector<StoredProblem>& stored) = 0;
  // What is asked by the operator's name of it, of any model.
  virtual std::vector<const RescoreProblem*> FindById(
      const std::string& id) const = 0;
  virtual void Start() = 0;
  // Gives up what is under way. Idempotent.
  virtual void Stop() = 0;
};

// The stored problems that can be asked again: those with words.
absl::StatusOr<std::vector<StoredProblem>> LoadStoredProblems(
    BaselineStore& store);

// Everything must outlive it; `store` may be null. `tell` is called from the
// threads that ask, one call at a time: again for a verdict whose chains a
// judge has rated since. Errors: of OpenModelClient(). CanRescore() must hold.
absl::StatusOr<std::unique_ptr<RescoreService>> OpenRescoreService(
    const Config& config, const Evaluator& evaluator, Store* store,
    std::function<void(const Verdict&)> tell);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RESCORING_SERVICE_H_
