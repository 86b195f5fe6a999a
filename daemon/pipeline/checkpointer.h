// SPDX-License-Identifier: Apache-2.0
// Puts the state of a shard's models into the store, and remembers the models
// whose state the store refused.
//
// A refused write is reported (OnNotStored) and the model's next save is a
// whole one: the parts that were refused do not change again, and would be
// missing for good. While a model is refused, the time of the last whole
// checkpoint stays as it is.
//
// Not thread-safe; one owner (the shard's worker, or the caller before Start).
#ifndef REASONWATCH_DAEMON_PIPELINE_CHECKPOINTER_H_
#define REASONWATCH_DAEMON_PIPELINE_CHECKPOINTER_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/incident.h"
#include "core/store.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/observer.h"

namespace reasonwatch {

class Checkpointer {
 public:
  using Pipelines = std::map<std::string, std::unique_ptr<ModelPipeline>>;

  // `store` may be null: nothing is kept. All outlive the checkpointer.
  Checkpointer(Store* store, PipelineObserver& observer, const Clock& clock)
      : store_(store), observer_(observer), clock_(clock) {}

  bool keeps() const { return store_ != nullptr; }
  // The next checkpoint includes the model.
  void MarkDirty(const std::string& model) { dirty_.insert(model); }

  // `all`: also the parts that have not changed since the last save.
  void Save(ModelPipeline& pipeline, bool all);
  // Incidents of the model, with its state.
  void PutIncidents(ModelPipeline& pipeline,
                    const std::vector<Incident>& incidents);
  // The model events and agreed problems that the pipeline gives away; each
  // event is reported too.
  void PutNews(ModelPipeline& pipeline);
  // Removes all that is stored of the model.
  void Forget(const std::string& model);
  // No fact: its name is empty.
  void PutFact(const std::pair<std::string, std::string>& fact);
  // Saves the models marked dirty and then, if nothing was refused, the time.
  // Returns false if something was.
  bool Checkpoint(const Pipelines& pipelines, bool all);

 private:
  std::vector<StateBlob> StateOf(ModelPipeline& pipeline, bool all);
  bool Stored(StoreWrite what, std::string_view subject,
              const absl::Status& status);

  Store* const store_;
  PipelineObserver& observer_;
  const Clock& clock_;
  std::set<std::string> dirty_;
  std::set<std::string> refused_;  // models whose last save was refused
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_CHECKPOINTER_H_
