// SPDX-License-Identifier: Apache-2.0
#include "daemon/coverage/served_counter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "util/metrics_text.h"

namespace reasonwatch {
namespace {

struct KnownCounter {
  std::string_view name;
  ServedUnit unit;
};

// Names from the programs' documentation of their metrics.
constexpr std::array kKnown = {
    KnownCounter{"envoy_http_downstream_rq_completed", ServedUnit::kExchanges},
    KnownCounter{"vllm:request_success_total", ServedUnit::kRequests},
    KnownCounter{"sglang:num_requests_total", ServedUnit::kRequests},
    KnownCounter{"tgi_request_success", ServedUnit::kRequests},
    KnownCounter{"nv_inference_request_success", ServedUnit::kRequests},
    KnownCounter{"llamacpp:tokens_predicted_total", ServedUnit::kTokens},
};

// An Envoy counts the requests to its own admin interface in the same family.
constexpr char kListener[] = "envoy_http_conn_manager_prefix";
constexpr char kAdmin[] = "admin";

ServedUnit UnitOf(std::string_view name) {
  for (const KnownCounter& known : kKnown)
    if (known.name == name) return known.unit;
  return ServedUnit::kRequests;
}

bool HasAll(const MetricLabels& labels, const MetricLabels& wanted) {
  return std::ranges::all_of(wanted, [&labels](const auto& one) {
    const auto found = labels.find(one.first);
    return found != labels.end() && found->second == one.second;
  });
}

// The sum over the series that have these labels; absent if there is none with
// a number that a counter can have.
std::optional<Served> Sum(const MetricValues& values, const std::string& name,
                          const MetricLabels& with) {
  const auto metric = values.find(name);
  if (metric == values.end()) return std::nullopt;
  Served served = {name, UnitOf(name), 0};
  bool any = false;
  for (const auto& [labels, value] : metric->second) {
    if (!std::isfinite(value) || value < 0 || !HasAll(labels, with)) continue;
    any = true;
    const auto listener = labels.find(kListener);
    const bool admin = listener != labels.end() && listener->second == kAdmin;
    if (!admin || with.contains(kListener)) served.total += value;
  }
  if (!any || !std::isfinite(served.total)) return std::nullopt;
  return served;
}

}  // namespace

absl::StatusOr<Served> ReadServed(std::string_view text,
                                  std::string_view counter) {
  const MetricValues values = ReadMetrics(text);
  if (counter.empty()) {
    for (const KnownCounter& known : kKnown)
      if (auto served = Sum(values, std::string(known.name), {}))
        return *std::move(served);
    return absl::NotFoundError("no known counter of served requests");
  }
  std::string name;
  MetricLabels labels;
  if (!ReadSeriesName(counter, name, labels) || !counter.empty())
    return absl::InvalidArgumentError(
        "a counter is NAME or NAME{LABEL=\"VALUE\"}");
  if (auto served = Sum(values, name, labels)) return *std::move(served);
  return absl::NotFoundError("the counter is not there");
}

}  // namespace reasonwatch
