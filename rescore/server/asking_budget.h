// SPDX-License-Identifier: Apache-2.0
// The budget of re-runs: tokens and requests of an hour. Survives a restart.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_SERVER_ASKING_BUDGET_H_
#define REASONWATCH_RESCORE_SERVER_ASKING_BUDGET_H_

#include "absl/time/time.h"
#include "rescore/server/headroom.h"

namespace reasonwatch {

class Store;

class AskingBudget {
 public:
  // `store` may be null, and must outlive it.
  AskingBudget(double tokens_per_hour, double requests_per_hour, Store* store,
               absl::Time now);

  void Restore(absl::Time now);
  bool Allows(absl::Time now);
  // When it allows again; InfiniteFuture: never.
  absl::Time NextAllowed(absl::Time now);
  // Whether over half of the tokens are left, so that canaries leave enough for
  // incidents.
  bool AllowsCanary(absl::Time now);
  void SpendRequest() { requests_.Spend(1); }
  void SpendTokens(double tokens) { tokens_.Spend(tokens); }
  // Spends for a question of at most `most` tokens without an answer that
  // counts them: the share of `most` that `took` is of `timeout`, since the
  // server may have generated all that time.
  void SpendUnanswered(double most, absl::Duration took,
                       absl::Duration timeout);
  void Save(absl::Time now);

 private:
  const double tokens_per_hour_;
  Store* const store_;
  HourlyBudget tokens_;
  HourlyBudget requests_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_SERVER_ASKING_BUDGET_H_
