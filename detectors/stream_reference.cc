#include "detectors/stream_reference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "detectors/sequential/normal.h"

namespace reasonwatch {
namespace {

constexpr int kOtherStratum = kMaxStrata;
constexpr size_t kFirstFit = 30;
constexpr size_t kMaxSessions = 4096;
constexpr double kRateBuckets[] = {.02, .1, .3, .7, .9, .98};
// A rate this high in the reference can hardly rise: nothing to ask.
constexpr double kAskableRate = .7;

bool IsRank(Feature f) { return RankIndex(f) < kRankFeatures.size(); }

uint64_t PresentBits(const FeatureVector& values) {
  uint64_t bits = 0;
  for (int f = 0; f < kFeatureCount; ++f)
    if (values[static_cast<size_t>(f)] > 0) bits |= uint64_t{1} << f;
  return bits;
}

// Recordings without times are all of one moment.
int64_t NanosOf(const Scored& s) {
  return std::clamp<int64_t>(absl::ToUnixNanos(s.start), 0, kMaxStored);
}

bool Bit(uint64_t bits, Feature f) {
  return (bits >> static_cast<int>(f) & 1) != 0;
}

// The readings, and those that follow from other fields.
FeatureVector ReadingsOf(const Scored& scored) {
  FeatureVector readings = scored.readings;
  if (scored.habits_known > 0)
    readings[static_cast<size_t>(Feature::kHabitsShown)] =
        std::log2(1.0F + static_cast<float>(std::popcount(scored.habits)));
  return readings;
}

PendingRow PendingOf(const Scored& scored) {
  return {.row = PackedRow(scored),
          .stratum = scored.stratum.Key(),
          .session = scored.session,
          .time_ns = NanosOf(scored)};
}

}  // namespace

static_assert(kFeatureCount <= 64, "a feature is a bit of PackedRow");

PackedRow::PackedRow(const Scored& scored)
    : languages_{scored.expected_language, scored.answer_language} {
  const std::vector<uint16_t>& terms = scored.prompt_terms;
  term_count_ =
      static_cast<uint16_t>(std::min<size_t>(terms.size(), kPromptTerms));
  terms_ = std::make_unique<uint16_t[]>(term_count_);
  std::copy_n(terms.begin(), term_count_, terms_.get());
  FeatureVector values = ReadingsOf(scored);
  // What was cut off is no example of anything but that.
  if (scored.lower_bound) {
    const float cut = scored.reading(Feature::kCutInTransport);
    values.fill(kNoReading);
    values[static_cast<size_t>(Feature::kCutInTransport)] = cut;
    languages_ = LanguagePair();
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    read_ |= uint64_t{1} << i;
    if (values[i] > 0) present_ |= uint64_t{1} << i;
  }
  for (size_t r = 0; r < ranks_.size(); ++r)
    ranks_[r] = values[static_cast<size_t>(kRankFeatures[r])];
}

FeatureVector PackedRow::values() const {
  FeatureVector values;
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = (read_ >> i & 1) == 0      ? kNoReading
                : (present_ >> i & 1) == 0 ? 0.0F
                                           : 1.0F;
  }
  for (size_t r = 0; r < ranks_.size(); ++r)
    values[static_cast<size_t>(kRankFeatures[r])] = ranks_[r];
  return values;
}

void PackedRow::Save(StateWriter& out) const {
  out.PutVector(std::vector<uint16_t>(terms().begin(), terms().end()));
  out.Put(languages_);
  out.Put(read_);
  out.Put(present_);
  out.Put(ranks_);
}

void PackedRow::Restore(StateReader& in) {
  std::vector<uint16_t> terms;
  in.GetVector(terms);
  in.Require(terms.size() <= kPromptTerms);
  if (!in.ok()) return;
  term_count_ = static_cast<uint16_t>(terms.size());
  terms_ = std::make_unique<uint16_t[]>(terms.size());
  std::copy(terms.begin(), terms.end(), terms_.get());
  in.Get(languages_);
  in.Get(read_);
  in.Get(present_);
  in.Get(ranks_);
}

int StreamReference::StratumSlot(uint64_t key, bool create) {
  for (size_t i = 0; i < strata_.size(); ++i)
    if (strata_[i] == key) return static_cast<int>(i);
  if (create && strata_.size() < kMaxStrata) {
    strata_.push_back(key);
    return static_cast<int>(strata_.size()) - 1;
  }
  return kOtherStratum;
}

