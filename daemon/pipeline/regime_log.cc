#include "daemon/pipeline/regime_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace reasonwatch {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {
    "engine", "fingerprint", "weights_version", "template_hash"};
constexpr size_t kMaxValues = 8;
constexpr size_t kMaxLabel = 128;
constexpr int64_t kGoneAfter = 500;

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

void RegimeLog::Save(StateWriter& out) const {
  out.Put(responses_);
  for (const auto& known : known_) {
    out.Put(static_cast<uint32_t>(known.size()));
    for (const Value& v : known) {
      out.PutString(v.text);
      out.Put(v.last_seen);
    }
  }
}

void RegimeLog::Restore(StateReader& in) {
  in.Get(responses_);
  for (auto& known : known_) {
    const uint32_t n = in.GetCount(kMaxValues);
    for (uint32_t i = 0; i < n && in.ok(); ++i) {
      Value& v = known.emplace_back();
      v.text = in.GetString();
      in.Get(v.last_seen);
    }
  }
}

}  // namespace reasonwatch
