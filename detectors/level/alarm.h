// SPDX-License-Identifier: Apache-2.0
// The alarm of one signal: shut, open, cleared, renewed, shut again.
//
// It opens when the signal's statistic reaches gamma of the warning budget
// (thresholds.h). It closes after 50 responses in a row under gamma/100, or
// under the smaller of 100 and gamma/3 if that is more (healthy bets of a small
// gamma rest above gamma/100). If the stream has under 50 responses a day, it
// closes after 24 h under it.
//
// An alarm that re-scoring has cleared stays open and is measured against how
// it was then (evidence/renewed.h). Once that has grown a hundredfold over the
// statistic of the alarm, it is reported once as renewed, until it is cleared
// again.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_LEVEL_ALARM_H_
#define REASONWATCH_DETECTORS_LEVEL_ALARM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/finding.h"
#include "detectors/evidence/bets.h"
#include "detectors/evidence/renewed.h"
#include "detectors/level/effect.h"
#include "detectors/signals/channel.h"

namespace reasonwatch {

// Rate bets that see no bad outcome come to rest at (1-phi)/phi, tempered ones
// higher: R up to about 60 is no evidence of anything.
inline constexpr double kRestingEvidence = 100;

class Alarm {
 public:
  // The steps of an open alarm at a response.
  struct Growth {
    double statistic = 0;
    Effect effect;
    int32_t channel = -1;  // that carries it
  };
  struct Step {
    bool recovered = false;
    bool news = false;  // it passed the critical budget, or an effect is known
    std::optional<Growth> grown;  // a hundredfold since the clearing
  };
  // gamma of this signal.
  struct Gamma {
    double warning = 0;
    double critical = 0;
  };

  double statistic = 0;  // R of the signal

  bool open() const { return open_; }
  bool passed_critical() const { return passed_critical_; }
  void Open(bool passed_critical, int64_t index);
  // The channel that leads, as an index into Channels() (-1: none), and the
  // response that the change probably began with, as seen at the alarm.
  void SetOnset(int channel, int64_t index, int64_t time_ns);
  // As new, but for the statistic.
  void Close();

  // A response to an open alarm. `sparse`: under 50 responses a day.
  Step Observe(Signal signal, const std::vector<PayOff>& pay_offs,
               const Gamma& gamma, bool sparse, int64_t index, int64_t time_ns);
  // Re-scoring has not borne it out. No effect on a shut alarm, or on one that
  // is cleared and shows no more than then.
  void Clear();

  // -1 before SetOnset().
  int64_t onset_index() const { return onset_index_; }
  int64_t onset_ns() const { return onset_ns_; }
  // The response that opened it.
  int64_t opened_index() const { return opened_index_; }
  // The effect over the responses since the alarm, free of selection; none
  // while they are under 50.
  std::optional<Effect> FreshEffect() const;

  // `responses`: of the level, for the bounds of indices.
  template <typename Archive>
  void DescribeAt(Archive& archive, int64_t responses);

 private:
  // The evidence of each channel since the alarm, in the order of Channels().
  struct Renewal {
    double statistic = 0;  // of the alarm
    bool cleared = false;
    std::vector<std::pair<size_t, RenewedEvidence>> channels = {};
    double Statistic() const;
    template <typename Archive>
    friend void Describe(Archive& archive, Renewal& r) {
      r.DescribeChannels(archive);
    }
    template <typename Archive>
    void DescribeChannels(Archive& archive);
  };

  bool ObserveFresh(const std::vector<PayOff>& pay_offs);
  void ObserveRenewal(Signal signal, const std::vector<PayOff>& pay_offs,
                      int64_t index);
  std::optional<Growth> RenewIfGrown();
  bool Recovered(double warning, bool sparse, int64_t time_ns);

  int64_t quiet_since_ns_ = 0;
  int64_t opened_index_ = 0;
  // Responses since the alarm, for an effect without selection bias.
  double fresh_sum_ = 0;
  double fresh_squares_ = 0;
  double fresh_expected_ = 0;
  // The onset as it was seen at the alarm.
  int64_t onset_index_ = -1;
  int64_t onset_ns_ = 0;
  int32_t quiet_ = 0;  // responses in a row under gamma/100
  int32_t fresh_ = 0;
  int32_t fresh_channel_ = -1;
  bool open_ = false;
  bool passed_critical_ = false;
  bool fresh_reported_ = false;
  std::unique_ptr<Renewal> renewal_;  // of an open alarm
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_ALARM_H_
