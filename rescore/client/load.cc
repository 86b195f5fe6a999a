// SPDX-License-Identifier: Apache-2.0
#include "rescore/client/load.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "util/json.h"
#include "util/metrics_text.h"

namespace reasonwatch {
namespace {

enum class Kind { kWaiting, kRunning, kKeyValues, kGenerated };

struct Series {
  std::string_view name;
  Kind kind;
};

// Names from the servers' documentation of their metrics.
constexpr std::array kSeries = {
    Series{"vllm:num_requests_waiting", Kind::kWaiting},
    Series{"vllm:num_requests_running", Kind::kRunning},
    Series{"vllm:kv_cache_usage_perc", Kind::kKeyValues},
    Series{"vllm:gpu_cache_usage_perc", Kind::kKeyValues},  // before 0.10
    Series{"vllm:generation_tokens_total", Kind::kGenerated},
    Series{"sglang:num_queue_reqs", Kind::kWaiting},
    Series{"sglang:num_running_reqs", Kind::kRunning},
    Series{"sglang:token_usage", Kind::kKeyValues},
    Series{"sglang:generation_tokens_total", Kind::kGenerated},
    Series{"llamacpp:requests_deferred", Kind::kWaiting},
    Series{"llamacpp:requests_processing", Kind::kRunning},
    Series{"llamacpp:kv_cache_usage_ratio", Kind::kKeyValues},
    Series{"llamacpp:tokens_predicted_total", Kind::kGenerated},
    Series{"nv_inference_pending_request_count", Kind::kWaiting},
};

void Add(double& total, double value) {
  total = std::isnan(total) ? value : total + value;
}

}  // namespace

std::optional<LoadReading> ParseLoadMetrics(std::string_view text) {
  const MetricValues values = ReadMetrics(text);
  LoadReading load;
  bool known = false;
  for (const Series& series : kSeries) {
    const auto metric = values.find(std::string(series.name));
    if (metric == values.end()) continue;
    for (const auto& [labels, value] : metric->second) {
      if (!std::isfinite(value) || value < 0) continue;
      known = true;
      switch (series.kind) {
        case Kind::kWaiting:
          Add(load.waiting, value);
          break;
        case Kind::kRunning:
          Add(load.running, value);
          break;
        case Kind::kGenerated:
          Add(load.generated_tokens, value);
          break;
        case Kind::kKeyValues:
          load.kv_usage = std::isnan(load.kv_usage)
                              ? value
                              : std::max(load.kv_usage, value);
          break;
      }
    }
  }
  if (!known) return std::nullopt;
  return load;
}

std::optional<LoadReading> ParseLoadSlots(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::array slots;
  if (ParseJson(parser, json).get_array().get(slots) != simdjson::SUCCESS)
    return std::nullopt;
  int total = 0;
  int busy = 0;
  for (const simdjson::dom::element slot : slots) {
    bool processing = false;
    if (slot["is_processing"].get(processing) != simdjson::SUCCESS)
      return std::nullopt;
    ++total;
    busy += processing ? 1 : 0;
  }
  if (total == 0) return std::nullopt;
  LoadReading load;
  load.running = busy;
  if (busy < total) load.waiting = 0;
  return load;
}

}  // namespace reasonwatch
