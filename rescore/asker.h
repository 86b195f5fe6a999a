// SPDX-License-Identifier: Apache-2.0
// Sends a question to the server that its way names, and reads the answer.
//
// Ask() belongs to one thread; GiveUp(), Stop() and asking() are thread-safe.
#ifndef REASONWATCH_RESCORE_ASKER_H_
#define REASONWATCH_RESCORE_ASKER_H_

#include <atomic>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/model_client.h"
#include "core/rescore_job.h"
#include "core/response.h"
#include "rescore/options.h"
#include "rescore/problem_set.h"

namespace reasonwatch {

class Evaluator;

// The next sample of a job, asked in one way (RescoreSample::way).
struct RescoreQuestion {
  RescoreJob* job = nullptr;
  const RescoreProblem* problem = nullptr;
  std::string way;
  int index = 0;
};

class Asker {
 public:
  // All must outlive it.
  Asker(const RescorerOptions& options, const RescoreEndpoints& endpoints,
        const Evaluator& evaluator)
      : options_(options), endpoints_(endpoints), evaluator_(evaluator) {}

  // Whether the problem exists in other numbers too.
  bool HasVariant(const RescoreProblem& problem) const;

  struct Answer {
    absl::StatusOr<Response> response = absl::UnknownError("");
    std::string error = "";  // name of the failure; "" = none
    bool given_up = false;   // by GiveUp() or Stop(), which is no error
  };
  Answer Ask(const RescoreQuestion& question);
  Answer Ask(SampleRequest request, ModelClient& client);

  // The response with its question, in the form of a live response.
  Response Whole(const RescoreQuestion& question, const Response& answer) const;
  // The response's rewards. It may have none.
  RescoreSample ReadSample(const RescoreQuestion& question,
                           const Response& whole, const ProblemSet& problems,
                           absl::Time now) const;
  // The name of an error, for counters and reasons.
  std::string NameOf(const absl::Status& status) const;

  bool asking() const { return asking_; }
  // Gives up the question under way.
  void GiveUp() { give_up_ = true; }
  // Gives up the question under way and every later one.
  void Stop();
  bool stopped() const { return stopped_; }

 private:
  std::optional<Response> QuestionOf(const RescoreQuestion& question) const;
  absl::StatusOr<SampleRequest> RequestFor(
      const RescoreQuestion& question) const;
  ModelClient& ClientFor(const std::string& way) const;

  const RescorerOptions& options_;
  const RescoreEndpoints& endpoints_;
  const Evaluator& evaluator_;
  std::atomic<bool> asking_ = false;
  std::atomic<bool> give_up_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_ASKER_H_
