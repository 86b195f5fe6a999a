// SPDX-License-Identifier: Apache-2.0
// Three parts: how responses become rows (imported ones at once, live ones
// through the quarantine), how the rows are fitted and counted, and the
// questions about them. The stored form is at the end.
#include "detectors/reference/stream_reference.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/scored.h"
#include "detectors/evidence/normal.h"
#include "detectors/signals/channel.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// A stream learns as many at once as the regression wants for its first fit.
constexpr size_t kFirstFit = 30;
// Sessions whose last outcomes are remembered: 64 KB; all are forgotten then.
constexpr size_t kMaxSessions = 4096;

// The outcomes of the session's previous response, which `present` replaces.
PreviousOutcome ReplaceOutcome(
    absl::flat_hash_map<uint64_t, uint64_t>& sessions, uint64_t session,
    uint64_t present) {
  if (sessions.size() >= kMaxSessions) sessions.clear();
  auto [it, fresh] = sessions.try_emplace(session, 0);
  const PreviousOutcome previous{.known = !fresh, .present = it->second};
  it->second = present;
  return previous;
}

// The readings are log2(1 + tokens).
ExpectedReadings::Band BandOf(std::vector<float> lengths) {
  ExpectedReadings::Band band;
  if (lengths.empty()) return band;
  const auto at = [&lengths](size_t tenth) {
    const auto nth = static_cast<ptrdiff_t>((lengths.size() - 1) * tenth / 10);
    std::nth_element(lengths.begin(), lengths.begin() + nth, lengths.end());
    return std::exp2(static_cast<double>(lengths[static_cast<size_t>(nth)])) -
           1;
  };
  band.low = at(1);
  band.median = at(5);
  band.high = at(9);
  return band;
}

}  // namespace

void StreamReference::LearnImported(const Scored& scored) {
  imported_ = true;
  LearnRow(MakePendingRow(scored), /*imported=*/true);
  // Further rows are counted as they come, so the fit can wait no longer.
  if (rows_.size() == kMaxReferenceRows) Fit();
}

void StreamReference::LearnLater(const Scored& scored, bool suspicious,
                                 bool quiet) {
  if (options_.freeze) return;
  if (scored.choice_index > 0) return;
  PendingRow row = MakePendingRow(scored);
  for (size_t i = 0; i < scales_.size(); ++i)
    if (!scales_[i].Holds()) row.row.DropCount(kCountedLengths[i]);
  quarantine_.Push(std::move(row));
  if (quiet && !suspicious && Young()) {
    while (!quarantine_.empty()) LearnOldest();
    return;
  }
  // A new stream learns its first responses at once and then holds back as
  // many as it knows, or it would stay deaf for the whole quarantine.
  const int64_t lag = learnt_ < static_cast<int64_t>(kFirstFit)
                          ? 0
                          : std::min<int64_t>(options_.quarantine, learnt_);
  if (quarantine_.size() <= lag) return;
  if (suspicious) {
    quarantine_.Pop();
  } else {
    LearnOldest();
  }
}

void StreamReference::LearnOldest() {
  PendingRow row = quarantine_.Pop();
  LearnDrift(row);
  if (pace_.Admit(row.time_ns, options_.cap, options_.min_span))
    LearnRow(std::move(row), /*imported=*/false);
}

void StreamReference::LearnDrift(const PendingRow& pending) {
  // Before, the rows of the reference are as recent as this one.
  if (fitted_rows_ < kMaxReferenceRows) return;
  const FeatureVector values = pending.row.values();
  const FeatureVector expected = regression_.Expect(pending.row.terms());
  const auto slot = static_cast<size_t>(counts_.FindStratum(pending.stratum));
  const Feature length = OutputLength();
  const auto f = static_cast<size_t>(length);
  const RankHistogram& histogram = counts_.rank(RankIndex(length)).strata[slot];
  if (std::isnan(values[f]) || histogram.count() < kCoveredFrom) return;
  const auto scores =
      histogram.ScoresOf(RankBin(values[f] - expected[f] - drift_.offset()));
  drift_.Learn((NormalCdf(scores.low) + NormalCdf(scores.high)) / 2,
               pending.time_ns);
}

