#include "detectors/order/start_order.h"

#include <algorithm>
#include <cmath>

namespace reasonwatch {
namespace {

constexpr absl::Duration kMaxHold = absl::Minutes(10);
constexpr uint32_t kKnownFrom = 50;
// At a quarter the lengths that are fed shift by less than 0.1 standard
// deviations, under every bet's reach.
constexpr double kMaxSlope = .25;
constexpr int kDurationBins = 160;  // 1/8 octave from 2^-7 s
constexpr uint32_t kMaxDurations = 20000;

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
  // Of what was under way when the tap began only the short ones would have
  // been seen in time; all of it is left out.
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

}  // namespace reasonwatch
