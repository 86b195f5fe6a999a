// SPDX-License-Identifier: Apache-2.0
// Totals that the writer thread counts and StoreStatistics reports.
#ifndef REASONWATCH_STORAGE_STORE_COUNTERS_H_
#define REASONWATCH_STORAGE_STORE_COUNTERS_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"

namespace reasonwatch {

// Thread-safe. Fields: as in StoreStatistics (core/store.h).
struct StoreCounters {
  std::atomic<int64_t> writes = 0;
  std::atomic<int64_t> errors = 0;
  std::atomic<int64_t> dropped = 0;
  std::atomic<int64_t> expired = 0;
  std::atomic<int64_t> database_bytes = 0;
  // The database is larger than its cap although all that may go has gone.
  std::atomic<bool> over_cap = false;

  void CountError(const absl::Status& status) {
    if (!status.ok()) errors.fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_STORE_COUNTERS_H_
