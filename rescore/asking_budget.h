// What re-runs may take from the server in an hour; a restart does not fill it.
//
// One thread.
#ifndef REASONWATCH_RESCORE_ASKING_BUDGET_H_
#define REASONWATCH_RESCORE_ASKING_BUDGET_H_

#include "absl/time/time.h"
#include "core/ports.h"
#include "rescore/headroom.h"

namespace reasonwatch {

class AskingBudget {
 public:
  // `store` may be null, and must outlive it.
  AskingBudget(double tokens_per_hour, double requests_per_hour, Store* store,
               absl::Time now);

  void Restore(absl::Time now);
  bool Allows(absl::Time now);
  // Over half of the tokens are left.
  bool AllowsCanary(absl::Time now);
  void TakeRequest() { requests_.Take(1); }
  void TakeTokens(double tokens) { tokens_.Take(tokens); }
  // Of a question that was to take `most` tokens and brought no answer that
  // says how many it took: by the time, which the server may have spent on it.
  void TakeUnanswered(double most, absl::Duration took, absl::Duration timeout);
  void Save(absl::Time now);

 private:
  const double tokens_per_hour_;
  Store* const store_;
  HourlyBudget tokens_;
  HourlyBudget requests_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_ASKING_BUDGET_H_
