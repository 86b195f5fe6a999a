// What is normal for one stream (model x route), and what a response says
// against it.
//
// Owns the reference of every channel: rank histograms of residuals and rate
// counts, by stratum; the prompt regression; tempering and tolerance; and the
// quarantine through which live responses are learnt. Cells of a rate are
// (feature, stratum, expected-rate bucket of the prompt regression, outcome of
// the session's previous response).
//
// Not thread-safe; one owner. O(channels) a response, bounded memory.
#ifndef REASONWATCH_DETECTORS_STREAM_REFERENCE_H_
#define REASONWATCH_DETECTORS_STREAM_REFERENCE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/scored.h"
#include "detectors/language/language_pairs.h"
#include "detectors/regression/prompt_regression.h"
#include "detectors/sequential/channel.h"
#include "detectors/sequential/dependence.h"
#include "detectors/sequential/rank.h"
#include "detectors/sequential/rate.h"

namespace reasonwatch {

inline constexpr int kMaxStrata = 24;
inline constexpr int kMaxReferenceRows = 2000;
inline constexpr int kQuarantine = 500;
// Learnt at once when a stream is new; the rest of the cap is spread over
// ReferenceOptions::min_span.
inline constexpr int kLearntAtOnce = 1000;
// A stratum with fewer reference responses counts as not covered.
inline constexpr int kCoveredFrom = 20;

struct ReferenceOptions {
  int32_t cap = 5000;                             // responses a stratum
  absl::Duration min_span = absl::Hours(24 * 7);  // until the cap is reached
  bool freeze = false;                            // learn nothing from live
  bool from_solved = false;  // learn no response that was graded incorrect
  int32_t quarantine = kQuarantine;
};

// Readings that are ranked; every other one is a rate.
inline constexpr std::array kRankFeatures = {
    Feature::kOutputTokens, Feature::kReasoningTokens, Feature::kMinorityScript,
    Feature::kSymbolDensity, Feature::kHabitsShown};
constexpr size_t RankIndex(Feature feature) {  // kRankFeatures.size(): none
  size_t i = 0;
  while (i < kRankFeatures.size() && kRankFeatures[i] != feature) ++i;
  return i;
}

// The readings and words of a response, packed: thousands are kept a stream.
// Readings other than those of kRankFeatures are 0, 1 or absent.
class PackedRow {
 public:
  PackedRow() = default;
  explicit PackedRow(const Scored& scored);

  FeatureVector values() const;
  std::span<const uint16_t> terms() const {
    return {terms_.get(), term_count_};
  }
  LanguagePair languages() const { return languages_; }

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  std::unique_ptr<uint16_t[]> terms_;
  // At most kPromptTerms, which are without repeats.
  uint16_t term_count_ = 0;
  LanguagePair languages_;
  uint64_t read_ = 0;  // bit a feature: it could be read
  uint64_t present_ = 0;
  std::array<float, kRankFeatures.size()> ranks_{};
};

// What is kept of a response until it may be learnt.
struct PendingRow {
  PackedRow row;
  uint64_t stratum = 0;
  uint64_t session = 0;
  int64_t time_ns = 0;
};

class StreamReference {
 public:
  explicit StreamReference(ReferenceOptions options) : options_(options) {}

  // Takes a healthy response of an imported baseline at once; Fit() afterwards.
  void LearnImported(const Scored& scored);
  // Puts a live response into quarantine and learns the one that leaves it,
  // unless `suspicious`: then that one is dropped. `quiet`: no bet of any level
  // is inside an excursion, so that every likely onset is yet to come; a young
  // reference then learns all that waits.
  void LearnLater(const Scored& scored, bool suspicious, bool quiet = false);
  // Whether `quiet` would make a difference.
  bool Young() const { return learnt_ < kLearntAtOnce; }
  // An alarm: nothing of the last kQuarantine responses is trusted.
  void FlushQuarantine() { quarantine_.clear(); }

  // The regression wants refitting: the reference has grown by half since.
  bool WantsFit() const;
  // Rows for a fit elsewhere; InstallFit() takes its result, with the number
  // of rows it was made from. Rows learnt in between are kept.
  std::vector<ReferenceRow> RowsForFit() const;
  void InstallFit(PromptRegressionFit fit, size_t rows);
  // Both at once; does nothing once all the rows that are kept are fitted.
  void Fit();

  // Pay-offs of every rank and rate channel, by index into Channels().
  // Remembers the session's outcomes.
  void Judge(const Scored& scored, std::vector<PayOff>& out);

  int64_t responses() const { return learnt_; }
  // Its stratum has at least kCoveredFrom reference responses.
  bool Covered(const Scored& scored) const;
  bool SpansEnough() const;
  bool imported() const { return imported_; }
  // Mean e^lambda growth, in nats a response, of the best length_collapse bet
  // if every output were halved; NaN while nothing is known.
  double HalvedLengthGrowth() const;
  // Means and counts of the readings over the rows that are kept.
  struct Means {
    std::array<double, kFeatureCount> mean{};  // NaN where nothing was read
    std::array<double, kFeatureCount> variance{};
    std::array<int64_t, kFeatureCount> count{};
  };
  Means MeanReadings() const;
  double LengthToleranceForTest() const;
  const PromptRegression& regression() const { return regression_; }

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);
  // Rows of [begin, end) as bytes; rows never change once learnt.
  size_t rows() const { return rows_.size(); }
  void SaveRows(size_t begin, size_t end, StateWriter& out) const;
  void RestoreRows(StateReader& in);

 private:
  struct RankFeature {
    std::array<RankHistogram, kMaxStrata + 1> strata;
    Dependence dependence;
  };
  struct StoredRow {
    PackedRow row;
    int64_t time_ns = 0;
    uint64_t previous_present = 0;  // bit a feature
    uint8_t stratum_slot = 0;
    bool has_previous = false;
  };
  struct SessionMemory {
    uint64_t present = 0;  // bit a feature
  };

  void LearnOldest();
  void LearnRow(PendingRow&& row, bool imported);
  void CountRow(const StoredRow& row, const FeatureVector& expected);
  void JudgePair(const Scored& scored, const ChannelSpec& spec,
                 PayOff& out) const;
  int StratumSlot(uint64_t key, bool create);
  uint32_t RateCell(Feature f, int slot, float expected, bool has_previous,
                    bool previous_present) const;
  double RankTolerance(const RankFeature& rank, int slot) const;
  void ForgetCounts();

  ReferenceOptions options_;
  PromptRegression regression_;
  size_t fitted_rows_ = 0;
  std::vector<StoredRow> rows_;
  std::vector<uint64_t> strata_;  // slot -> key
  std::array<RankFeature, kRankFeatures.size()> ranks_;
  absl::flat_hash_map<uint32_t, RateCounts> rates_;
  LanguagePairs pairs_;
  Dependence pair_dependence_;
  std::array<RateCounts, kFeatureCount> totals_{};  // bad = above 0
  std::array<Dependence, kFeatureCount> rate_dependence_;
  std::deque<PendingRow> quarantine_;
  absl::flat_hash_map<uint64_t, SessionMemory> sessions_;
  // The same for the learning side, which lags behind by the quarantine.
  absl::flat_hash_map<uint64_t, SessionMemory> learnt_sessions_;
  int64_t learnt_ = 0;
  int64_t learnt_live_ = 0;
  int64_t first_live_ns_ = 0;
  int64_t last_live_ns_ = 0;
  bool imported_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_STREAM_REFERENCE_H_
