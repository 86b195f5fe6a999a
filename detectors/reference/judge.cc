// SPDX-License-Identifier: Apache-2.0
// Each channel asks its question of the response: the functions of the class
// below are one kind of question each, ranks, rates and language pairs. Facts
// that several channels share, such as a residual's rank, is computed once.
#include "detectors/reference/judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/scored.h"
#include "detectors/evidence/spread.h"
#include "detectors/signals/channel.h"

namespace reasonwatch {
namespace {

// A rate this high in the reference can hardly rise: nothing to ask.
constexpr double kAskableRate = .7;

// Estimates from which they are a better measure than lengths whose source is
// not known.
constexpr int64_t kEnough = 30;

// As many independent rows as `counts` are worth. Bad ones are rounded up:
// a rate of one in many must not become none.
RateCounts Independent(const RateCounts& counts, double effect) {
  if (effect <= 1) return counts;
  RateCounts worth = counts;
  worth.count = static_cast<int32_t>(
      std::ceil(static_cast<double>(counts.count) / effect));
  worth.bad = std::min(
      worth.count, static_cast<int32_t>(
                       std::ceil(static_cast<double>(counts.bad) / effect)));
  return worth;
}

// No reasoning at all is as short after a drift as before.
bool Drifts(Feature feature, float value) {
  return IsLength(feature) && value > 0;
}

class ResponseJudge {
 public:
  ResponseJudge(const Scored& scored, const ReferenceCounts& counts,
                const PromptRegression& regression,
                const PreviousOutcome& previous, const LengthSettings& lengths)
      : scored_(scored),
        counts_(counts),
        regression_(regression),
        previous_(previous),
        lengths_(lengths),
        readings_(ReadingsOf(scored)),
        expected_(regression.Expect(scored.prompt_terms)),
        slot_(counts.FindStratum(scored.stratum.Key())),
        known_prompt_(counts.prompts().Knows(scored.prompt_terms)) {}

  void Ask(const ChannelSpec& spec, PayOff& out) {
    if (spec.question == Question::kFailed) return;
    if (spec.question == Question::kRarePair) return AskPair(spec, out);
    const Feature feature = Compared(spec.feature);
    if (feature == Feature::kCount) return;
    const float value = readings_[static_cast<size_t>(feature)];
    if (std::isnan(value)) return;
    const RateCounts& total = counts_.total(feature);
    if (total.count == 0 || total.bad < spec.min_reference_share * total.count)
      return;
    if (IsRank(feature)) {
      AskRank(spec, feature, value, out);
    } else {
      AskRate(spec, value > 0, total, out);
    }
  }

 private:
  // The reading to ask a channel's question of: of a length, the one that the
  // reference has from the same source. kCount: none.
  Feature Compared(Feature feature) const {
    const auto* const length =
        std::find(kCountedLengths.begin(), kCountedLengths.end(), feature);
    if (length == kCountedLengths.end()) return feature;
    const auto rows = [&](Feature f) {
      return counts_.rank(RankIndex(f))
          .strata[static_cast<size_t>(slot_)]
          .count();
    };
    const auto read = [&](Feature f) {
      return !std::isnan(readings_[static_cast<size_t>(f)]);
    };
    const Feature estimate = EstimateOf(feature);
    const int64_t counted = rows(feature);
    const int64_t estimated = rows(estimate);
    const bool comparable =
        read(feature) && !scored_.lengths.Estimated(feature) &&
        lengths_
            .comparable[static_cast<size_t>(length - kCountedLengths.begin())];
    if (comparable && counted > 0 && 2 * counted >= estimated) return feature;
    if (read(estimate) && estimated >= (lengths_.unstated ? kEnough : 1))
      return estimate;
    const bool as_before = lengths_.unstated && read(feature);
    return counted > 0 && (comparable || as_before) ? feature : Feature::kCount;
  }

  void AskRank(const ChannelSpec& spec, Feature feature, float value,
               PayOff& out) {
    // The choices of one request share its length.
    if (scored_.choice_index > 0) return;
    const size_t r = RankIndex(feature);
    const ReferenceCounts::RankFeature& rank = counts_.rank(r);
    const RankHistogram& histogram = rank.strata[static_cast<size_t>(slot_)];
    if (histogram.count() == 0) return;
    const double offset = Drifts(feature, value) ? lengths_.offset : 0;
    const double residual =
        value - expected_[static_cast<size_t>(feature)] - offset;
    if (!ranked_[r]) {
      scores_[r] = histogram.ScoresOf(RankBin(residual));
      medians_[r] = histogram.Median();
      ranked_[r] = true;
    }
    const double tolerance =
        spec.tolerance + counts_.RankTolerance(r, slot_, known_prompt_);
    if (spec.question == Question::kSpread) {
      // The end of a response that was cut off is not known.
      if (scored_.lower_bound) return;
      SpreadPayOff(scores_[r], tolerance, out);
    } else {
      RankPayOff(scores_[r],
                 spec.question == Question::kLow ? Tail::kLow : Tail::kHigh,
                 tolerance, scored_.lower_bound, out);
    }
    out.lambda = rank.dependence.lambda();
    out.raw = static_cast<float>(residual - medians_[r]);
  }

