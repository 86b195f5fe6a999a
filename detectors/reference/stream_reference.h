// SPDX-License-Identifier: Apache-2.0
// The reference of one stream (model x route): learns its healthy responses,
// and judges new ones against them.
//
// Owns the rows, the prompt regression that is fitted on them, their counts
// (reference_counts.h), and the quarantine through which live responses are
// learnt (quarantine.h).
//
// Not thread-safe; one owner. O(channels) a response, bounded memory.
#ifndef REASONWATCH_DETECTORS_REFERENCE_STREAM_REFERENCE_H_
#define REASONWATCH_DETECTORS_REFERENCE_STREAM_REFERENCE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "core/expected_readings.h"
#include "core/feature.h"
#include "detectors/evidence/bets.h"
#include "detectors/reference/count_scale.h"
#include "detectors/reference/judge.h"
#include "detectors/reference/length_drift.h"
#include "detectors/reference/options.h"
#include "detectors/reference/packed_row.h"
#include "detectors/reference/prompt_regression.h"
#include "detectors/reference/quarantine.h"
#include "detectors/reference/reference_counts.h"
#include "util/state_archive.h"

namespace reasonwatch {

struct Scored;

// Rows that are kept: the regression is fitted in O(rows^3), 2 s for these.
inline constexpr int kMaxReferenceRows = 2000;

class StreamReference {
 public:
  explicit StreamReference(ReferenceOptions options) : options_(options) {}

  // Learns a healthy response of an imported baseline at once; Fit()
  // afterwards.
  void LearnImported(const Scored& scored);
  // Puts a live response into quarantine and learns the one that leaves it,
  // unless `suspicious`: then that one is dropped. `quiet`: no bet of any level
  // is inside an excursion, so that every likely onset is yet to come; a young
  // reference then learns all that waits.
  void LearnLater(const Scored& scored, bool suspicious, bool quiet = false);
  // Whether `quiet` would make a difference.
  bool Young() const { return learnt_ < kLearntAtOnce; }
  // An alarm: nothing of the last kQuarantine responses is trusted.
  void FlushQuarantine() { quarantine_.Flush(); }

  // The regression wants refitting: the reference has grown by half since.
  bool WantsFit() const;
  // Rows for a fit elsewhere; InstallFit() gets its result, with the number
  // of rows it was made from. Rows learnt in between are kept.
  std::vector<ReferenceRow> RowsForFit() const;
  void InstallFit(PromptRegressionFit fit, size_t rows);
  // Both at once; does nothing once all the rows that are kept are fitted.
  void Fit();

  // Pay-offs of every rank and rate channel, by index into Channels().
  // Remembers the session's outcomes.
  void Judge(const Scored& scored, std::vector<PayOff>& out);

  int64_t responses() const { return learnt_; }
  // Its stratum has at least `least` reference responses.
  bool Covered(const Scored& scored, int64_t least = kCoveredFrom) const;
  bool SpansEnough() const { return TimeLeft() <= absl::ZeroDuration(); }
  // Until the reference spans enough time; an imported one does.
  absl::Duration TimeLeft() const;
  bool imported() const { return imported_; }
  // As of judge.h.
  double HalvedLengthGrowth() const {
    return reasonwatch::HalvedLengthGrowth(counts_);
  }
  // Means and counts of the readings over the rows that are kept.
  struct Means {
    std::array<double, kFeatureCount> mean{};  // NaN if nothing was read
    std::array<double, kFeatureCount> variance{};
    std::array<int64_t, kFeatureCount> count{};
  };
  Means MeanReadings() const;
  // Null under kCoveredFrom responses. Made anew as the reference grows, by a
  // tenth each time.
  std::shared_ptr<const ExpectedReadings> Expected() const;
  double LengthToleranceForTest() const;
  // The source of the outputs' lengths: kOutputTokens if the server counted
  // most of them, else its estimate.
  Feature OutputLength() const { return counts_.OutputLength(); }
  // How far the outputs' length has drifted slowly since the reference was
  // learnt, in octaves; it is followed (length_drift.h).
  double Drift() const { return drift_.offset(); }
  // False while live counts have another scale than the reference's, so that
  // estimates are compared instead.
  bool CountsComparable() const;
  const PromptRegression& regression() const { return regression_; }

  // Rows are stored apart from the rest, as they never change once learnt.
  size_t rows() const { return rows_.size(); }
  std::span<const uint16_t> prompt(size_t row) const {
    return rows_[row].row.terms();
  }
  // Rows of [begin, end).
  void SaveRows(size_t begin, size_t end, StateWriter& out) const;
  // Appends rows that were saved.
  void RestoreRows(StateReader& in);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, StreamReference& r);

  // Present bits of each session's last response.
  using Sessions = absl::flat_hash_map<uint64_t, uint64_t>;

  void LearnOldest();
  // Reads the rows that the latest fit has seen, so that a restored reference
  // says the same.
  void CountPrompts();
  void LearnRow(PendingRow&& row, bool imported);
  void LearnDrift(const PendingRow& row);

  ReferenceOptions options_;
  PromptRegression regression_;
  size_t fitted_rows_ = 0;
  std::vector<StoredRow> rows_;
  ReferenceCounts counts_;
  // By index into kCountedLengths.
  std::array<CountScale, kCountedLengths.size()> scales_ = {
      CountScale(kCountedLengths[0]), CountScale(kCountedLengths[1])};
  LengthDrift drift_;  // of the outputs' length
  Quarantine quarantine_;
  Sessions sessions_;
  // The same for the learning side, which lags behind by the quarantine.
  Sessions learnt_sessions_;
  int64_t learnt_ = 0;
  LearningPace pace_;
  bool imported_ = false;
  bool unstated_ = false;  // as LengthSettings
  mutable std::shared_ptr<const ExpectedReadings> expected_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_STREAM_REFERENCE_H_
