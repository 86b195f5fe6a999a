// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/baseline_draft.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/scored.h"
#include "daemon/pipeline/model_pipeline.h"
#include "tap/jsonl/recorded.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// More room than any model gives: larger requests are one regime.
constexpr int64_t kMaxRoom = int64_t{1} << 20;

// The way in which the problem was asked, so that it can be asked again so.
// Room is given in powers of two: clients that compute it for each request
// would make a regime each time.
std::string SamplingOf(const Response& r) {
  std::vector<std::string> parts;
  if (r.sampling.temperature.has_value())
    parts.push_back(absl::StrFormat("temperature=%g", *r.sampling.temperature));
  if (r.sampling.top_p.has_value())
    parts.push_back(absl::StrFormat("top_p=%g", *r.sampling.top_p));
  if (r.intent.thinking != Thinking::kUnstated)
    parts.push_back(r.intent.thinking == Thinking::kOn ? "thinking=on"
                                                       : "thinking=off");
  if (!r.intent.effort.empty() &&
      std::all_of(r.intent.effort.begin(), r.intent.effort.end(),
                  absl::ascii_islower))
    parts.push_back("effort=" + r.intent.effort);
  if (r.intent.max_tokens > 0)
    parts.push_back(absl::StrFormat(
        "max_tokens=%d", std::bit_ceil(static_cast<uint64_t>(
                             std::min(r.intent.max_tokens, kMaxRoom)))));
  if (r.streamed) parts.push_back("streamed");
  return absl::StrJoin(parts, " ");
}

ImportedProblem ProblemOf(const Response& r, uint64_t digest) {
  ImportedProblem p;
  p.problem.model = r.model;
  p.problem.digest = digest;
  p.text = {r.prompt, r.messages_json, r.system_prompt};
  p.regime = {r.regime, SamplingOf(r)};
  if (r.problem.has_value()) {
    p.problem.id = r.problem->id;
    p.problem.gold = r.problem->answer;
    p.problem.answer_kind = r.problem->answer_kind;
    p.problem.family = r.problem->family.empty() ? r.task : r.problem->family;
  }
  if (p.problem.id.empty())
    p.problem.id =
        !r.problem_id.empty() ? r.problem_id : absl::StrFormat("%016x", digest);
  return p;
}

bool Graded(const Scored& scored) {
  return scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect;
}

}  // namespace

BaselineDraft::BaselineDraft(const std::string& model,
                             const WatchOptions& watch,
                             const IncidentOptions& incidents)
    : pipeline_(std::make_unique<ModelPipeline>(model, watch, incidents)) {}

BaselineDraft::~BaselineDraft() = default;

void BaselineDraft::SetKnownRows(const std::vector<uint64_t>& rows) {
  known_rows_.insert(rows.begin(), rows.end());
}

void BaselineDraft::Observe(const Response& response, Scored scored) {
  // The same row again in this file is a response of its own.
  const uint64_t row = StableHash(WriteRecorded(response));
  const int32_t repeat = repeats_[row]++;
  const uint64_t digest =
      StableHash(absl::StrFormat("%016x", row), static_cast<uint64_t>(repeat));
  const bool fresh = known_rows_.insert(digest).second;
  CountTrial(response, scored, fresh);
  const bool readable =
      Graded(scored) ||
      std::any_of(scored.readings.begin(), scored.readings.end(),
                  [](float value) { return !std::isnan(value); });
  if (!fresh || !readable) return;
  new_rows_.push_back(digest);
  ++counts_.learnt;
  pipeline_->LearnImported(std::move(scored));
}

void BaselineDraft::CountTrial(const Response& response, const Scored& scored,
                               bool fresh) {
  const uint64_t digest = scored.match.problem;
  if (digest == 0 || (!response.problem.has_value() && !Graded(scored))) return;
  if (digests_.insert(digest).second) ++counts_.problems;
  ImportedProblem asked = ProblemOf(response, digest);
  const Regime& g = asked.regime.regime;
  Key key(digest, g.fingerprint, g.weights_version, g.template_hash, g.engine,
          asked.regime.sampling);
  ImportedProblem& p =
      problems_.try_emplace(std::move(key), std::move(asked)).first->second;
  if (!fresh || !Graded(scored)) return;
  ++p.problem.trials;
  p.problem.failures += scored.grade == Grade::kIncorrect;
}

std::vector<ImportedProblem> BaselineDraft::DrainProblems() {
  std::vector<ImportedProblem> problems;
  for (auto& [key, p] : problems_) problems.push_back(std::move(p));
  problems_.clear();
  // Stored as they were counted, for the operator; the posteriors have them
  // too.
  for (const BaselineProblem& agreed : pipeline_->DrainAgreed()) {
    ++counts_.agreed;
    ImportedProblem& p = problems.emplace_back();
    p.problem = agreed;
    p.problem.id = absl::StrFormat("%016x", agreed.digest);
  }
  return problems;
}

}  // namespace reasonwatch
