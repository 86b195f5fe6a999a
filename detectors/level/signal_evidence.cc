// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/signal_evidence.h"

#include <algorithm>
#include <cmath>

#include "detectors/evidence/rank.h"
#include "detectors/evidence/rate.h"
#include "detectors/evidence/spread.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// If almost every reference response reads the same, a response that reads so
// too pays 1 and never takes evidence back: an alarm would stay open for good.
// Its evidence therefore decays, but only while the alarm is open, so that no
// alarm comes of it: to a hundredth in 44 such responses, as fast as recovery
// is noticed otherwise. A pay-off within 3 % of 1 counts as 1.
constexpr double kSilentDecay = .9;
constexpr double kSilent = .03;
// A bucket leads if its own mixture has this many times the evidence.
constexpr double kBucketLeads = 10;

bool SaysNothing(const PayOff& p) {
  return std::all_of(p.e.begin(), p.e.begin() + p.bets,
                     [](double e) { return std::abs(e - 1) <= kSilent; });
}

double MeanOf(const std::unique_ptr<std::array<Mixture, 3>>& group) {
  if (group == nullptr) return 0;
  const auto& g = *group;
  return (g[0].Statistic() + g[1].Statistic() + g[2].Statistic()) / 3;
}

void ObserveBucket(std::unique_ptr<std::array<Mixture, 3>>& group,
                   uint8_t which, const PayOff& pay_off, int64_t index) {
  if (group == nullptr) {
    // A stream of first turns in empty contexts never needs buckets.
    if (which == 0) return;
    group = std::make_unique<std::array<Mixture, 3>>();
  }
  (*group)[std::min<size_t>(which, 2)].Observe(pay_off, index);
}

}  // namespace

std::span<const double> BetShares(Question question) {
  if (question == Question::kSpread) return kSpreadShares;
  if (IsRank(question)) return kRankShares;
  if (question == Question::kFailed) return kFailureShares;
  return kRateShares;
}

void ChannelEvidence::Observe(const PayOff& pay_off, const ChannelSpec& spec,
                              const Stratum& stratum, int64_t index,
                              bool open) {
  all_.Observe(pay_off, index);
  if (open && SaysNothing(pay_off))
    all_.Scale(std::pow(kSilentDecay, pay_off.weight));
  if (!spec.by_turn_and_fill) return;
  ObserveBucket(turn_, stratum.turn, pay_off, index);
  ObserveBucket(fill_, stratum.fill, pay_off, index);
}

void ChannelEvidence::SetBack(int64_t index) {
  all_.SetBack(index);
  for (auto* group : {&turn_, &fill_})
    if (*group != nullptr)
      for (Mixture& m : **group) m.SetBack(index);
}

void ChannelEvidence::Scale(double factor) {
  all_.Scale(factor);
  for (auto* group : {&turn_, &fill_})
    if (*group != nullptr)
      for (Mixture& m : **group) m.Scale(factor);
}

double ChannelEvidence::Statistic() const {
  double sum = all_.Statistic();
  double weight = 1;
  if (fill_ != nullptr) {
    sum += MeanOf(fill_);
    weight += 1;
  }
  if (turn_ != nullptr) {
    sum += MeanOf(turn_) / 2;
    weight += .5;
  }
  return sum / weight;
}

bool ChannelEvidence::Quiet() const {
  if (!all_.quiet()) return false;
  for (const auto* group : {&turn_, &fill_})
    if (*group != nullptr)
      for (const Mixture& m : **group)
        if (!m.quiet()) return false;
  return true;
}

const Mixture& ChannelEvidence::Leading() const {
  const Mixture* leading = &all_;
  for (const auto* group : {turn_.get(), fill_.get()}) {
    if (group == nullptr) continue;
    for (const Mixture& bucket : *group)
      if (bucket.Statistic() > kBucketLeads * leading->Statistic())
        leading = &bucket;
  }
  return *leading;
}

void JoinedEvidence::Add(const ChannelSpec& spec, double statistic) {
  const bool tail = IsRank(spec.question) && spec.question != Question::kSpread;
  const double r = tail ? kRankCalibration : 1;
  (spec.supporting ? supporting_ : sum_) += spec.weight * r * statistic;
  weight_ += spec.weight;
}

double JoinedEvidence::Statistic() const {
  return weight_ > 0 ? (sum_ + std::min(supporting_, sum_)) / weight_ : 0;
}

template <typename Archive>
void ChannelEvidence::DescribeAs(Archive& archive, const ChannelSpec* spec,
                                 int64_t responses) {
  const auto describe = [&](Mixture& mixture) {
    archive.Field("mixture", mixture);
    if (spec == nullptr || mixture.size() == 0) return;
    archive.Require(mixture.size() ==
                    static_cast<int>(BetShares(spec->question).size()));
    for (int j = 0; j < mixture.size(); ++j)
      archive.Require(mixture.excursion(j).start < responses);
  };
  describe(all_);
  for (auto* group : {&turn_, &fill_}) {
    bool present = *group != nullptr;
    archive.Field("buckets", present);
    if (!present) continue;
    if constexpr (Archive::kReads) *group = std::make_unique<Buckets>();
    for (Mixture& m : **group) describe(m);
  }
}
template void ChannelEvidence::DescribeAs(StateWriter&, const ChannelSpec*,
                                          int64_t);
template void ChannelEvidence::DescribeAs(StateReader&, const ChannelSpec*,
                                          int64_t);
template void ChannelEvidence::DescribeAs(StatePrinter&, const ChannelSpec*,
                                          int64_t);

}  // namespace reasonwatch
