// SPDX-License-Identifier: Apache-2.0
#include "util/metrics_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// NAME="VALUE" and the sign behind it; VALUE has escapes of three kinds.
bool ReadLabel(std::string_view& text, MetricLabels& labels) {
  const size_t equals = text.find("=\"");
  if (equals == text.npos) return false;
  const std::string name(text.substr(0, equals));
  text.remove_prefix(equals + 2);
  std::string value;
  while (!text.empty() && text.front() != '"') {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) {
      c = text.front() == 'n' ? '\n' : text.front();
      text.remove_prefix(1);
    }
    value += c;
  }
  if (text.empty()) return false;
  text.remove_prefix(1);
  if (text.starts_with(',')) text.remove_prefix(1);
  labels[name] = std::move(value);
  return true;
}

void ReadSample(std::string_view line, MetricValues& values) {
  std::string name;
  MetricLabels labels;
  if (!ReadSeriesName(line, name, labels)) return;
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == line.npos) return;
  line.remove_prefix(begin);
  double value = 0;
  // A time may follow the value.
  if (absl::SimpleAtod(AbslView(line.substr(0, line.find_first_of(" \t\r"))),
                       &value))
    values[name][labels] = value;
}

}  // namespace

bool ReadSeriesName(std::string_view& text, std::string& name,
                    MetricLabels& labels) {
  const size_t end = std::min(text.find_first_of("{ \t"), text.size());
  if (end == 0) return false;
  name = text.substr(0, end);
  text.remove_prefix(end);
  if (!text.starts_with('{')) return true;
  text.remove_prefix(1);
  while (!text.starts_with('}'))
    if (!ReadLabel(text, labels)) return false;
  text.remove_prefix(1);
  return true;
}

MetricValues ReadMetrics(std::string_view text) {
  MetricValues values;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line.empty() && line.front() != '#') ReadSample(line, values);
  }
  return values;
}

double SumOf(const MetricValues& values, const std::string& name,
             const MetricLabels& with) {
  const auto metric = values.find(name);
  if (metric == values.end()) return 0;
  double sum = 0;
  for (const auto& series : metric->second) {
    const MetricLabels& labels = series.first;
    if (std::ranges::all_of(with, [&labels](const auto& wanted) {
          const auto found = labels.find(wanted.first);
          return found != labels.end() && found->second == wanted.second;
        }))
      sum += series.second;
  }
  return sum;
}

std::set<std::string> LabelValues(const MetricValues& values,
                                  const std::string& name,
                                  const std::string& label) {
  std::set<std::string> found;
  if (const auto metric = values.find(name); metric != values.end())
    for (const auto& [labels, value] : metric->second)
      if (const auto it = labels.find(label); it != labels.end())
        found.insert(it->second);
  return found;
}

}  // namespace reasonwatch
