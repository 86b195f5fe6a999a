// SPDX-License-Identifier: Apache-2.0
#include "daemon/coverage/meter.h"

#include <algorithm>

namespace reasonwatch {

void CoverageMeter::Look(double served, double seen) {
  if (waiting_.has_value() && served < *waiting_) {
    ++restarts_;
    waiting_.reset();
    totals_.clear();
  }
  if (waiting_.has_value()) totals_.push_back({*waiting_, seen});
  if (totals_.size() > kWindow + 1) totals_.pop_front();
  waiting_ = served;
}

std::optional<double> CoverageMeter::Growth::ratio() const {
  if (served <= 0) return std::nullopt;
  return std::clamp(seen / served, 0.0, 1.0);
}

std::optional<CoverageMeter::Growth> CoverageMeter::Latest() const {
  if (totals_.size() < 2) return std::nullopt;
  return Growth{totals_.back().served - totals_.front().served,
                totals_.back().seen - totals_.front().seen};
}

}  // namespace reasonwatch
