// SPDX-License-Identifier: Apache-2.0
// The live pipeline: the shards, and the way to the right one.
//
// A response goes to the shard of its model, so one worker owns everything of a
// model and nothing there needs a lock. Offer() never waits: a full queue drops
// and counts (shard_queue.h).
//
// Thread-safe after Start().
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
#include "baseline/matching/problem_index.h"
#include "core/clock.h"
#include "core/incident.h"
#include "core/response.h"
#include "core/state_blob.h"
#include "core/verdict.h"
#include "daemon/pipeline/options.h"
#include "evaluator/standard_evaluator.h"
#include "tap/sink.h"

namespace reasonwatch {

class PipelineSink;

class PipelineObserver;

class Store;

class Shards : public TapSink {
 public:
  // All must outlive the shards. `store` may be null: nothing is kept.
  Shards(PipelineOptions options, StandardEvaluator& evaluator,
         PipelineObserver& observer, Store* store, const Clock& clock);
  ~Shards() override;

  // Restores the state that an earlier run saved. Before Start(). Returns the
  // first problem and goes on with the rest.
  absl::Status Restore(const std::vector<StateBlob>& blobs,
                       const std::vector<Incident>& incidents);
  // The sink for an import of recorded healthy responses. Before Start().
  // `learn` false: their references were restored. Each model's new state is
  // put to the store as its import finishes (PipelineSink::saved()). The shards
  // must outlive the sink.
  std::unique_ptr<PipelineSink> ImportSink(bool learn);

  // A baseline from the database. `golden` not empty: it takes the place of
  // the learnt reference. Works before and after Start().
  struct Baseline {
    std::string model;
    std::string prefix;  // that its prompts share; "" = none is known
    std::shared_ptr<const ProblemIndex> problems;
    std::vector<StateBlob> golden;
    // Stored once the baseline is in place and saved.
    std::pair<std::string, std::string> fact;
  };
  void ApplyBaseline(Baseline baseline);
  // The operator wants the change that has come (see ModelPipeline::Accept), or
  // the golden reference back, if `golden` is not empty. Works before and after
  // Start().
  void Accept(const std::string& model, const std::string& evidence,
              std::vector<StateBlob> golden,
              std::pair<std::string, std::string> fact);

  // Forgets the model (Shard::Forget), behind all its responses that were
  // offered before; `done` is called by its worker. After Start().
  void Forget(const std::string& model, std::function<void()> done);

  // By model, the id of the last response that is part of the saved state.
  // Before Start().
  std::map<std::string, std::string> LastResponses() const;

  void Start();
  // Works off the queues, saves everything, ends the threads. Idempotent.
  void Stop();

  TapOutcome Offer(Response&& response, int64_t bytes) override;
  bool OfferPatiently(Response& response, int64_t bytes,
                      const RowPosition& position) override;
  void SaveBehind(std::function<void(bool saved)> done) override;

  // New budgets and signals, for every model; can_confirm stays as it was.
  void Reload(const WatchOptions& watch, IncidentOptions incidents);
  // A verdict on an incident of its model; applied by the model's worker.
  void ApplyVerdict(const Verdict& verdict);
  // Waits until everything offered before has been worked off.
  void Drain();
  // Responses that wait in all queues.
  int64_t Queued() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SHARDS_H_
