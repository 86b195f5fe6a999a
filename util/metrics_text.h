// SPDX-License-Identifier: Apache-2.0
// Prometheus' text format as numbers.
//
// Pure, thread-safe.
#ifndef REASONWATCH_UTIL_METRICS_TEXT_H_
#define REASONWATCH_UTIL_METRICS_TEXT_H_

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace reasonwatch {

// The samples of one scrape: by name, by labels.
using MetricLabels = std::map<std::string, std::string>;
using MetricValues = std::map<std::string, std::map<MetricLabels, double>>;

// Lines that can't be read are left out.
MetricValues ReadMetrics(std::string_view text);

// Reads NAME or NAME{LABEL="VALUE",...}, as a sample begins, and removes it
// from `text`. False if it is neither.
bool ReadSeriesName(std::string_view& text, std::string& name,
                    MetricLabels& labels);

// The sum of a metric over the series that have all of these labels; 0 if there
// is none.
double SumOf(const MetricValues& values, const std::string& name,
             const MetricLabels& with);

// The values of a label over the series of a metric.
std::set<std::string> LabelValues(const MetricValues& values,
                                  const std::string& name,
                                  const std::string& label);

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_METRICS_TEXT_H_