void StreamReference::LearnRow(PendingRow&& pending, bool imported) {
  StoredRow stored;
  stored.stratum_slot =
      static_cast<uint8_t>(counts_.AddStratum(pending.stratum));
  if (pending.session != 0)
    stored.previous = ReplaceOutcome(learnt_sessions_, pending.session,
                                     PresentBits(pending.row.values()));
  stored.row = std::move(pending.row);
  const FeatureVector values = stored.row.values();
  for (CountScale& scale : scales_) scale.Learn(values);
  stored.time_ns = pending.time_ns;
  ++learnt_;
  // While rows wait for their fit they are counted by it, with leave-one-out
  // expectations; afterwards each is new to the regression and counted as is.
  if (!imported || fitted_rows_ >= kMaxReferenceRows) {
    FeatureVector expected = regression_.Expect(stored.row.terms());
    for (const Feature f : kRankFeatures)
      if (IsLength(f) && values[static_cast<size_t>(f)] > 0)
        expected[static_cast<size_t>(f)] += static_cast<float>(drift_.offset());
    counts_.Add(stored, expected, regression_, options_.cap);
  }
  if (rows_.size() < kMaxReferenceRows) rows_.push_back(std::move(stored));
}

void StreamReference::Fit() {
  if (fitted_rows_ >= kMaxReferenceRows) return;
  InstallFit(FitPromptRegression(RowsForFit()), rows_.size());
}

bool StreamReference::WantsFit() const {
  if (rows_.size() < kFirstFit || fitted_rows_ >= kMaxReferenceRows)
    return false;
  return fitted_rows_ == 0 || 2 * rows_.size() >= 3 * fitted_rows_ ||
         (rows_.size() == kMaxReferenceRows && fitted_rows_ < rows_.size());
}

std::vector<ReferenceRow> StreamReference::RowsForFit() const {
  std::vector<ReferenceRow> rows;
  rows.reserve(rows_.size());
  for (const StoredRow& row : rows_) {
    const auto terms = row.row.terms();
    rows.push_back({{terms.begin(), terms.end()}, row.row.values()});
  }
  return rows;
}

void StreamReference::InstallFit(PromptRegressionFit fit, size_t rows) {
  regression_ = std::move(fit.model);
  fitted_rows_ = std::max<size_t>(rows, 1);
  CountPrompts();
  counts_.Forget();
  for (size_t i = 0; i < rows_.size(); ++i)
    counts_.Add(rows_[i],
                i < fit.held_out.size()
                    ? fit.held_out[i]
                    : regression_.Expect(rows_[i].row.terms()),
                regression_, options_.cap);
}

void StreamReference::CountPrompts() {
  const size_t n = std::min(fitted_rows_, rows_.size());
  std::vector<const PackedRow*> rows;
  rows.reserve(n);
  for (size_t i = 0; i < n; ++i) rows.push_back(&rows_[i].row);
  counts_.SetPrompts(PromptClusters(rows));
}

void StreamReference::Judge(const Scored& scored, std::vector<PayOff>& out) {
  out.assign(Channels().size(), PayOff());
  PreviousOutcome previous;
  if (scored.session != 0)
    previous =
        ReplaceOutcome(sessions_, scored.session, PresentBits(scored.readings));
  if (learnt_ == 0) return;
  LengthSettings lengths{.unstated = unstated_, .offset = drift_.offset()};
  for (size_t i = 0; i < scales_.size(); ++i) {
    if (!scored.lower_bound && !scored.lengths.Estimated(kCountedLengths[i]))
      scales_[i].Observe(scored.readings);
    lengths.comparable[i] = scales_[i].Holds();
  }
  JudgeResponse(scored, counts_, regression_, previous, lengths, out);
}

bool StreamReference::Covered(const Scored& scored, int64_t least) const {
  return counts_.Rows(counts_.FindStratum(scored.stratum.Key())) >= least;
}

absl::Duration StreamReference::TimeLeft() const {
  if (imported_) return absl::ZeroDuration();
  return std::max(options_.min_span - absl::Nanoseconds(pace_.span_ns()),
                  absl::ZeroDuration());
}