uint32_t StreamReference::RateCell(Feature f, int slot, float expected,
                                   bool has_previous,
                                   bool previous_present) const {
  uint32_t bucket = 0;
  if (regression_.explained(f) > 0) {
    ++bucket;
    for (double edge : kRateBuckets) bucket += expected > edge;
  }
  const uint32_t previous = has_previous ? (previous_present ? 2u : 1u) : 0u;
  return static_cast<uint32_t>(f) << 16 | static_cast<uint32_t>(slot) << 8 |
         bucket << 4 | previous;
}

void StreamReference::LearnImported(const Scored& scored) {
  imported_ = true;
  LearnRow(PendingOf(scored), /*imported=*/true);
  // Further rows are counted as they come, so the fit can wait no longer.
  if (rows_.size() == kMaxReferenceRows) Fit();
}

void StreamReference::LearnLater(const Scored& scored, bool suspicious,
                                 bool quiet) {
  if (options_.freeze) return;
  if (scored.choice_index > 0) return;
  quarantine_.push_back(PendingOf(scored));
  if (quiet && !suspicious && Young()) {
    while (!quarantine_.empty()) LearnOldest();
    return;
  }
  // A new stream learns its first responses at once and then holds back as
  // many as it knows, or it would stay deaf for the whole quarantine.
  const int64_t lag = learnt_ < static_cast<int64_t>(kFirstFit)
                          ? 0
                          : std::min<int64_t>(options_.quarantine, learnt_);
  if (static_cast<int64_t>(quarantine_.size()) <= lag) return;
  if (suspicious) {
    quarantine_.pop_front();
  } else {
    LearnOldest();
  }
}

void StreamReference::LearnOldest() {
  PendingRow row = std::move(quarantine_.front());
  quarantine_.pop_front();
  if (learnt_live_ == 0) first_live_ns_ = row.time_ns;
  const double span = absl::ToDoubleSeconds(options_.min_span);
  const double lived = static_cast<double>(row.time_ns - first_live_ns_) * 1e-9;
  const double share = span > 0 ? std::clamp(lived / span, 0.0, 1.0) : 1.0;
  const double allowed =
      kLearntAtOnce + std::max(0, options_.cap - kLearntAtOnce) * share;
  if (share < 1 && static_cast<double>(learnt_live_) >= allowed) return;
  ++learnt_live_;
  last_live_ns_ = std::max(last_live_ns_, row.time_ns);
  LearnRow(std::move(row), /*imported=*/false);
}

void StreamReference::LearnRow(PendingRow&& pending, bool imported) {
  StoredRow stored;
  stored.stratum_slot =
      static_cast<uint8_t>(StratumSlot(pending.stratum, true));
  if (pending.session != 0) {
    if (learnt_sessions_.size() >= kMaxSessions) learnt_sessions_.clear();
    auto [it, fresh] = learnt_sessions_.try_emplace(pending.session);
    stored.has_previous = !fresh;
    stored.previous_present = it->second.present;
    it->second.present = PresentBits(pending.row.values());
  }
  stored.row = std::move(pending.row);
  stored.time_ns = pending.time_ns;
  ++learnt_;
  // While rows wait for their fit they are counted by it, with leave-one-out
  // expectations; afterwards each is new to the regression and counted as is.
  if (!imported || fitted_rows_ >= kMaxReferenceRows)
    CountRow(stored, regression_.Expect(stored.row.terms()));
  if (rows_.size() < kMaxReferenceRows) rows_.push_back(std::move(stored));
}

