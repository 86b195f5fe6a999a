#include "detectors/change_markers.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr double kRecent = 1.0 / 15;
constexpr double kUsual = 1.0 / 500;
constexpr size_t kMaxLabel = 128;
constexpr size_t kMaxVersions = 64;
constexpr int64_t kGoneAfter = 500;
constexpr double kNotable = .25;
// A change this many responses before the onset still counts as its cause.
constexpr int64_t kBefore = 50;
constexpr uint8_t kThinkingOffIntent = 2;

std::string Percents(const char* what, double from, double to) {
  return absl::StrFormat("%s: %.0f %% before, %.0f %% now", what, 100 * from,
                         100 * to);
}

}  // namespace

void ChangeMarkers::Share::Add(double value) {
  if (!started) {
    recent = usual = value;
    started = true;
    return;
  }
  recent += kRecent * (value - recent);
  usual += kUsual * (value - usual);
}

void ChangeMarkers::Observe(const Scored& scored, bool covered) {
  const Regime& now = scored.regime;
  const auto note = [&](const char* name, const std::string& was,
                        const std::string& is, RegimeChange& change) {
    if (is.empty()) return;
    const uint64_t digest = StableHash(is, StableHash(name));
    auto it =
        std::find_if(versions_.begin(), versions_.end(),
                     [&](const Version& v) { return v.digest == digest; });
    // Versions side by side, or back after a moment, change nothing.
    const bool here =
        it != versions_.end() && index_ - it->last_index <= kGoneAfter;
    if (it == versions_.end()) {
      if (versions_.size() >= kMaxVersions)
        versions_.erase(
            std::min_element(versions_.begin(), versions_.end(),
                             [](const Version& a, const Version& b) {
                               return a.last_index < b.last_index;
                             }));
      it = versions_.insert(versions_.end(), Version{.digest = digest});
    }
    it->last_index = index_;
    if (here || was.empty()) return;
    change.what =
        absl::StrFormat("%s %s became %s", name, was, is.substr(0, kMaxLabel));
    change.index = index_;
  };
  note("engine", regime_.engine, now.engine, version_);
  note("fingerprint", regime_.fingerprint, now.fingerprint, version_);
  note("weights", regime_.weights_version, now.weights_version, version_);
  note("template", regime_.template_hash, now.template_hash, template_);
  const auto keep = [](std::string& was, const std::string& is) {
    if (!is.empty()) was = is.substr(0, kMaxLabel);
  };
  keep(regime_.engine, now.engine);
  keep(regime_.fingerprint, now.fingerprint);
  keep(regime_.weights_version, now.weights_version);
  keep(regime_.template_hash, now.template_hash);
  if (system_prompt_ == 0) system_prompt_ = scored.system_prompt_digest;
  same_system_prompt_.Add(scored.system_prompt_digest == system_prompt_);
  prefixed_.Add(scored.prefix_digest != 0);
  thinking_off_.Add((scored.stratum.intent & 3) == kThinkingOffIntent);
  uncovered_.Add(!covered);
  ++index_;
}

std::vector<Cause> ChangeMarkers::Hints(int64_t since) const {
  std::vector<Cause> hints;
  const int64_t from = index_ - since - kBefore;
  if (version_.index >= 0 && version_.index >= from)
    hints.push_back({"version_change", 5, version_.what});
  if (template_.index >= 0 && template_.index >= from)
    hints.push_back({"prompt_or_template_change", 6, template_.what});
  if (std::abs(prefixed_.change()) > kNotable)
    hints.push_back({"prompt_or_template_change", 5,
                     Percents("prompts with their usual beginning",
                              prefixed_.usual, prefixed_.recent)});
  if (same_system_prompt_.change() < -kNotable)
    hints.push_back(
        {"prompt_or_template_change", 4,
         Percents("requests with the usual system prompt",
                  same_system_prompt_.usual, same_system_prompt_.recent)});
  if (std::abs(thinking_off_.change()) > kNotable)
    hints.push_back({"effort_or_thinking_switch", 5,
                     Percents("requests that switch thinking off",
                              thinking_off_.usual, thinking_off_.recent)});
  if (uncovered_.change() > kNotable)
    hints.push_back({"traffic_mix", 4,
                     Percents("traffic without a reference", uncovered_.usual,
                              uncovered_.recent)});
  return hints;
}

void ChangeMarkers::Save(StateWriter& out) const {
  out.Put(index_);
  out.PutVector(versions_);
  for (const auto* s :
       {&regime_.fingerprint, &regime_.weights_version, &regime_.template_hash,
        &regime_.engine, &version_.what, &template_.what})
    out.PutString(*s);
  out.Put(version_.index);
  out.Put(template_.index);
  out.Put(system_prompt_);
  for (const Share* s :
       {&same_system_prompt_, &prefixed_, &thinking_off_, &uncovered_}) {
    out.Put(s->recent);
    out.Put(s->usual);
    out.Put(s->started);
  }
}

void ChangeMarkers::Restore(StateReader& in) {
  in.Get(index_);
  in.GetVector(versions_);
  in.Require(versions_.size() <= kMaxVersions);
  for (auto* s :
       {&regime_.fingerprint, &regime_.weights_version, &regime_.template_hash,
        &regime_.engine, &version_.what, &template_.what})
    *s = in.GetString();
  in.Get(version_.index);
  in.Get(template_.index);
  in.Get(system_prompt_);
  for (Share* s :
       {&same_system_prompt_, &prefixed_, &thinking_off_, &uncovered_}) {
    in.Get(s->recent);
    in.Get(s->usual);
    in.Get(s->started);
  }
}

}  // namespace reasonwatch
