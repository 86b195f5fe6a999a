// SPDX-License-Identifier: Apache-2.0
#include "detectors/change_markers.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "core/scored.h"
#include "util/state_archive.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Weights of the latest response: a recent share knows about the last 30, a
// usual one the last 500, which is a quarantine.
constexpr double kRecent = 1.0 / 15;
constexpr double kUsual = 1.0 / 500;  // a quarantine
// Bytes of a label that are kept, so that state stays small.
constexpr size_t kMaxLabel = 128;
// Versions that are remembered: a fleet rolls out few at a time.
constexpr size_t kMaxVersions = 64;
// A version that was not seen for as many responses is news when it is back.
constexpr int64_t kGoneAfter = 500;
// A share that has changed by a quarter: over four standard deviations of 30
// responses at a usual 10 %.
constexpr double kNotable = .25;
// A change this many responses before the onset still counts as its cause.
constexpr int64_t kBefore = 50;
// As features/strata writes it into Stratum::intent.
constexpr uint8_t kThinkingOffIntent = 2;

std::string Percents(const char* what, double from, double to) {
  return absl::StrFormat("%s: %.0f %% before, %.0f %% now", what, 100 * from,
                         100 * to);
}

// A share below this was none; two responses that have it begin it. The finding
// beside it was there for a reason.
constexpr double kNone = .03;
constexpr double kBegun = .12;

}  // namespace

bool ChangeMarkers::Share::began() const {
  return change() > (usual < kNone ? kBegun : kNotable);
}

void ChangeMarkers::Share::Add(double value, double least) {
  if (!started) {
    recent = usual = value;
    started = true;
    return;
  }
  recent += std::max(kRecent, least) * (value - recent);
  usual += std::max(kUsual, least) * (value - usual);
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
  // A plain mean at first, or else the first response would be the usual one.
  const double mean = 1 / (static_cast<double>(index_) + 1);
  request_changed_.Add(scored.request_changed, mean);
  withheld_.Add(scored.reasoning_withheld, mean);
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
  if (request_changed_.began())
    hints.push_back(
        {"gateway", 6,
         Percents("requests whose thinking, effort or limits were changed on "
                  "their way to the model",
                  request_changed_.usual, request_changed_.recent)});
  if (withheld_.began())
    hints.push_back({"gateway", 6,
                     Percents("responses whose reasoning was counted by the "
                              "server and did not arrive",
                              withheld_.usual, withheld_.recent)});
  if (uncovered_.change() > kNotable)
    hints.push_back({"traffic_mix", 4,
                     Percents("traffic without a reference", uncovered_.usual,
                              uncovered_.recent)});
  return hints;
}

template <typename Archive>
void Describe(Archive& archive, ChangeMarkers& c) {
  const int version = archive.Version("change_markers", 2);
  archive.Field("index", c.index_);
  archive.List("versions", c.versions_, kMaxVersions);
  archive.Field("fingerprint", c.regime_.fingerprint);
  archive.Field("weights_version", c.regime_.weights_version);
  archive.Field("template_hash", c.regime_.template_hash);
  archive.Field("engine", c.regime_.engine);
  archive.Field("version_change", c.version_.what);
  archive.Field("template_change", c.template_.what);
  archive.Field("version_change_index", c.version_.index);
  archive.Field("template_change_index", c.template_.index);
  archive.Field("system_prompt", c.system_prompt_);
  archive.Field("same_system_prompt", c.same_system_prompt_);
  archive.Field("prefixed", c.prefixed_);
  archive.Field("thinking_off", c.thinking_off_);
  archive.Field("uncovered", c.uncovered_);
  if (version < 2) return;
  archive.Field("request_changed", c.request_changed_);
  archive.Field("withheld", c.withheld_);
}
REASONWATCH_DESCRIBE(ChangeMarkers);

}  // namespace reasonwatch
