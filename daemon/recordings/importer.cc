// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/importer.h"

#include <optional>
#include <utility>

#include "core/scored.h"
#include "daemon/recordings/habit_sample.h"
#include "evaluator/asked_problems.h"
#include "features/prompt.h"
#include "util/status_macros.h"

namespace reasonwatch {

struct RecordingImporter::Model {
  std::vector<std::string> prompts;  // the first ones, until Begin()
  size_t responses = 0;
  ModelProfile profile;
  std::shared_ptr<ProblemIndex> problems;
  std::optional<HabitSample> sample;  // while habits are mined
};

RecordingImporter::RecordingImporter(ImportOptions options,
                                     StandardEvaluator& evaluator,
                                     BaselineSink& sink)
    : options_(std::move(options)), evaluator_(evaluator), sink_(sink) {}

RecordingImporter::~RecordingImporter() = default;

absl::StatusOr<ImportReport> RecordingImporter::Run(RecordingSource& source) {
  // Problems are known by their words behind the prefix, and habits must be
  // known before anything is learnt: the reference counts them.
  RW_RETURN_IF_ERROR(CollectPrompts(source));
  RW_RETURN_IF_ERROR(BeginModels());
  RW_RETURN_IF_ERROR(IndexProblems(source));
  RW_RETURN_IF_ERROR(MineHabits(source));
  RW_RETURN_IF_ERROR(Learn(source));
  for (const auto& [name, model] : models_) {
    RW_RETURN_IF_ERROR(sink_.Finish(name));
    report_.models.push_back(name);
  }
  return std::move(report_);
}

absl::Status RecordingImporter::ForEachLive(
    RecordingSource& source,
    const std::function<void(const Response&, Model&)>& visit,
    const BadLine& bad_line) {
  return source.ForEach(
      [&](const Response& r) {
        if (r.origin == Origin::kLive) visit(r, models_[r.model]);
        return absl::OkStatus();
      },
      bad_line);
}

namespace {

// Bad lines are reported the first time that the source is read.
void AlreadyReported(int64_t /*line*/, std::string_view /*why*/) {}

}  // namespace

absl::Status RecordingImporter::CollectPrompts(RecordingSource& source) {
  return ForEachLive(
      source,
      [this](const Response& r, Model& model) {
        ++model.responses;
        if (model.prompts.size() < options_.prefix_prompts)
          model.prompts.push_back(ReadPrompt(r).user);
      },
      [this](int64_t line, std::string_view why) {
        ++report_.bad_lines;
        if (options_.bad_line) options_.bad_line(line, why);
      });
}

absl::Status RecordingImporter::BeginModels() {
  for (auto& [name, model] : models_) {
    const std::string shared =
        SharedPrefix({model.prompts.begin(), model.prompts.end()});
    model.prompts = {};
    RW_ASSIGN_OR_RETURN(BaselineSink::Start start, sink_.Begin(name, shared));
    model.profile = options_.profile_of(name);
    model.profile.prefix = PrefixProfile(start.prefix);
    model.profile.learn_prefix = model.profile.prefix.empty();
    model.profile.problems = start.problems;
    model.profile.habits = std::move(start.habits);
    model.problems = std::move(start.problems);
  }
  return absl::OkStatus();
}

absl::Status RecordingImporter::IndexProblems(RecordingSource& source) {
  RW_RETURN_IF_ERROR(ForEachLive(
      source,
      [](const Response& r, Model& model) {
        if (!r.problem.has_value()) return;
        const std::string user = ReadPrompt(r).user;
        const auto own = model.profile.prefix.Strip(user).rest;
        IndexedProblem problem{
            r.problem->answer, r.problem->answer_kind, r.problem->id,
            FamilyOf(r.problem->family.empty() ? r.task : r.problem->family,
                     own)};
        const uint64_t by_text = ProblemDigest(own);
        model.problems->Add(
            by_text != 0 ? by_text : ProblemIdDigest(r.problem->id),
            std::move(problem), own);
      },
      AlreadyReported));
  for (auto& [name, model] : models_) {
    model.problems->Build();
    evaluator_.SetProfile(name, model.profile);
  }
  return absl::OkStatus();
}

absl::Status RecordingImporter::MineHabits(RecordingSource& source) {
  bool wanted = false;
  for (auto& [name, model] : models_) {
    if (model.profile.habits != nullptr) continue;
    model.sample.emplace(model.responses);
    wanted = true;
  }
  if (!wanted) return absl::OkStatus();
  RW_RETURN_IF_ERROR(ForEachLive(
      source,
      [this](const Response& r, Model& model) {
        if (!model.sample.has_value() || !model.sample->WantsNext()) return;
        const Grade grade = evaluator_.Evaluate(r).grade;
        if (grade != Grade::kIncorrect)
          model.sample->Add(grade, ParseResponse(r, model.profile.format));
      },
      AlreadyReported));
  for (auto& [name, model] : models_) {
    if (!model.sample.has_value()) continue;
    const auto habits =
        std::make_shared<const HabitProfile>(model.sample->Mine());
    model.sample.reset();
    evaluator_.SetHabits(name, habits);
    sink_.SetHabits(name, habits);
  }
  return absl::OkStatus();
}

absl::Status RecordingImporter::Learn(RecordingSource& source) {
  return ForEachLive(
      source,
      [this](const Response& r, Model& /*model*/) {
        Scored scored = evaluator_.Evaluate(r);
        ++report_.responses;
        report_.ungradable += scored.grade == Grade::kUngradable ||
                              scored.grade == Grade::kNoAnswer ||
                              scored.grade == Grade::kRefused;
        report_.correct += scored.grade == Grade::kCorrect;
        report_.graded += scored.grade == Grade::kCorrect ||
                          scored.grade == Grade::kIncorrect;
        sink_.Observe(r, std::move(scored));
      },
      AlreadyReported);
}

}  // namespace reasonwatch
