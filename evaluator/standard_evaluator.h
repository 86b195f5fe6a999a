// SPDX-License-Identifier: Apache-2.0
// The Evaluator: joins formats, features, answers and baseline.
#ifndef REASONWATCH_EVALUATOR_STANDARD_EVALUATOR_H_
#define REASONWATCH_EVALUATOR_STANDARD_EVALUATOR_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "answers/command/command_grader.h"
#include "baseline/matching/frame_book.h"
#include "baseline/matching/problem_index.h"
#include "core/evaluator.h"
#include "core/grade.h"
#include "core/response.h"
#include "features/habits/habits.h"
#include "features/prompt.h"
#include "formats/formats.h"
#include "util/mutex.h"

namespace reasonwatch {

// The field of a request that names its route; kNone puts all requests of a
// model on one route.
enum class RouteFrom : uint8_t { kRoute, kTask, kSystemPrompt, kNone };

// The evaluator's knowledge of a model. Immutable once published, but for the
// frames.
struct ModelProfile {
  RouteFrom route_from = RouteFrom::kRoute;
  FormatPolicy format;
  int64_t context_window = 0;  // tokens, 0 = unknown
  PrefixProfile prefix;
  // The usual prefix is not known yet: fill Scored::prompt_beginnings.
  bool learn_prefix = false;
  std::shared_ptr<const ProblemIndex> problems;  // may be null
  // The frames that the model's clients put around problems; live responses
  // teach it.
  std::shared_ptr<FrameBook> frames = std::make_shared<FrameBook>();
  std::shared_ptr<const HabitProfile> habits;  // may be null
};

// Thread-safe. An evaluation uses the profile that is published when it begins;
// a profile that is published later serves later evaluations only.
class StandardEvaluator : public Evaluator {
 public:
  // `session_key` is the key of the hashes of session ids, and of prompts and
  // answers that no baseline knows.
  explicit StandardEvaluator(std::string session_key);

  // The profile of models without one of their own.
  void SetDefaultProfile(ModelProfile profile);
  void SetProfile(const std::string& model, ModelProfile profile);
  // Replaces only the prefix, and sets learn_prefix to false.
  void SetPrefix(const std::string& model, PrefixProfile prefix);

  // Replaces only the habits.
  void SetHabits(const std::string& model,
                 std::shared_ptr<const HabitProfile> habits);
  // Returns the habits by model, without models that have none.
  std::map<std::string, std::shared_ptr<const HabitProfile>> Habits() const;
  // Replaces only the baseline's problems.
  void SetProblems(const std::string& model,
                   std::shared_ptr<const ProblemIndex> problems);

  // Frames that the books of all models have forgotten for room.
  int64_t FramesForgotten() const;

  // True while the usual prefix of the model's prompts is not known.
  bool LearnsPrefix(const std::string& model) const;

  // Sets a grader that replaces the built-in one for answers without a verdict
  // from their caller. It may block, and returns kUngradable if it fails. Call
  // this before the first evaluation: not thread-safe.
  using AnswerGrader = std::function<Grade(const GradingQuestion&)>;
  void SetGrader(AnswerGrader grader) { grader_ = std::move(grader); }

  Scored Evaluate(const Response& response) const override;
  // Does the same without blocking: if a grader is set and needed, fills
  // `question` with its question and sets the grade to kUngradable; the caller
  // asks the grader and stores its answer. `question` is left alone otherwise.
  Scored EvaluateUnasked(const Response& response,
                         GradingQuestion* question) const;

 private:
  // Has the model a profile of its own?
  bool IsWatched(const std::string& model) const;
  std::shared_ptr<const ModelProfile> ProfileOf(const std::string& model) const;

  const std::string session_key_;
  AnswerGrader grader_;
  mutable Mutex mutex_;
  std::shared_ptr<const ModelProfile> default_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const ModelProfile>> profiles_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_EVALUATOR_STANDARD_EVALUATOR_H_