StreamReference::Means StreamReference::MeanReadings() const {
  Means m;
  for (const StoredRow& stored : rows_) {
    const FeatureVector values = stored.row.values();
    for (size_t f = 0; f < kFeatureCount; ++f) {
      if (std::isnan(values[f])) continue;
      ++m.count[f];
      const double delta = values[f] - m.mean[f];
      m.mean[f] += delta / static_cast<double>(m.count[f]);
      m.variance[f] += delta * (values[f] - m.mean[f]);
    }
  }
  for (size_t f = 0; f < kFeatureCount; ++f) {
    if (m.count[f] == 0) m.mean[f] = kNoReading;
    m.variance[f] /= static_cast<double>(std::max<int64_t>(1, m.count[f] - 1));
  }
  return m;
}

std::shared_ptr<const ExpectedReadings> StreamReference::Expected() const {
  if (learnt_ < kCoveredFrom) return nullptr;
  if (expected_ != nullptr && 10 * learnt_ < 11 * expected_->responses)
    return expected_;
  auto expected = std::make_shared<ExpectedReadings>();
  expected->responses = learnt_;
  // If the server counts nothing, rows know our estimate alone.
  const auto lengths = [this](Feature counted, Feature estimated) {
    std::vector<float> found;
    found.reserve(rows_.size());
    for (const StoredRow& stored : rows_) {
      const FeatureVector values = stored.row.values();
      const float length = std::isnan(values[static_cast<size_t>(counted)])
                               ? values[static_cast<size_t>(estimated)]
                               : values[static_cast<size_t>(counted)];
      if (!std::isnan(length)) found.push_back(length);
    }
    return BandOf(std::move(found));
  };
  expected->output =
      lengths(Feature::kOutputTokens, Feature::kEstimatedOutputTokens);
  expected->reasoning =
      lengths(Feature::kReasoningTokens, Feature::kEstimatedReasoningTokens);
  for (int f = 0; f < kFeatureCount; ++f) {
    const auto feature = static_cast<Feature>(f);
    const RateCounts& total = counts_.total(feature);
    expected->rate[static_cast<size_t>(f)] =
        IsRank(feature) || total.count == 0
            ? ExpectedReadings::kNone
            : static_cast<double>(total.bad) / total.count;
  }
  expected_ = std::move(expected);
  return expected_;
}

bool StreamReference::CountsComparable() const {
  return std::all_of(scales_.begin(), scales_.end(),
                     [](const CountScale& scale) { return scale.Holds(); });
}

double StreamReference::LengthToleranceForTest() const {
  double best = INFINITY;
  const size_t length = RankIndex(OutputLength());
  for (int s = 0; s <= kMaxStrata; ++s)
    if (counts_.rank(length).strata[static_cast<size_t>(s)].count() > 0)
      best = std::min(best, counts_.RankTolerance(length, s));
  return best;
}

template <typename Archive>
void Describe(Archive& archive, StreamReference& r) {
  const int32_t version = archive.Version("stream_reference", 3);
  archive.Field("regression", r.regression_);
  archive.Size("fitted_rows", r.fitted_rows_);
  archive.Field("counts", r.counts_);
  archive.Field("quarantine", r.quarantine_);
  archive.Map("sessions", r.sessions_, kMaxSessions);
  archive.Map("learnt_sessions", r.learnt_sessions_, kMaxSessions);
  archive.InRange("learnt", r.learnt_, 0, kMaxStored);
  r.pace_.DescribeOf(archive, r.learnt_);
  archive.Field("imported", r.imported_);
  if (version < 2) {
    r.unstated_ = r.learnt_ > 0;
    return;
  }
  archive.Field("unstated", r.unstated_);
  for (CountScale& scale : r.scales_) archive.Field("scale", scale);
  if (version >= 3) archive.Field("drift", r.drift_);
}
REASONWATCH_DESCRIBE(StreamReference);

void StreamReference::SaveRows(size_t begin, size_t end,
                               StateWriter& out) const {
  out.Count("rows", static_cast<uint32_t>(end - begin), kMaxReferenceRows);
  for (size_t i = begin; i < end; ++i) out.Field("row", rows_[i]);
}

void StreamReference::RestoreRows(StateReader& in) {
  uint32_t n = 0;
  in.Count("rows", n, kMaxReferenceRows);
  in.Require(rows_.size() + n <= kMaxReferenceRows);
  for (uint32_t i = 0; i < n && in.ok(); ++i)
    in.Field("row", rows_.emplace_back());
  CountPrompts();
}

}  // namespace reasonwatch
