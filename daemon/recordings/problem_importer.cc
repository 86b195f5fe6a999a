// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/problem_importer.h"

#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "evaluator/asked_problems.h"
#include "util/input_file.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Digest of the words that are asked, behind the prefix that the model's
// prompts share.
uint64_t DigestOf(const ImportedProblem& p, const PrefixProfile& prefix) {
  const uint64_t by_text = ProblemDigest(AskedText(p.text, prefix));
  return by_text != 0 ? by_text : ProblemIdDigest(p.problem.id);
}

// The models of an import, and which of their problems have been seen.
class Models {
 public:
  Models(const ProblemImportOptions& options, ProblemSink& sink)
      : options_(options), sink_(sink) {}

  absl::Status Add(std::vector<ImportedProblem> regimes) {
    const std::string model =
        options_.model.empty() ? regimes.front().problem.model : options_.model;
    if (model.empty())
      return absl::InvalidArgumentError(
          "the problems name no model; say it with --model");
    auto it = models_.find(model);
    if (it == models_.end()) {
      RW_ASSIGN_OR_RETURN(ProblemSink::Start start, sink_.Begin(model));
      it = models_.emplace(model, Model()).first;
      it->second.prefix = std::move(start.prefix);
      it->second.known.insert(start.known.begin(), start.known.end());
    }
    const uint64_t digest = DigestOf(regimes.front(), it->second.prefix);
    const bool fresh = it->second.known.insert(digest).second;
    for (ImportedProblem& p : regimes) {
      p.problem.model = model;
      p.problem.digest = digest;
      if (p.problem.id.empty()) p.problem.id = absl::StrFormat("%016x", digest);
      // The trials of an export were counted when it was first imported.
      if (!fresh) p.problem.trials = p.problem.failures = 0;
    }
    return sink_.Add(std::move(regimes), fresh);
  }

  absl::StatusOr<std::vector<std::string>> Finish() {
    std::vector<std::string> names;
    for (const auto& [name, model] : models_) {
      RW_RETURN_IF_ERROR(sink_.Finish(name));
      names.push_back(name);
    }
    return names;
  }

 private:
  struct Model {
    PrefixProfile prefix;
    absl::flat_hash_set<uint64_t> known;
  };

  const ProblemImportOptions& options_;
  ProblemSink& sink_;
  std::map<std::string, Model> models_;
};

}  // namespace

absl::StatusOr<ProblemSink::Start> DryRunProblemSink::Begin(
    const std::string& /*model*/) {
  return Start();
}

absl::Status DryRunProblemSink::Add(std::vector<ImportedProblem> /*regimes*/,
                                    bool fresh) {
  ++counts_.problems;
  counts_.fresh += fresh;
  return absl::OkStatus();
}

absl::Status DryRunProblemSink::Finish(const std::string& /*model*/) {
  return absl::OkStatus();
}

absl::StatusOr<ProblemSink::Start> StoredProblemSink::Begin(
    const std::string& model) {
  if (replace_) RW_RETURN_IF_ERROR(store_.Clear(model));
  Start start;
  RW_ASSIGN_OR_RETURN(const auto problems, store_.Problems(model));
  for (const BaselineProblem& p : problems) start.known.push_back(p.digest);
  RW_ASSIGN_OR_RETURN(const auto infos, store_.Baselines());
  for (const BaselineInfo& info : infos)
    if (info.model == model) start.prefix = PrefixProfile(info.prefix);
  return start;
}

absl::Status StoredProblemSink::Add(std::vector<ImportedProblem> regimes,
                                    bool /*fresh*/) {
  ++counts_.problems;
  const std::string model = regimes.front().problem.model;
  std::vector<ImportedProblem>& batch = batches_[model];
  for (ImportedProblem& p : regimes) batch.push_back(std::move(p));
  return batch.size() < kProblemBatch ? absl::OkStatus() : Write(model, batch);
}

absl::Status StoredProblemSink::Finish(const std::string& model) {
  return Write(model, batches_[model]);
}

absl::Status StoredProblemSink::Write(const std::string& model,
                                      std::vector<ImportedProblem>& batch) {
  RW_ASSIGN_OR_RETURN(const BaselineStore::Added added,
                      store_.AddProblems(model, batch, absl::Now()));
  counts_.fresh += added.fresh;
  counts_.changed += added.changed;
  batch.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ImportProblems(
    const ProblemImportOptions& options, ProblemSink& sink) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(options.path));
  const auto reader = ProblemReader::Make(options.format, in);
  Models models(options, sink);
  std::vector<ImportedProblem> regimes;
  int64_t problems = 0;
  while (true) {
    const absl::StatusOr<bool> more = reader->Next(regimes);
    if (!more.ok()) {
      const std::string_view why = StdView(more.status().message());
      if (absl::IsDataLoss(more.status()))
        return absl::InvalidArgumentError(
            absl::StrFormat("%s:%d: %s", options.path, reader->line(), why));
      if (options.bad_line) options.bad_line(reader->line(), why);
      continue;
    }
    if (!*more) break;
    RW_RETURN_IF_ERROR(models.Add(std::move(regimes)));
    regimes.clear();
    if (options.on_rows != nullptr)
      RW_RETURN_IF_ERROR(options.on_rows("problems read", ++problems, 0));
  }
  return models.Finish();
}

}  // namespace reasonwatch
