// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/selftest_section.h"

#include <algorithm>
#include <string>

namespace reasonwatch {

SelfTestSection::SelfTestSection(Families& families) : families_(families) {
  families_.CounterAt(Metric::kSelfTestRuns, {{"result", "passed"}});
}

void SelfTestSection::Expect(absl::Duration every, absl::Time now) {
  families_.GaugeAt(Metric::kSelfTestInterval, {})
      .Set(absl::ToDoubleSeconds(every));
  families_.GaugeAt(Metric::kSelfTestSuccess, {}).Set(UnixSeconds(now));
}

void SelfTestSection::Count(const SelfTestResult& result, absl::Duration every,
                            absl::Time now) {
  if (every > absl::ZeroDuration())
    families_.GaugeAt(Metric::kSelfTestInterval, {})
        .Set(absl::ToDoubleSeconds(every));
  std::string name = "passed";
  if (!result.failed.empty()) {
    name = result.failed;
  } else if (!result.cleaned.ok()) {
    name = "cleaning";
  } else {
    families_.GaugeAt(Metric::kSelfTestSuccess, {}).Set(UnixSeconds(now));
  }
  families_.CounterAt(Metric::kSelfTestRuns, {{"result", name}}).Increment();
  for (size_t i = 0; i < kSelfTestHops.size(); ++i) {
    const auto hop = std::find_if(
        result.hops.begin(), result.hops.end(),
        [&](const SelfTestHop& h) { return h.name == kSelfTestHops[i]; });
    const bool passed = hop != result.hops.end();
    families_.SetOrRemove(
        Metric::kSelfTestHop, {{"hop", std::string(kSelfTestHops[i])}},
        hops_[i], passed, passed ? absl::ToDoubleSeconds(hop->took) : 0);
  }
}

std::vector<MetricInfo> SelfTestSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kSelfTestRuns,
       "reasonwatch_selftest_runs_total",
       kCounter,
       "runs",
       {"result"},
       "Self-tests that have ended, by result.",
       "`passed`, or the hop on the way of an alert that was cut; `cleaning`: "
       "the made-up model could not be forgotten."},
      {Metric::kSelfTestSuccess,
       "reasonwatch_selftest_success_timestamp_seconds",
       kGauge,
       "seconds",
       {},
       "Unix time of the latest self-test that passed.",
       "Where runs are expected, the start of the daemon counts as one. Absent "
       "until then."},
      {Metric::kSelfTestInterval,
       "reasonwatch_selftest_interval_seconds",
       kGauge,
       "seconds",
       {},
       "Time after which the next self-test is expected.",
       "Arms ReasonwatchSelfTestFailing; absent where nobody expects one."},
      {Metric::kSelfTestHop,
       "reasonwatch_selftest_hop_seconds",
       kGauge,
       "seconds",
       {"hop"},
       "Time that each hop of the latest self-test took.",
       "From a bad response to an alert in somebody's hands; a hop that was "
       "cut has none."},
  };
}

}  // namespace reasonwatch
