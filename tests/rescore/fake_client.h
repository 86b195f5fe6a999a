// SPDX-License-Identifier: Apache-2.0
// A model client for tests: answers right or wrong as the test decides, with
// the load, regime and faults that it sets. Thread-safe.
#ifndef REASONWATCH_TESTS_RESCORE_FAKE_CLIENT_H_
#define REASONWATCH_TESTS_RESCORE_FAKE_CLIENT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/evaluator.h"
#include "core/model_client.h"
#include "core/regime.h"
#include "core/response.h"
#include "core/scored.h"
#include "tests/fakes/fake_clock.h"
#include "tests/rescore/problems.h"
#include "util/mutex.h"

namespace reasonwatch {

class FakeClient : public ModelClient {
 public:
  // Whether a question is answered right.
  using Answers = std::function<bool(const SampleRequest&)>;

  FakeClient(FakeClock& clock, Answers answers)
      : clock_(clock), answers_(std::move(answers)) {}

  absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) override {
    std::function<void()> during;
    {
      MutexLock lock(mutex_);
      if (request.top_logprobs > 0) {
        if (!fault_.ok()) return fault_;
        Response r;
        r.body = logprobs_;
        return std::vector<Response>{r};
      }
      requests_.push_back(request);
      during = during_;
    }
    clock_.Advance(absl::Seconds(2));
    if (during) during();
    if (request.stop != nullptr && *request.stop)
      return absl::CancelledError("stopped");
    MutexLock lock(mutex_);
    if (!fault_.ok()) return fault_;
    if (no_response_) return std::vector<Response>();
    Response r;
    r.id = request.id;
    r.http_status = http_status_;
    r.content = garbage_ ? "?" : answers_(request) ? "right" : "wrong";
    return std::vector<Response>{r};
  }
  absl::StatusOr<LoadReading> Load() override {
    MutexLock lock(mutex_);
    return load_;
  }
  absl::StatusOr<Regime> ReadRegime(std::string_view) override {
    MutexLock lock(mutex_);
    ++regime_reads_;
    return regime_;
  }
  void SetRegime(Regime regime) {
    MutexLock lock(mutex_);
    regime_ = std::move(regime);
  }
  int regime_reads() const {
    MutexLock lock(mutex_);
    return regime_reads_;
  }

  void SetLoad(absl::StatusOr<LoadReading> load) {
    MutexLock lock(mutex_);
    load_ = std::move(load);
  }
  void SetFault(absl::Status fault) {
    MutexLock lock(mutex_);
    fault_ = std::move(fault);
  }
  void SetHttpStatus(int status) {
    MutexLock lock(mutex_);
    http_status_ = status;
  }
  void SetNoResponse() {
    MutexLock lock(mutex_);
    no_response_ = true;
  }
  void SetGarbage() {
    MutexLock lock(mutex_);
    garbage_ = true;
  }
  // Body that questions for log-probabilities get; they are not recorded.
  void SetLogprobs(std::string body) {
    MutexLock lock(mutex_);
    logprobs_ = std::move(body);
  }
  // Called while a question is under way.
  void SetDuring(std::function<void()> during) {
    MutexLock lock(mutex_);
    during_ = std::move(during);
  }
  std::vector<SampleRequest> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  FakeClock& clock_;
  const Answers answers_;
  mutable Mutex mutex_;
  absl::StatusOr<LoadReading> load_ ABSL_GUARDED_BY(mutex_) = LoadReading{0, 0,
                                                                          .1};
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);
  int http_status_ ABSL_GUARDED_BY(mutex_) = 200;
  bool no_response_ ABSL_GUARDED_BY(mutex_) = false;
  bool garbage_ ABSL_GUARDED_BY(mutex_) = false;
  Regime regime_ ABSL_GUARDED_BY(mutex_);
  int regime_reads_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> during_ ABSL_GUARDED_BY(mutex_);
  std::string logprobs_ ABSL_GUARDED_BY(mutex_);
  std::vector<SampleRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

// Grades the answers of FakeClient.
class FakeEvaluator : public Evaluator {
 public:
  Scored Evaluate(const Response& response) const override {
    if (response.content == "?") return Scored();
    return ScoredTrial(1, response.content == "right");
  }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_RESCORE_FAKE_CLIENT_H_
