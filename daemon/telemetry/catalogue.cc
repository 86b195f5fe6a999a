// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/catalogue.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/telemetry/incident_section.h"
#include "daemon/telemetry/pipeline_section.h"
#include "daemon/telemetry/process_gauges.h"
#include "daemon/telemetry/rescore_section.h"
#include "daemon/telemetry/response_section.h"
#include "daemon/telemetry/selftest_section.h"
#include "daemon/telemetry/service_section.h"
#include "daemon/telemetry/storage_section.h"
#include "daemon/telemetry/tap_section.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "invalid";
}

std::vector<MetricInfo> AllRows() {
  std::vector<MetricInfo> all;
  for (auto rows :
       {ResponseSection::Rows(), IncidentSection::Rows(), TapSection::Rows(),
        PipelineSection::Rows(), StorageSection::Rows(), RescoreSection::Rows(),
        SelfTestSection::Rows(), ProcessRows(), ServiceSection::Rows()})
    all.insert(all.end(), rows.begin(), rows.end());
  std::sort(all.begin(), all.end(),
            [](const MetricInfo& a, const MetricInfo& b) {
              return a.metric < b.metric;
            });
  return all;
}

}  // namespace

const std::vector<MetricInfo>& MetricCatalogue() {
  // Never destroyed: handlers may still scrape while the process exits.
  static const auto& catalogue = *new std::vector<MetricInfo>(AllRows());
  return catalogue;
}

const MetricInfo& InfoOf(Metric metric) {
  return MetricCatalogue()[static_cast<size_t>(metric)];
}

std::string MetricsMarkdown() {
  std::string out =
      "# Metrics\n\n"
      "Printed from the rows of the sections in `daemon/telemetry/`; a test "
      "holds the two together. `/metrics` serves the Prometheus text format "
      "0.0.4, and OpenMetrics 1.0.0 with trace ids as exemplars to scrapers "
      "that accept it. Streams (model and route) are capped by `streams.max`; "
      "what is "
      "over goes to the labels `other`.\n\n"
      "| metric | type | unit | labels | help | what it tells |\n"
      "|---|---|---|---|---|---|\n";
  for (const MetricInfo& m : MetricCatalogue()) {
    std::string labels;
    for (std::string_view label : m.labels) {
      absl::StrAppendFormat(&labels, "%s`%s`", labels.empty() ? "" : ", ",
                            label);
    }
    absl::StrAppendFormat(&out, "| `%s` | %s | %s | %s | %s | %s |\n", m.name,
                          TypeName(m.type), m.unit, labels, m.help, m.tells);
  }
  return out;
}

}  // namespace reasonwatch
