// SPDX-License-Identifier: Apache-2.0
#include "detectors/snapshot.h"

#include <cmath>
#include <limits>

#include "detectors/evidence/rank.h"
#include "detectors/traffic/prompt_twin.h"

namespace reasonwatch {
namespace {

// As docs/glossary.md says of the state "stale".
constexpr absl::Duration kStaleAfter = absl::Hours(24);
// Most responses have no reference.
constexpr double kBlindUnder = .5;
// One of six bets of one of about four channels carries a halved length: its
// own evidence is a 24th of the signal's.
constexpr double kBetsOfASignal = 24;

double Coverage(const WatchedStream& stream) {
  if (stream.covered.empty()) return 0;
  double sum = 0;
  for (uint8_t c : stream.covered) sum += c;
  return sum / static_cast<double>(stream.covered.size());
}

StreamState StateOf(const WatchedStream& stream,
                    const SnapshotContext& context) {
  if (stream.responses > 0 &&
      context.now - stream.level.last_response() > kStaleAfter)
    return StreamState::kStale;
  if (stream.reference.responses() < kLearningUnder)
    return StreamState::kLearning;
  if (stream.covered.size() == kCoverageWindow &&
      Coverage(stream) < kBlindUnder)
    return StreamState::kBlind;
  if (context.frozen) return StreamState::kFrozen;
  if (stream.reference.responses() < kProvisionalUnder ||
      !stream.reference.SpansEnough())
    return StreamState::kProvisional;
  return StreamState::kWatching;
}

}  // namespace

StreamSnapshot MakeSnapshot(const WatchedStream& stream,
                            const SnapshotContext& context) {
  StreamSnapshot s;
  s.state = StateOf(stream, context);
  s.responses = stream.responses;
  s.reference_responses = stream.reference.responses();
  if (s.state == StreamState::kLearning ||
      s.state == StreamState::kProvisional) {
    s.reference_needed =
        s.state == StreamState::kLearning ? kLearningUnder : kProvisionalUnder;
    if (s.state == StreamState::kProvisional)
      s.reference_time_left = stream.reference.TimeLeft();
    s.pages_on_gross = stream.reference.responses() >= kGrossFrom;
  }
  s.expected = stream.reference.Expected();
  s.reference_imported = stream.reference.imported();
  s.coverage_ratio = Coverage(stream);
  const double per_day = stream.traffic.per_day(absl::Minutes(1));
  s.responses_per_hour =
      per_day > 0 ? per_day / 24 : std::numeric_limits<double>::quiet_NaN();
  s.last_response = stream.level.last_response();
  const Thresholds& t = context.thresholds;
  for (int i = 0; i < kSignalCount; ++i) {
    const auto which = static_cast<Signal>(i);
    SignalSnapshot& signal = s.signals[static_cast<size_t>(i)];
    signal.enabled = (context.enabled_signals >> i & 1) != 0;
    signal.statistic = stream.level.statistic(which);
    signal.threshold = t.WarningOf(which);
    signal.critical_threshold = t.CriticalOf(which);
    signal.open = stream.level.open(which);
  }
  s.lengths = stream.reference.OutputLength() == Feature::kOutputTokens &&
                      stream.reference.CountsComparable()
                  ? LengthSource::kServer
                  : LengthSource::kEstimate;
  s.length_drift = std::exp2(stream.reference.Drift());
  s.new_prompts = stream.twin->Snapshot();
  const double growth = stream.reference.HalvedLengthGrowth();
  if (growth > 0)
    s.halved_length_delay =
        std::ceil(std::log(t.WarningOf(Signal::kLengthCollapse) *
                           kBetsOfASignal / kRankCalibration) /
                  growth);
  return s;
}

}  // namespace reasonwatch
