// SPDX-License-Identifier: Apache-2.0
#include "incidents/canary_finding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "incidents/failing_problems.h"

namespace reasonwatch {
namespace {

// Bayes factor at which several canaries together are confirmed
// (docs/rescoring.md).
constexpr double kCanaryThreshold = 100;
// The normal quantile of an interval of 95 %.
constexpr double kZ = 1.96;

}  // namespace

Finding MakeCanaryFinding(const Verdict& v, std::vector<FailingProblem> asked) {
  Finding f;
  f.signal = Signal::kConsistencyRegression;
  f.scope = Scope::kModel;
  f.model = v.model;
  f.time = v.time;
  f.onset_time = v.time;
  f.statistic = v.bayes_factor;
  f.threshold = kCanaryThreshold;
  f.passed_critical = true;
  f.channel = kCanaryChannel;
  f.channel_share = 1;
  f.channels = {{kCanaryChannel, 1}};
  // Agresti and Coull's interval of the pass rate (1998), less the usual
  // one.
  const double n = v.samples + kZ * kZ;
  const double rate = (v.samples - v.failures + kZ * kZ / 2) / n;
  const double half = kZ * std::sqrt(rate * (1 - rate) / n);
  f.effect = {v.pass_rate - v.baseline_pass_rate,
              rate - half - v.baseline_pass_rate,
              rate + half - v.baseline_pass_rate, "points"};
  if (v.baseline_pass_rate > 0)
    f.affected_share =
        std::clamp(-f.effect.value / v.baseline_pass_rate, 0., 1.);
  ListFailing(std::move(asked), f);
  return f;
}

}  // namespace reasonwatch
