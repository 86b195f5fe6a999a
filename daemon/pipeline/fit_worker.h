// SPDX-License-Identifier: Apache-2.0
// Fits the regressions of a shard's models in a thread of its own: a large one
// takes seconds, and responses must not wait for it.
//
// Not thread-safe; one owner (the shard's worker).
#ifndef REASONWATCH_DAEMON_PIPELINE_FIT_WORKER_H_
#define REASONWATCH_DAEMON_PIPELINE_FIT_WORKER_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "daemon/pipeline/model_pipeline.h"
#include "util/mutex.h"

namespace reasonwatch {

// Shared by all shards: one fit at a time, as each takes 64 MB and a core.
struct FitTurns {
  Mutex fitting;                       // held while a regression is fitted
  std::atomic<bool> stopping = false;  // no fit begins any more
};

class FitWorker {
 public:
  // Runs a task on the owner's thread, later. Thread-safe.
  using Post = std::function<void(std::function<void()>)>;
  // The model's pipeline, by the owner's thread.
  using PipelineOf = std::function<ModelPipeline&(const std::string& model)>;

  // `turns` outlives the worker.
  FitWorker(FitTurns& turns, Post post, PipelineOf pipeline_of);

  // Fits the regression that the model wants fitted, unless a fit of this shard
  // is under way.
  void Start(ModelPipeline& pipeline);
  // The model's pipeline goes: a fit of it that is under way is not installed.
  void Forget(const std::string& model) {
    if (running_ && model_ == model) abandoned_ = true;
  }
  // Waits for the fit under way. Its result is not installed any more if the
  // owner runs no tasks.
  void Join();

 private:
  FitTurns& turns_;
  const Post post_;
  const PipelineOf pipeline_of_;
  bool running_ = false;
  bool abandoned_ = false;  // the fit under way
  std::string model_;       // of the latest fit
  std::jthread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_FIT_WORKER_H_
