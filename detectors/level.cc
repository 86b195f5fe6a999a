#include "detectors/level.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "absl/strings/str_format.h"
#include "detectors/sequential/rate.h"

namespace reasonwatch {
namespace {

constexpr double kRankCalibration = 2.15;
constexpr int kQuietResponses = 50;
constexpr double kQuietShare = .01;
// Rate bets that see no bad outcome come to rest at (1-phi)/phi, tempered ones
// higher: R up to about 60 is no evidence of anything.
constexpr double kRestingEvidence = 100;
constexpr int kFreshResponses = 50;
// So much more evidence than at the alarm asks a cleared question again.
constexpr double kRenewed = 100;
constexpr size_t kRecent = 256;
constexpr int64_t kDayNanos = int64_t{86400} * 1000000000;
constexpr double kSparsePerDay = 50;
constexpr int kMostEvidence = 15;
// Shares phi of the bets, in the order of rank.cc.
constexpr std::array kRankShares = {1., 1., 1., .3, .3, .1};

// Where almost every reference response reads the same, one that reads so too
// pays 1 and never takes evidence back: an alarm would stay open for good. Only
// while it is open, so no alarm comes of it.
constexpr double kSilentDecay = .9;
constexpr double kSilent = .03;
bool SaysNothing(const PayOff& p) {
  return std::all_of(p.e.begin(), p.e.begin() + p.bets,
                     [](double e) { return std::abs(e - 1) <= kSilent; });
}

bool IsRank(Question q) { return q == Question::kLow || q == Question::kHigh; }

// More of it is worse: the rest of the rates are losses.
bool IsGain(Question q) {
  return q == Question::kPresent || q == Question::kRarePair;
}

std::span<const double> SharesOf(Question q) {
  if (IsRank(q)) return kRankShares;
  if (q == Question::kFailed) return kFailureShares;
  return kRateShares;
}

double GroupMean(const std::array<Mixture, 3>& group) {
  return (group[0].Statistic() + group[1].Statistic() + group[2].Statistic()) /
         3;
}

double GroupMean(const std::unique_ptr<std::array<Mixture, 3>>& group) {
  return group == nullptr ? 0 : GroupMean(*group);
}

// Half-width of the confidence sequence for a mean after k values, in standard
// deviations (Howard et al. 2021, normal mixture with rho = .5, alpha = .05).
double SequenceHalfWidth(double k) {
  constexpr double kRho = .5;
  constexpr double kAlpha = .05;
  return std::sqrt((1 + 1 / (k * kRho)) *
                   std::log((k * kRho + 1) / (kAlpha * kAlpha)) / k);
}

Effect EffectOf(Question question, double n, double sum, double squares,
                double expected, bool fresh) {
  Effect effect;
  const double mean = sum / n;
  const double variance =
      n > 1 ? std::max(0.0, (squares - n * mean * mean) / (n - 1)) : 0;
  // Student's t at 50 and more degrees of freedom is 2.01 or less.
  const double half = std::sqrt(variance) *
                      (fresh ? 2.01 / std::sqrt(n) : SequenceHalfWidth(n));
  if (IsRank(question)) {
    effect.unit = "ratio";
    effect.value = std::exp2(mean);
    effect.low = std::exp2(mean - half);
    effect.high = std::exp2(mean + half);
  } else {
    effect.unit = "points";
    const double change = mean - expected / n;
    effect.value = change;
    effect.low = std::max(-1.0, change - half);
    effect.high = std::min(1.0, change + half);
    if (!IsGain(question)) {
      // Missing markers and failed problems are losses.
      effect.value = -effect.value;
      std::swap(effect.low, effect.high);
      effect.low = -effect.low;
      effect.high = -effect.high;
    }
  }
  if (n < 3 && !fresh) {
    effect.low = std::numeric_limits<double>::quiet_NaN();
    effect.high = std::numeric_limits<double>::quiet_NaN();
  }
  return effect;
}

}  // namespace

double Level::ChannelState::Statistic() const {
  double sum = all.Statistic();
  double weight = 1;
  if (fill != nullptr) {
    sum += GroupMean(fill);
    weight += 1;
  }
  if (turn != nullptr) {
    sum += GroupMean(turn) / 2;
    weight += .5;
  }
  return sum / weight;
}

double Level::Renewed::Statistic() const {
  const auto specs = Channels();
  double sum = 0;
  double supporting = 0;
  double weight = 0;
  for (const auto& [c, evidence] : channels) {
    if (evidence.since().size() == 0) continue;
    const double r = IsRank(specs[c].question) ? kRankCalibration : 1;
    (specs[c].supporting ? supporting : sum) +=
        specs[c].weight * r * evidence.since().Statistic();
    weight += specs[c].weight;
  }
  return weight > 0 ? (sum + std::min(supporting, sum)) / weight : 0;
}

Level::Level(Scope scope, std::string model, std::string route,
             std::string replica)
    : scope_(scope),
      model_(std::move(model)),
      route_(std::move(route)),
      replica_(std::move(replica)),
      channels_(Channels().size()) {}

bool Level::any_open() const {
  return std::any_of(signals_.begin(), signals_.end(),
                     [](const SignalState& s) { return s.open != 0; });
}

bool Level::ChannelState::Quiet() const {
  if (!all.quiet()) return false;
  for (const auto* group : {&turn, &fill})
    if (*group != nullptr)
      for (const Mixture& m : **group)
        if (!m.quiet()) return false;
  return true;
}

bool Level::Quiet(Signal signal) const {
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c)
    if (specs[c].signal == signal && !channels_[c].Quiet()) return false;
  return true;
}

