#include "detectors/order/start_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace reasonwatch {
namespace {

constexpr absl::Duration kMaxHold = absl::Minutes(10);
constexpr uint32_t kKnownFrom = 50;
// At a quarter the lengths that are fed shift by less than 0.1 standard
// deviations, under every bet's reach.
constexpr double kMaxSlope = .25;
constexpr int kDurationBins = 160;  // 1/8 octave from 2^-7 s
constexpr uint32_t kMaxDurations = 20000;

// The infinite ends of time have no nanoseconds of their own.
constexpr int64_t kPastNanos = std::numeric_limits<int64_t>::min();
constexpr int64_t kForeverNanos = std::numeric_limits<int64_t>::max();

void PutTime(absl::Time t, StateWriter& out) {
  out.Put(t == absl::InfinitePast() ? kPastNanos : absl::ToUnixNanos(t));
}
absl::Time GetTime(StateReader& in) {
  const auto nanos = in.Get<int64_t>();
  return nanos == kPastNanos ? absl::InfinitePast()
                             : absl::FromUnixNanos(nanos);
}

void PutScored(const Scored& s, StateWriter& out) {
  out.PutString(s.id);
  PutTime(s.start, out);
  PutTime(s.end, out);
  for (const std::string* text :
       {&s.model, &s.route, &s.replica, &s.regime.fingerprint,
        &s.regime.weights_version, &s.regime.template_hash, &s.regime.engine})
    out.PutString(*text);
  out.Put(s.session);
  out.Put(s.origin);
  out.Put(s.stratum);
  out.Put(s.readings);
  out.Put(s.lower_bound);
  out.PutVector(s.prompt_terms);
  out.Put(s.prefix_digest);
  out.Put(s.system_prompt_digest);
  out.Put(s.expected_language);
  out.Put(s.answer_language);
  out.Put(s.habits);
  out.Put(s.habits_known);
  out.Put(s.finish);
  out.Put(s.prompt_key);
  out.Put(s.answer_key);
  out.Put(s.match.kind);
  out.Put(s.match.problem);
  out.Put(s.match.neighbour);
  out.Put(s.match.distance);
  out.Put(s.grade);
  out.Put(s.digest);
  out.Put(s.choices);
  out.Put(s.choice_index);
}

Scored GetScored(StateReader& in) {
  Scored s;
  s.id = in.GetString();
  s.start = GetTime(in);
  s.end = GetTime(in);
  for (std::string* text :
       {&s.model, &s.route, &s.replica, &s.regime.fingerprint,
        &s.regime.weights_version, &s.regime.template_hash, &s.regime.engine})
    *text = in.GetString();
  in.Get(s.session);
  in.Get(s.origin);
  in.Get(s.stratum);
  in.Get(s.readings);
  in.Get(s.lower_bound);
  in.GetVector(s.prompt_terms);
  in.Get(s.prefix_digest);
  in.Get(s.system_prompt_digest);
  in.Get(s.expected_language);
  in.Get(s.answer_language);
  in.Get(s.habits);
  in.Get(s.habits_known);
  in.Get(s.finish);
  in.Get(s.prompt_key);
  in.Get(s.answer_key);
  in.Get(s.match.kind);
  in.Get(s.match.problem);
  in.Get(s.match.neighbour);
  in.Get(s.match.distance);
  in.Get(s.grade);
  in.Get(s.digest);
  in.Get(s.choices);
  in.Get(s.choice_index);
  return s;
}

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

void StartOrder::Save(StateWriter& out) const {
  out.PutVector(durations_);
  out.Put(duration_count_);
  out.Put(hold_ == absl::InfiniteDuration() ? kForeverNanos
                                            : absl::ToInt64Nanoseconds(hold_));
  PutTime(first_heard_, out);
  PutTime(latest_, out);
  out.Put(counts_);
  out.Put(static_cast<uint32_t>(held_.size()));
  for (const auto& [start, scored] : held_) PutScored(scored, out);
}

void StartOrder::Restore(StateReader& in) {
  StartOrder fresh;
  in.GetVector(fresh.durations_);
  if (!fresh.durations_.empty() && fresh.durations_.size() != kDurationBins)
    in.Fail();
  in.Get(fresh.duration_count_);
  const auto hold = in.Get<int64_t>();
  fresh.hold_ = hold == kForeverNanos ? absl::InfiniteDuration()
                                      : absl::Nanoseconds(hold);
  fresh.first_heard_ = GetTime(in);
  fresh.latest_ = GetTime(in);
  in.Get(fresh.counts_);
  const uint32_t held = in.GetCount(kHoldSlots);
  for (uint32_t i = 0; i < held && in.ok(); ++i) {
    Scored scored = GetScored(in);
    const absl::Time start = scored.start;
    fresh.held_.emplace_hint(fresh.held_.end(), start, std::move(scored));
  }
  if (in.ok()) *this = std::move(fresh);
}

void StartOrder::Drain(std::vector<Scored>& ready) {
  Release(absl::InfiniteFuture(), ready);
}

}  // namespace reasonwatch
