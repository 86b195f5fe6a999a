#include "daemon/pipeline/import_baseline.h"

#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "features/prompt.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {

absl::StatusOr<RecordedFile> ReadRecordedFile(const std::string& path,
                                              const BadLine& bad_line) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrFormat("can't open %s", path));
  RecordedFile file;
  RecordedReader reader;
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto row = reader.Parse(line);
    if (row.ok()) {
      file.rows.push_back(*std::move(row));
    } else {
      ++file.bad_lines;
      bad_line(number, std::string(row.status().message()));
    }
  }
  if (in.bad())
    return absl::DataLossError(
        absl::StrFormat("can't read %s to its end", path));
  if (file.rows.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("%s holds no usable row", path));
  return file;
}

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
      IndexedProblem problem{r.problem->answer, r.problem->answer_kind};
      const uint64_t by_text =
          ProblemDigest(profile.prefix.Strip(prompts[i]).rest);
      problems->Add(by_text != 0 ? by_text : ProblemIdDigest(r.problem->id),
                    std::move(problem));
    }
    profile.problems = problems;
    evaluator.SetProfile(model, profile);

    ModelPipeline& pipeline = pipeline_of(model);
    // A state that was lost is learnt again; a new baseline takes the place of
    // the old one.
    const bool learn_model = learn || pipeline.watch().Empty();
    if (learn_model && !pipeline.watch().Empty()) pipeline.ResetReference();
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
