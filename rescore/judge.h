// A judge model rates the chains of re-runs: are the steps self-contained, do
// they connect, does the answer follow, 0 to 2 each. The share of chains under
// 4 of 6 is shown beside that of the model while all was well. It supports an
// incident and never opens or raises one.
//
// Judges drift too: every day the judge is given chains whose scores are known
// (RubricAnchors), and where it is off by more than kMostAnchorError on average
// nothing that it says is shown until it does better.
#ifndef REASONWATCH_RESCORE_JUDGE_H_
#define REASONWATCH_RESCORE_JUDGE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "core/ports.h"
#include "rescore/headroom.h"

namespace reasonwatch {

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

// What the judge is asked, as OpenAI messages. Of a long chain its beginning
// and its end.
std::string RubricMessages(std::string_view question, std::string_view chain);
// The last JSON object of the answer. InvalidArgument: it has none of three
// scores in range.
absl::StatusOr<RubricScores> ReadRubricScores(std::string_view answer);

struct JudgeOptions {
  std::string model;                // as the judge's server calls it
  double tokens_per_hour = 100000;  // questions and answers, estimated
  absl::Duration timeout = absl::Minutes(2);
  const std::atomic<bool>* stop = nullptr;  // as SampleRequest's
  // The answer's text in a response of the judge.
  std::function<std::string(const Response&)> answer_text;
  // Every chain of the incident that was waiting has been rated. From Step().
  std::function<void(const std::string& incident)> on_rated;
};

struct JudgeChain {
  std::string model;
  std::string incident;  // "" = of a time when all was well
  std::string question;
  std::string chain;
};

struct JudgeCounters {
  // "rated"; "unreadable", "failed"; "dropped" (met a full queue); "ignored"
  // (the judge is not to be trusted).
  std::map<std::string, int64_t> chains;
  // Of the anchors' scores, on average; NaN = not asked yet.
  double anchor_error = std::numeric_limits<double>::quiet_NaN();
};

// Step() belongs to one thread; all else is thread-safe.
class RubricJudge {
 public:
  // All must outlive it; `store` may be null.
  RubricJudge(JudgeOptions options, ModelClient& client, const Clock& clock,
              Store* store);

  void Add(JudgeChain chain);
  // Asks at most one question; returns how long nothing is to be done.
  absl::Duration Step();
  // Of the incident's re-runs, and of the model while all was well; nothing
  // while the judge is not trusted.
  std::pair<JudgedChains, JudgedChains> Shares(const std::string& model,
                                               const std::string& incident);
  JudgeCounters Counters() const;

 private:
  absl::StatusOr<RubricScores> Ask(std::string_view question,
                                   std::string_view chain, int number);
  absl::Duration AskAnchor(absl::Time now);
  bool Trusted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  JudgedChains& HealthyOf(const std::string& model)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(std::string_view what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const JudgeOptions options_;
  ModelClient& client_;
  const Clock& clock_;
  Store* const store_;

  // Of the thread that steps.
  HourlyBudget tokens_;
  absl::Time anchored_ = absl::InfinitePast();  // when they were asked last
  size_t next_anchor_ = 0;
  double error_sum_ = 0;
  int errors_in_a_row_ = 0;
  absl::Time not_before_ = absl::InfinitePast();
  int64_t asked_ = 0;

  mutable Mutex mutex_;
  std::deque<JudgeChain> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, JudgedChains> healthy_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, JudgedChains> incidents_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> latest_ ABSL_GUARDED_BY(mutex_);  // incidents
  JudgeCounters counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_JUDGE_H_
