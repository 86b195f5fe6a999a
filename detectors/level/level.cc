// SPDX-License-Identifier: Apache-2.0
// A response is added to the channels, the channels are joined into signals,
// and each signal's alarm is moved: Observe() is these three steps. The
// life of an alarm is alarm.cc, the content of a finding is finding.cc. The
// stored form is at the end.
#include "detectors/level/level.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "core/scored.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Responses a day. An alarm closes after kQuietResponses (alarm.cc) or, on a
// stream with fewer than these a day, after a quiet day.
constexpr double kSparsePerDay = 50;
// Part of the budget from which an excursion of a channel keeps a young
// reference from learning at once. There are many channels with less, and
// seldom are all of them quiet: they would keep the reference of all small.
constexpr double kHoldsLearning = .25;
// Carriers keeps log2 of the best pay-off in 4 bits, so at most this.
constexpr int kMostEvidence = 15;
// More rows than any table of channels or signals will have.
constexpr uint32_t kMaxStoredChannels = 1024;
constexpr uint32_t kMaxStoredSignals = 256;

// Prompts of a new kind may be answered so by a healthy model. A graded answer
// is compared with its own problem, and broken output is no answer to any.
bool DependsOnPrompts(Signal signal) {
  const auto specs = Channels();
  return signal != Signal::kConsistencyRegression &&
         std::none_of(specs.begin(), specs.end(), [&](const ChannelSpec& c) {
           return c.signal == signal && c.broken_output;
         });
}

// While prompts of a new kind come, an alarm can't pass the critical budget,
// and its evidence stays at the warning one: to page takes further evidence, of
// prompts that the reference knows.
bool HeldBack(Signal signal, const LevelContext& context) {
  return context.new_kinds && DependsOnPrompts(signal);
}

}  // namespace

Level::Level(Scope scope, std::string model, std::string route,
             std::string replica)
    : scope_(scope),
      model_(std::move(model)),
      route_(std::move(route)),
      replica_(std::move(replica)),
      channels_(Channels().size()) {}

bool Level::any_open() const {
  return std::any_of(alarms_.begin(), alarms_.end(),
                     [](const Alarm& a) { return a.open(); });
}

bool Level::Quiet(Signal signal) const {
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c)
    if (specs[c].signal == signal && !channels_[c].Quiet()) return false;
  return true;
}

bool Level::Quiet() const {
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c) {
    const SignalRow& row = kSignals[static_cast<size_t>(specs[c].signal)];
    if (row.budget_weight * specs[c].weight >= kHoldsLearning &&
        !channels_[c].Quiet())
      return false;
  }
  return true;
}

double Level::Heat(const Thresholds& thresholds,
                   uint32_t enabled_signals) const {
  double heat = 0;
  for (size_t i = 0; i < kSignalCount; ++i) {
    const double statistic = alarms_[i].statistic;
    if ((enabled_signals >> i & 1) == 0 || statistic < kRestingEvidence)
      continue;
    heat = std::max(heat,
                    statistic / thresholds.WarningOf(static_cast<Signal>(i)));
  }
  return heat;
}

void Level::Observe(const Scored& scored, const std::vector<PayOff>& pay_offs,
                    const Thresholds& thresholds, const LevelContext& context,
                    std::vector<Finding>& findings) {
  last_time_ = scored.start;
  if (std::all_of(pay_offs.begin(), pay_offs.end(),
                  [](const PayOff& p) { return !(p.weight > 0); }))
    return;
  const int64_t index = index_++;
  recent_.Observe(scored.id, absl::ToUnixNanos(scored.start), scored.session,
                  index);
  ObserveChannels(scored, pay_offs, index);
  Join(thresholds, context);
  for (int i = 0; i < kSignalCount; ++i)
    MoveAlarm(static_cast<Signal>(i), scored, pay_offs, thresholds, context,
              index, findings);
}