void StreamReference::CountRow(const StoredRow& row,
                               const FeatureVector& expected) {
  const int slot = row.stratum_slot;
  const int64_t time_ns = row.time_ns;
  const FeatureVector values = row.row.values();
  for (int i = 0; i < kFeatureCount; ++i) {
    const auto f = static_cast<Feature>(i);
    const float value = values[static_cast<size_t>(i)];
    if (std::isnan(value)) continue;
    RateCounts& total = totals_[static_cast<size_t>(i)];
    ++total.count;
    total.bad += value > 0;
    if (IsRank(f)) {
      RankFeature& rank = ranks_[RankIndex(f)];
      RankHistogram& histogram = rank.strata[static_cast<size_t>(slot)];
      const int bin = RankBin(value - expected[static_cast<size_t>(i)]);
      const auto scores = histogram.ScoresOf(bin);
      // Mid-rank normal score.
      const double z =
          NormalQuantile((NormalCdf(scores.low) + NormalCdf(scores.high)) / 2);
      rank.dependence.Add(z, time_ns);
      if (histogram.count() < options_.cap) histogram.Add(bin);
    } else {
      const bool present = value > 0;
      rate_dependence_[static_cast<size_t>(i)].Add(present, time_ns);
      RateCounts& cell =
          rates_[RateCell(f, slot, expected[static_cast<size_t>(i)],
                          row.has_previous, Bit(row.previous_present, f))];
      if (cell.count < 4 * options_.cap) {
        ++cell.count;
        cell.bad += present;
      }
    }
  }
  const LanguagePair languages = row.row.languages();
  if (languages.known()) {
    pair_dependence_.Add(pairs_.Judge(languages).rare, time_ns);
    pairs_.Add(languages);
  }
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

void StreamReference::ForgetCounts() {
  for (RankFeature& rank : ranks_) rank = RankFeature();
  rates_.clear();
  totals_.fill(RateCounts());
  rate_dependence_.fill(Dependence());
  pairs_ = LanguagePairs();
  pair_dependence_ = Dependence();
}

void StreamReference::InstallFit(PromptRegressionFit fit, size_t rows) {
  regression_ = std::move(fit.model);
  fitted_rows_ = std::max<size_t>(rows, 1);
  ForgetCounts();
  for (size_t i = 0; i < rows_.size(); ++i) {
    CountRow(rows_[i], i < fit.held_out.size()
                           ? fit.held_out[i]
                           : regression_.Expect(rows_[i].row.terms()));
  }
}

double StreamReference::RankTolerance(const RankFeature& rank, int slot) const {
  const auto n = rank.strata[static_cast<size_t>(slot)].count();
  return 1.25 * rank.dependence.tau() +
         (n > 0 ? 2 / std::sqrt(static_cast<double>(n)) : 0);
}

void StreamReference::Judge(const Scored& scored, std::vector<PayOff>& out) {
  const auto channels = Channels();
  out.assign(channels.size(), PayOff());
  bool has_previous = false;
  uint64_t previous_present = 0;
  if (scored.session != 0) {
    if (sessions_.size() >= kMaxSessions) sessions_.clear();
    auto [it, fresh] = sessions_.try_emplace(scored.session);
    has_previous = !fresh;
    previous_present = it->second.present;
    it->second.present = PresentBits(scored.readings);
  }
  if (learnt_ == 0) return;
  const FeatureVector readings = ReadingsOf(scored);
  const int slot = StratumSlot(scored.stratum.Key(), false);
  const FeatureVector expected = regression_.Expect(scored.prompt_terms);
  std::array<RankHistogram::Scores, kRankFeatures.size()> scores{};
  std::array<double, kRankFeatures.size()> medians{};
  std::array<bool, kRankFeatures.size()> scored_rank{};
  for (size_t c = 0; c < channels.size(); ++c) {
    const ChannelSpec& spec = channels[c];
    if (spec.question == Question::kFailed) continue;
    if (spec.question == Question::kRarePair) {
      JudgePair(scored, spec, out[c]);
      continue;
    }
    const float value = readings[static_cast<size_t>(spec.feature)];
    if (std::isnan(value)) continue;
    const RateCounts& total = totals_[static_cast<size_t>(spec.feature)];
    if (total.count == 0 || total.bad < spec.min_reference_share * total.count)
      continue;
    PayOff& pay_off = out[c];
    if (IsRank(spec.feature)) {
      if (scored.choice_index > 0) continue;
      const size_t r = RankIndex(spec.feature);
      const RankFeature& rank = ranks_[r];
      const RankHistogram& histogram = rank.strata[static_cast<size_t>(slot)];
      if (histogram.count() == 0) continue;
      const double residual =
          value - expected[static_cast<size_t>(spec.feature)];
      if (!scored_rank[r]) {
        scores[r] = histogram.ScoresOf(RankBin(residual));
        medians[r] = histogram.Median();
        scored_rank[r] = true;
      }
      RankPayOff(scores[r],
                 spec.question == Question::kLow ? Tail::kLow : Tail::kHigh,
                 spec.tolerance + RankTolerance(rank, slot), scored.lower_bound,
                 pay_off);
      pay_off.lambda = rank.dependence.lambda();
      pay_off.raw = static_cast<float>(residual - medians[r]);
    } else {
      if (scored.lower_bound && !spec.reads_cut_responses) continue;
      const bool missing = spec.question == Question::kMissing;
      RateCounts overall = total;
      if (missing) overall.bad = overall.count - overall.bad;
      if (overall.bad + 1 > kAskableRate * (overall.count + 1)) continue;
      const uint32_t key = RateCell(
          spec.feature, slot, expected[static_cast<size_t>(spec.feature)],
          has_previous, Bit(previous_present, spec.feature));
      const auto it = rates_.find(key);
      RateCounts cell = it == rates_.end() ? RateCounts() : it->second;
      if (missing) cell.bad = cell.count - cell.bad;
      const bool bad = (value > 0) != missing;
      const RateCounts rest{overall.bad - cell.bad, overall.count - cell.count};
      RatePayOff(bad, PooledHealthyRate(cell, rest, spec.kappa), pay_off);
      pay_off.lambda =
          rate_dependence_[static_cast<size_t>(spec.feature)].lambda() /
          std::max(1, scored.choices);
    }
  }
}

void StreamReference::JudgePair(const Scored& scored, const ChannelSpec& spec,
                                PayOff& out) const {
  const LanguagePair pair{scored.expected_language, scored.answer_language};
  if (!pair.known() || scored.lower_bound) return;
  const LanguagePairs::Verdict verdict = pairs_.Judge(pair);
  RatePayOff(verdict.rare, HealthyRate(verdict.healthy, spec.kappa), out);
  out.lambda = pair_dependence_.lambda() / std::max(1, scored.choices);
}

bool StreamReference::Covered(const Scored& scored) const {
  const uint64_t key = scored.stratum.Key();
  int slot = kOtherStratum;
  for (size_t i = 0; i < strata_.size(); ++i)
    if (strata_[i] == key) slot = static_cast<int>(i);
  return ranks_[0].strata[static_cast<size_t>(slot)].count() >= kCoveredFrom;
}

bool StreamReference::SpansEnough() const {
  return imported_ || last_live_ns_ - first_live_ns_ >=
                          absl::ToInt64Nanoseconds(options_.min_span);
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

double StreamReference::LengthToleranceForTest() const {
  double best = INFINITY;
  for (int s = 0; s <= kMaxStrata; ++s)
    if (ranks_[0].strata[static_cast<size_t>(s)].count() > 0)
      best = std::min(best, RankTolerance(ranks_[0], s));
  return best;
}

double StreamReference::HalvedLengthGrowth() const {
  // The stratum with most responses stands for the stream.
  int slot = -1;
  for (int s = 0; s <= kMaxStrata; ++s)
    if (slot < 0 || ranks_[0].strata[static_cast<size_t>(s)].count() >
                        ranks_[0].strata[static_cast<size_t>(slot)].count())
      slot = s;
  const RankHistogram& histogram = ranks_[0].strata[static_cast<size_t>(slot)];
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
               RankTolerance(ranks_[0], slot), false, pay_off);
    bets = pay_off.bets;
    for (int j = 0; j < bets; ++j)
      growth[static_cast<size_t>(j)] +=
          n * std::log(std::max(pay_off.e[static_cast<size_t>(j)], 1e-12));
  }
  double best = -INFINITY;
  for (int j = 0; j < bets; ++j)
    best = std::max(best, growth[static_cast<size_t>(j)]);
  return best / static_cast<double>(histogram.count()) *
         ranks_[0].dependence.lambda();
}

