// SPDX-License-Identifier: Apache-2.0
#include "rescore/server/asking_budget.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "core/store.h"

namespace reasonwatch {
namespace {

constexpr char kBudgetFact[] = "rescore_budget";

}  // namespace

AskingBudget::AskingBudget(double tokens_per_hour, double requests_per_hour,
                           Store* store, absl::Time now)
    : tokens_per_hour_(tokens_per_hour),
      store_(store),
      tokens_(tokens_per_hour, now),
      requests_(requests_per_hour, now) {}

void AskingBudget::Restore(absl::Time now) {
  if (store_ == nullptr) return;
  const auto budget = store_->LoadFact(kBudgetFact);
  if (!budget.ok()) return;
  const std::vector<std::string> parts = absl::StrSplit(*budget, ' ');
  double tokens = 0;
  double requests = 0;
  int64_t then = 0;
  if (parts.size() != 3 || !absl::SimpleAtod(parts[0], &tokens) ||
      !absl::SimpleAtod(parts[1], &requests) ||
      !absl::SimpleAtoi(parts[2], &then))
    return;
  tokens_.Restore(tokens, absl::FromUnixNanos(then), now);
  requests_.Restore(requests, absl::FromUnixNanos(then), now);
}

bool AskingBudget::Allows(absl::Time now) {
  return tokens_.Allows(now) && requests_.Allows(now);
}

absl::Time AskingBudget::NextAllowed(absl::Time now) {
  return std::max(tokens_.NextAllowed(now), requests_.NextAllowed(now));
}

bool AskingBudget::AllowsCanary(absl::Time now) {
  return tokens_.level(now) >= tokens_per_hour_ / 2;
}

void AskingBudget::SpendUnanswered(double most, absl::Duration took,
                                   absl::Duration timeout) {
  tokens_.Spend(most * std::clamp(absl::FDivDuration(took, timeout), 0., 1.));
}

void AskingBudget::Save(absl::Time now) {
  if (store_ == nullptr) return;
  store_
      ->PutFact(kBudgetFact,
                absl::StrFormat("%.0f %.0f %d", tokens_.level(now),
                                requests_.level(now), absl::ToUnixNanos(now)))
      .IgnoreError();
}

}  // namespace reasonwatch
