// SPDX-License-Identifier: Apache-2.0
// How often prompts with a score as a given one come live and in the
// reference: the ratio of their densities, along the score.
//
// A word score counts every word as if it came by itself, so it overstates how
// unlike two samples are. These shares are of whole prompts, and do not.
#ifndef REASONWATCH_DETECTORS_TRAFFIC_SCORE_SHARES_H_
#define REASONWATCH_DETECTORS_TRAFFIC_SCORE_SHARES_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "util/state_archive.h"

namespace reasonwatch {

class ScoreShares {
 public:
  void AddLive(double score, double weight) { Add(live_, score, weight); }
  void AddReference(double score, double weight) {
    Add(reference_, score, weight);
  }
  // The latest prompts count more: about a hundred of them.
  void Decay() {
    for (auto* shares : {&live_, &reference_})
      for (double& share : *shares) share *= 1 - 1.0 / 100;
  }
  // The density of the reference over the live one, at most 1, near the score.
  double Ratio(double score) const {
    // Parts of a prompt, so that a bin without any is not known to be empty. A
    // sixth of it for the reference would delay real faults by a few responses.
    constexpr double kLivePart = .25;
    constexpr double kReferencePart = kLivePart;
    // Live prompts that are taken to be as the reference's until they are seen.
    constexpr double kPrior = 20;
    const size_t bin = BinOf(score);
    double live = kLivePart, reference = kReferencePart, all_live = kPrior,
           all_reference = kReferencePart;
    for (size_t b = 0; b < kBins; ++b) {
      all_live += live_[b];
      all_reference += reference_[b];
      if (b + 1 < bin || b > bin + 1) continue;
      live += live_[b];
      reference += reference_[b];
    }
    const double share = reference / all_reference;
    return std::min(1.0, share * all_live / (live + kPrior * share));
  }
  void Clear() { *this = ScoreShares(); }

 private:
  // One nat wide, from -8 to 8; beyond that the end bins.
  static constexpr size_t kBins = 16;
  using Shares = std::array<double, kBins>;
  static size_t BinOf(double score) {
    constexpr double kHalfBins = static_cast<double>(kBins) / 2;
    return static_cast<size_t>(std::clamp(std::floor(score) + kHalfBins, 0.0,
                                          static_cast<double>(kBins - 1)));
  }
  static void Add(Shares& shares, double score, double weight) {
    shares[BinOf(score)] += weight;
  }
  template <typename Archive>
  friend void Describe(Archive& archive, ScoreShares& s) {
    archive.Field("live", s.live_);
    archive.Field("reference", s.reference_);
  }

  Shares live_{};
  Shares reference_{};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_TRAFFIC_SCORE_SHARES_H_