void Level::ObserveChannels(const Scored& scored,
                            const std::vector<PayOff>& pay_offs,
                            int64_t index) {
  const auto specs = Channels();
  Carriers::Evidence evidence{};
  for (size_t c = 0; c < specs.size(); ++c) {
    const PayOff& pay_off = pay_offs[c];
    if (pay_off.silent()) continue;
    const auto signal = static_cast<size_t>(specs[c].signal);
    const double best =
        *std::max_element(pay_off.e.begin(), pay_off.e.begin() + pay_off.bets);
    if (best >= 2)
      evidence[signal] = std::max(
          evidence[signal],
          static_cast<uint8_t>(std::min(std::ilogb(best), kMostEvidence)));
    channels_[c].Observe(pay_off, specs[c], scored.stratum, index,
                         alarms_[signal].open());
  }
  carriers_.Observe(scored, evidence);
}

void Level::Join(const Thresholds& thresholds, const LevelContext& context) {
  const auto specs = Channels();
  std::array<JoinedEvidence, kSignalCount> joined;
  for (size_t c = 0; c < specs.size(); ++c)
    if (channels_[c].spoken())
      joined[static_cast<size_t>(specs[c].signal)].Add(
          specs[c], channels_[c].Statistic());
  for (size_t s = 0; s < kSignalCount; ++s) {
    alarms_[s].statistic = joined[s].Statistic();
    // The evidence of an open alarm is capped, so that a recovery shows soon;
    // that of a signal that may not open now is capped lower.
    const bool mute = !context.may_open || !context.enabled(s);
    if (!alarms_[s].open() && !mute) continue;
    const auto signal = static_cast<Signal>(s);
    const double warning = thresholds.WarningOf(signal);
    HoldAt(mute ? warning / 2
           : HeldBack(signal, context)
               ? warning
               : std::max(warning, thresholds.CriticalOf(signal)),
           s);
  }
}

void Level::HoldAt(double cap, size_t signal) {
  const double statistic = alarms_[signal].statistic;
  if (!(statistic > cap)) return;
  const double factor = cap / statistic;
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c)
    if (static_cast<size_t>(specs[c].signal) == signal)
      channels_[c].Scale(factor);
}

void Level::MoveAlarm(Signal signal, const Scored& scored,
                      const std::vector<PayOff>& pay_offs,
                      const Thresholds& thresholds, const LevelContext& context,
                      int64_t index, std::vector<Finding>& findings) {
  Alarm& alarm = alarms_[static_cast<size_t>(signal)];
  if (!context.enabled(static_cast<size_t>(signal))) {
    if (!alarm.open()) return;
    Finding f = MakeFinding(signal, scored, thresholds, context);
    f.event = FindingEvent::kClosed;
    findings.push_back(std::move(f));
    alarm.Close();
    return;
  }
  if (!alarm.open())
    return OpenAlarm(signal, scored, thresholds, context, index, findings);
  const bool sparse = context.responses_per_day > 0 &&
                      context.responses_per_day < kSparsePerDay;
  const Alarm::Step step = alarm.Observe(
      signal, pay_offs,
      {thresholds.WarningOf(signal),
       HeldBack(signal, context) ? std::numeric_limits<double>::infinity()
                                 : thresholds.CriticalOf(signal)},
      sparse, index, absl::ToUnixNanos(scored.start));
  if (step.recovered || step.news || step.grown.has_value()) {
    Finding f = MakeFinding(signal, scored, thresholds, context);
    f.event = step.recovered ? FindingEvent::kClosed : FindingEvent::kUpdated;
    if (step.grown.has_value() && !step.recovered) {
      f.renewed = true;
      f.statistic = step.grown->statistic;
      f.effect = step.grown->effect;
    }
    findings.push_back(std::move(f));
  }
  if (step.recovered) alarm.Close();
}

