// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/incident_story.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

const Json& At(const Json& json, const char* key) {
  static const Json& nothing = *new Json();
  if (!json.is_object()) return nothing;
  const auto it = json.find(key);
  return it == json.end() ? nothing : *it;
}
std::string TextAt(const Json& json, const char* key) {
  const Json& found = At(json, key);
  return found.is_string() ? found.get<std::string>() : "";
}
double NumberAt(const Json& json, const char* key) {
  const Json& found = At(json, key);
  return found.is_number() ? found.get<double>() : kNone;
}

struct Point {
  absl::Time time;
  double value = kNone;
};

std::vector<Point> PointsOf(const Json& signal) {
  std::vector<Point> points;
  const Json& list = At(signal, "points");
  if (!list.is_array()) return points;
  for (const Json& json : list) {
    Point point;
    if (absl::ParseTime(absl::RFC3339_full, TextAt(json, "time"), &point.time,
                        nullptr)) {
      point.value = NumberAt(json, "value");
      points.push_back(point);
    }
  }
  return points;
}

// The last points by equal spans of time; a span without one is NaN.
std::vector<double> ColumnsOf(const std::vector<Point>& points, absl::Time from,
                              absl::Duration span) {
  std::vector<double> sums(kPlotColumns, 0);
  std::vector<int> counts(kPlotColumns, 0);
  for (const Point& point : points) {
    if (std::isnan(point.value)) continue;
    const auto column = std::clamp<int64_t>(
        static_cast<int64_t>((point.time - from) / span), 0, kPlotColumns - 1);
    sums[static_cast<size_t>(column)] += point.value;
    ++counts[static_cast<size_t>(column)];
  }
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] = counts[i] == 0 ? kNone : sums[i] / counts[i];
  return sums;
}

std::string Number(double value, bool tokens) {
  if (std::isnan(value)) return "-";
  return tokens ? absl::StrFormat("%.0f", value)
                : absl::StrFormat("%.1f %%", 100 * value);
}

// The bars, and under them the mark of the onset.
std::string PlotText(const std::vector<Point>& points, absl::Time onset) {
  if (points.size() < 2) return "";
  const absl::Time from = points.front().time;
  const absl::Duration span = std::max<absl::Duration>(
      (points.back().time - from) / kPlotColumns, absl::Seconds(1));
  const std::vector<double> columns = ColumnsOf(points, from, span);
  double most = 0;
  for (const double value : columns)
    if (!std::isnan(value)) most = std::max(most, value);
  std::string bars;
  for (const double value : columns) {
    const double level = most > 0 ? value / most * 7 : 0;
    bars += std::isnan(value)
                ? "."
                : kBars[static_cast<size_t>(std::clamp(level, 0.0, 7.0))];
  }
  std::string text = absl::StrCat("    ", bars, "\n");
  const double column = absl::FDivDuration(onset - from, span);
  if (column >= 0 && column < static_cast<double>(kPlotColumns))
    absl::StrAppend(&text, "    ",
                    std::string(static_cast<size_t>(column), ' '), "^ began\n");
  return text;
}

std::string SignalText(const Json& signal, absl::Time onset) {
  const std::string title = TextAt(signal, "title");
  if (title.empty()) return "";
  const bool tokens = TextAt(signal, "unit") == "tokens";
  const Json& expected = At(signal, "expected");
  std::string text =
      absl::StrFormat("\n  %s: %s", title,
                      Number(NumberAt(At(signal, "now"), "value"), tokens));
  const double usual = NumberAt(expected, "value");
  text += std::isnan(usual) ? std::string("; the usual value is not known")
                            : absl::StrCat(", usually ", Number(usual, tokens));
  if (const double low = NumberAt(expected, "low"),
      high = NumberAt(expected, "high");
      low < high)
    absl::StrAppend(&text, " (", Number(low, tokens), " to ",
                    Number(high, tokens), ")");
  if (const double seen = NumberAt(signal, "seen"); seen > 0)
    absl::StrAppendFormat(&text, "; %.0f of %.0f responses affected",
                          NumberAt(signal, "affected"), seen);
  return absl::StrCat(text, "\n", PlotText(PointsOf(signal), onset));
}

}  // namespace

std::string StoryText(std::string_view story, absl::Time onset) {
  const Json json = Json::parse(story.begin(), story.end(), nullptr,
                                /*allow_exceptions=*/false);
  std::string text;
  if (const std::string sentence = TextAt(json, "sentence"); !sentence.empty())
    text = sentence + ".\n";
  const Json& signals = At(At(json, "picture"), "signals");
  if (signals.is_array())
    for (const Json& signal : signals) text += SignalText(signal, onset);
  return text;
}

}  // namespace reasonwatch
