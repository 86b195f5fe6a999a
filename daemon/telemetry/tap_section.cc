// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/tap_section.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/telemetry/label.h"

namespace reasonwatch {

TapSection::TapSection(Families& families) : families_(families) {
  families_.OverflowCounter(Metric::kTapErrors);
  families_.OverflowCounter(Metric::kTapDropped);
  families_.OverflowCounter(Metric::kTapIgnored);
}

void TapSection::Add(std::string_view source,
                     std::function<TapCounters()> counters) {
  MutexLock lock(mutex_);
  const std::string name = LabelValue(source);
  Source* held = sources_.GetOrMake(name);
  if (held == nullptr) return;
  held->read = std::move(counters);
  held->seen = {};
  held->records = &families_.CounterAt(Metric::kTapRecords, {{"source", name}});
  Histogram& durations = families_.HistogramAt(
      Metric::kTapDuration, {{"source", name}}, DurationBuckets());
  MutexLock lock_durations(durations_mutex_);
  durations_[name] = &durations;
}

void TapSection::Remove(std::string_view source) {
  MutexLock lock(mutex_);
  const std::string name = LabelValue(source);
  Source* held = sources_.Find(name);
  if (held == nullptr) return;
  Pull(name, *held);
  sources_.Erase(name);
}

void TapSection::ObserveDuration(std::string_view source,
                                 absl::Duration duration) {
  MutexLock lock(durations_mutex_);
  const auto it = durations_.find(source);
  if (it != durations_.end())
    it->second->Observe(absl::ToDoubleSeconds(duration));
}

void TapSection::SetCoverage(const std::vector<CoverageSnapshot>& targets) {
  MutexLock lock(mutex_);
  for (const CoverageSnapshot& now : targets) {
    const std::string name = LabelValue(now.target);
    Target* held = targets_.GetOrMake(name);
    if (held == nullptr) continue;
    const auto count = [&](const char* outcome, int64_t n, int64_t before) {
      families_
          .CounterAt(Metric::kTapCoverageLooks,
                     {{"target", name}, {"outcome", outcome}})
          .Increment(static_cast<double>(std::max<int64_t>(n - before, 0)));
    };
    count("good", now.looks, held->seen.looks);
    count("failed", now.failures, held->seen.failures);
    count("restarted", now.restarts, held->seen.restarts);
    families_.SetOrRemove(Metric::kTapCoverage, {{"target", name}}, held->ratio,
                          std::isfinite(now.ratio), now.ratio);
    held->seen = now;
  }
}

void TapSection::Pull() {
  MutexLock lock(mutex_);
  for (auto& [name, source] : sources_) Pull(name, source);
}

void TapSection::Pull(const std::string& name, Source& source) {
  TapCounters now = source.read();
  // A tap that began anew counts from 0.
  const auto grown = [](int64_t value, int64_t before) {
    return value < before ? value : value - before;
  };
  source.records->Increment(
      static_cast<double>(grown(now.records, source.seen.records)));
  for (const auto& [reason, n] : now.errors)
    Count(Metric::kTapErrors, name, reason,
          grown(n, source.seen.errors[reason]));
  for (const auto& [reason, n] : now.dropped)
    Count(Metric::kTapDropped, name, reason,
          grown(n, source.seen.dropped[reason]));
  for (const auto& [kind, n] : now.ignored)
    Count(Metric::kTapIgnored, name, kind, grown(n, source.seen.ignored[kind]));
  source.seen = std::move(now);
}

void TapSection::Count(Metric metric, const std::string& name,
                       std::string_view raw_reason, int64_t n) {
  bool overflow = false;
  const std::string reason = reasons_.Label(metric, name, raw_reason, overflow);
  if (overflow) families_.OverflowCounter(metric).Increment();
  families_.CounterAt(metric, {{"source", name}, {"reason", reason}})
      .Increment(static_cast<double>(n));
}

std::vector<MetricInfo> TapSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kTapRecords,
       "reasonwatch_tap_records_total",
       kCounter,
       "records",
       {"source"},
       "Responses that a tap took in.",
       "Traffic by source, before anything was interpreted."},
      {Metric::kTapErrors,
       "reasonwatch_tap_errors_total",
       kCounter,
       "records",
       {"source", "reason"},
       "Records that a tap could not read, mended or gave up, by reason.",
       "A sender that speaks wrongly, a tap that is busy or stops, text that "
       "was "
       "repaired."},
      {Metric::kTapDropped,
       "reasonwatch_tap_dropped_total",
       kCounter,
       "records",
       {"source", "reason"},
       "Records that a tap read and dropped, by reason.",
       "`queue_full`: the queues are too small or the machine too slow. "
       "`invalid`: the sender speaks wrongly; tap_errors says why."},
      {Metric::kTapIgnored,
       "reasonwatch_tap_ignored_total",
       kCounter,
       "exchanges",
       {"source", "reason"},
       "What a tap saw that is no response of a model, by kind.",
       "Other traffic of the same proxy: embeddings, lists of models. A path "
       "that should be read and counts here is an API that is not known."},
      {Metric::kTapDuration,
       "reasonwatch_tap_duration_seconds",
       kHistogram,
       "seconds",
       {"source"},
       "Time from the last byte of a record to its place in a queue.",
       "What the tap costs the sender."},
      {Metric::kTapCoverage,
       "reasonwatch_tap_coverage_ratio",
       kGauge,
       "ratio",
       {"target"},
       "Share of what a server or proxy served that was seen, over the latest "
       "minutes.",
       "Under 1 responses pass the taps by. No series while nothing is known "
       "or served."},
      {Metric::kTapCoverageLooks,
       "reasonwatch_tap_coverage_looks_total",
       kCounter,
       "looks",
       {"target", "outcome"},
       "Looks at the counters of a server or proxy, by outcome.",
       "`failed`: wrong URL or counter; the API says why. `restarted`: its "
       "counter went back, and the share begins anew."},
  };
}

}  // namespace reasonwatch
