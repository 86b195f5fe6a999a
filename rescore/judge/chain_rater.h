// SPDX-License-Identifier: Apache-2.0
// Rates the chains of re-runs by a judge model: are the steps self-contained,
// do they connect, does the answer follow, 0 to 2 each. The share of chains
// under 4 of 6 is shown beside the same share of the model's healthy chains. It
// supports an incident and never opens or raises one.
//
// Judges drift too. Every day the judge gets chains whose scores are known
// (RubricAnchors); if its mean error is over kMostAnchorError, no chain is
// rated and no share shown until it does better.
#ifndef REASONWATCH_RESCORE_JUDGE_CHAIN_RATER_H_
#define REASONWATCH_RESCORE_JUDGE_CHAIN_RATER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/model_client.h"
#include "core/response.h"
#include "core/verdict.h"
#include "rescore/server/headroom.h"
#include "util/mutex.h"

namespace reasonwatch {

class Store;

using RubricScores = std::array<int, 3>;  // 0 to 2 each

struct RubricAnchor {
  std::string_view question;
  std::string_view chain;
  RubricScores scores;
};
std::span<const RubricAnchor> RubricAnchors();

inline constexpr double kMostAnchorError = .5;  // of a score, on average
inline constexpr int kLowRubric = 4;            // a chain under it is low
inline constexpr int kHealthyChains = 64;       // rated of each model

// The question to the judge, as OpenAI messages. Of a long chain it has the
// beginning and the end.
std::string RubricMessages(std::string_view question, std::string_view chain);
// The scores in the last JSON object of the answer. InvalidArgument: there is
// no object, or it has not all three scores in range.
absl::StatusOr<RubricScores> ReadRubricScores(std::string_view answer);

struct ChainRaterOptions {
  std::string model;                // as the judge's server calls it
  double tokens_per_hour = 100000;  // questions and answers, estimated
  absl::Duration timeout = absl::Minutes(2);
  const std::atomic<bool>* stop = nullptr;  // as SampleRequest's
  // The answer's text in a response of the judge.
  std::function<std::string(const Response&)> answer_text;
  // Called by Step() when the last waiting chain of an incident was asked
  // about.
  std::function<void(const std::string& incident)> on_rated;
};

struct UnratedChain {
  std::string model;
  std::string incident;  // "" = a chain of the healthy model
  std::string question;
  std::string chain;
};

struct ChainRaterCounters {
  // "rated"; "unreadable", "failed"; "dropped" (met a full queue); "ignored"
  // (the judge is not to be trusted).
  std::map<std::string, int64_t> chains;
  // Mean error of the anchors' scores; NaN = the judge was not checked yet.
  double anchor_error = std::numeric_limits<double>::quiet_NaN();
};

// Step() belongs to one thread; all else is thread-safe.
class ChainRater {
 public:
  // All must outlive it; `store` may be null.
  ChainRater(ChainRaterOptions options, ModelClient& client, const Clock& clock,
             Store* store);

  // Queues a chain. Drops healthy chains beyond kHealthyChains of a model.
  void Add(UnratedChain chain);
  // Asks at most one question; returns for how long there is nothing to do.
  absl::Duration Step();
  // Rated and low chains of the incident's re-runs, and of the healthy model;
  // none while the judge is not trusted.
  std::pair<JudgedChains, JudgedChains> Shares(const std::string& model,
                                               const std::string& incident);
  ChainRaterCounters Counters() const;

 private:
  absl::StatusOr<RubricScores> Ask(std::string_view question,
                                   std::string_view chain, int number);
  absl::Duration AskAnchor(absl::Time now);
  // The next chain, unless the judge is not trusted: then it is dropped.
  std::optional<UnratedChain> Pop();
  void Keep(const UnratedChain& chain, const RubricScores& scores)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Trusted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  JudgedChains& HealthyOf(const std::string& model)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(std::string_view what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ChainRaterOptions options_;
  ModelClient& client_;
  const Clock& clock_;
  Store* const store_;

  // Used by the thread that steps only.
  HourlyBudget tokens_;
  absl::Time anchored_ = absl::InfinitePast();  // the last check by anchors
  size_t next_anchor_ = 0;
  double error_sum_ = 0;
  int errors_in_a_row_ = 0;
  absl::Time not_before_ = absl::InfinitePast();
  int64_t asked_ = 0;

  mutable Mutex mutex_;
  std::deque<UnratedChain> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, JudgedChains> healthy_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, JudgedChains> incidents_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> latest_ ABSL_GUARDED_BY(mutex_);  // incidents
  ChainRaterCounters counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_JUDGE_CHAIN_RATER_H_
