// SPDX-License-Identifier: Apache-2.0
// The ledger of the evidence that rose: enough to say which incidents a signal
// in shadow mode, or another budget of false alarms, would have opened.
//
// A rise begins at a sixteenth of the warning threshold, so budgets of up to
// sixteen times the one in force are answered, and ends at a hundredth of that.
// It is of streams: evidence that only a whole model or one replica shows is
// not in it, so the counts are at least so many.
//
// Bounded: kMaxRises, the oldest go first, and those that ended kKept ago.
// Thread-safe.
#ifndef REASONWATCH_DAEMON_HISTORY_SHADOW_LEDGER_H_
#define REASONWATCH_DAEMON_HISTORY_SHADOW_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/shadow.h"
#include "core/snapshot.h"
#include "util/mutex.h"

namespace reasonwatch {

class ShadowLedger {
 public:
  static constexpr size_t kMaxRises = 512;
  static constexpr absl::Duration kKept = absl::Hours(24 * 90);
  static constexpr double kLeast = 1. / 16;  // of the threshold

  explicit ShadowLedger(absl::Time now) : since_(now) {}

  // The budget in force, and the signals that alert (bit = Signal).
  void Configure(const AlarmBudget& budget, uint32_t alerting);
  void Observe(const StreamSnapshot& stream, absl::Time now);
  // Its reference is gone: its rises are over.
  void Reset(std::string_view model, std::string_view route, absl::Time now);

  ShadowReport Report(absl::Time now) const;

  // Has changed since the last Save().
  bool WantsSave() const;
  std::string Save();
  // False, and nothing changes, if the bytes can't be read.
  bool Restore(std::string_view bytes);

 private:
  void Trim(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  absl::Time since_ ABSL_GUARDED_BY(mutex_);
  AlarmBudget budget_ ABSL_GUARDED_BY(mutex_);
  uint32_t alerting_ ABSL_GUARDED_BY(mutex_) = ~0u;
  std::deque<EvidenceRise> rises_ ABSL_GUARDED_BY(mutex_);  // by beginning
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
};

// The rows of the budgets that people ask for, around the one in force.
// Findings of one model within ten minutes, or while one is open, are one
// incident.
std::vector<ShadowRow> ShadowRows(const std::deque<EvidenceRise>& rises,
                                  const AlarmBudget& in_force);

// The report of a saved ledger; nothing is in it if the bytes can't be read.
ShadowReport ReportOfSaved(std::string_view bytes, const AlarmBudget& in_force,
                           absl::Time now);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_HISTORY_SHADOW_LEDGER_H_
