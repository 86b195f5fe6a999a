// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/fit_worker.h"

#include <memory>
#include <system_error>
#include <utility>

namespace reasonwatch {

FitWorker::FitWorker(FitTurns& turns, Post post, PipelineOf pipeline_of)
    : turns_(turns),
      post_(std::move(post)),
      pipeline_of_(std::move(pipeline_of)) {}

void FitWorker::Start(ModelPipeline& pipeline) {
  if (running_ || turns_.stopping) return;
  const auto job =
      std::make_shared<const FitJob>(pipeline.watch().NextFitJob());
  if (job->rows.empty()) return;
  running_ = true;
  model_ = pipeline.model();
  Join();
  const auto fit_elsewhere = [this, model = pipeline.model(), job] {
    std::shared_ptr<PromptRegressionFit> fit;
    {
      MutexLock turn(turns_.fitting);
      if (turns_.stopping) return;
      fit =
          std::make_shared<PromptRegressionFit>(FitPromptRegression(job->rows));
    }
    post_([this, model, job, fit] {
      running_ = false;
      if (std::exchange(abandoned_, false)) return;
      pipeline_of_(model).InstallFit(*job, std::move(*fit));
    });
  };
  try {
    thread_ = std::jthread(fit_elsewhere);
  } catch (const std::system_error&) {
    // No thread is to be had now; the next response asks again.
    running_ = false;
  }
}

void FitWorker::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace reasonwatch