bool Level::Quiet() const {
  return std::all_of(channels_.begin(), channels_.end(),
                     [](const ChannelState& c) { return c.Quiet(); });
}

double Level::Heat(const Thresholds& thresholds,
                   uint32_t enabled_signals) const {
  double heat = 0;
  for (size_t i = 0; i < kSignalCount; ++i) {
    const SignalState& s = signals_[i];
    if ((enabled_signals >> i & 1) == 0 || s.statistic < kRestingEvidence)
      continue;
    heat = std::max(heat,
                    s.statistic / thresholds.WarningOf(static_cast<Signal>(i)));
  }
  return heat;
}

void Level::Join(const Thresholds& thresholds, const LevelContext& context) {
  const auto specs = Channels();
  std::array<double, kSignalCount> sums{};
  std::array<double, kSignalCount> weights{};
  std::array<double, kSignalCount> supporting{};
  for (size_t c = 0; c < specs.size(); ++c) {
    if (!channels_[c].spoken()) continue;
    const auto s = static_cast<size_t>(specs[c].signal);
    const double r = IsRank(specs[c].question) ? kRankCalibration : 1;
    (specs[c].supporting ? supporting : sums)[s] +=
        specs[c].weight * r * channels_[c].Statistic();
    weights[s] += specs[c].weight;
  }
  for (size_t s = 0; s < kSignalCount; ++s) {
    SignalState& state = signals_[s];
    sums[s] += std::min(supporting[s], sums[s]);
    state.statistic = weights[s] > 0 ? sums[s] / weights[s] : 0;
    // An open alarm waits at its threshold, so that recovery shows soon.
    // Evidence that may not open anything is not saved up either.
    const bool mute =
        !context.may_open || (context.enabled_signals >> s & 1) == 0;
    const auto signal = static_cast<Signal>(s);
    const double cap = mute ? thresholds.WarningOf(signal) / 2
                            : std::max(thresholds.WarningOf(signal),
                                       thresholds.CriticalOf(signal));
    if ((state.open || mute) && state.statistic > cap) {
      const double factor = cap / state.statistic;
      for (size_t c = 0; c < specs.size(); ++c) {
        if (static_cast<size_t>(specs[c].signal) != s) continue;
        ChannelState& channel = channels_[c];
        channel.all.Scale(factor);
        for (auto* group : {&channel.turn, &channel.fill})
          if (*group != nullptr)
            for (Mixture& m : **group) m.Scale(factor);
      }
    }
  }
}

