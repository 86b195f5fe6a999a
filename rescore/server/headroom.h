// SPDX-License-Identifier: Apache-2.0
// The gate and the hourly budgets that keep re-runs from disturbing the
// requests of others at the same server.
//
// Arithmetic; time comes in. Not thread-safe.
#ifndef REASONWATCH_RESCORE_SERVER_HEADROOM_H_
#define REASONWATCH_RESCORE_SERVER_HEADROOM_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/load_reading.h"

namespace reasonwatch {

struct HeadroomOptions {
  double max_running = 4;    // requests of others, exclusive
  double max_kv_usage = .7;  // exclusive; beyond, servers begin to evict
  // Measured: with 30 s of rest, and asked in a pause of the others, re-runs
  // leave the p99 of live requests as it is (docs/rescoring.md, "Measured with
  // a real server").
  absl::Duration settle = absl::Seconds(30);
  absl::Duration pause_within = absl::Seconds(10);
};

// Opens once no request has waited and the server has had room for `settle`
// without a break. If others use the server, few of their requests shall meet
// one of ours: the gate is shut for `settle` after each answer to us, and as
// long as the latest reading shows a request of others, unless all readings of
// the last `pause_within` did. A server without load metrics (Unimplemented)
// counts as idle, so that only the budget limits re-runs; one whose metrics
// can't be read counts as busy.
class HeadroomGate {
 public:
  explicit HeadroomGate(HeadroomOptions options) : options_(options) {}

  // `own`: requests of ours that the reading counts.
  void Update(absl::Time now, const absl::StatusOr<LoadReading>& load, int own);
  // A re-run has ended with `tokens` of output.
  void Answered(absl::Time now, double tokens);
  bool open() const { return open_; }
  // Whether it would be open if no one else used the server.
  bool room() const { return room_; }
  // Whether a re-run under way must yield, by the latest reading alone.
  bool busy() const { return busy_; }
  // When it opens if the server stays as it is; InfiniteFuture: it must get
  // less to do first.
  absl::Time OpensAt() const;
  // How many of `at_once` requests may be ours, so that with those of others in
  // the latest reading there are no more than that; at least 1.
  int RoomFor(int at_once) const;

 private:
  void LookForOthers(absl::Time now, const LoadReading& load, int own);

  const HeadroomOptions options_;
  double generated_ = 0;  // the server's count at the last quiet reading
  double answered_ = 0;   // to us since then
  absl::Time answered_at_ = absl::InfinitePast();
  absl::Time others_at_ = absl::InfinitePast();
  absl::Time running_since_ = absl::InfiniteFuture();  // of others, no pause
  absl::Time idle_since_ = absl::InfiniteFuture();
  int others_ = 0;  // requests of others that run, by the latest reading
  bool open_ = false;
  bool room_ = false;
  bool busy_ = true;
};

// A token bucket that fills up in an hour and holds one hour's worth. An
// answer's cost is known only afterwards, so the level may fall below 0; then
// nothing starts until it is above 0 again.
class HourlyBudget {
 public:
  HourlyBudget(double per_hour, absl::Time now)
      : per_hour_(per_hour), level_(per_hour), updated_(now) {}

  bool Allows(absl::Time now);
  void Spend(double amount) { level_ -= amount; }
  // When it allows again; `now` if it does already.
  absl::Time NextAllowed(absl::Time now);
  double level(absl::Time now);
  // The level that an earlier run had at `then`; caps it at an hour's worth.
  void Restore(double level, absl::Time then, absl::Time now);

 private:
  void Fill(absl::Time now);

  const double per_hour_;
  double level_;
  absl::Time updated_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_SERVER_HEADROOM_H_
