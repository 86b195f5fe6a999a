// The live pipeline: bounded queues, one a shard, and the workers behind them.
//
// A response goes to the shard of its model, so one worker owns everything of a
// model and nothing there needs a lock. Offer() never waits: a full queue drops
// and counts. What it drops does not depend on the response's size, or a loss
// would look like a change of length: a queue is full or not before the
// response is looked at.
#ifndef REASONWATCH_DAEMON_PIPELINE_SHARDS_H_
#define REASONWATCH_DAEMON_PIPELINE_SHARDS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/ports.h"
#include "core/snapshot.h"
#include "daemon/config.h"
#include "daemon/export/telemetry.h"
#include "daemon/grader/live_grader.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "tap/tap_sink.h"

namespace reasonwatch {

struct ShardsOptions {
  int shards = 2;
  absl::Duration checkpoint_interval = absl::Seconds(5);
  absl::Duration snapshot_interval = absl::Seconds(1);
  // The model can be asked again: incidents wait for a verdict.
  bool can_confirm = false;
  // Grades what the evaluator leaves open (StandardEvaluator::SetGrader); null:
  // the evaluator grades by itself. Answers wait for it beside the queues, so
  // nothing behind them does. Stopped by Stop().
  LiveGrader* grader = nullptr;
  // Called by the workers with every live response; may be null.
  std::function<void(const Scored&)> on_scored;
  // Called by Accept(): the operator wants the model's change. May be null.
  std::function<void(const std::string& model)> on_accepted;
};

class Shards : public TapSink {
 public:
  // All must outlive the shards. `store` may be null: nothing is kept.
  // `on_event` is called from the workers.
  Shards(const Config& config, ShardsOptions options,
         StandardEvaluator& evaluator, Telemetry& telemetry, Store* store,
         std::function<void(const IncidentEvent&)> on_event);
  ~Shards() override;

  // Before Start(): what an earlier run saved. Returns the first problem and
  // goes on with the rest.
  absl::Status Restore(const std::vector<StateBlob>& blobs,
                       const std::vector<Incident>& incidents);
  // Before Start(): recorded healthy responses (see import_baseline.h);
  // `learn` false where their references were restored; else the new state is
  // put to the store at once.
  struct Imported {
    int64_t responses = 0;
    int64_t problems = 0;
    int64_t solved = 0;
    std::vector<BaselineProblem> baseline;
    absl::Status saved;
  };
  Imported Import(const std::vector<Response>& rows, bool learn);

  // A baseline from the database. `golden` not empty: it takes the place of
  // what was learnt. Works before and after Start().
  struct Baseline {
    std::string model;
    std::string prefix;  // that its prompts share; "" = none is known
    std::shared_ptr<const ProblemIndex> problems;
    std::vector<StateBlob> golden;
    // Stored once that is done and saved.
    std::pair<std::string, std::string> fact;
  };
  void TakeBaseline(Baseline baseline);
  // The operator wants the change that has come (see ModelPipeline::Accept), or
  // the golden reference back, where `golden` is not empty. Works before and
  // after Start().
  void Accept(const std::string& model, const std::string& evidence,
              std::vector<StateBlob> golden,
              std::pair<std::string, std::string> fact);

  // By model, the id of the last response that is part of the saved state.
  // Before Start().
  std::map<std::string, std::string> LastResponses() const;

  void Start();
  // Works off what is queued, saves everything, ends the threads. Idempotent.
  void Stop();

  TapOutcome Offer(Response&& response, int64_t bytes) override;

  // New settings for budgets and signals; queues and storage keep theirs.
  void Reload(const Config& config);
  // A verdict on an incident of its model; taken by the model's worker.
  void TakeVerdict(const Verdict& verdict);
  std::vector<StreamSnapshot> Snapshots() const;
  // Waits until everything offered before has been worked off.
  void Drain();
  // Responses that wait in all queues.
  int64_t Queued() const;

 private:
  class Shard;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SHARDS_H_
