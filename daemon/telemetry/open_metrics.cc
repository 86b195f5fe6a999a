// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/open_metrics.h"

#include <cmath>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using prometheus::ClientMetric;

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// The shortest text that is read back as the same number.
std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  for (int digits = 6; digits < 17; ++digits) {
    std::string text = absl::StrFormat("%.*g", digits, value);
    if (std::strtod(text.c_str(), nullptr) == value) return text;
  }
  return absl::StrFormat("%.17g", value);
}

// {a="b",le="1"}, or nothing.
std::string LabelsText(const ClientMetric& metric, std::string_view le = "") {
  std::string text;
  for (const ClientMetric::Label& label : metric.label)
    absl::StrAppend(&text, text.empty() ? "{" : ",", label.name, "=\"",
                    Escaped(label.value), "\"");
  if (!le.empty())
    absl::StrAppend(&text, text.empty() ? "{" : ",", "le=\"", AbslView(le),
                    "\"");
  return text.empty() ? text : text + "}";
}

std::string ExemplarText(const Exemplar& exemplar) {
  if (exemplar.trace_id.empty()) return "";
  std::string text = absl::StrCat(" # {trace_id=\"", exemplar.trace_id, "\"} ",
                                  Number(exemplar.value));
  if (exemplar.time > 0) absl::StrAppendFormat(&text, " %.3f", exemplar.time);
  return text;
}

const Exemplars& ExemplarsOf(const ExemplarMap& all, Metric metric,
                             const ClientMetric& series) {
  static const Exemplars& none = *new Exemplars();
  std::string model;
  std::string route;
  for (const ClientMetric::Label& label : series.label) {
    if (label.name == "model") model = label.value;
    if (label.name == "route") route = label.value;
  }
  const auto it = all.find({metric, model, route});
  return it == all.end() ? none : it->second;
}

void AppendHistogram(const std::string& name, const ClientMetric& series,
                     const Exemplars& exemplars, std::string& out) {
  const auto& buckets = series.histogram.bucket;
  for (size_t i = 0; i < buckets.size(); ++i)
    absl::StrAppend(
        &out, name, "_bucket",
        LabelsText(series, Number(buckets[i].upper_bound)), " ",
        buckets[i].cumulative_count,
        ExemplarText(i <= kTokenBounds.size() ? exemplars.at(i) : Exemplar()),
        "\n");
  absl::StrAppend(&out, name, "_count", LabelsText(series), " ",
                  series.histogram.sample_count, "\n", name, "_sum",
                  LabelsText(series), " ", Number(series.histogram.sample_sum),
                  "\n");
}

}  // namespace

std::string OpenMetricsText(
    const std::vector<prometheus::MetricFamily>& families,
    const ExemplarMap& exemplars) {
  std::string out;
  for (size_t i = 0; i < families.size(); ++i) {
    const prometheus::MetricFamily& family = families[i];
    const auto metric = static_cast<Metric>(i);
    const MetricType type = InfoOf(metric).type;
    // A counter's family is named without the ending of its series.
    std::string name = family.name;
    if (type == MetricType::kCounter && absl::EndsWith(name, "_total"))
      name.resize(name.size() - 6);
    const char* kind = type == MetricType::kCounter     ? "counter"
                       : type == MetricType::kHistogram ? "histogram"
                                                        : "gauge";
    absl::StrAppend(&out, "# HELP ", name, " ", Escaped(family.help),
                    "\n# TYPE ", name, " ", kind, "\n");
    for (const ClientMetric& series : family.metric) {
      const Exemplars& own = ExemplarsOf(exemplars, metric, series);
      if (type == MetricType::kHistogram) {
        AppendHistogram(name, series, own, out);
      } else if (type == MetricType::kCounter) {
        absl::StrAppend(&out, family.name, LabelsText(series), " ",
                        Number(series.counter.value), ExemplarText(own.at(0)),
                        "\n");
      } else {
        absl::StrAppend(&out, family.name, LabelsText(series), " ",
                        Number(series.gauge.value), "\n");
      }
    }
  }
  return out + "# EOF\n";
}

}  // namespace reasonwatch
