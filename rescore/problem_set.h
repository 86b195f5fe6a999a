// SPDX-License-Identifier: Apache-2.0
// Problems that can be asked again: the question to send, and how often the
// healthy model failed it.
//
// Made from recorded baseline responses, and from problems that were imported
// with their words. Only trials that were asked in the same way are comparable
// with a re-run. So of each problem the way with the most trials counts
// (temperature, top_p, thinking, effort, streamed or not), and re-runs are
// asked in that way. Immutable once made; safe to share between threads.
#ifndef REASONWATCH_RESCORE_PROBLEM_SET_H_
#define REASONWATCH_RESCORE_PROBLEM_SET_H_

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/baseline_problem.h"
#include "core/feature.h"
#include "core/response.h"
#include "core/verdict.h"
#include "rescore/statistics/failure_prior.h"

namespace reasonwatch {

struct ProblemRow;
struct Scored;

using RewardVector = std::array<int8_t, kRewardCount>;  // 1, 0; -1 = unknown

// The marks that the healthy model sets in at least 90 % of its baseline.
struct FormatProfile {
  bool reasons = false;     // delivers reasoning, in text or a field
  bool elaborates = false;  // more than a single sentence of it
  std::vector<Feature> markers;
};

// log2(1 + tokens) of the reasoning, or of all output if the reasoning's tokens
// are not known, by the server's count and by our estimate; NaN: not known.
// Lengths are compared by one of the two, never across.
struct ReasoningLengths {
  double counted = std::numeric_limits<double>::quiet_NaN();
  double estimated = std::numeric_limits<double>::quiet_NaN();
};
ReasoningLengths ReasoningLengthsOf(const Scored& s);

struct RescoreProblem {
  std::string model;
  uint64_t digest = 0;
  std::string id;     // the operator's name for it
  Response question;  // prompt or messages, sampling, intent, gold
  std::array<Trials, kRewardCount> trials;
  ReasoningLengths lengths;  // medians of its trials
  bool solved = false;       // at most a quarter of its trials failed
  int64_t max_tokens = 0;    // limit of a re-run
};

// A problem of the stored baseline.
struct StoredProblem {
  BaselineProblem problem;
  ProblemText text;
  // Trials by the way in which they were asked, in the baseline store's words:
  // "temperature=0.6 top_p=0.95 thinking=on effort=high max_tokens=4096
  // streamed". A word is missing if the request did not state it.
  std::vector<std::pair<std::string, Trials>> trials;
};

class ProblemSet {
 public:
  // `rows`: healthy recorded responses. Leaves out those without a problem
  // digest or a prompt to send. Keeps at most kMaxProblems problems.
  static ProblemSet Make(const std::vector<ProblemRow>& rows);
  // This set, and those of `stored` that are not in it and have words to ask.
  // Only the outcome of their trials is known.
  ProblemSet With(const std::vector<StoredProblem>& stored) const;

  // nullptr: no such problem.
  const RescoreProblem* Find(const std::string& model, uint64_t digest) const;
  // Problems of this operator's name, of any model.
  std::vector<const RescoreProblem*> FindById(const std::string& id) const;
  // The model's solved problems, in an order that depends on `seed` alone.
  std::vector<const RescoreProblem*> SolvedOf(const std::string& model,
                                              uint64_t seed) const;
  FailurePosterior PriorOf(const std::string& model, Reward reward) const;
  // The rewards of a re-run of the problem.
  RewardVector Rewards(const RescoreProblem& problem, const Scored& s) const;
  std::vector<std::string> Models() const;

  // About 100 MiB with prompts of some KiB.
  static constexpr size_t kMaxProblems = 20000;

 private:
  struct Model {
    void FitPriors();
    std::map<uint64_t, RescoreProblem> problems;
    FormatProfile format;
    std::array<FailurePosterior, kRewardCount> priors;
  };
  std::map<std::string, Model> models_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_PROBLEM_SET_H_