namespace {

void SavePending(const PendingRow& p, StateWriter& out) {
  p.row.Save(out);
  out.Put(p.stratum);
  out.Put(p.session);
  out.Put(p.time_ns);
}

RateCounts GetCounts(StateReader& in) {
  constexpr int32_t kMax = 1 << 30;
  RateCounts counts;
  in.GetIn(counts.bad, 0, kMax);
  in.GetIn(counts.count, 0, kMax);
  in.Require(counts.bad <= counts.count);
  return counts;
}

void RestorePending(StateReader& in, PendingRow& p) {
  p.row.Restore(in);
  in.Get(p.stratum);
  in.Get(p.session);
  in.GetIn(p.time_ns, -kMaxStored, kMaxStored);
}

template <typename Map>
auto Sorted(const Map& map) {
  std::vector<std::pair<typename Map::key_type, typename Map::mapped_type>>
      sorted(map.begin(), map.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

}  // namespace

void StreamReference::Save(StateWriter& out) const {
  regression_.Save(out);
  out.Put(static_cast<uint64_t>(fitted_rows_));
  out.PutVector(strata_);
  for (const RankFeature& rank : ranks_) {
    for (const RankHistogram& h : rank.strata) h.Save(out);
    rank.dependence.Save(out);
  }
  const auto rates = Sorted(rates_);
  out.Put(static_cast<uint32_t>(rates.size()));
  for (const auto& [key, counts] : rates) {
    out.Put(key);
    out.Put(counts);
  }
  out.Put(totals_);
  for (const Dependence& d : rate_dependence_) d.Save(out);
  pairs_.Save(out);
  pair_dependence_.Save(out);
  out.Put(static_cast<uint32_t>(quarantine_.size()));
  for (const PendingRow& p : quarantine_) SavePending(p, out);
  for (const auto* sessions : {&sessions_, &learnt_sessions_}) {
    const auto sorted = Sorted(*sessions);
    out.Put(static_cast<uint32_t>(sorted.size()));
    for (const auto& [session, memory] : sorted) {
      out.Put(session);
      out.Put(memory.present);
    }
  }
  out.Put(learnt_);
  out.Put(learnt_live_);
  out.Put(first_live_ns_);
  out.Put(last_live_ns_);
  out.Put(imported_);
}

void StreamReference::Restore(StateReader& in) {
  regression_.Restore(in);
  fitted_rows_ = in.Get<uint64_t>();
  in.GetVector(strata_);
  if (strata_.size() > kMaxStrata) in.Fail();
  for (RankFeature& rank : ranks_) {
    for (RankHistogram& h : rank.strata) h.Restore(in);
    rank.dependence.Restore(in);
  }
  rates_.clear();
  const uint32_t rates = in.GetCount(1u << 20);
  for (uint32_t i = 0; i < rates && in.ok(); ++i) {
    const auto key = in.Get<uint32_t>();
    rates_[key] = GetCounts(in);
  }
  for (RateCounts& total : totals_) total = GetCounts(in);
  for (Dependence& d : rate_dependence_) d.Restore(in);
  pairs_.Restore(in);
  pair_dependence_.Restore(in);
  quarantine_.clear();
  const uint32_t pending = in.GetCount(1u << 16);
  for (uint32_t i = 0; i < pending && in.ok(); ++i)
    RestorePending(in, quarantine_.emplace_back());
  for (auto* sessions : {&sessions_, &learnt_sessions_}) {
    sessions->clear();
    const uint32_t n = in.GetCount(kMaxSessions);
    for (uint32_t i = 0; i < n && in.ok(); ++i) {
      const auto session = in.Get<uint64_t>();
      in.Get((*sessions)[session].present);
    }
  }
  in.GetIn(learnt_, int64_t{0}, kMaxStored);
  in.GetIn(learnt_live_, int64_t{0}, learnt_);
  in.GetIn(first_live_ns_, -kMaxStored, kMaxStored);
  in.GetIn(last_live_ns_, -kMaxStored, kMaxStored);
  in.Get(imported_);
}

void StreamReference::SaveRows(size_t begin, size_t end,
                               StateWriter& out) const {
  out.Put(static_cast<uint32_t>(end - begin));
  for (size_t i = begin; i < end; ++i) {
    const StoredRow& row = rows_[i];
    row.row.Save(out);
    out.Put(row.time_ns);
    out.Put(row.stratum_slot);
    out.Put(row.previous_present);
    out.Put(row.has_previous);
  }
}

void StreamReference::RestoreRows(StateReader& in) {
  const uint32_t n = in.GetCount(kMaxReferenceRows);
  in.Require(rows_.size() + n <= kMaxReferenceRows);
  for (uint32_t i = 0; i < n && in.ok(); ++i) {
    StoredRow row;
    row.row.Restore(in);
    in.GetIn(row.time_ns, -kMaxStored, kMaxStored);
    in.Get(row.stratum_slot);
    in.Get(row.previous_present);
    in.Get(row.has_previous);
    if (row.stratum_slot > kMaxStrata) in.Fail();
    rows_.push_back(std::move(row));
  }
}

}  // namespace reasonwatch
