// SPDX-License-Identifier: Apache-2.0
// The evidence of canaries for a loss, added up over problems.
//
// For each loss of 25, 50 or 90 % of successes a Shiryaev-Roberts statistic
// R = (1 + R) * ratio, where ratio is the likelihood of a canary's outcome
// under the loss over that under the problem's healthy rate. The alarm is on
// the mean of the three. Without a loss its expectation after n canaries is n,
// so that at least kCanaryAlarm canaries pass on average until a false alarm
// (Pollak 1985). That holds for known healthy rates; with estimated ones it is
// an aim and no bound. An alarm only starts a campaign.
//
// Pure; not thread-safe.
#ifndef REASONWATCH_RESCORE_CANARIES_CANARY_WATCH_H_
#define REASONWATCH_RESCORE_CANARIES_CANARY_WATCH_H_

#include <array>
#include <string>
#include <string_view>

namespace reasonwatch {

// About two days of canaries at 20 an hour; a false alarm costs one campaign.
inline constexpr double kCanaryAlarm = 1000;
// The incident closes once "no loss" has become so many times likelier than
// each loss, counted from where the loss was likeliest.
inline constexpr double kCanaryRecovered = 1000;

class CanaryWatch {
 public:
  // `healthy_failure_rate` in (0, 1): of this problem, without a loss.
  void Add(double healthy_failure_rate, bool failed);
  void Restart() { *this = CanaryWatch(); }

  double statistic() const;
  bool alarm() const { return statistic() >= kCanaryAlarm; }
  // Whether the loss is over; counts since the last Restart().
  bool recovered() const;

  // As text, for the store. Parse() returns false and changes nothing if the
  // text can't be read.
  std::string Print() const;
  bool Parse(std::string_view text);

 private:
  std::array<double, 3> loss_{};         // of each size of loss
  std::array<double, 3> log_healthy_{};  // sums of -log ratio, at least 0
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARIES_CANARY_WATCH_H_
