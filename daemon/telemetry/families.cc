// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/families.h"

#include <prometheus/text_serializer.h>

#include <functional>
#include <utility>
#include <vector>

#include "daemon/telemetry/open_metrics.h"

namespace reasonwatch {
namespace {

template <typename Builder>
auto* Register(Builder builder, const MetricInfo& m,
               prometheus::Registry& registry) {
  return &builder.Name(std::string(m.name))
              .Help(std::string(m.help))
              .Register(registry);
}

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

Families::Families() {
  for (const MetricInfo& m : MetricCatalogue()) {
    const auto i = static_cast<size_t>(m.metric);
    switch (m.type) {
      case MetricType::kCounter:
        counters_[i] = Register(prometheus::BuildCounter(), m, registry_);
        break;
      case MetricType::kGauge:
        gauges_[i] = Register(prometheus::BuildGauge(), m, registry_);
        break;
      case MetricType::kHistogram:
        histograms_[i] = Register(prometheus::BuildHistogram(), m, registry_);
        break;
    }
  }
}

void Families::SetOrRemove(Metric m, const Labels& labels, Gauge*& gauge,
                           bool known, double value) {
  if (known) {
    if (gauge == nullptr) gauge = &GaugeAt(m, labels);
    gauge->Set(value);
  } else if (gauge != nullptr) {
    Remove(m, gauge);
    gauge = nullptr;
  }
}

std::string Families::Text(MetricsForm form, ScrapedSeries scraped,
                           const ExemplarMap& exemplars) {
  std::map<std::string, prometheus::MetricFamily, std::less<>> collected;
  for (prometheus::MetricFamily& family : registry_.Collect()) {
    std::string name = family.name;
    collected.emplace(std::move(name), std::move(family));
  }
  std::vector<prometheus::MetricFamily> families;
  families.reserve(kMetricCount);
  for (const MetricInfo& m : MetricCatalogue()) {
    const auto it = collected.find(m.name);
    if (it != collected.end()) {
      families.push_back(std::move(it->second));
      continue;
    }
    // prometheus-cpp leaves out families that have no series of its own.
    prometheus::MetricFamily& family = families.emplace_back();
    family.name = std::string(m.name);
    family.help = std::string(m.help);
    family.type = TypeOf(m.type);
    family.metric = std::move(scraped[static_cast<size_t>(m.metric)]);
  }
  if (form == MetricsForm::kOpenMetrics)
    return OpenMetricsText(families, exemplars);
  return prometheus::TextSerializer().Serialize(families);
}

Histogram::BucketBoundaries DurationBuckets() {
  return {1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 1e-2, 0.1, 1};
}

bool IsFinite(absl::Time time) {
  return time != absl::InfinitePast() && time != absl::InfiniteFuture();
}

double UnixSeconds(absl::Time time) {
  return static_cast<double>(absl::ToUnixNanos(time)) / 1e9;
}

}  // namespace reasonwatch
