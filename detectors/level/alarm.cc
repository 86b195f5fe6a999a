// SPDX-License-Identifier: Apache-2.0
// An open alarm goes through four questions a response, in this order: has it
// passed the critical budget, is its effect known, has it grown since it was
// cleared, has it recovered. Below them the renewal, and the stored form.
#include "detectors/level/alarm.h"

#include <algorithm>

#include "detectors/evidence/rate.h"
#include "detectors/level/signal_evidence.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// A recovery is 50 responses in a row under gamma/100 (docs/statistics.md,
// "Evidence adds up").
constexpr int kQuietResponses = 50;
constexpr double kQuietShare = .01;
// An effect is reported once this many responses came after the alarm: enough
// for the t interval of effect.cc.
constexpr int kFreshResponses = 50;
// This much more evidence than at the alarm asks a cleared question again.
constexpr double kRenewed = 100;
constexpr int64_t kDayNanos = int64_t{86400} * 1000000000;
// The latest to begin gives the effect of a renewal, among the bets that have
// at least a tenth of the leading one's evidence.
constexpr double kAsGood = 10;
// More rows than any table of channels will have.
constexpr uint32_t kMaxStoredChannels = 1024;

}  // namespace

void Alarm::Open(bool passed_critical, int64_t index) {
  Close();
  open_ = true;
  opened_index_ = index;
  passed_critical_ = passed_critical;
  renewal_ = std::make_unique<Renewal>();
  renewal_->statistic = statistic;
}

void Alarm::SetOnset(int channel, int64_t index, int64_t time_ns) {
  fresh_channel_ = channel;
  onset_index_ = index;
  onset_ns_ = time_ns;
}

void Alarm::Close() {
  const double kept = statistic;
  *this = Alarm();
  statistic = kept;
}

Alarm::Step Alarm::Observe(Signal signal, const std::vector<PayOff>& pay_offs,
                           const Gamma& gamma, bool sparse, int64_t index,
                           int64_t time_ns) {
  Step step;
  if (!passed_critical_ && statistic >= gamma.critical) {
    passed_critical_ = true;
    step.news = true;
  }
  if (ObserveFresh(pay_offs)) step.news = true;
  ObserveRenewal(signal, pay_offs, index);
  step.grown = RenewIfGrown();
  if (step.grown.has_value()) {
    passed_critical_ =
        passed_critical_ || step.grown->statistic >= gamma.critical;
    // The effect of the renewal is reported once there are enough responses.
    fresh_ = 0;
    fresh_sum_ = fresh_squares_ = fresh_expected_ = 0;
    fresh_reported_ = false;
    fresh_channel_ = step.grown->channel;
  }
  step.recovered = Recovered(gamma.warning, sparse, time_ns);
  return step;
}

bool Alarm::ObserveFresh(const std::vector<PayOff>& pay_offs) {
  if (fresh_channel_ < 0) return false;
  const PayOff& p = pay_offs[static_cast<size_t>(fresh_channel_)];
  if (p.silent()) return false;
  ++fresh_;
  fresh_sum_ += p.raw;
  fresh_squares_ += static_cast<double>(p.raw) * p.raw;
  fresh_expected_ += p.expected;
  if (fresh_ < kFreshResponses || fresh_reported_) return false;
  fresh_reported_ = true;
  return true;
}

bool Alarm::Recovered(double warning, bool sparse, int64_t time_ns) {
  const double quiet_under =
      std::max(warning * kQuietShare, std::min(kRestingEvidence, warning / 3));
  if (statistic < quiet_under) {
    if (quiet_++ == 0) quiet_since_ns_ = time_ns;
  } else {
    quiet_ = 0;
  }
  return quiet_ >= kQuietResponses ||
         (sparse && quiet_ > 0 && time_ns - quiet_since_ns_ >= kDayNanos);
}

std::optional<Effect> Alarm::FreshEffect() const {
  if (fresh_ < kFreshResponses || fresh_channel_ < 0) return std::nullopt;
  return MeasureEffect(Channels()[static_cast<size_t>(fresh_channel_)].question,
                       {static_cast<double>(fresh_), fresh_sum_, fresh_squares_,
                        fresh_expected_},
                       /*fresh=*/true);
}

double Alarm::Renewal::Statistic() const {
  const auto specs = Channels();
  JoinedEvidence joined;
  for (const auto& [c, evidence] : channels)
    if (evidence.since().size() > 0)
      joined.Add(specs[c], evidence.since().Statistic());
  return joined.Statistic();
}

void Alarm::ObserveRenewal(Signal signal, const std::vector<PayOff>& pay_offs,
                           int64_t index) {
  const auto specs = Channels();
  auto& channels = renewal_->channels;
  for (size_t c = 0; c < specs.size(); ++c) {
    if (specs[c].signal != signal || pay_offs[c].silent()) continue;
    auto it = std::find_if(channels.begin(), channels.end(),
                           [&](const auto& entry) { return entry.first >= c; });
    if (it == channels.end() || it->first != c)
      it = channels.insert(it, {c, RenewedEvidence()});
    const Question question = specs[c].question;
    if (IsRank(question)) {
      it->second.ObserveRank(pay_offs[c], renewal_->cleared, index);
    } else {
      it->second.ObserveRate(pay_offs[c], BetShares(question),
                             renewal_->cleared, index);
    }
  }
}

