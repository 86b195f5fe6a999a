#include "detectors/budget.h"

#include <algorithm>
#include <cmath>

namespace reasonwatch {
namespace {

constexpr double kDayNanos = 86400e9;
constexpr double kHalfLifeDays = 7;

double WeightOf(Signal signal) {
  switch (signal) {
    case Signal::kConsistencyRegression:
      return 6;
    case Signal::kLengthCollapse:
    case Signal::kFormatMarkers:
      return 2;
    default:
      return 1;
  }
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

Thresholds ThresholdsOf(const BudgetOptions& options, Scope scope,
                        const LevelShape& shape, double responses_per_30_days,
                        int streams_of_level) {
  Thresholds t;
  double k = 0;  // an even share is one of so many
  double weights = 0;
  for (int i = 0; i < kSignalCount; ++i) {
    if ((options.enabled_signals >> i & 1) == 0) continue;
    k += 1;
    weights += WeightOf(static_cast<Signal>(i));
  }
  if (k == 0) k = weights = 1;
  for (int i = 0; i < kSignalCount; ++i)
    t.factor[static_cast<size_t>(i)] =
        weights / k / WeightOf(static_cast<Signal>(i));
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
  return s_.weighted_days > 0 ? 30 * s_.weighted_count / s_.weighted_days : 0;
}

double TrafficMeter::per_day(absl::Duration seen) const {
  const double days = static_cast<double>(s_.last_ns - s_.first_ns) / kDayNanos;
  if (days * 86400 < absl::ToDoubleSeconds(seen) || s_.weighted_days <= 0)
    return 0;
  return s_.weighted_count / s_.weighted_days;
}

void TrafficMeter::Restore(StateReader& in) {
  in.Get(s_);
  in.Require(s_.count >= 0 && s_.count < kMaxStored &&
             std::abs(s_.first_ns) <= kMaxStored &&
             std::abs(s_.last_ns) <= kMaxStored &&
             std::abs(s_.read_ns) <= kMaxStored);
}

void TrafficMeter::Count(int64_t time_ns) {
  if (s_.count++ == 0) {
    s_.first_ns = s_.last_ns = s_.read_ns = time_ns;
  }
  const double days =
      std::max(0.0, static_cast<double>(time_ns - s_.last_ns) / kDayNanos);
  const double decay = std::exp2(-days / kHalfLifeDays);
  s_.weighted_count = s_.weighted_count * decay + 1;
  s_.weighted_days = s_.weighted_days * decay + days;
  s_.last_ns = std::max(s_.last_ns, time_ns);
  if (static_cast<double>(time_ns - s_.first_ns) < kDayNanos) return;
  const double rate = Rate();
  if (rate > s_.published) s_.published = rate;
  if (static_cast<double>(time_ns - s_.read_ns) >= kDayNanos) {
    s_.read_ns = time_ns;
    s_.published = std::max(rate, s_.published / 2);
  }
}

}  // namespace reasonwatch
