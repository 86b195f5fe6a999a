// The Evaluator: formats, features and baseline put together.
#ifndef REASONWATCH_DAEMON_PIPELINE_STANDARD_EVALUATOR_H_
#define REASONWATCH_DAEMON_PIPELINE_STANDARD_EVALUATOR_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "baseline/matching/problem_index.h"
#include "core/mutex.h"
#include "core/ports.h"
#include "daemon/grader/command_grader.h"
#include "features/habits/habits.h"
#include "features/prompt.h"
#include "formats/formats.h"

namespace reasonwatch {

enum class RouteFrom : uint8_t { kRoute, kTask, kSystemPrompt, kNone };

// What the evaluator knows of a model. Immutable once published.
struct ModelProfile {
  RouteFrom route_from = RouteFrom::kRoute;
  FormatPolicy format;
  int64_t context_window = 0;  // tokens, 0 = unknown
  PrefixProfile prefix;
  // Nothing is known of the prefix yet: give Scored::prompt_beginnings.
  bool learn_prefix = false;
  std::shared_ptr<const ProblemIndex> problems;  // may be null
  std::shared_ptr<const HabitProfile> habits;    // may be null
};

// Thread-safe. A published profile is used by evaluations that begin later;
// those under way keep the one they began with (shared with the map).
class StandardEvaluator : public Evaluator {
 public:
  // `session_key` keys the hashes of session ids, and of prompts and answers
  // that no baseline knows.
  explicit StandardEvaluator(std::string session_key);

  // For models without one of their own.
  void SetDefaultProfile(ModelProfile profile);
  void SetProfile(const std::string& model, ModelProfile profile);
  // Replaces only the prefix, and ends its learning.
  void SetPrefix(const std::string& model, PrefixProfile prefix);

  // Replaces only the habits.
  void SetHabits(const std::string& model,
                 std::shared_ptr<const HabitProfile> habits);
  // By model, those that have any.
  std::map<std::string, std::shared_ptr<const HabitProfile>> Habits() const;
  // Replaces only the baseline's problems.
  void SetProblems(const std::string& model,
                   std::shared_ptr<const ProblemIndex> problems);

  // The usual prefix of the model's prompts is not known yet.
  bool LearnsPrefix(const std::string& model) const;

  // A grader in place of the built-in one, for answers that carry no verdict of
  // their caller's. May wait; ungradable where it fails. Call before anything
  // is evaluated.
  using AnswerGrader = std::function<Grade(const GradingQuestion&)>;
  void SetGrader(AnswerGrader grader) { grader_ = std::move(grader); }

  Scored Evaluate(const Response& response) const override;
  // The same without waiting: what the grader of SetGrader() would be asked
  // stands in `question`, and the grade is kUngradable until somebody puts its
  // answer there.
  Scored EvaluateUnasked(const Response& response,
                         GradingQuestion* question) const;

 private:
  std::shared_ptr<const ModelProfile> ProfileOf(const std::string& model) const;

  const std::string session_key_;
  AnswerGrader grader_;
  mutable Mutex mutex_;
  std::shared_ptr<const ModelProfile> default_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const ModelProfile>> profiles_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_STANDARD_EVALUATOR_H_