  void AskRate(const ChannelSpec& spec, bool present, const RateCounts& total,
               PayOff& out) const {
    if (scored_.lower_bound && !spec.reads_cut_responses) return;
    const bool missing = spec.question == Question::kMissing;
    RateCounts overall = total;
    if (missing) overall.bad = overall.count - overall.bad;
    if (overall.bad + 1 > kAskableRate * (overall.count + 1)) return;
    RateCounts cell = counts_.Cell(spec.feature, slot_,
                                   expected_[static_cast<size_t>(spec.feature)],
                                   previous_, regression_);
    if (missing) cell.bad = cell.count - cell.bad;
    const bool bad = present != missing;
    const RateCounts rest{overall.bad - cell.bad, overall.count - cell.count};
    const double effect =
        known_prompt_ ? 1 : counts_.prompts().DesignEffect(spec.feature);
    RatePayOff(bad,
               PooledHealthyRate(Independent(cell, effect),
                                 Independent(rest, effect), spec.kappa),
               out);
    out.lambda = counts_.rate_dependence(spec.feature).lambda() /
                 std::max(1, scored_.choices);
  }

  void AskPair(const ChannelSpec& spec, PayOff& out) const {
    const LanguagePair pair{scored_.expected_language, scored_.answer_language};
    if (!pair.known() || scored_.lower_bound) return;
    const LanguagePairs::Verdict verdict = counts_.pairs().Judge(pair);
    RatePayOff(verdict.rare, HealthyRate(verdict.healthy, spec.kappa), out);
    out.lambda =
        counts_.pair_dependence().lambda() / std::max(1, scored_.choices);
  }

  const Scored& scored_;
  const ReferenceCounts& counts_;
  const PromptRegression& regression_;
  const PreviousOutcome& previous_;
  const LengthSettings& lengths_;
  const FeatureVector readings_;
  const FeatureVector expected_;
  const int slot_;
  const bool known_prompt_;
  std::array<RankHistogram::Scores, kRankFeatures.size()> scores_{};
  std::array<double, kRankFeatures.size()> medians_{};
  std::array<bool, kRankFeatures.size()> ranked_{};
};

}  // namespace

void JudgeResponse(const Scored& scored, const ReferenceCounts& counts,
                   const PromptRegression& regression,
                   const PreviousOutcome& previous,
                   const LengthSettings& lengths, std::vector<PayOff>& out) {
  const auto channels = Channels();
  ResponseJudge judge(scored, counts, regression, previous, lengths);
  for (size_t c = 0; c < channels.size(); ++c) judge.Ask(channels[c], out[c]);
}

double HalvedLengthGrowth(const ReferenceCounts& counts) {
  const size_t length = RankIndex(counts.OutputLength());
  const ReferenceCounts::RankFeature& lengths = counts.rank(length);
  // The stratum with most responses represents the stream.
  int slot = 0;
  for (int s = 1; s <= kMaxStrata; ++s)
    if (lengths.strata[static_cast<size_t>(s)].count() >
        lengths.strata[static_cast<size_t>(slot)].count())
      slot = s;
  const RankHistogram& histogram = lengths.strata[static_cast<size_t>(slot)];
  if (histogram.count() < kCoveredFrom)
    return std::numeric_limits<double>::quiet_NaN();
  std::array<double, kMaxBets> growth{};
  int bets = 0;
  for (int bin = 0; bin < kRankBins; ++bin) {
    const int n = histogram.bin_count(bin);
    if (n == 0) continue;
    PayOff pay_off;
    // Half the tokens are one octave lower.
    const int halved = std::max(0, bin - static_cast<int>(kRankBinsPerOctave));
    RankPayOff(histogram.ScoresOf(halved), Tail::kLow,
               counts.RankTolerance(length, slot), false, pay_off);
    bets = pay_off.bets;
    for (int j = 0; j < bets; ++j)
      growth[static_cast<size_t>(j)] +=
          n * std::log(std::max(pay_off.e[static_cast<size_t>(j)], 1e-12));
  }
  double best = -std::numeric_limits<double>::infinity();
  for (int j = 0; j < bets; ++j)
    best = std::max(best, growth[static_cast<size_t>(j)]);
  return best / static_cast<double>(histogram.count()) *
         lengths.dependence.lambda();
}

}  // namespace reasonwatch
