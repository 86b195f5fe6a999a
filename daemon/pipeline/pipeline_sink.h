// SPDX-License-Identifier: Apache-2.0
// Feeds imported responses to the pipelines of their models: references,
// posteriors, habits and the baseline's problems.
#ifndef REASONWATCH_DAEMON_PIPELINE_PIPELINE_SINK_H_
#define REASONWATCH_DAEMON_PIPELINE_PIPELINE_SINK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/baseline_problem.h"
#include "daemon/pipeline/baseline_sink.h"

namespace reasonwatch {

class ModelPipeline;

class PipelineSink : public BaselineSink {
 public:
  using PipelineOf = std::function<ModelPipeline&(const std::string& model)>;
  using Finished = std::function<absl::Status(ModelPipeline&)>;

  // `learn`: the import replaces the references of the pipelines. Otherwise
  // only models that have learnt nothing learn; the others get their problems,
  // and habits if they have none. `pipeline_of` returns the same pipeline for
  // the same model, which outlives the sink. `finished` (may be null) is called
  // with each pipeline after its last response.
  PipelineSink(bool learn, PipelineOf pipeline_of, Finished finished = nullptr);

  absl::StatusOr<Start> Begin(const std::string& model,
                              const std::string& prefix) override;
  void SetHabits(const std::string& model,
                 std::shared_ptr<const HabitProfile> habits) override;
  void Observe(const Response& response, Scored scored) override;
  // Always OK: see `saved()`.
  absl::Status Finish(const std::string& model) override;

  // The graded problems of all finished models, one a model and problem, by
  // model and digest.
  const std::vector<BaselineProblem>& problems() const { return problems_; }
  // The problems of which at least 75 % of the graded trials were correct.
  int64_t solved() const { return solved_; }
  // The first error of `finished`. The import goes on behind it.
  const absl::Status& saved() const { return saved_; }

 private:
  struct Model {
    ModelPipeline* pipeline = nullptr;
    bool learns = false;
    std::map<uint64_t, BaselineProblem> graded;  // by digest
  };

  const bool learn_;
  const PipelineOf pipeline_of_;
  const Finished finished_;
  std::map<std::string, Model> models_;
  std::vector<BaselineProblem> problems_;
  int64_t solved_ = 0;
  absl::Status saved_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_PIPELINE_SINK_H_
