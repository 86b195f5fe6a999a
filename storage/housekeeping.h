// SPDX-License-Identifier: Apache-2.0
// Retention and the cap on the database's size.
#ifndef REASONWATCH_STORAGE_HOUSEKEEPING_H_
#define REASONWATCH_STORAGE_HOUSEKEEPING_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "storage/record.h"
#include "storage/sqlite.h"
#include "storage/store_counters.h"
#include "storage/store_watch.h"

namespace reasonwatch {

struct HousekeepingOptions {
  std::string path;          // of the database
  int64_t max_bytes = 0;     // of the database and its write-ahead log
  absl::Duration retention;  // closed incidents, events, finished re-runs
};

// Belongs to the thread that owns the connection. Errors are counted, never
// returned: the next look tries again. All references must outlive it.
class Housekeeping {
 public:
  Housekeeping(HousekeepingOptions options, const Clock& clock,
               Connection& connection, RecordWriter& writer,
               StoreCounters& counters, StoreWatch& watch);

  // Removes rows older than the retention, then KeepUnderCap(). Counts the
  // bytes of each table, once an hour.
  void RemoveExpired();
  // If the database is over seven eighths of its cap, removes re-runs finished
  // more than a day ago, then the closed incidents, then states that nobody
  // has saved for a month, oldest first, until it is under them; so an open
  // incident finds room. Gives the free pages back to the disk. Sets
  // database_bytes and over_cap.
  void KeepUnderCap();

 private:
  int64_t BytesOnDisk();
  absl::StatusOr<int64_t> RemoveExpendable();
  void CountTables();

  const HousekeepingOptions options_;
  const Clock& clock_;
  Connection& connection_;
  RecordWriter& writer_;
  StoreCounters& counters_;
  StoreWatch& watch_;
  std::optional<std::chrono::steady_clock::time_point> tables_counted_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_HOUSEKEEPING_H_
