// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/checkpointer.h"

#include "absl/time/time.h"

namespace reasonwatch {

// Reports a write that was refused.
bool Checkpointer::Stored(StoreWrite what, std::string_view subject,
                          const absl::Status& status) {
  if (!status.ok()) observer_.OnNotStored(what, subject, status);
  return status.ok();
}

std::vector<StateBlob> Checkpointer::StateOf(ModelPipeline& pipeline,
                                             bool all) {
  const bool refused = refused_.erase(pipeline.model()) > 0;
  return pipeline.Save(all || refused);
}

void Checkpointer::Save(ModelPipeline& pipeline, bool all) {
  if (store_ == nullptr) return;
  if (!Stored(StoreWrite::kState, pipeline.model(),
              store_->PutState(StateOf(pipeline, all))))
    refused_.insert(pipeline.model());
}

void Checkpointer::PutIncidents(ModelPipeline& pipeline,
                                const std::vector<Incident>& incidents) {
  if (incidents.empty() || store_ == nullptr) return;
  if (!Stored(StoreWrite::kIncident, incidents.back().id,
              store_->PutIncidents(incidents, StateOf(pipeline, false))))
    refused_.insert(pipeline.model());
}

void Checkpointer::PutNews(ModelPipeline& pipeline) {
  std::vector<BaselineProblem> agreed = pipeline.DrainAgreed();
  for (const ModelEvent& event : pipeline.DrainEvents()) {
    observer_.OnModelEvent(event);
    if (store_ != nullptr)
      Stored(StoreWrite::kModelEvent, event.model, store_->PutEvent(event));
  }
  if (agreed.empty() || store_ == nullptr) return;
  Stored(StoreWrite::kProblems, pipeline.model(),
         store_->PutProblems(std::move(agreed)));
}

void Checkpointer::Forget(const std::string& model) {
  dirty_.erase(model);
  refused_.erase(model);
  if (store_ != nullptr)
    Stored(StoreWrite::kState, model, store_->ForgetModel(model));
}

void Checkpointer::PutFact(const std::pair<std::string, std::string>& fact) {
  if (store_ == nullptr || fact.first.empty()) return;
  Stored(StoreWrite::kFact, fact.first,
         store_->PutFact(fact.first, fact.second));
}

bool Checkpointer::Checkpoint(const Pipelines& pipelines, bool all) {
  if (store_ == nullptr) return false;
  for (const std::string& model : dirty_) {
    const auto it = pipelines.find(model);
    if (it != pipelines.end()) Save(*it->second, all);
  }
  dirty_.clear();
  // The next start computes the gap from the last checkpoint that was whole.
  if (!refused_.empty()) return false;
  return Stored(
      StoreWrite::kCheckpoint, "",
      store_->PutFact("checkpoint_ns",
                      std::to_string(absl::ToUnixNanos(clock_.Now()))));
}

}  // namespace reasonwatch