void Level::Update(const Scored& scored, const std::vector<PayOff>& pay_offs,
                   const Thresholds& thresholds, const LevelContext& context,
                   std::vector<Finding>& findings) {
  const auto specs = Channels();
  const int64_t index = index_++;
  const int64_t time_ns = absl::ToUnixNanos(scored.start);
  last_time_ = scored.start;
  if (recent_.size() < kRecent) recent_.emplace_back();
  Seen& seen = recent_[static_cast<size_t>(index) % kRecent];
  seen.id = scored.id;
  seen.time_ns = time_ns;

  Carriers::Evidence evidence{};
  for (size_t c = 0; c < specs.size(); ++c) {
    const PayOff& pay_off = pay_offs[c];
    if (pay_off.bets == 0) continue;
    const double best =
        *std::max_element(pay_off.e.begin(), pay_off.e.begin() + pay_off.bets);
    if (best >= 2) {
      uint8_t& most = evidence[static_cast<size_t>(specs[c].signal)];
      most = std::max(most, static_cast<uint8_t>(
                                std::min(std::ilogb(best), kMostEvidence)));
    }
    ChannelState& channel = channels_[c];
    channel.all.Update(pay_off, index);
    if (signals_[static_cast<size_t>(specs[c].signal)].open &&
        SaysNothing(pay_off))
      channel.all.Scale(kSilentDecay);
    if (!specs[c].by_turn_and_fill) continue;
    const auto bucket = [&](std::unique_ptr<std::array<Mixture, 3>>& group,
                            uint8_t which) {
      if (group == nullptr) {
        if (which == 0) return;
        group = std::make_unique<std::array<Mixture, 3>>();
      }
      (*group)[std::min<size_t>(which, 2)].Update(pay_off, index);
    };
    bucket(channel.turn, scored.stratum.turn);
    bucket(channel.fill, scored.stratum.fill);
  }
  carriers_.Observe(scored, evidence);
  Join(thresholds, context);

  for (int i = 0; i < kSignalCount; ++i) {
    const auto signal = static_cast<Signal>(i);
    SignalState& s = signals_[static_cast<size_t>(i)];
    if ((context.enabled_signals >> i & 1) == 0) {
      if (!s.open) continue;
      Finding f = Describe(signal, scored, thresholds, context);
      f.event = FindingEvent::kClosed;
      findings.push_back(std::move(f));
      s = SignalState{.statistic = s.statistic};
      renewed_[static_cast<size_t>(i)].reset();
      continue;
    }
    if (!s.open) {
      if (!context.may_open || s.statistic < thresholds.WarningOf(signal))
        continue;
      s = SignalState{.statistic = s.statistic, .open = 1};
      s.opened_index = index;
      s.passed_critical = s.statistic >= thresholds.CriticalOf(signal);
      Finding f = Describe(signal, scored, thresholds, context);
      for (size_t c = 0; c < specs.size(); ++c)
        if (specs[c].name == f.channel) s.fresh_channel = static_cast<int>(c);
      s.onset_index = index - f.responses_since_onset + 1;
      s.onset_ns = absl::ToUnixNanos(f.onset_time);
      auto& renewed = renewed_[static_cast<size_t>(i)];
      renewed = std::make_unique<Renewed>();
      renewed->statistic = s.statistic;
      findings.push_back(std::move(f));
      continue;
    }
    bool told = false;
    if (!s.passed_critical && s.statistic >= thresholds.CriticalOf(signal)) {
      s.passed_critical = true;
      told = true;
    }
    if (s.fresh_channel >= 0) {
      const PayOff& p = pay_offs[static_cast<size_t>(s.fresh_channel)];
      if (p.bets > 0) {
        ++s.fresh;
        s.fresh_sum += p.raw;
        s.fresh_squares += static_cast<double>(p.raw) * p.raw;
        s.fresh_expected += p.expected;
        if (s.fresh >= kFreshResponses && !s.fresh_told) {
          s.fresh_told = true;
          told = true;
        }
      }
    }
    const std::optional<Growth> grown = TakeRenewed(signal, pay_offs, index);
    if (grown.has_value()) {
      s.passed_critical = s.passed_critical ||
                          grown->statistic >= thresholds.CriticalOf(signal);
      // What it amounts to now is told once there are enough responses.
      s.fresh = 0;
      s.fresh_sum = s.fresh_squares = s.fresh_expected = 0;
      s.fresh_told = 0;
      s.fresh_channel = grown->channel;
    }
    const double quiet_under =
        std::max(thresholds.WarningOf(signal) * kQuietShare,
                 std::min(kRestingEvidence, thresholds.WarningOf(signal) / 3));
    if (s.statistic < quiet_under) {
      if (s.quiet++ == 0) s.quiet_since_ns = time_ns;
    } else {
      s.quiet = 0;
    }
    const bool sparse = context.responses_per_day > 0 &&
                        context.responses_per_day < kSparsePerDay;
    const bool recovered =
        s.quiet >= kQuietResponses ||
        (sparse && s.quiet > 0 && time_ns - s.quiet_since_ns >= kDayNanos);
    if (recovered || told || grown.has_value()) {
      Finding f = Describe(signal, scored, thresholds, context);
      f.event = recovered ? FindingEvent::kClosed : FindingEvent::kUpdated;
      if (grown.has_value() && !recovered) {
        f.renewed = true;
        f.statistic = grown->statistic;
        f.effect = grown->effect;
      }
      findings.push_back(std::move(f));
    }
    if (!recovered) continue;
    s = SignalState{.statistic = s.statistic};
    renewed_[static_cast<size_t>(i)].reset();
  }
}

