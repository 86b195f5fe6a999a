// SPDX-License-Identifier: Apache-2.0
#include "rescore/server/headroom.h"

#include <algorithm>

namespace reasonwatch {

void HeadroomGate::Update(absl::Time now,
                          const absl::StatusOr<LoadReading>& load, int own) {
  others_ = load.ok() && load->running > own
                ? static_cast<int>(load->running) - own
                : 0;
  if (absl::IsUnimplemented(load.status())) {
    open_ = room_ = true;
    busy_ = false;
    return;
  }
  // NaN compares false, so a figure that is missing does not make the server
  // busy; but one of the first two must be there.
  busy_ = !load.ok() ||
          (load->waiting != load->waiting && load->running != load->running);
  if (!busy_)
    busy_ = load->waiting > 0 || load->running - own >= options_.max_running ||
            load->kv_usage >= options_.max_kv_usage;
  if (busy_) {
    others_at_ = now;
    running_since_ = std::min(running_since_, now);
    idle_since_ = absl::InfiniteFuture();
    open_ = room_ = false;
    return;
  }
  LookForOthers(now, *load, own);
  idle_since_ = std::min(idle_since_, now);
  const bool alone = now - others_at_ > options_.settle;
  const bool paused = running_since_ == absl::InfiniteFuture() ||
                      now - running_since_ >= options_.pause_within;
  room_ = now - idle_since_ >= options_.settle;
  open_ = room_ && (alone || (paused && now - answered_at_ >= options_.settle));
}

absl::Time HeadroomGate::OpensAt() const {
  if (busy_) return absl::InfiniteFuture();
  return std::max({idle_since_, std::min(others_at_, answered_at_)}) +
         options_.settle;
}

int HeadroomGate::RoomFor(int at_once) const {
  return std::max(1, at_once - others_);
}

void HeadroomGate::LookForOthers(absl::Time now, const LoadReading& load,
                                 int own) {
  if (load.running > own) {
    others_at_ = now;
    running_since_ = std::min(running_since_, now);
  } else {
    running_since_ = absl::InfiniteFuture();
  }
  // The count is of no use while a question of ours adds to it.
  if (own > 0 || load.generated_tokens != load.generated_tokens) return;
  // Some servers count the token that ends an answer, some don't; 16 allows for
  // a few answers between two readings.
  constexpr double kRounding = 16;
  if (generated_ > 0 &&
      load.generated_tokens - generated_ > 1.1 * answered_ + kRounding)
    others_at_ = now;
  generated_ = load.generated_tokens;
  answered_ = 0;
}

void HeadroomGate::Answered(absl::Time now, double tokens) {
  answered_ += tokens;
  answered_at_ = now;
  if (now - others_at_ <= options_.settle) open_ = false;
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
