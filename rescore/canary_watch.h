// Solved problems that are asked one by one on schedule, added up over
// problems.
//
// Of each canary the likelihood of its outcome under a loss of 25, 50 or 90 %
// of successes against that under the healthy rate; the mean of the three
// Shiryaev-Roberts statistics R = (1 + R) * ratio. While nothing is lost its
// mean after n canaries is n, so that on average at least kCanaryAlarm of them
// go by until one alarm (Pollak 1985; the rates are estimated, so this is what
// is aimed at, not a bound). An alarm only makes the model be asked in earnest.
//
// Pure; not thread-safe.
#ifndef REASONWATCH_RESCORE_CANARY_WATCH_H_
#define REASONWATCH_RESCORE_CANARY_WATCH_H_

#include <array>
#include <string>
#include <string_view>

namespace reasonwatch {

inline constexpr double kCanaryAlarm = 1000;
// How much likelier no loss must be, since it was likeliest, to close.
inline constexpr double kCanaryRecovered = 1000;

class CanaryWatch {
 public:
  // `healthy_failure_rate` in (0, 1): of this problem, without a loss.
  void Add(double healthy_failure_rate, bool failed);
  void Restart() { *this = CanaryWatch(); }

  double statistic() const;
  bool alarm() const { return statistic() >= kCanaryAlarm; }
  // Since the last Restart().
  bool recovered() const;

  // As text, for the store. Parse() false: can't be read, and unchanged.
  std::string Print() const;
  bool Parse(std::string_view text);

 private:
  std::array<double, 3> loss_{};         // of each size of loss
  std::array<double, 3> log_healthy_{};  // sums of -log ratio, at least 0
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARY_WATCH_H_
