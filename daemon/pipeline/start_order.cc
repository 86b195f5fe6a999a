// SPDX-License-Identifier: Apache-2.0
// Responses wait in a map by start. A histogram of durations in 1/8 octaves
// gives the percentile that H moves to; H moves when a response comes.
//
// In this order: durations and H, the way in and out, state.
#include "daemon/pipeline/start_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "daemon/pipeline/stored_scored.h"

namespace reasonwatch {
namespace {

// An alarm comes no later than that.
constexpr absl::Duration kMaxHold = absl::Minutes(10);
constexpr uint32_t kKnownFrom = 50;  // durations, until the hold is known
// At a quarter the lengths that are fed shift by less than 0.1 standard
// deviations, under every bet's reach.
constexpr double kMaxSlope = .25;
constexpr int kDurationBins = 160;         // 1/8 octave from 2^-7 s
constexpr uint32_t kMaxDurations = 20000;  // then the old ones begin to fade

// A hold without end has no nanoseconds of its own.
constexpr int64_t kForeverNanos = std::numeric_limits<int64_t>::max();

}  // namespace

absl::Duration StartOrder::LongDuration() const {
  uint32_t above = duration_count_ / 100;
  for (int bin = kDurationBins - 1; bin >= 0; --bin) {
    const uint32_t n = durations_[static_cast<size_t>(bin)];
    if (n > above)
      return std::min(kMaxHold, absl::Seconds(std::exp2((bin + 1) / 8.0 - 7)));
    above -= n;
  }
  return absl::ZeroDuration();
}

void StartOrder::CountDuration(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (durations_.empty()) durations_.assign(kDurationBins, 0);
  const double bin = (std::log2(std::max(seconds, 1e-3)) + 7) * 8;
  ++durations_[static_cast<size_t>(std::clamp(bin, 0.0, kDurationBins - 1.0))];
  if (++duration_count_ > kMaxDurations) {
    duration_count_ = 0;
    for (uint32_t& n : durations_) duration_count_ += n /= 2;
  }
}

void StartOrder::MoveHold(absl::Time now) {
  if (duration_count_ == 0) return;
  const absl::Duration target = LongDuration();
  if (hold_ == absl::InfiniteDuration()) {
    const absl::Duration heard = now - first_heard_;
    if (heard >= kMaxHold ||
        (duration_count_ >= kKnownFrom && heard >= 2 * target))
      hold_ = target;
  } else if (now > latest_) {
    const absl::Duration step = kMaxSlope * (now - latest_);
    hold_ = std::clamp(target, hold_ - step, hold_ + step);
  }
}

void StartOrder::Add(Scored scored, std::vector<Scored>& ready) {
  if (scored.end == absl::InfinitePast() || scored.end < scored.start) {
    ready.push_back(std::move(scored));
    return;
  }
  if (first_heard_ == absl::InfinitePast()) first_heard_ = latest_ = scored.end;
  const absl::Time end = scored.end;
  CountDuration(end - scored.start);
  // Responses that were under way when the tap began are left out: only the
  // short ones among them would be seen in time.
  if (scored.start < first_heard_) {
    ++counts_.startup;
  } else {
    ++counts_.held;
    held_.emplace(scored.start, std::move(scored));
    if (held_.size() > kHoldSlots) {
      ++counts_.overflow;
      ready.push_back(std::move(held_.begin()->second));
      held_.erase(held_.begin());
    }
  }
  Advance(end, ready);
}

void StartOrder::Advance(absl::Time now, std::vector<Scored>& ready) {
  MoveHold(now);
  latest_ = std::max(latest_, now);
  Release(latest_ - hold_, ready);
}

void StartOrder::Release(absl::Time until, std::vector<Scored>& ready) {
  while (!held_.empty() && held_.begin()->first <= until) {
    ready.push_back(std::move(held_.begin()->second));
    held_.erase(held_.begin());
  }
}

void StartOrder::Drain(std::vector<Scored>& ready) {
  Release(absl::InfiniteFuture(), ready);
}

template <typename Archive>
void Describe(Archive& archive, StartOrder& order) {
  StartOrder fresh;
  StartOrder& o = Archive::kReads ? fresh : order;
  archive.Field("durations", o.durations_);
  archive.Require(o.durations_.empty() || o.durations_.size() == kDurationBins);
  archive.Field("duration_count", o.duration_count_);
  int64_t hold = o.hold_ == absl::InfiniteDuration()
                     ? kForeverNanos
                     : absl::ToInt64Nanoseconds(o.hold_);
  archive.Field("hold", hold);
  if constexpr (Archive::kReads)
    o.hold_ = hold == kForeverNanos ? absl::InfiniteDuration()
                                    : absl::Nanoseconds(hold);
  archive.Field("first_heard", o.first_heard_);
  archive.Field("latest", o.latest_);
  archive.Field("counts", o.counts_);
  auto held = static_cast<uint32_t>(o.held_.size());
  archive.Count("held", held, kHoldSlots);
  if constexpr (Archive::kReads) {
    for (uint32_t i = 0; i < held && archive.ok(); ++i) {
      Scored scored;
      archive.Field("scored", scored);
      const absl::Time start = scored.start;
      o.held_.emplace_hint(o.held_.end(), start, std::move(scored));
    }
    if (archive.ok()) order = std::move(fresh);
  } else {
    for (auto& [start, scored] : o.held_) archive.Field("scored", scored);
  }
  archive.Close();
}
REASONWATCH_DESCRIBE(StartOrder);

}  // namespace reasonwatch