std::optional<Level::Growth> Level::TakeRenewed(
    Signal signal, const std::vector<PayOff>& pay_offs, int64_t index) {
  const auto specs = Channels();
  auto& renewed = renewed_[static_cast<size_t>(signal)];
  if (renewed == nullptr) return std::nullopt;
  for (size_t c = 0; c < specs.size(); ++c) {
    if (specs[c].signal != signal || pay_offs[c].bets == 0) continue;
    auto it = std::find_if(renewed->channels.begin(), renewed->channels.end(),
                           [&](const auto& entry) { return entry.first >= c; });
    if (it == renewed->channels.end() || it->first != c)
      it = renewed->channels.insert(it, {c, RenewedEvidence()});
    const Question question = specs[c].question;
    if (IsRank(question)) {
      it->second.UpdateRank(pay_offs[c], renewed->cleared, index);
    } else {
      it->second.UpdateRate(pay_offs[c], SharesOf(question), renewed->cleared,
                            index);
    }
  }
  Growth growth;
  growth.statistic = renewed->Statistic();
  if (!renewed->cleared || growth.statistic < kRenewed * renewed->statistic)
    return std::nullopt;
  double most = -1;
  for (const auto& [c, evidence] : renewed->channels) {
    const Mixture& since = evidence.since();
    const double share = specs[c].weight * since.Statistic();
    if (since.size() == 0 || specs[c].supporting || share <= most) continue;
    most = share;
    // The latest to begin of those that say it: while nothing is worse, the
    // bet that leads may have begun long before.
    const double leading = since.R(since.Leading());
    const Excursion* latest = nullptr;
    for (int j = 0; j < since.size(); ++j)
      if (since.R(j) >= leading / 10 &&
          (latest == nullptr || since.excursion(j).start > latest->start))
        latest = &since.excursion(j);
    growth.channel = static_cast<int32_t>(c);
    growth.effect = EffectOf(
        specs[c].question, static_cast<double>(latest->count), latest->sum,
        latest->sum_squares, latest->sum_expected, /*fresh=*/false);
  }
  *renewed = Renewed{.statistic = growth.statistic};
  return growth;
}

void Level::Clear(Signal signal) {
  auto& renewed = renewed_[static_cast<size_t>(signal)];
  if (renewed == nullptr) return;
  // Another level was renewed first, and the answer is about this one too.
  const double statistic = renewed->Statistic();
  if (renewed->cleared && statistic > renewed->statistic)
    *renewed = Renewed{.statistic = statistic};
  renewed->cleared = true;
}

