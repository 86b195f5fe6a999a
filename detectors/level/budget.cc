// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/budget.h"

#include <algorithm>
#include <cmath>

#include "util/state_archive.h"

namespace reasonwatch {
namespace {

constexpr double kDayNanos = 86400e9;  // 24 hours
// A week has every hour of the day and every day of the week.
constexpr double kHalfLifeDays = 7;

double WeightOf(int signal) {
  return kSignals[static_cast<size_t>(signal)].budget_weight;
}

}  // namespace

double LevelShare(Scope scope, const LevelShape& shape) {
  double route = .6;
  double model = .25;
  double replica = .15;
  if (!shape.has_replicas) {
    route += replica;
    replica = 0;
  }
  if (!shape.several_routes) {
    route += model;
    model = 0;
  }
  switch (scope) {
    case Scope::kRoute:
      return route;
    case Scope::kModel:
      return model;
    case Scope::kReplica:
      return replica;
  }
  return 0;
}

Thresholds SplitBudget(const BudgetOptions& options, Scope scope,
                       const LevelShape& shape, double responses_per_30_days,
                       int streams_of_level) {
  Thresholds t;
  double k = 0;  // an even share is one of so many
  double weights = 0;
  for (int i = 0; i < kSignalCount; ++i) {
    if ((options.enabled_signals >> i & 1) == 0) continue;
    k += 1;
    weights += WeightOf(i);
  }
  if (k == 0) k = weights = 1;
  for (int i = 0; i < kSignalCount; ++i)
    t.factor[static_cast<size_t>(i)] = weights / k / WeightOf(i);
  const double of_level = std::max(1e-9, LevelShare(scope, shape));
  if (options.mean_responses > 0) {
    t.warning = t.critical = options.mean_responses * k / of_level;
    return t;
  }
  const double share = of_level * options.fleet_share;
  const double base = responses_per_30_days * std::max(1, streams_of_level) * k;
  t.warning = base / (options.warning_per_30_days * share);
  t.critical = base / (options.critical_per_30_days * share);
  return t;
}

double TrafficMeter::Rate() const {
  return weighted_days_ > 0 ? 30 * weighted_count_ / weighted_days_ : 0;
}

double TrafficMeter::per_day(absl::Duration seen) const {
  if (absl::Nanoseconds(last_ns_ - first_ns_) < seen || weighted_days_ <= 0)
    return 0;
  return weighted_count_ / weighted_days_;
}

void TrafficMeter::Count(int64_t time_ns) {
  if (count_++ == 0) {
    first_ns_ = last_ns_ = read_ns_ = time_ns;
  }
  const double days =
      std::max(0.0, static_cast<double>(time_ns - last_ns_) / kDayNanos);
  const double decay = std::exp2(-days / kHalfLifeDays);
  weighted_count_ = weighted_count_ * decay + 1;
  weighted_days_ = weighted_days_ * decay + days;
  last_ns_ = std::max(last_ns_, time_ns);
  if (static_cast<double>(time_ns - first_ns_) < kDayNanos) return;
  const double rate = Rate();
  if (rate > published_) published_ = rate;
  if (static_cast<double>(time_ns - read_ns_) >= kDayNanos) {
    read_ns_ = time_ns;
    published_ = std::max(rate, published_ / 2);
  }
}

template <typename Archive>
void Describe(Archive& archive, TrafficMeter& m) {
  archive.Field("published", m.published_);
  archive.Field("weighted_count", m.weighted_count_);
  archive.Field("weighted_days", m.weighted_days_);
  archive.InRange("first_ns", m.first_ns_, -kMaxStored, kMaxStored);
  archive.InRange("last_ns", m.last_ns_, -kMaxStored, kMaxStored);
  archive.InRange("read_ns", m.read_ns_, -kMaxStored, kMaxStored);
  archive.InRange("count", m.count_, 0, kMaxStored - 1);
}
REASONWATCH_DESCRIBE(TrafficMeter);

}  // namespace reasonwatch
