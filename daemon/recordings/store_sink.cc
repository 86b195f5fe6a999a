// SPDX-License-Identifier: Apache-2.0
// Both sinks keep a BaselineDraft for each model. The store's begins with the
// stored rows, golden reference and problems of the model, and ends in one
// transaction.
#include "daemon/recordings/store_sink.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/scored.h"
#include "daemon/pipeline/model_pipeline.h"
#include "evaluator/asked_problems.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

void AddCounts(const BaselineCounts& one, BaselineCounts& all) {
  all.problems += one.problems;
  all.learnt += one.learnt;
  all.agreed += one.agreed;
}

}  // namespace

DryRunSink::DryRunSink(const WatchOptions& watch,
                       const IncidentOptions& incidents)
    : watch_(watch), incidents_(incidents) {}

absl::StatusOr<BaselineSink::Start> DryRunSink::Begin(
    const std::string& model, const std::string& prefix) {
  drafts_.try_emplace(model, model, watch_, incidents_);
  return Start{prefix, std::make_shared<ProblemIndex>(), nullptr};
}

void DryRunSink::SetHabits(const std::string& /*model*/,
                           std::shared_ptr<const HabitProfile> /*habits*/) {}

void DryRunSink::Observe(const Response& response, Scored scored) {
  drafts_.at(response.model).Observe(response, std::move(scored));
}

absl::Status DryRunSink::Finish(const std::string& model) {
  BaselineDraft& draft = drafts_.at(model);
  draft.DrainProblems();
  AddCounts(draft.counts(), counts_);
  return absl::OkStatus();
}

StoreSink::StoreSink(const WatchOptions& watch,
                     const IncidentOptions& incidents, BaselineStore& store,
                     bool replace)
    : watch_(watch), incidents_(incidents), store_(store), replace_(replace) {}

absl::Status StoreSink::AddStored(const std::string& model,
                                  const std::string& prefix,
                                  ProblemIndex& problems) {
  const PrefixProfile profile(prefix);
  RW_ASSIGN_OR_RETURN(const auto stored, store_.Problems(model));
  RW_ASSIGN_OR_RETURN(const auto texts, store_.Texts(model));
  for (const BaselineProblem& p : stored) {
    if (p.kind != ProblemKind::kGold) continue;
    const auto text = texts.find(p.digest);
    const std::string asked =
        text == texts.end() ? "" : AskedText(text->second, profile);
    problems.Add(p.digest,
                 {p.gold, p.answer_kind, p.id, FamilyOf(p.family, asked)},
                 asked);
  }
  return absl::OkStatus();
}

absl::Status StoreSink::RestoreGolden(const std::string& model,
                                      BaselineDraft& draft) {
  RW_ASSIGN_OR_RETURN(const auto golden, store_.Golden(model));
  if (golden.empty()) return absl::OkStatus();
  const absl::Status restored = draft.pipeline().RestoreReference(golden);
  if (restored.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("the stored baseline of %s can't be continued (%s); "
                      "import it again with --replace",
                      model, StdView(restored.message())));
}

absl::StatusOr<BaselineSink::Start> StoreSink::Begin(
    const std::string& model, const std::string& prefix) {
  if (replace_) RW_RETURN_IF_ERROR(store_.Clear(model));
  Model& m =
      models_.try_emplace(model, model, watch_, incidents_).first->second;
  m.prefix = prefix;
  RW_ASSIGN_OR_RETURN(const auto rows, store_.Rows(model));
  m.draft.SetKnownRows(rows);
  RW_RETURN_IF_ERROR(RestoreGolden(model, m.draft));
  RW_ASSIGN_OR_RETURN(const auto infos, store_.Baselines());
  // The stored problems are known by their digests behind the stored prefix.
  for (const BaselineInfo& info : infos)
    if (info.model == model && info.has_reference) m.prefix = info.prefix;
  auto problems = std::make_shared<ProblemIndex>();
  RW_RETURN_IF_ERROR(AddStored(model, m.prefix, *problems));
  // Habits of a stored reference stay: it knows them by their places. A
  // reference without any may have been too short to show them.
  auto habits = m.draft.pipeline().habits();
  if (habits != nullptr && habits->empty()) habits = nullptr;
  return Start{m.prefix, std::move(problems), std::move(habits)};
}

void StoreSink::SetHabits(const std::string& model,
                          std::shared_ptr<const HabitProfile> habits) {
  models_.at(model).draft.pipeline().set_habits(std::move(habits));
}

void StoreSink::Observe(const Response& response, Scored scored) {
  models_.at(response.model).draft.Observe(response, std::move(scored));
}

absl::Status StoreSink::Finish(const std::string& model) {
  Model& m = models_.at(model);
  std::vector<ImportedProblem> problems = m.draft.DrainProblems();
  AddCounts(m.draft.counts(), counts_);
  const auto count = [this](const BaselineStore::Added& added) {
    counts_.fresh += added.fresh;
    counts_.changed += added.changed;
  };
  if (!m.draft.new_rows().empty()) {
    m.draft.pipeline().watch().FinishImport();
    // One transaction: rows that are marked as learnt must be in the reference.
    RW_ASSIGN_OR_RETURN(
        const BaselineStore::Added added,
        store_.PutReference(model, m.prefix, problems, m.draft.new_rows(),
                            m.draft.pipeline().SaveReference(), absl::Now()));
    count(added);
    return absl::OkStatus();
  }
  for (size_t i = 0; i < problems.size(); i += kProblemBatch) {
    const auto first = problems.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last =
        problems.begin() + static_cast<std::ptrdiff_t>(
                               std::min(problems.size(), i + kProblemBatch));
    const std::vector<ImportedProblem> batch(std::make_move_iterator(first),
                                             std::make_move_iterator(last));
    RW_ASSIGN_OR_RETURN(const BaselineStore::Added added,
                        store_.AddProblems(model, batch, absl::Now()));
    count(added);
  }
  return absl::OkStatus();
}

}  // namespace reasonwatch
