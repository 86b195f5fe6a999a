// SPDX-License-Identifier: Apache-2.0
// SQLite behind the Store port of core.
#ifndef REASONWATCH_STORAGE_SQLITE_STORE_H_
#define REASONWATCH_STORAGE_SQLITE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/store.h"
#include "core/store_health.h"

namespace reasonwatch {

struct SqliteStoreOptions {
  // Holds reasonwatch.db and its log; made (0700) if absent.
  std::string folder;
  // For commands beside a running daemon: takes no lock, changes nothing,
  // every Put is FailedPrecondition.
  bool read_only = false;

  // Size of database and write-ahead log. Over it, re-runs of before the last
  // 24 h go, then the oldest closed incidents; if that is not enough, new
  // incidents and problems are refused. State and facts are always taken: they
  // replace older values.
  int64_t max_bytes = int64_t{1} << 30;
  // Incidents closed longer ago are removed.
  absl::Duration retention = absl::Hours(24 * 90);
  // Between two looks at retention and size while nothing is written.
  absl::Duration housekeeping_interval = absl::Minutes(10);

  // Bounds on the writes that wait. One call is one record, so a checkpoint
  // must fit into the bytes.
  int64_t max_queued_records = 4096;
  int64_t max_queued_bytes = int64_t{128} << 20;

  // If the folder can't be written to (full, read-only, not permitted), go on
  // with a database in memory that begins with the contents of the file, if
  // they can be read. Nothing is saved then; Health() says so.
  bool memory_if_unwritable = false;
  // Called by the writer thread; see store_watch.h. May be empty.
  std::function<void(const StoreHealth&)> on_health = {};

  // For retention and updated_ns; the wall clock if null. Must outlive the
  // store.
  const Clock* clock = nullptr;
};

// Thread-safe. Put* return at once (ResourceExhausted: queue or disk cap);
// a writer thread commits all queued writes in one transaction. Loads see
// committed writes only, so Flush() first to see one's own writes. Writes that
// fail because of the disk are kept, within the bounds of the queue, and
// repeated until they succeed. PutState and
// PutProblems insert or replace by (kind, key) and (model, digest) and leave
// the others as they are. The destructor writes all that is queued.
class SqliteStore : public Store {
 public:
  virtual StoreStatistics Statistics() const = 0;
  virtual StoreHealth Health() const = 0;
  // The path of the database; see IsInMemory() (sqlite.h).
  virtual const std::string& path() const = 0;
};

// Opens or makes the database and brings its schema up to date. Errors:
// FailedPrecondition: another process holds the folder, or a newer version or
// another program wrote the file; DataLoss: damaged (the message says how to go
// on); PermissionDenied; InvalidArgument: options.
absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(
    SqliteStoreOptions options);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_SQLITE_STORE_H_
