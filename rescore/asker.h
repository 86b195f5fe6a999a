// SPDX-License-Identifier: Apache-2.0
// Sends a question to the server that its way names, and reads the answer.
//
// Ask() belongs to one thread; GiveUp(), Stop(), asking() and in_flight() are
// thread-safe.
#ifndef REASONWATCH_RESCORE_ASKER_H_
#define REASONWATCH_RESCORE_ASKER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  // Questions to be asked at the same time, of the same way. With requests of
  // others there shall be `at_once` requests at the server.
  std::vector<RescoreQuestion> beside = {};
  int at_once = 1;
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
    // Output tokens at most of the requests that were sent before it.
    int64_t tokens_before = 0;
  };
  // One answer for each question, asked at the same time.
  std::vector<Answer> Ask(const std::vector<RescoreQuestion>& questions);
  Answer Ask(SampleRequest request, ModelClient& client);

  // The response with its question, in the form of a live response.
  Response Whole(const RescoreQuestion& question, const Response& answer) const;
  // The response's rewards. It may have none.
  RescoreSample ReadSample(const RescoreQuestion& question,
                           const Response& whole, const ProblemSet& problems,
                           absl::Time now) const;
  // The seed of a job's question. It depends on these two only: pairs of two
  // ways differ in nothing else, and another job draws other answers.
  static int64_t SeedOf(const RescoreJob& job, int index);
  // The name of an error, for counters and reasons.
  std::string NameOf(const absl::Status& status) const;

  bool asking() const { return asking_ > 0; }
  // Requests under way.
  int in_flight() const { return asking_; }
  // Gives up the question under way.
  void GiveUp() { give_up_ = true; }
  // Gives up the question under way and every later one.
  void Stop();
  bool stopped() const { return stopped_; }

 private:
  Answer AskOne(const RescoreQuestion& question);
  // Without a new start: GiveUp() meanwhile holds for it too.
  Answer Send(SampleRequest request, ModelClient& client);
  std::optional<Response> QuestionOf(const RescoreQuestion& question) const;
  absl::StatusOr<SampleRequest> RequestFor(
      const RescoreQuestion& question) const;
  ModelClient& ClientFor(const std::string& way) const;

  const RescorerOptions& options_;
  const RescoreEndpoints& endpoints_;
  const Evaluator& evaluator_;
  std::atomic<int> asking_ = 0;
  std::atomic<bool> give_up_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_ASKER_H_