// The renewal begins anew once it has grown a hundredfold since the clearing.
std::optional<Alarm::Growth> Alarm::RenewIfGrown() {
  const auto specs = Channels();
  Growth growth;
  growth.statistic = renewal_->Statistic();
  if (!renewal_->cleared || growth.statistic < kRenewed * renewal_->statistic)
    return std::nullopt;
  double most = -1;
  for (const auto& [c, evidence] : renewal_->channels) {
    const Mixture& since = evidence.since();
    const double share = specs[c].weight * since.Statistic();
    if (since.size() == 0 || specs[c].supporting || share <= most) continue;
    most = share;
    // While nothing is worse, the bet that leads may have begun long before,
    // so the latest to begin of the bets that say it gives the effect.
    const double leading = since.R(since.Leading());
    const Excursion* latest = nullptr;
    for (int j = 0; j < since.size(); ++j)
      if (since.R(j) >= leading / kAsGood &&
          (latest == nullptr || since.excursion(j).start > latest->start))
        latest = &since.excursion(j);
    if (latest == nullptr) continue;  // only if R is not a number
    growth.channel = static_cast<int32_t>(c);
    growth.effect =
        MeasureEffect(specs[c].question,
                      {static_cast<double>(latest->count), latest->sum,
                       latest->sum_squares, latest->sum_expected},
                      /*fresh=*/false);
  }
  *renewal_ = Renewal{.statistic = growth.statistic};
  return growth;
}

void Alarm::Clear() {
  if (renewal_ == nullptr) return;
  // Another level was renewed first, and the answer is about this one too.
  const double now = renewal_->Statistic();
  if (renewal_->cleared && now > renewal_->statistic)
    *renewal_ = Renewal{.statistic = now};
  renewal_->cleared = true;
}

template <typename Archive>
void Alarm::Renewal::DescribeChannels(Archive& archive) {
  const auto specs = Channels();
  archive.Field("statistic", statistic);
  archive.Require(statistic >= 0);
  archive.Field("cleared", cleared);
  const auto find = [this](size_t row) {
    return std::find_if(
        channels.begin(), channels.end(),
        [row](const auto& entry) { return entry.first == row; });
  };
  archive.Rows(
      "channels", kMaxStoredChannels, specs.size(),
      [&](size_t row) { return specs[row].name; },
      [&](size_t row) { return find(row) != channels.end(); },
      [&](size_t row) {
        if constexpr (Archive::kReads) {
          RenewedEvidence evidence;
          archive.Field("evidence", evidence);
          if (row == specs.size()) return;
          const Mixture& since = evidence.since();
          archive.Require(
              since.size() == 0 ||
              since.size() ==
                  static_cast<int>(BetShares(specs[row].question).size()));
          archive.Require(channels.empty() || channels.back().first < row);
          channels.emplace_back(row, std::move(evidence));
        } else {
          archive.Field("evidence", find(row)->second);
        }
      });
}

template <typename Archive>
void Alarm::DescribeAt(Archive& archive, int64_t responses) {
  archive.Field("statistic", statistic);
  archive.InRange("quiet_since_ns", quiet_since_ns_, -kMaxStored, kMaxStored);
  archive.Field("opened_index", opened_index_);
  archive.Field("fresh_sum", fresh_sum_);
  archive.Field("fresh_squares", fresh_squares_);
  archive.Field("fresh_expected", fresh_expected_);
  archive.InRange("onset_index", onset_index_, -1,
                  std::max<int64_t>(responses, 1) - 1);
  archive.Field("onset_ns", onset_ns_);
  archive.Field("quiet", quiet_);
  archive.Field("fresh", fresh_);
  archive.Require(quiet_ >= 0 && quiet_ <= responses);
  archive.Require(fresh_ >= 0 && fresh_ <= responses);
  archive.InRange("fresh_channel", fresh_channel_, -1,
                  static_cast<int32_t>(Channels().size()) - 1);
  archive.Field("open", open_);
  archive.Field("passed_critical", passed_critical_);
  archive.Field("fresh_reported", fresh_reported_);
  // Version 0.1.0 stored four bytes for these three.
  uint8_t unused = 0;
  archive.Field("unused", unused);
  archive.Optional("renewal", renewal_);
  archive.Require(open_ == (renewal_ != nullptr));
}
template void Alarm::DescribeAt(StateWriter&, int64_t);
template void Alarm::DescribeAt(StateReader&, int64_t);
template void Alarm::DescribeAt(StatePrinter&, int64_t);

}  // namespace reasonwatch
