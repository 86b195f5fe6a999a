// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/finding.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "detectors/level/effect.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Responses whose ids are known, about 16 KB a level: most changes are found
// within as many (docs/signals.md, "Faults").
constexpr size_t kRecent = 256;
// Channels that a finding names; an operator reads no more.
constexpr size_t kMaxNamed = 5;

// Bounds of IsGross().
constexpr double kGrossPoints = .6;
constexpr double kGrossRatio = .2;
// Two users may have begun something new; a third one as well is the model.
constexpr int64_t kGrossSessions = 3;

struct Lead {
  int channel = -1;
  double share = 0;  // weight x statistic
  const Mixture* mixture = nullptr;
};

// Names the channels with their shares of the evidence, and returns the one
// that leads.
Lead NameChannels(const LevelEvidence& level, Finding& f) {
  const auto specs = Channels();
  Lead lead;
  double total = 0;
  for (size_t c = 0; c < specs.size(); ++c) {
    const ChannelEvidence& channel = level.channels[c];
    if (specs[c].signal != f.signal || !channel.spoken()) continue;
    const double share = specs[c].weight * channel.Statistic();
    total += share;
    f.channels.emplace_back(specs[c].name, share);
    if (specs[c].supporting) continue;
    if (lead.mixture != nullptr && share <= lead.share) continue;
    lead = {static_cast<int>(c), share, &channel.Leading()};
  }
  for (auto& [name, share] : f.channels) share = total > 0 ? share / total : 0;
  std::sort(
      f.channels.begin(), f.channels.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
  if (f.channels.size() > kMaxNamed) f.channels.resize(kMaxNamed);
  if (lead.mixture == nullptr) return lead;
  f.channel = specs[static_cast<size_t>(lead.channel)].name;
  f.channel_share = total > 0 ? lead.share / total : 0;
  return lead;
}

// The mean share phi of the bets, weighted by their evidence.
double AffectedShare(const Mixture& mixture, Question question) {
  double weighted = 0;
  double sum_r = 0;
  for (int j = 0; j < mixture.size(); ++j) {
    weighted += mixture.R(j) * BetShares(question)[static_cast<size_t>(j)];
    sum_r += mixture.R(j);
  }
  return sum_r > 0 ? weighted / sum_r : 0;
}

}  // namespace

void RecentResponses::Observe(const std::string& id, int64_t time_ns,
                              uint64_t session, int64_t index) {
  if (ring_.size() < kRecent) ring_.emplace_back();
  Seen& seen = ring_[static_cast<size_t>(index) % kRecent];
  seen.id = id;
  seen.time_ns = time_ns;
  seen.session = session;
}

int64_t RecentResponses::SessionsSince(int64_t index, int64_t responses) const {
  const auto kept = static_cast<int64_t>(ring_.size());
  absl::flat_hash_set<uint64_t> sessions;
  int64_t alone = 0;
  for (int64_t i = std::max(index, responses - kept); i < responses; ++i) {
    const uint64_t session = ring_[static_cast<size_t>(i) % kRecent].session;
    if (session == 0)
      ++alone;
    else
      sessions.insert(session);
  }
  return static_cast<int64_t>(sessions.size()) + alone;
}

const RecentResponses::Seen* RecentResponses::Find(int64_t index,
                                                   int64_t responses) const {
  if (index < 0 || responses - index > static_cast<int64_t>(ring_.size()))
    return nullptr;
  return &ring_[static_cast<size_t>(index) % kRecent];
}

template <typename Archive>
void RecentResponses::DescribeAt(Archive& archive, int64_t responses) {
  archive.List("recent", ring_, kRecent);
  archive.Require(
      ring_.size() ==
      static_cast<size_t>(std::min(responses, static_cast<int64_t>(kRecent))));
}
template void RecentResponses::DescribeAt(StateWriter&, int64_t);
template void RecentResponses::DescribeAt(StateReader&, int64_t);
template void RecentResponses::DescribeAt(StatePrinter&, int64_t);

int FillFinding(const LevelEvidence& level, const Alarm& alarm, Finding& f) {
  const Lead lead = NameChannels(level, f);
  if (lead.mixture == nullptr) return -1;
  const Question question =
      Channels()[static_cast<size_t>(lead.channel)].question;
  const Excursion& excursion = lead.mixture->excursion(lead.mixture->Leading());
  f.affected_share = AffectedShare(*lead.mixture, question);

  const bool known = alarm.onset_index() >= 0;
  const int64_t onset = known ? alarm.onset_index() : excursion.start;
  f.responses_since_onset = level.responses - onset;
  if (known) f.onset_time = absl::FromUnixNanos(alarm.onset_ns());
  if (const auto* seen = level.recent.Find(onset, level.responses);
      seen != nullptr) {
    f.onset_id = seen->id;
    f.onset_time = absl::FromUnixNanos(seen->time_ns);
  }
  Carriers::Explanation carried =
      level.carriers.Explain(f.signal, f.responses_since_onset);
  f.hints = std::move(carried.hints);
  f.strata = std::move(carried.strata);
  if (auto fresh = alarm.FreshEffect(); fresh.has_value()) {
    f.effect = *std::move(fresh);
  } else if (excursion.count > 0) {
    f.effect =
        MeasureEffect(question,
                      {static_cast<double>(excursion.count), excursion.sum,
                       excursion.sum_squares, excursion.sum_expected},
                      /*fresh=*/false);
  }
  return lead.channel;
}

bool IsGross(const LevelEvidence& level, const Alarm& alarm) {
  const std::optional<Effect> effect = alarm.FreshEffect();
  if (!effect.has_value()) return false;
  const bool large = effect->unit == "ratio"
                         ? effect->value < kGrossRatio
                         : std::abs(effect->value) >= kGrossPoints;
  return large && level.recent.SessionsSince(alarm.onset_index(),
                                             level.responses) >= kGrossSessions;
}

}  // namespace reasonwatch
