#include "detectors/order/start_order.h"

#include <algorithm>
#include <cmath>

#include "core/strings.h"

namespace reasonwatch {
namespace {

constexpr absl::Duration kMaxHold = absl::Minutes(10);
// Until durations are known, long enough for most reasoning responses.
constexpr absl::Duration kFirstHold = absl::Minutes(2);
constexpr uint32_t kKnownFrom = 50;
constexpr double kBurst = 1.25;
// A rate of fewer arrivals than this a window is too noisy for a burst.
constexpr size_t kMinArrivals = 40;
constexpr size_t kMaxArrivals = 8192;
constexpr int kDurationBins = 160;  // 1/8 octave from 2^-7 s
constexpr size_t kMaxSources = 1024;

}  // namespace

absl::Duration StartOrder::hold() const {
  if (duration_count_ < kKnownFrom) return kFirstHold;
  uint32_t above = duration_count_ / 100;
  for (int bin = kDurationBins - 1; bin >= 0; --bin) {
    const uint32_t n = durations_[static_cast<size_t>(bin)];
    if (n > above)
      return std::min(kMaxHold, absl::Seconds(std::exp2((bin + 1) / 8.0 - 7)));
    above -= n;
  }
  return absl::ZeroDuration();
}

void StartOrder::Observe(const Scored& scored) {
  const double seconds = absl::ToDoubleSeconds(scored.end - scored.start);
  if (durations_.empty()) durations_.assign(kDurationBins, 0);
  const double bin = (std::log2(std::max(seconds, 1e-3)) + 7) * 8;
  ++durations_[static_cast<size_t>(std::clamp(bin, 0.0, kDurationBins - 1.0))];
  if (++duration_count_ > 20000) {
    duration_count_ = 0;
    for (uint32_t& n : durations_) duration_count_ += n /= 2;
  }

  latest_ = std::max(latest_, scored.end);
  const absl::Duration h = hold();
  const uint64_t source = StableHash(scored.replica);
  if (!sources_.contains(source)) {
    if (sources_.size() >= kMaxSources) sources_.clear();
    sources_[source] = absl::ToUnixNanos(latest_);
    hold_until_ = std::max(hold_until_, latest_ + h);
  }
  arrivals_.push_back(scored.end);
  while (arrivals_.size() > kMaxArrivals ||
         (!arrivals_.empty() && arrivals_.front() < latest_ - 2 * h))
    arrivals_.pop_front();
  const auto middle =
      std::lower_bound(arrivals_.begin(), arrivals_.end(), latest_ - h);
  const auto before = static_cast<size_t>(middle - arrivals_.begin());
  const size_t now = arrivals_.size() - before;
  if (now >= kMinArrivals &&
      static_cast<double>(now) > kBurst * static_cast<double>(before))
    hold_until_ = std::max(hold_until_, latest_ + h);
}

bool StartOrder::holding_back(absl::Time now) const {
  return now < hold_until_ || !held_.empty();
}

void StartOrder::Add(Scored scored, std::vector<Scored>& ready) {
  if (scored.end == absl::InfinitePast() || scored.end < scored.start) {
    ready.push_back(std::move(scored));
    return;
  }
  if (first_heard_ == absl::InfinitePast()) first_heard_ = scored.end;
  Observe(scored);
  // Of what was under way when the tap began only the short ones would have
  // been seen in time; all of it is left out.
  if (scored.start < first_heard_) {
    ++counts_.startup;
    Advance(latest_, ready);
    return;
  }
  if (!holding_back(latest_)) {
    ready.push_back(std::move(scored));
    return;
  }
  ++counts_.held;
  held_.emplace(scored.start, std::move(scored));
  if (held_.size() > kHoldSlots) {
    ++counts_.overflow;
    ready.push_back(std::move(held_.begin()->second));
    held_.erase(held_.begin());
  }
  Advance(latest_, ready);
}

void StartOrder::Advance(absl::Time now, std::vector<Scored>& ready) {
  latest_ = std::max(latest_, now);
  Release(latest_ - hold(), ready);
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
