// SPDX-License-Identifier: Apache-2.0
#include "rescore/campaigns/symptoms.h"

#include <algorithm>

#include "core/scored.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxSymptoms = 64;  // of a model, as many as a campaign asks
constexpr size_t kMaxModels = 256;   // far over the number behind a server

// Fewer symptoms in filled contexts may be there by chance.
constexpr size_t kEnoughFilled = 4;

}  // namespace

bool ShowsSymptom(const Scored& s) {
  constexpr Feature kSymptoms[] = {
      Feature::kZeroThinking, Feature::kSingleSentence, Feature::kStopEmpty,
      Feature::kExactPeriod,  Feature::kGarbageRun,     Feature::kUnclosed};
  return std::any_of(std::begin(kSymptoms), std::end(kSymptoms),
                     [&](Feature f) { return s.reading(f) > 0; });
}

void SymptomLog::Observe(const Scored& s) {
  if (s.origin != Origin::kLive || s.match.kind == MatchKind::kNone) return;
  const bool exact = s.match.kind == MatchKind::kExact;
  if (exact ? s.grade != Grade::kIncorrect : !ShowsSymptom(s)) return;
  // A prompt that only resembles a problem of the baseline can't be graded, so
  // the problem itself is asked.
  const uint64_t problem = exact ? s.match.problem : s.match.neighbour;
  MutexLock lock(mutex_);
  if (of_model_.size() >= kMaxModels && !of_model_.contains(s.model)) {
    // Drop the model whose last symptom is oldest.
    of_model_.erase(std::min_element(
        of_model_.begin(), of_model_.end(), [](const auto& a, const auto& b) {
          return a.second.back().time < b.second.back().time;
        }));
  }
  std::deque<Symptom>& of_model = of_model_[s.model];
  RescoreTrigger trigger =
      exact ? RescoreTrigger::kFailure : RescoreTrigger::kNear;
  std::erase_if(of_model, [&](const Symptom& old) {
    if (old.problem != problem) return false;
    // A failure of the problem itself is stronger than a neighbour's symptom.
    if (old.trigger == RescoreTrigger::kFailure) trigger = old.trigger;
    return true;
  });
  if (of_model.size() >= kMaxSymptoms) of_model.pop_front();
  of_model.push_back(
      {problem, s.start, trigger, s.stratum.turn >= 2 || s.stratum.fill >= 1});
}

std::vector<Symptom> SymptomLog::Latest(const std::string& model) const {
  MutexLock lock(mutex_);
  const auto it = of_model_.find(model);
  if (it == of_model_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

// Findings name their strata only when they open, from few responses; this
// looks at all symptoms since the onset.
bool FailsInFilledContexts(const std::vector<Symptom>& symptoms,
                           absl::Time since) {
  size_t all = 0;
  size_t filled = 0;
  for (const Symptom& s : symptoms) {
    if (s.time < since) continue;
    ++all;
    filled += s.filled;
  }
  return filled >= kEnoughFilled && 3 * filled >= 2 * all;
}

}  // namespace reasonwatch
