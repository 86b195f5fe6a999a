// SPDX-License-Identifier: Apache-2.0
#include "rescore/client/load.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "absl/strings/numbers.h"
#include "util/json.h"
#include "util/strings.h"

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

// The position after the labels that begin at `from`; braces in quotes don't
// end them.
size_t AfterLabels(std::string_view line, size_t from) {
  bool quoted = false;
  for (size_t i = from; i < line.size(); ++i) {
    if (line[i] == '\\' && quoted)
      ++i;
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == '}' && !quoted)
      return i + 1;
  }
  return line.size();
}

void Add(double& total, double value) {
  total = std::isnan(total) ? value : total + value;
}

}  // namespace

std::optional<LoadReading> ParseLoadMetrics(std::string_view text) {
  LoadReading load;
  bool known = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t name_end = line.find_first_of("{ \t");
    if (name_end == std::string_view::npos) continue;
    const auto* const series = std::find_if(
        kSeries.begin(), kSeries.end(),
        [&](const Series& s) { return s.name == line.substr(0, name_end); });
    if (series == kSeries.end()) continue;
    size_t at = line[name_end] == '{' ? AfterLabels(line, name_end) : name_end;
    at = line.find_first_not_of(" \t", at);
    if (at == std::string_view::npos) continue;
    std::string_view number = line.substr(at);
    number = number.substr(0, number.find_first_of(" \t\r"));
    double value = 0;
    if (!absl::SimpleAtod(AbslView(number), &value) || !std::isfinite(value) ||
        value < 0)
      continue;
    known = true;
    switch (series->kind) {
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
        load.kv_usage =
            std::isnan(load.kv_usage) ? value : std::max(load.kv_usage, value);
        break;
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
