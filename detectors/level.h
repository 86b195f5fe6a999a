// The signals of one level: a route, a model or a replica.
//
// Adds the pay-offs of responses to the mixtures of every channel and joins
// them: R_signal = sum_c w_c r_c R_c, sum w = 1 over the channels that have
// spoken. A channel asked by turn and fill is (R_all + R_fill + R_turn/2),
// scaled to weights of sum 1, where R_fill and R_turn are the means of the
// buckets' own mixtures and join once such a bucket was seen. r_c is how much
// longer than A the measured mean time between false alarms is: 2.15 for ranks,
// 1 for rates (docs/statistics.md). Supporting channels count up to what the
// others have together.
//
// A signal opens when R_signal reaches its gamma of the warning budget. While
// open R is held at that of the critical one. It closes after 50 responses in a
// row under gamma/100 (under 100 where gamma is so small that healthy bets rest
// above gamma/100); where the stream has under 50 responses a day, after 24 h
// under it; at once where it is disabled.
//
// A signal that re-scoring has cleared stays open and is measured against how
// it was then (sequential/renewed.h). Where that has grown a hundredfold over
// the statistic of the alarm, it is told once as renewed, until it is cleared
// again.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_LEVEL_H_
#define REASONWATCH_DETECTORS_LEVEL_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/incident.h"
#include "core/scored.h"
#include "detectors/carriers.h"
#include "detectors/sequential/bets.h"
#include "detectors/sequential/channel.h"
#include "detectors/sequential/renewed.h"

namespace reasonwatch {

// gamma, the mean responses between false alarms of one signal: `warning` and
// `critical` for a signal with an even share of the budget, times its factor.
struct Thresholds {
  double warning = 1e5;
  double critical = 4e5;
  std::array<double, kSignalCount> factor = [] {
    std::array<double, kSignalCount> even{};
    even.fill(1);
    return even;
  }();
  double WarningOf(Signal s) const {
    return warning * factor[static_cast<size_t>(s)];
  }
  double CriticalOf(Signal s) const {
    return critical * factor[static_cast<size_t>(s)];
  }
};

struct LevelContext {
  bool may_open = true;            // the reference is large enough to be heard
  bool provisional = false;        // young reference
  bool low_coverage = false;       // responses were lost
  double responses_per_day = 0;    // 0 = unknown
  uint32_t enabled_signals = ~0u;  // bit a Signal
};

class Level {
 public:
  Level(Scope scope, std::string model, std::string route, std::string replica);

  // Appends what opened, changed much, or closed.
  void Update(const Scored& scored, const std::vector<PayOff>& pay_offs,
              const Thresholds& thresholds, const LevelContext& context,
              std::vector<Finding>& findings);
  // Re-scoring has not borne an open signal out. No effect where it is not
  // open, or is cleared and shows no more than then.
  void Clear(Signal signal);
  // Closes what is open because no response came; reason "no_data".
  void CloseForNoData(absl::Time now, std::vector<Finding>& findings);

  double statistic(Signal s) const {
    return signals_[static_cast<size_t>(s)].statistic;
  }
  bool open(Signal s) const {
    return signals_[static_cast<size_t>(s)].open != 0;
  }
  bool any_open() const;
  // Largest R_signal relative to gamma.
  // 0 while R is so small that only bets which cost nothing hold it there.
  double Heat(const Thresholds& thresholds, uint32_t enabled_signals) const;
  int64_t responses() const { return index_; }
  const std::string& route() const { return route_; }
  // No bet of the signal's channels is inside an excursion.
  bool Quiet(Signal signal) const;
  // The same of every signal.
  bool Quiet() const;
  absl::Time last_response() const { return last_time_; }

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  struct ChannelState {
    Mixture all;
    // Turn buckets 1, 2-5, 6+; fill buckets under 50 %, 50-75 %, over.
    std::unique_ptr<std::array<Mixture, 3>> turn;
    std::unique_ptr<std::array<Mixture, 3>> fill;
    double Statistic() const;
    bool spoken() const { return all.size() > 0; }
    bool Quiet() const;
  };
  struct SignalState {
    double statistic = 0;
    int64_t quiet_since_ns = 0;
    int64_t opened_index = 0;
    // Responses since the alarm, for an effect without selection bias.
    double fresh_sum = 0;
    double fresh_squares = 0;
    double fresh_expected = 0;
    // The onset as it stood at the alarm.
    int64_t onset_index = -1;
    int64_t onset_ns = 0;
    int32_t quiet = 0;  // responses in a row under gamma/100
    int32_t fresh = 0;
    int32_t fresh_channel = -1;
    // 0 or 1: stored whole, and a stored bool may hold anything.
    uint8_t open = 0;
    uint8_t passed_critical = 0;
    uint8_t fresh_told = 0;
    uint8_t padding = 0;
  };
  // Of a signal that is open: by channel, in the order of Channels().
  struct Renewed {
    double statistic = 0;  // of the alarm
    bool cleared = false;
    std::vector<std::pair<size_t, RenewedEvidence>> channels = {};
    double Statistic() const;
  };
  struct Seen {
    std::string id;
    int64_t time_ns = 0;
  };

  void Join(const Thresholds& thresholds, const LevelContext& context);
  struct Growth {
    double statistic = 0;
    Effect effect;
    int32_t channel = -1;  // that carries it
  };
  // Over what was cleared, where it is a hundredfold: then it begins anew.
  std::optional<Growth> TakeRenewed(Signal signal,
                                    const std::vector<PayOff>& pay_offs,
                                    int64_t index);
  Finding Describe(Signal signal, const Scored& scored,
                   const Thresholds& thresholds,
                   const LevelContext& context) const;

  Scope scope_;
  std::string model_;
  std::string route_;
  std::string replica_;
  int64_t index_ = 0;
  absl::Time last_time_ = absl::InfinitePast();
  std::vector<ChannelState> channels_;
  std::array<SignalState, kSignalCount> signals_;
  std::array<std::unique_ptr<Renewed>, kSignalCount> renewed_;
  std::vector<Seen> recent_;  // ring by index
  Carriers carriers_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_H_
