// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/pipeline_sink.h"

#include <utility>

#include "daemon/pipeline/model_pipeline.h"

namespace reasonwatch {

PipelineSink::PipelineSink(bool learn, PipelineOf pipeline_of,
                           Finished finished)
    : learn_(learn),
      pipeline_of_(std::move(pipeline_of)),
      finished_(std::move(finished)) {}

absl::StatusOr<BaselineSink::Start> PipelineSink::Begin(
    const std::string& model, const std::string& prefix) {
  ModelPipeline& pipeline = pipeline_of_(model);
  Model& import = models_[model];
  import.pipeline = &pipeline;
  // A state that was lost is learnt again; a new baseline replaces the old one.
  import.learns = learn_ || pipeline.watch().Empty();
  if (import.learns && !pipeline.watch().Empty()) pipeline.ResetReference();
  auto problems = std::make_shared<ProblemIndex>();
  pipeline.set_problems(problems);
  // A reference that stays knows its habits by their places, so they stay too.
  return Start{prefix, std::move(problems),
               import.learns ? nullptr : pipeline.habits()};
}

void PipelineSink::SetHabits(const std::string& model,
                             std::shared_ptr<const HabitProfile> habits) {
  models_.at(model).pipeline->set_habits(std::move(habits));
}

void PipelineSink::Observe(const Response& response, Scored scored) {
  Model& import = models_.at(response.model);
  if (scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect) {
    BaselineProblem& p = import.graded[scored.match.problem];
    p.model = response.model;
    p.digest = scored.match.problem;
    if (response.problem.has_value()) {
      p.id = response.problem->id;
      p.gold = response.problem->answer;
      p.answer_kind = response.problem->answer_kind;
      p.family = response.problem->family.empty() ? response.task
                                                  : response.problem->family;
    }
    ++p.trials;
    p.failures += scored.grade == Grade::kIncorrect;
  }
  if (import.learns) import.pipeline->LearnImported(std::move(scored));
}

absl::Status PipelineSink::Finish(const std::string& model) {
  Model& import = models_.at(model);
  if (import.learns) import.pipeline->watch().FinishImport();
  for (auto& [digest, problem] : import.graded) {
    solved_ += problem.failures * 4 <= problem.trials;
    problems_.push_back(std::move(problem));
  }
  import.graded.clear();
  if (finished_) saved_.Update(finished_(*import.pipeline));
  return absl::OkStatus();
}

}  // namespace reasonwatch
