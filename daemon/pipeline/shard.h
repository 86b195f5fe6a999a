// SPDX-License-Identifier: Apache-2.0
// One shard: a queue, the worker thread behind it, and everything of the models
// whose responses go there.
//
// Offer(), Post(), WaitUntilIdle() and waiting() are thread-safe. All else
// belongs to the worker while it runs, and to the caller before Start() and
// after Stop().
#ifndef REASONWATCH_DAEMON_PIPELINE_SHARD_H_
#define REASONWATCH_DAEMON_PIPELINE_SHARD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/store.h"
#include "core/verdict.h"
#include "daemon/pipeline/checkpointer.h"
#include "daemon/pipeline/fit_worker.h"
#include "daemon/pipeline/format_notice.h"
#include "daemon/pipeline/grading_desk.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/observer.h"
#include "daemon/pipeline/options.h"
#include "daemon/pipeline/repeat_filter.h"
#include "daemon/pipeline/shard_queue.h"
#include "daemon/pipeline/share_notice.h"
#include "daemon/pipeline/stream_admission.h"
#include "evaluator/standard_evaluator.h"
#include "util/mutex.h"

namespace reasonwatch {

// The settings of new models, which a reload replaces. Thread-safe.
class LiveSettings {
 public:
  LiveSettings(const WatchOptions& watch, const IncidentOptions& incidents)
      : watch_(watch), incidents_(incidents) {}
  void Set(const WatchOptions& watch, const IncidentOptions& incidents) {
    MutexLock lock(mutex_);
    watch_ = watch;
    incidents_ = incidents;
  }
  std::pair<WatchOptions, IncidentOptions> Get() const {
    MutexLock lock(mutex_);
    return {watch_, incidents_};
  }

 private:
  mutable Mutex mutex_;
  WatchOptions watch_ ABSL_GUARDED_BY(mutex_);
  IncidentOptions incidents_ ABSL_GUARDED_BY(mutex_);
};

// The parts that all shards share; every member outlives them.
struct ShardContext {
  const PipelineOptions& options;
  StandardEvaluator& evaluator;
  PipelineObserver& observer;
  Store* store;  // may be null
  const Clock& clock;
  LiveSettings& settings;
  StreamAdmission& streams;
  FitTurns& fits;
};

class Shard {
 public:
  Shard(const ShardContext& context, int number);

  TapOutcome Offer(Response&& response, int64_t bytes) {
    return queue_.Offer(std::move(response), bytes);
  }
  bool OfferPatiently(Response& response, int64_t bytes,
                      const RowPosition& position) {
    return queue_.OfferPatiently(response, bytes, position);
  }
  // The worker runs the task, later.
  void Post(std::function<void()> task) { queue_.Post(std::move(task)); }
  // The same, behind everything that was offered before.
  void PostBehind(std::function<void()> task) {
    queue_.PostBehind(std::move(task));
  }
  // Behind all that was offered before, the worker saves the state of its
  // models; `done` hears whether all of that is now in the store's hands.
  void SaveBehind(std::function<void(bool saved)> done);
  // Waits until everything offered and posted before is worked off.
  void WaitUntilIdle() { queue_.WaitUntilIdle(); }
  int64_t waiting() const { return queue_.waiting(); }

  void Start();
  // Works off the queue, saves everything and ends the thread. Idempotent.
  void Stop();

  // The model's pipeline; made if the model is new.
  ModelPipeline& PipelineOf(const std::string& model);
  const Checkpointer::Pipelines& pipelines() const { return pipelines_; }
  // The problems of a stored baseline; may be null. Also for a model that has
  // not come yet.
  void SetProblems(const std::string& model,
                   std::shared_ptr<const ProblemIndex> problems);
  // Puts a baseline's reference in place of the learnt one.
  void ApplyGolden(const std::string& model,
                   const std::vector<StateBlob>& golden);
  // The operator wants the model's change (ModelPipeline::Accept), and the
  // golden reference back unless `golden` is empty. No effect on a model that
  // has not come yet.
  void Accept(const std::string& model, const std::string& evidence,
              const std::vector<StateBlob>& golden);
  // Ends the model's incidents, and then all that is known of it, also in the
  // store; the problems of a stored baseline stay.
  void Forget(const std::string& model);
  // A verdict on an incident of its model. One of canaries also opens an
  // incident of a model that has no traffic.
  void ApplyVerdict(const Verdict& verdict);
  void ApplySettings(const WatchOptions& watch,
                     const IncidentOptions& incidents);
  // No fact: its name is empty.
  void PutFact(const std::pair<std::string, std::string>& fact) {
    checkpointer_.PutFact(fact);
  }

 private:
  // Responses counted by the pipelines so far, earlier runs included.
  struct Totals {
    int64_t duplicates = 0;
    int64_t shared_ids = 0;  // other responses under an id that came before
    int64_t startup = 0;
    int64_t overflow = 0;  // fed early because the hold was full
    int64_t replicas = 0;  // of replicas over the limit
  };

  // The worker's loop, and its parts.
  void Run(const std::stop_token& stop);
  void Evaluate(Response& response, bool low_coverage,
                const RowPosition& position);
  void Observe(Scored scored, bool failed, bool low_coverage,
               const RowPosition& position = {});
  void Detect(Scored scored, bool low_coverage, const RowPosition& position);
  // Gives away the way to the incidents that have opened.
  void KeepRuns(const ModelPipeline& pipeline,
                const std::vector<IncidentEvent>& events);
  void Emit(ModelPipeline& pipeline, const std::vector<IncidentEvent>& events);
  void CountFormat(const Scored& scored);
  // Counts whether its token counts agree with its text.
  void CountCounts(const Scored& scored);
  void RestoreGolden(ModelPipeline& pipeline,
                     const std::vector<StateBlob>& golden);

  // The work by the clock.
  void Tick();
  void TickPipelines(absl::Time now);
  void Publish(absl::Time now);
  void PublishTotals();
  Totals TotalsNow() const;
  void ForgetSnapshots(const std::string& model);

  const ShardContext context_;
  const int number_;
  ShardQueue queue_;
  Checkpointer::Pipelines pipelines_;
  // The problems of stored baselines, also for models that have not come yet.
  std::map<std::string, std::shared_ptr<const ProblemIndex>> problems_;
  std::map<std::string, FormatNotice> format_notices_;       // by model
  std::map<std::string, ShareNotice> counts_notices_;        // by model
  std::set<std::pair<std::string, std::string>> published_;  // streams
  RepeatFilter repeats_;
  GradingDesk grading_;
  Checkpointer checkpointer_;
  FitWorker fitter_;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time last_publish_ = absl::InfinitePast();
  absl::Time last_checkpoint_ = absl::InfinitePast();
  absl::Time last_trim_ = absl::InfinitePast();
  Totals reported_;
  std::jthread worker_;  // last: ends before the members it uses
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SHARD_H_
