// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/telemetry/scraped_gauges.h"
#include "daemon/telemetry/watched_series.h"

namespace reasonwatch {
namespace {

using Label = std::pair<std::string_view, std::string>;

// Labels in the order of their names, as prometheus-cpp has them.
void Add(ScrapedSeries& out, Metric metric, std::vector<Label> labels,
         double value) {
  if (!std::isfinite(value)) return;
  std::sort(labels.begin(), labels.end());
  prometheus::ClientMetric& series =
      out[static_cast<size_t>(metric)].emplace_back();
  for (auto& [name, text] : labels)
    series.label.push_back({std::string(name), std::move(text)});
  series.gauge.value = value;
}

void AddBand(ScrapedSeries& out, Metric metric, const StreamLabels& stream,
             const ExpectedReadings::Band& band) {
  const std::pair<const char*, double> bounds[] = {
      {"low", band.low}, {"median", band.median}, {"high", band.high}};
  for (const auto& [bound, value] : bounds)
    Add(out, metric,
        {{"model", stream.first}, {"route", stream.second}, {"bound", bound}},
        value);
}

// A weighted mean of rates.
struct Mean {
  double sum = 0;
  double weight = 0;
};
using ModelRates = std::array<Mean, kFeatureCount>;

void AddRates(ScrapedSeries& out, const std::string& model,
              const ModelRates& rates) {
  const auto add = [&](Metric metric, const char* label, Feature f) {
    const Mean& mean = rates[static_cast<size_t>(f)];
    if (mean.weight > 0)
      Add(out, metric, {{"model", model}, {label, std::string(FeatureName(f))}},
          mean.sum / mean.weight);
  };
  for (const Feature f : kShownMarkers)
    add(Metric::kReferenceMarker, "marker", f);
  for (const Feature f : kShownReadings)
    add(Metric::kReferenceReading, "reading", f);
  add(Metric::kReferenceReading, "reading", Feature::kZeroThinking);
}

}  // namespace

void AddExpected(const std::vector<StreamLabels>& streams,
                 const std::vector<StreamGauges>& gauges, ScrapedSeries& out) {
  // Without a rate, a stream counts as a very slow one, so that it is there if
  // it is the only one.
  constexpr double kSlow = 1e-3;
  std::map<std::string, ModelRates> models;
  for (size_t i = 0; i < streams.size(); ++i) {
    const ExpectedReadings* expected = gauges[i].expected();
    if (expected == nullptr) continue;
    AddBand(out, Metric::kReferenceReasoning, streams[i], expected->reasoning);
    AddBand(out, Metric::kReferenceOutput, streams[i], expected->output);
    const double weight = std::max(gauges[i].rate(), kSlow);
    ModelRates& rates = models[streams[i].first];
    for (size_t f = 0; f < rates.size(); ++f) {
      if (std::isnan(expected->rate[f])) continue;
      rates[f].sum += weight * expected->rate[f];
      rates[f].weight += weight;
    }
  }
  for (const auto& [model, rates] : models) AddRates(out, model, rates);
}

}  // namespace reasonwatch
