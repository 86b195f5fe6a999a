// Live responses that make a problem worth asking again: it was failed, or what
// is like it showed a symptom. The latest of each model, thread-safe.
#ifndef REASONWATCH_RESCORE_SYMPTOMS_H_
#define REASONWATCH_RESCORE_SYMPTOMS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/mutex.h"
#include "core/scored.h"
#include "core/verdict.h"

namespace reasonwatch {

struct Symptom {
  uint64_t problem = 0;
  absl::Time time;
  RescoreTrigger trigger = RescoreTrigger::kFailure;  // or kNear
  bool filled = false;  // late in its session, or in a full context
};

class SymptomLog {
 public:
  // Every live response; cheap for those that say nothing.
  void Observe(const Scored& scored);
  // Oldest first, one a problem.
  std::vector<Symptom> Of(const std::string& model) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::deque<Symptom>> of_model_ ABSL_GUARDED_BY(mutex_);
};

// Whether most failures since then came in a filled context or a late turn.
bool FailsInFilledContexts(const std::vector<Symptom>& symptoms,
                           absl::Time since);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_SYMPTOMS_H_
