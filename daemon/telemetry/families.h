// SPDX-License-Identifier: Apache-2.0
// The families of the catalogue in prometheus-cpp's registry, and their text.
//
// Thread-safe: the families guard their own series.
#ifndef REASONWATCH_DAEMON_TELEMETRY_FAMILIES_H_
#define REASONWATCH_DAEMON_TELEMETRY_FAMILIES_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "core/metrics_form.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/exemplars.h"
#include "daemon/telemetry/scraped_gauges.h"

namespace reasonwatch {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

class Families {
 public:
  Families();

  // The series of these labels, made if it is new. References stay valid until
  // the series is removed. The metric must be of the type.
  Counter& CounterAt(Metric m, const Labels& labels) {
    return counters_[static_cast<size_t>(m)]->Add(labels);
  }
  Gauge& GaugeAt(Metric m, const Labels& labels) {
    return gauges_[static_cast<size_t>(m)]->Add(labels);
  }
  Histogram& HistogramAt(Metric m, const Labels& labels,
                         const Histogram::BucketBoundaries& buckets) {
    return histograms_[static_cast<size_t>(m)]->Add(labels, buckets);
  }
  void Remove(Metric m, Gauge* gauge) {
    gauges_[static_cast<size_t>(m)]->Remove(gauge);
  }
  // Sets the gauge, made if it is null, or removes it if the value is unknown.
  void SetOrRemove(Metric m, const Labels& labels, Gauge*& gauge, bool known,
                   double value);
  // Label values over the bound of the family.
  Counter& OverflowCounter(Metric m) {
    return CounterAt(Metric::kSeriesOverflow,
                     {{"family", std::string(InfoOf(m).name)}});
  }

  // Every family in the catalogue's order; `scraped` has the series of families
  // that have none here. The text format leaves exemplars out.
  std::string Text(MetricsForm form, ScrapedSeries scraped,
                   const ExemplarMap& exemplars);

 private:
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Throw};
  std::array<prometheus::Family<Counter>*, kMetricCount> counters_{};
  std::array<prometheus::Family<Gauge>*, kMetricCount> gauges_{};
  std::array<prometheus::Family<Histogram>*, kMetricCount> histograms_{};
};

// In seconds. A stage takes 5 us to some milliseconds; a long prompt more.
Histogram::BucketBoundaries DurationBuckets();

bool IsFinite(absl::Time time);
double UnixSeconds(absl::Time time);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_FAMILIES_H_
