#include "rescore/headroom.h"

#include <algorithm>

namespace reasonwatch {

void HeadroomGate::Update(absl::Time now,
                          const absl::StatusOr<LoadReading>& load, int own) {
  if (absl::IsUnimplemented(load.status())) {
    open_ = true;
    busy_ = false;
    return;
  }
  // NaN compares false: what the server does not say holds nobody back, but it
  // must say one of the two.
  busy_ = !load.ok() ||
          (load->waiting != load->waiting && load->running != load->running);
  if (!busy_)
    busy_ = load->waiting > 0 || load->running - own >= options_.max_running ||
            load->kv_usage >= options_.max_kv_usage;
  if (busy_) {
    idle_since_ = absl::InfiniteFuture();
    open_ = false;
    return;
  }
  idle_since_ = std::min(idle_since_, now);
  open_ = now - idle_since_ >= options_.settle;
}

void HourlyBudget::Fill(absl::Time now) {
  if (now <= updated_) return;
  level_ = std::min(per_hour_,
                    level_ + per_hour_ * absl::ToDoubleHours(now - updated_));
  updated_ = now;
}

bool HourlyBudget::Allows(absl::Time now) {
  Fill(now);
  return per_hour_ > 0 && level_ > 0;
}

absl::Time HourlyBudget::NextAllowed(absl::Time now) {
  if (Allows(now)) return now;
  if (per_hour_ <= 0) return absl::InfiniteFuture();
  // One second more, or rounding would leave it at exactly 0.
  return updated_ + absl::Hours(-level_ / per_hour_) + absl::Seconds(1);
}

double HourlyBudget::level(absl::Time now) {
  Fill(now);
  return level_;
}

void HourlyBudget::Restore(double level, absl::Time then, absl::Time now) {
  level_ = std::min(level, per_hour_);
  updated_ = std::min(then, now);
  Fill(now);
}

}  // namespace reasonwatch
