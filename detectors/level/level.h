// SPDX-License-Identifier: Apache-2.0
// The signals of one level: a route, a model or a replica.
//
// Adds the pay-offs of each response to the mixtures of every channel, joins
// them into signals (signal_evidence.h), and moves each signal's alarm
// (alarm.h). An open alarm's evidence is held at the threshold of the critical
// budget, so that a recovery shows soon. A disabled signal closes at once.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_LEVEL_LEVEL_H_
#define REASONWATCH_DETECTORS_LEVEL_LEVEL_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/finding.h"
#include "core/signal.h"
#include "detectors/evidence/bets.h"
#include "detectors/level/alarm.h"
#include "detectors/level/carriers.h"
#include "detectors/level/finding.h"
#include "detectors/level/signal_evidence.h"
#include "detectors/level/thresholds.h"

namespace reasonwatch {

struct Scored;

struct LevelContext {
  bool may_open = true;            // the reference is large enough to be heard
  bool provisional = false;        // young reference
  bool pages_on_gross = false;     // it is old enough for a gross effect
  bool low_coverage = false;       // responses were lost
  bool new_kinds = false;          // of prompts are among the latest
  double responses_per_day = 0;    // 0 = unknown
  uint32_t enabled_signals = ~0u;  // bit a Signal
  bool enabled(size_t signal) const {
    return (enabled_signals >> signal & 1) != 0;
  }
};

class Level {
 public:
  Level(Scope scope, std::string model, std::string route, std::string replica);

  // A response, with its pay-offs by index into Channels(). Appends the
  // signals that opened, changed much, or closed. If all of its pay-offs weigh
  // nothing, it only shows that the level is not idle.
  void Observe(const Scored& scored, const std::vector<PayOff>& pay_offs,
               const Thresholds& thresholds, const LevelContext& context,
               std::vector<Finding>& findings);
  // Re-scoring has not borne an open signal out. No effect if it is not open,
  // or is cleared and shows no more than then.
  void Clear(Signal signal);
  // The evidence gathered since `since_ns`, over the last `responses` at most,
  // was of another matter: forgets it. Graded answers keep theirs, as each is
  // compared with its own problem.
  void SetBack(int64_t since_ns, int64_t responses);
  // Closes each open signal because no response came; reason "no_data".
  void CloseForNoData(absl::Time now, std::vector<Finding>& findings);

  double statistic(Signal s) const {
    return alarms_[static_cast<size_t>(s)].statistic;
  }
  bool open(Signal s) const { return alarms_[static_cast<size_t>(s)].open(); }
  bool any_open() const;
  // Largest R_signal relative to gamma; 0 while R is so small that only bets
  // which cost nothing hold it there.
  double Heat(const Thresholds& thresholds, uint32_t enabled_signals) const;
  int64_t responses() const { return index_; }
  const std::string& route() const { return route_; }
  // No bet of the signal's channels is inside an excursion.
  bool Quiet(Signal signal) const;
  // The same of every signal.
  bool Quiet() const;
  absl::Time last_response() const { return last_time_; }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, Level& level);

  void ObserveChannels(const Scored& scored,
                       const std::vector<PayOff>& pay_offs, int64_t index);
  void Join(const Thresholds& thresholds, const LevelContext& context);
  // Holds evidence at `cap`, by scaling the signal's channels.
  void HoldAt(double cap, size_t signal);
  void MoveAlarm(Signal signal, const Scored& scored,
                 const std::vector<PayOff>& pay_offs,
                 const Thresholds& thresholds, const LevelContext& context,
                 int64_t index, std::vector<Finding>& findings);
  void OpenAlarm(Signal signal, const Scored& scored,
                 const Thresholds& thresholds, const LevelContext& context,
                 int64_t index, std::vector<Finding>& findings);
  // `leading`: the channel that leads, -1 = none.
  Finding MakeFinding(Signal signal, const Scored& scored,
                      const Thresholds& thresholds, const LevelContext& context,
                      int* leading = nullptr) const;

  Scope scope_;
  std::string model_;
  std::string route_;
  std::string replica_;
  int64_t index_ = 0;
  absl::Time last_time_ = absl::InfinitePast();
  std::vector<ChannelEvidence> channels_;  // by index into Channels()
  std::array<Alarm, kSignalCount> alarms_;
  RecentResponses recent_;
  Carriers carriers_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_LEVEL_H_