void Level::OpenAlarm(Signal signal, const Scored& scored,
                      const Thresholds& thresholds, const LevelContext& context,
                      int64_t index, std::vector<Finding>& findings) {
  Alarm& alarm = alarms_[static_cast<size_t>(signal)];
  if (!context.may_open || alarm.statistic < thresholds.WarningOf(signal))
    return;
  alarm.Open(alarm.statistic >= thresholds.CriticalOf(signal) &&
                 !HeldBack(signal, context),
             index);
  int leading = -1;
  Finding f = MakeFinding(signal, scored, thresholds, context, &leading);
  alarm.SetOnset(leading, index - f.responses_since_onset + 1,
                 absl::ToUnixNanos(f.onset_time));
  findings.push_back(std::move(f));
}

void Level::Clear(Signal signal) {
  alarms_[static_cast<size_t>(signal)].Clear();
}

void Level::SetBack(int64_t since_ns, int64_t responses) {
  int64_t from = index_;
  for (int64_t back = 1; back <= std::min(responses, index_); ++back) {
    const auto* seen = recent_.Find(index_ - back, index_);
    if (seen != nullptr && seen->time_ns < since_ns) break;
    from = index_ - back;
  }
  const auto specs = Channels();
  for (size_t c = 0; c < specs.size(); ++c)
    if (specs[c].question != Question::kFailed) channels_[c].SetBack(from);
}

Finding Level::MakeFinding(Signal signal, const Scored& scored,
                           const Thresholds& thresholds,
                           const LevelContext& context, int* leading) const {
  const Alarm& alarm = alarms_[static_cast<size_t>(signal)];
  Finding f;
  f.signal = signal;
  f.scope = scope_;
  f.model = model_;
  f.route = route_;
  f.replica = replica_;
  f.response_id = scored.id;
  f.time = scored.start;
  f.statistic = alarm.statistic;
  f.threshold = thresholds.WarningOf(signal);
  f.passed_critical = alarm.passed_critical();
  f.provisional = context.provisional;
  f.low_coverage = context.low_coverage;
  const LevelEvidence evidence{channels_, recent_, carriers_, index_};
  const int channel = FillFinding(evidence, alarm, f);
  if (context.pages_on_gross && IsGross(evidence, alarm)) f.provisional = false;
  if (leading != nullptr) *leading = channel;
  return f;
}

void Level::CloseForNoData(absl::Time now, std::vector<Finding>& findings) {
  const auto specs = Channels();
  for (size_t i = 0; i < kSignalCount; ++i) {
    if (!alarms_[i].open()) continue;
    Finding f;
    f.event = FindingEvent::kClosed;
    f.signal = static_cast<Signal>(i);
    f.scope = scope_;
    f.model = model_;
    f.route = route_;
    f.replica = replica_;
    f.time = now;
    f.statistic = alarms_[i].statistic;
    findings.push_back(std::move(f));
    alarms_[i] = Alarm();
    // Evidence of a week ago is none for the next response.
    for (size_t c = 0; c < specs.size(); ++c)
      if (static_cast<size_t>(specs[c].signal) == i)
        channels_[c] = ChannelEvidence();
  }
}

template <typename Archive>
void Describe(Archive& archive, Level& level) {
  archive.InRange("responses", level.index_, 0, kMaxStored);
  archive.Field("last_time", level.last_time_);
  const auto specs = Channels();
  archive.Rows(
      "channels", kMaxStoredChannels, specs.size(),
      [&](size_t row) { return specs[row].name; },
      [&](size_t row) { return level.channels_[row].spoken(); },
      [&](size_t row) {
        ChannelEvidence unknown;
        const bool known = row < specs.size();
        (known ? level.channels_[row] : unknown)
            .DescribeAs(archive, known ? &specs[row] : nullptr, level.index_);
      });
  archive.Rows(
      "signals", kMaxStoredSignals, kSignalCount,
      [](size_t row) { return SignalName(static_cast<Signal>(row)); },
      [](size_t) { return true; },
      [&](size_t row) {
        Alarm unknown;
        (row < kSignalCount ? level.alarms_[row] : unknown)
            .DescribeAt(archive, level.index_);
      });
  level.recent_.DescribeAt(archive, level.index_);
  archive.Field("carriers", level.carriers_);
}
REASONWATCH_DESCRIBE(Level);

}  // namespace reasonwatch
