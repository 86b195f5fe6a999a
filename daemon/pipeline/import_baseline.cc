#include "daemon/pipeline/import_baseline.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "daemon/input_file.h"
#include "daemon/pipeline/stored_baseline.h"
#include "features/habits/habits.h"
#include "features/prompt.h"
#include "formats/formats.h"

namespace reasonwatch {

absl::StatusOr<RecordedFile> ReadRecordedFile(const std::string& path,
                                              const BadLine& bad_line,
                                              RecordFormat format) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(path));
  RecordedFile file;
  RecordReader reader(format);
  std::vector<std::string> errors;
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    errors.clear();
    reader.Read(line, file.rows, errors);
    file.bad_lines += static_cast<int64_t>(errors.size());
    for (const std::string& why : errors) bad_line(number, why);
  }
  if (in.bad())
    return absl::DataLossError(
        absl::StrFormat("can't read %s to its end", path));
  if (file.rows.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("%s holds no usable row", path));
  return file;
}

namespace {

// The habits of what the model solved; of all that it did not fail where too
// little was graded.
std::shared_ptr<const HabitProfile> HabitsOf(
    const std::vector<const Response*>& responses, const FormatPolicy& format,
    const StandardEvaluator& evaluator) {
  // Some of them are failed.
  const size_t count = std::min(responses.size(), 2 * kMaxHabitTraces);
  std::vector<std::string> solved;
  std::vector<std::string> ungraded;
  for (size_t i = 0; i < count; ++i) {
    const Response& r = *responses[i * responses.size() / count];
    const Grade grade = evaluator.Evaluate(r).grade;
    if (grade == Grade::kIncorrect) continue;
    Trace trace = ParseResponse(r, format);
    if (!trace.has_text) continue;
    std::string text =
        std::move(trace.reasoning).value_or("").substr(0, kMaxHabitTraceBytes);
    text += '\n';
    text.append(trace.answer, 0, kMaxHabitTraceBytes);
    (grade == Grade::kCorrect ? solved : ungraded).push_back(std::move(text));
  }
  if (solved.size() < kMinHabitTraces)
    std::move(ungraded.begin(), ungraded.end(), std::back_inserter(solved));
  return std::make_shared<const HabitProfile>(
      MineHabits({solved.begin(), solved.end()}));
}

}  // namespace

ImportReport ImportBaseline(
    const std::vector<Response>& rows, bool learn, StandardEvaluator& evaluator,
    const std::function<ModelProfile(const std::string&)>& profile_of,
    const std::function<ModelPipeline&(const std::string&)>& pipeline_of) {
  ImportReport report;
  std::map<std::string, std::vector<const Response*>> by_model;
  for (const Response& row : rows)
    if (row.origin == Origin::kLive) by_model[row.model].push_back(&row);

  for (const auto& [model, responses] : by_model) {
    // The prefix first: problems are known by what stands after it.
    std::vector<std::string> prompts;
    for (const Response* r : responses) prompts.push_back(ReadPrompt(*r).user);
    ModelProfile profile = profile_of(model);
    profile.prefix =
        PrefixProfile(SharedPrefix({prompts.begin(), prompts.end()}));
    profile.learn_prefix = profile.prefix.empty();

    auto problems = std::make_shared<ProblemIndex>();
    for (size_t i = 0; i < responses.size(); ++i) {
      const Response& r = *responses[i];
      if (!r.problem.has_value()) continue;
      const auto own = profile.prefix.Strip(prompts[i]).rest;
      IndexedProblem problem{
          r.problem->answer, r.problem->answer_kind, r.problem->id,
          FamilyOf(r.problem->family.empty() ? r.task : r.problem->family,
                   own)};
      const uint64_t by_text = ProblemDigest(own);
      problems->Add(by_text != 0 ? by_text : ProblemIdDigest(r.problem->id),
                    std::move(problem), own);
    }
    problems->Build();
    profile.problems = problems;
    evaluator.SetProfile(model, profile);

    ModelPipeline& pipeline = pipeline_of(model);
    pipeline.set_problems(problems);
    // A state that was lost is learnt again; a new baseline takes the place of
    // the old one.
    const bool learn_model = learn || pipeline.watch().Empty();
    if (learn_model && !pipeline.watch().Empty()) pipeline.ResetReference();
    // Before anything is learnt: the reference tells how often each is seen.
    // What was learnt before knows them by their places, which must stay.
    if (learn_model || pipeline.habits() == nullptr)
      pipeline.set_habits(HabitsOf(responses, profile.format, evaluator));
    evaluator.SetHabits(model, pipeline.habits());
    std::map<uint64_t, BaselineProblem> graded;
    for (const Response* r : responses) {
      const Scored scored = evaluator.Evaluate(*r);
      if (learn_model) pipeline.LearnImported(scored);
      ++report.responses;
      if (scored.grade == Grade::kUngradable) ++report.ungradable;
      if (scored.grade != Grade::kCorrect && scored.grade != Grade::kIncorrect)
        continue;
      ++report.graded;
      BaselineProblem& p = graded[scored.match.problem];
      p.model = model;
      p.digest = scored.match.problem;
      if (r->problem.has_value()) {
        p.id = r->problem->id;
        p.gold = r->problem->answer;
        p.answer_kind = r->problem->answer_kind;
        p.family = r->problem->family.empty() ? r->task : r->problem->family;
      }
      ++p.trials;
      p.failures += scored.grade == Grade::kIncorrect;
    }
    if (learn_model) pipeline.watch().FinishImport();
    for (auto& [digest, problem] : graded) {
      ++report.problems;
      report.solved += problem.failures * 4 <= problem.trials;
      report.baseline.push_back(std::move(problem));
    }
  }
  return report;
}

}  // namespace reasonwatch
