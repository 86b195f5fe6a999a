// SPDX-License-Identifier: Apache-2.0
// Live responses that make a problem worth asking again: the problem failed, or
// a prompt like it showed a symptom. Keeps the latest of each model.
// Thread-safe.
#ifndef REASONWATCH_RESCORE_CAMPAIGNS_SYMPTOMS_H_
#define REASONWATCH_RESCORE_CAMPAIGNS_SYMPTOMS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/verdict.h"
#include "util/mutex.h"

namespace reasonwatch {

struct Scored;

struct Symptom {
  uint64_t problem = 0;
  absl::Time time;
  RescoreTrigger trigger = RescoreTrigger::kFailure;  // or kNear
  bool filled = false;  // late in its session, or in a full context
};

// Whether the response is broken in a form that no healthy answer has.
bool ShowsSymptom(const Scored& scored);

class SymptomLog {
 public:
  // Every live response; cheap for those without a failure or a symptom.
  void Observe(const Scored& scored);
  // The model's symptoms, oldest first, one for each problem.
  std::vector<Symptom> Latest(const std::string& model) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::deque<Symptom>> of_model_ ABSL_GUARDED_BY(mutex_);
};

// Whether two thirds of the symptoms since then, and four or more, came in a
// filled context or a late turn.
bool FailsInFilledContexts(const std::vector<Symptom>& symptoms,
                           absl::Time since);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CAMPAIGNS_SYMPTOMS_H_
