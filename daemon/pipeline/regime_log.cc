// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/regime_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/scored.h"

namespace reasonwatch {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {
    "engine", "fingerprint", "weights_version", "template_hash"};
// Replicas in a roll-out have two or three of a kind.
constexpr size_t kMaxValues = 8;
constexpr size_t kMaxLabel = 128;    // as a label of a metric
constexpr int64_t kGoneAfter = 500;  // responses; as a quarantine

}  // namespace

std::vector<ModelEvent> RegimeLog::Observe(const Scored& scored) {
  ++responses_;
  std::vector<ModelEvent> events;
  const Regime& r = scored.regime;
  const std::array<const std::string*, kKinds> now = {
      &r.engine, &r.fingerprint, &r.weights_version, &r.template_hash};
  for (size_t kind = 0; kind < kKinds; ++kind) {
    const std::string_view text =
        std::string_view(*now[kind]).substr(0, kMaxLabel);
    if (text.empty()) continue;
    std::vector<Value>& known = known_[kind];
    const auto it =
        std::find_if(known.begin(), known.end(),
                     [&](const Value& v) { return v.text == text; });
    const bool current = !known.empty() && it == known.end() - 1;
    if (current ||
        (it != known.end() && responses_ - it->last_seen < kGoneAfter)) {
      it->last_seen = responses_;
      continue;
    }
    if (!known.empty()) {
      ModelEvent& e = events.emplace_back();
      e.time = scored.start;
      e.model = scored.model;
      e.kind = kKindNames[kind];
      e.old_value = known.back().text;
      e.new_value = text;
    }
    if (it != known.end()) {
      known.erase(it);
    } else if (known.size() >= kMaxValues) {
      known.erase(known.begin());
    }
    known.push_back({std::string(text), responses_});
  }
  return events;
}

template <typename Archive>
void Describe(Archive& archive, RegimeLog& log) {
  archive.Field("responses", log.responses_);
  for (auto& known : log.known_) archive.List("known", known, kMaxValues);
}
REASONWATCH_DESCRIBE(RegimeLog);

}  // namespace reasonwatch
