// When a re-run may take from a server that serves others, and how much.
//
// Arithmetic; time comes in. Not thread-safe.
#ifndef REASONWATCH_RESCORE_HEADROOM_H_
#define REASONWATCH_RESCORE_HEADROOM_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/ports.h"

namespace reasonwatch {

struct HeadroomOptions {
  double max_running = 4;    // requests of others, exclusive
  double max_kv_usage = .7;  // exclusive
  absl::Duration settle = absl::Seconds(30);
  absl::Duration pause_within = absl::Seconds(10);
};

// Open once nobody has waited and the server has had room for `settle` without
// a break. Where others use the server, few of their requests are to meet one
// of ours: it is shut for `settle` after each answer to us, and while the
// latest reading shows somebody else, unless each one did for `pause_within`. A
// server that tells no load at all (Unimplemented) counts as idle: the budget
// alone holds us back. One that should and does not, as busy.
class HeadroomGate {
 public:
  explicit HeadroomGate(HeadroomOptions options) : options_(options) {}

  // `own`: requests of ours that the reading counts.
  void Update(absl::Time now, const absl::StatusOr<LoadReading>& load, int own);
  // An answer of `tokens` came to us.
  void Answered(absl::Time now, double tokens);
  bool open() const { return open_; }
  // It would be open if nobody else used the server.
  bool room() const { return room_; }
  // The latest reading alone: whether a re-run under way must yield.
  bool busy() const { return busy_; }

 private:
  void LookForOthers(absl::Time now, const LoadReading& load, int own);

  const HeadroomOptions options_;
  double generated_ = 0;  // the server's count at the last quiet reading
  double answered_ = 0;   // to us since then
  absl::Time answered_at_ = absl::InfinitePast();
  absl::Time others_at_ = absl::InfinitePast();
  absl::Time running_since_ = absl::InfiniteFuture();  // of others, no pause
  absl::Time idle_since_ = absl::InfiniteFuture();
  bool open_ = false;
  bool room_ = false;
  bool busy_ = true;
};

// Token bucket that fills up in an hour and holds one hour's worth. What was
// taken is known only afterwards, so it may fall below 0; nothing starts until
// it is above again.
class HourlyBudget {
 public:
  HourlyBudget(double per_hour, absl::Time now)
      : per_hour_(per_hour), level_(per_hour), updated_(now) {}

  bool Allows(absl::Time now);
  void Take(double amount) { level_ -= amount; }
  // When it allows again; `now` where it does.
  absl::Time NextAllowed(absl::Time now);
  double level(absl::Time now);
  // Of an earlier run; never more than an hour's worth.
  void Restore(double level, absl::Time then, absl::Time now);

 private:
  void Fill(absl::Time now);

  const double per_hour_;
  double level_;
  absl::Time updated_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_HEADROOM_H_
