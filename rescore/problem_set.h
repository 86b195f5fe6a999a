// The problems that can be asked again: what to send, and what the healthy
// model made of it.
//
// Made from recorded baseline responses, and from problems that were imported
// with their words. Only trials that were asked in one way are comparable with
// a re-run, so of each problem the way with the most trials counts
// (temperature, top_p, thinking, effort, streamed or not) and the re-run is
// asked in that way. Immutable once made; safe to share between threads.
#ifndef REASONWATCH_RESCORE_PROBLEM_SET_H_
#define REASONWATCH_RESCORE_PROBLEM_SET_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ports.h"
#include "rescore/failure_prior.h"

namespace reasonwatch {

using RewardVector = std::array<int8_t, kRewardCount>;  // 1, 0; -1 = not said

// Which marks the healthy model sets: those in at least 90 % of its baseline.
struct FormatProfile {
  bool reasons = false;     // delivers reasoning, in text or a field
  bool elaborates = false;  // more than a single sentence of it
  std::vector<Feature> markers;
};

struct RescoreProblem {
  std::string model;
  uint64_t digest = 0;
  std::string id;     // the operator's name for it
  Response question;  // prompt or messages, sampling, intent, gold
  std::array<Trials, kRewardCount> trials;
  double tokens = 0;       // median log2(1 + tokens) of its trials
  bool solved = false;     // at most a quarter of its trials failed
  int64_t max_tokens = 0;  // what a re-run may take
};

// A problem of the stored baseline.
struct StoredProblem {
  BaselineProblem problem;
  ProblemText text;
  // By how they were asked, as the baseline store says it: "temperature=0.6
  // top_p=0.95 thinking=on effort=high max_tokens=4096 streamed"; what is not
  // said was not stated.
  std::vector<std::pair<std::string, Trials>> trials;
};

class ProblemSet {
 public:
  struct Row {
    Response response;
    Scored scored;
  };
  // `rows`: healthy recorded responses; those without a problem digest, or
  // without a prompt to send, are left out. At most kMaxProblems are kept.
  static ProblemSet Make(const std::vector<Row>& rows);
  // With those of `stored` that are not in it and have words to ask. Nothing
  // but the outcome is known of their trials.
  ProblemSet With(const std::vector<StoredProblem>& stored) const;

  // nullptr: not known.
  const RescoreProblem* Find(const std::string& model, uint64_t digest) const;
  // By the operator's name; any model.
  std::vector<const RescoreProblem*> FindById(const std::string& id) const;
  // Solved ones of the model, in an order that depends on nothing but `seed`.
  std::vector<const RescoreProblem*> SolvedOf(const std::string& model,
                                              uint64_t seed) const;
  FailurePosterior PriorOf(const std::string& model, Reward reward) const;
  // What the rewards of a re-run are read against.
  RewardVector Rewards(const RescoreProblem& problem, const Scored& s) const;
  std::vector<std::string> Models() const;

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

// log2(1 + tokens) of the reasoning, or of all output where the server does
// not tell the reasoning's; NaN where neither is known.
double ReasoningLength(const Scored& s);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_PROBLEM_SET_H_
