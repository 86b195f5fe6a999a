// SPDX-License-Identifier: Apache-2.0
#include "rescore/canaries/canary_watch.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr std::array<double, 3> kLosses = {.25, .5, .9};
// The statistic's cap: far over the alarm, and low enough to fall back.
constexpr double kMostEvidence = 1e12;

}  // namespace

void CanaryWatch::Add(double healthy_failure_rate, bool failed) {
  const double q = std::clamp(healthy_failure_rate, 1e-3, 1 - 1e-3);
  for (size_t i = 0; i < kLosses.size(); ++i) {
    const double lost = q + kLosses[i] * (1 - q);
    const double ratio = failed ? lost / q : (1 - lost) / (1 - q);
    loss_[i] = std::min(kMostEvidence, (1 + loss_[i]) * ratio);
    log_healthy_[i] = std::max(0., log_healthy_[i] - std::log(ratio));
  }
}

double CanaryWatch::statistic() const {
  return (loss_[0] + loss_[1] + loss_[2]) / 3;
}

bool CanaryWatch::recovered() const {
  // Every size of loss must be ruled out; the smallest is the last.
  return *std::min_element(log_healthy_.begin(), log_healthy_.end()) >=
         std::log(kCanaryRecovered);
}

std::string CanaryWatch::Print() const {
  return absl::StrFormat("%.6g %.6g %.6g %.6g %.6g %.6g", loss_[0], loss_[1],
                         loss_[2], log_healthy_[0], log_healthy_[1],
                         log_healthy_[2]);
}

bool CanaryWatch::Parse(std::string_view text) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(AbslView(text), ' ');
  CanaryWatch read;
  if (parts.size() != 2 * kLosses.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    double& to = i < kLosses.size() ? read.loss_[i]
                                    : read.log_healthy_[i - kLosses.size()];
    if (!absl::SimpleAtod(parts[i], &to) || !std::isfinite(to) || to < 0)
      return false;
  }
  *this = read;
  return true;
}

}  // namespace reasonwatch
