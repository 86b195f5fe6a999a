// SPDX-License-Identifier: Apache-2.0
#include "incidents/severity.h"

#include <algorithm>
#include <cmath>

#include "detectors/signals/channel.h"

namespace reasonwatch {
namespace {

// Floors of an effect that is worth a page (docs/architecture.md, "Severity"):
// a length under 70 % or over 150 % of the usual one, a rate 5 points off.
constexpr double kShortRatio = .7;
constexpr double kLongRatio = 1.5;
constexpr double kPoints = .05;
// The rise of broken output over which no second opinion is waited for.
constexpr double kBrokenShare = .2;

bool IsBroken(const Finding& f) {
  const ChannelSpec* channel = FindChannel(f.channel);
  return channel != nullptr && channel->broken_output &&
         f.effect.unit == "points" && f.effect.value > kBrokenShare;
}

bool PassesFloor(const Effect& effect) {
  if (effect.unit == "ratio")
    return effect.value <= kShortRatio || effect.value >= kLongRatio;
  return std::abs(effect.value) >= kPoints;
}

}  // namespace

Severity GradeFinding(const Finding& finding, Confirmation confirmation) {
  const bool certain = confirmation == Confirmation::kConfirmed ||
                       confirmation == Confirmation::kUnavailable ||
                       IsBroken(finding);
  if (finding.passed_critical && PassesFloor(finding.effect) &&
      !finding.provisional && !finding.low_coverage && certain)
    return Severity::kCritical;
  return Severity::kWarning;
}

Severity GradeIncident(const Incident& incident) {
  const bool any_open =
      std::any_of(incident.signals.begin(), incident.signals.end(),
                  [](const IncidentSignal& s) { return s.open; });
  Severity severity = Severity::kWarning;
  for (const IncidentSignal& s : incident.signals)
    if (s.open || !any_open)
      severity =
          std::max(severity, GradeFinding(s.finding, incident.confirmation));
  return severity;
}

}  // namespace reasonwatch