Finding Level::Describe(Signal signal, const Scored& scored,
                        const Thresholds& thresholds,
                        const LevelContext& context) const {
  const auto specs = Channels();
  const SignalState& state = signals_[static_cast<size_t>(signal)];
  Finding f;
  f.signal = signal;
  f.scope = scope_;
  f.model = model_;
  f.route = route_;
  f.replica = replica_;
  f.response_id = scored.id;
  f.time = scored.start;
  f.statistic = state.statistic;
  f.threshold = thresholds.WarningOf(signal);
  f.passed_critical = state.passed_critical != 0;
  f.provisional = context.provisional;
  f.low_coverage = context.low_coverage;

  double total = 0;
  const Mixture* leading = nullptr;
  size_t leading_channel = 0;
  double best = 0;
  for (size_t c = 0; c < specs.size(); ++c) {
    if (specs[c].signal != signal || !channels_[c].spoken()) continue;
    const ChannelState& channel = channels_[c];
    const double share = specs[c].weight * channel.Statistic();
    total += share;
    f.channels.emplace_back(specs[c].name, share);
    if (specs[c].supporting) continue;
    if (leading != nullptr && share <= best) continue;
    best = share;
    leading_channel = c;
    leading = &channel.all;
    // A bucket leads where its own mixture outweighs all of them together.
    for (const auto* group : {channel.turn.get(), channel.fill.get()}) {
      if (group == nullptr) continue;
      for (uint8_t b = 0; b < 3; ++b) {
        if ((*group)[b].Statistic() <= 10 * leading->Statistic()) continue;
        leading = &(*group)[b];
      }
    }
  }
  for (auto& [name, share] : f.channels) share = total > 0 ? share / total : 0;
  std::sort(
      f.channels.begin(), f.channels.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
  if (f.channels.size() > 5) f.channels.resize(5);
  if (leading == nullptr) return f;
  const ChannelSpec& spec = specs[leading_channel];
  f.channel = spec.name;
  f.channel_share = total > 0 ? best / total : 0;

  const int bet = leading->Leading();
  const Excursion& excursion = leading->excursion(bet);
  double weighted = 0;
  double sum_r = 0;
  for (int j = 0; j < leading->size(); ++j) {
    weighted += leading->R(j) * SharesOf(spec.question)[static_cast<size_t>(j)];
    sum_r += leading->R(j);
  }
  f.affected_share = sum_r > 0 ? weighted / sum_r : 0;
  int64_t onset = state.onset_index >= 0 ? state.onset_index : excursion.start;
  f.responses_since_onset = index_ - onset;
  if (state.onset_index >= 0) {
    f.onset_time = absl::FromUnixNanos(state.onset_ns);
  }
  if (onset >= 0 && index_ - onset <= static_cast<int64_t>(recent_.size())) {
    const Seen& seen = recent_[static_cast<size_t>(onset) % kRecent];
    f.onset_id = seen.id;
    f.onset_time = absl::FromUnixNanos(seen.time_ns);
  }
  Carriers::Explanation carried = carriers_.Of(signal, f.responses_since_onset);
  f.hints = std::move(carried.hints);
  f.strata = std::move(carried.strata);
  const bool fresh = state.fresh >= kFreshResponses;
  if (fresh && state.fresh_channel >= 0) {
    f.effect = EffectOf(
        specs[static_cast<size_t>(state.fresh_channel)].question, state.fresh,
        state.fresh_sum, state.fresh_squares, state.fresh_expected, true);
  } else if (excursion.count > 0) {
    f.effect = EffectOf(spec.question, static_cast<double>(excursion.count),
                        excursion.sum, excursion.sum_squares,
                        excursion.sum_expected, false);
  }
  return f;
}

void Level::CloseForNoData(absl::Time now, std::vector<Finding>& findings) {
  for (int i = 0; i < kSignalCount; ++i) {
    SignalState& s = signals_[static_cast<size_t>(i)];
    if (!s.open) continue;
    Finding f;
    f.event = FindingEvent::kClosed;
    f.signal = static_cast<Signal>(i);
    f.scope = scope_;
    f.model = model_;
    f.route = route_;
    f.replica = replica_;
    f.time = now;
    f.statistic = s.statistic;
    findings.push_back(std::move(f));
    s = SignalState();
    renewed_[static_cast<size_t>(i)].reset();
    // What was evidence a week ago is none for the next response.
    const auto specs = Channels();
    for (size_t c = 0; c < specs.size(); ++c)
      if (static_cast<int>(specs[c].signal) == i) channels_[c] = ChannelState();
  }
}

void Level::Save(StateWriter& out) const {
  out.Put(index_);
  out.Put(absl::ToUnixNanos(last_time_));
  const auto specs = Channels();
  uint32_t spoken = 0;
  for (const ChannelState& c : channels_) spoken += c.spoken();
  out.Put(spoken);
  for (size_t c = 0; c < specs.size(); ++c) {
    const ChannelState& channel = channels_[c];
    if (!channel.spoken()) continue;
    out.PutString(specs[c].name);
    channel.all.Save(out);
    for (const auto* group : {&channel.turn, &channel.fill}) {
      out.Put(*group != nullptr);
      if (*group != nullptr)
        for (const Mixture& m : **group) m.Save(out);
    }
  }
  out.Put(static_cast<uint32_t>(kSignalCount));
  for (size_t i = 0; i < kSignalCount; ++i) {
    out.PutString(SignalName(static_cast<Signal>(i)));
    out.Put(signals_[i]);
    const Renewed* renewed = renewed_[i].get();
    out.Put(renewed != nullptr);
    if (renewed == nullptr) continue;
    out.Put(renewed->statistic);
    out.Put(renewed->cleared);
    out.Put(static_cast<uint32_t>(renewed->channels.size()));
    for (const auto& [c, evidence] : renewed->channels) {
      out.PutString(specs[c].name);
      evidence.Save(out);
    }
  }
  out.Put(static_cast<uint32_t>(recent_.size()));
  for (const Seen& seen : recent_) {
    out.PutString(seen.id);
    out.Put(seen.time_ns);
  }
  carriers_.Save(out);
}

void Level::Restore(StateReader& in) {
  in.GetIn(index_, int64_t{0}, kMaxStored);
  const auto last_ns = in.Get<int64_t>();
  // A stream that was only imported has no last response.
  last_time_ = last_ns == std::numeric_limits<int64_t>::min()
                   ? absl::InfinitePast()
                   : absl::FromUnixNanos(last_ns);
  const auto specs = Channels();
  const uint32_t spoken = in.GetCount(1024);
  for (uint32_t i = 0; i < spoken && in.ok(); ++i) {
    const std::string name = in.GetString();
    // A channel that this build no longer has is read over.
    ChannelState unknown;
    ChannelState* channel = &unknown;
    for (size_t c = 0; c < specs.size(); ++c)
      if (specs[c].name == name) channel = &channels_[c];
    const auto restore = [&](Mixture& m) {
      m.Restore(in);
      if (channel == &unknown || m.size() == 0) return;
      const ChannelSpec& spec =
          specs[static_cast<size_t>(channel - channels_.data())];
      in.Require(m.size() == static_cast<int>(SharesOf(spec.question).size()));
      for (int j = 0; j < m.size(); ++j)
        in.Require(m.excursion(j).start < index_);
    };
    restore(channel->all);
    for (auto* group : {&channel->turn, &channel->fill}) {
      if (!in.Get<bool>()) continue;
      *group = std::make_unique<std::array<Mixture, 3>>();
      for (Mixture& m : **group) restore(m);
    }
  }
  const uint32_t signals = in.GetCount(256);
  for (uint32_t i = 0; i < signals && in.ok(); ++i) {
    const std::string name = in.GetString();
    const auto state = in.Get<SignalState>();
    const auto channels = static_cast<int32_t>(channels_.size());
    in.Require(state.open <= 1 && state.passed_critical <= 1 &&
               state.fresh_told <= 1 && state.quiet >= 0 &&
               state.quiet <= index_ && state.fresh >= 0 &&
               state.fresh <= index_ && state.fresh_channel >= -1 &&
               state.fresh_channel < channels && state.onset_index >= -1 &&
               state.onset_index < std::max<int64_t>(index_, 1) &&
               std::abs(state.quiet_since_ns) <= kMaxStored);
    std::unique_ptr<Renewed> renewed;
    if (in.Get<bool>()) {
      renewed = std::make_unique<Renewed>();
      in.Get(renewed->statistic);
      in.Require(renewed->statistic >= 0);
      renewed->cleared = in.Get<bool>();
      const uint32_t heard = in.GetCount(1024);
      for (uint32_t h = 0; h < heard && in.ok(); ++h) {
        const std::string channel = in.GetString();
        RenewedEvidence evidence;
        evidence.Restore(in);
        for (size_t c = 0; c < specs.size(); ++c) {
          if (specs[c].name != channel) continue;
          const Mixture& since = evidence.since();
          in.Require(since.size() == 0 ||
                     since.size() ==
                         static_cast<int>(SharesOf(specs[c].question).size()));
          in.Require(renewed->channels.empty() ||
                     renewed->channels.back().first < c);
          renewed->channels.emplace_back(c, std::move(evidence));
          break;
        }
      }
    }
    for (size_t s = 0; s < kSignalCount; ++s) {
      if (SignalName(static_cast<Signal>(s)) != name) continue;
      in.Require((state.open != 0) == (renewed != nullptr));
      signals_[s] = state;
      renewed_[s] = std::move(renewed);
    }
  }
  recent_.clear();
  const uint32_t recent = in.GetCount(kRecent);
  for (uint32_t i = 0; i < recent && in.ok(); ++i) {
    Seen& seen = recent_.emplace_back();
    seen.id = in.GetString();
    in.Get(seen.time_ns);
  }
  carriers_.Restore(in);
  in.Require(recent_.size() == static_cast<size_t>(std::min<int64_t>(
                                   index_, static_cast<int64_t>(kRecent))));
}

}  // namespace reasonwatch
