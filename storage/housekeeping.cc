// SPDX-License-Identifier: Apache-2.0
#include "storage/housekeeping.h"

#include <sys/stat.h>

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace reasonwatch {
namespace {

// Rows that one transaction removes: small, so that a write waits for
// milliseconds and not for the whole clean-up.
constexpr int kRemovalBatch = 64;

// Re-runs that stay although the disk cap is reached: a job's id repeats within
// its day, and a job that is still known is not run twice.
constexpr absl::Duration kRerunsKept = absl::Hours(24);

// Events kept at most, whatever their age: years of deployments, and a few
// megabytes if an endpoint changes its fingerprint with every answer.
constexpr int64_t kMaxEvents = 10000;

// States that the daemon has not saved for so long are of models that are gone;
// those of the others are saved every few seconds.
constexpr absl::Duration kStatesKept = absl::Hours(24 * 30);

// The shares of the tables: all pages are read for them, which takes a second
// for a gigabyte.
constexpr std::chrono::hours kTablesInterval{1};

// Calls `remove` (a StatusOr of the rows it removed) until nothing is left to
// remove or it fails.
template <typename Remove>
void RemoveAll(StoreCounters& counters, Remove remove) {
  while (true) {
    const absl::StatusOr<int64_t> removed = remove();
    counters.CountError(removed.status());
    if (!removed.ok() || *removed == 0) return;
    counters.expired.fetch_add(*removed, std::memory_order_relaxed);
  }
}

}  // namespace

Housekeeping::Housekeeping(HousekeepingOptions options, const Clock& clock,
                           Connection& connection, RecordWriter& writer,
                           StoreCounters& counters, StoreWatch& watch)
    : options_(std::move(options)),
      clock_(clock),
      connection_(connection),
      writer_(writer),
      counters_(counters),
      watch_(watch) {}

void Housekeeping::RemoveExpired() {
  const absl::Time limit = clock_.Now() - options_.retention;
  RemoveAll(counters_, [&] {
    return writer_.incidents().RemoveClosedBefore(limit, kRemovalBatch);
  });
  const absl::StatusOr<int64_t> events =
      writer_.events().RemoveOld(limit, kMaxEvents);
  counters_.CountError(events.status());
  counters_.expired.fetch_add(events.value_or(0), std::memory_order_relaxed);
  RemoveAll(counters_, [&] {
    return writer_.rescores().RemoveFinishedBefore(limit, kRemovalBatch);
  });
  KeepUnderCap();
  CountTables();
}

void Housekeeping::CountTables() {
  const auto now = std::chrono::steady_clock::now();
  if (tables_counted_.has_value() && now - *tables_counted_ < kTablesInterval)
    return;
  tables_counted_ = now;
  absl::StatusOr<Statement> query = connection_.Prepare(
      "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS "
      "s ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY s.tbl_name");
  // A library without this table says nothing of the shares.
  if (!query.ok()) return;
  std::map<std::string, int64_t> bytes;
  const absl::Status read = ForEachRow(*query, [&](Statement& row) {
    const std::string name = row.NextText();
    bytes[name] = row.NextInt();
  });
  if (read.ok()) watch_.SetTableBytes(std::move(bytes));
}

// Rows that may go before their time: re-runs first, whose result is part of
// their incident.
absl::StatusOr<int64_t> Housekeeping::RemoveExpendable() {
  absl::StatusOr<int64_t> removed = writer_.rescores().RemoveFinishedBefore(
      clock_.Now() - kRerunsKept, kRemovalBatch);
  if (!removed.ok() || *removed > 0) return removed;
  removed = writer_.incidents().RemoveClosedBefore(absl::InfiniteFuture(),
                                                   kRemovalBatch);
  if (!removed.ok() || *removed > 0) return removed;
  return writer_.states().RemoveSavedBefore(clock_.Now() - kStatesKept,
                                            kRemovalBatch);
}

void Housekeeping::KeepUnderCap() {
  int64_t bytes = BytesOnDisk();
  const int64_t most = options_.max_bytes / 8 * 7;
  if (bytes > most) {
    RemoveAll(counters_, [&]() -> absl::StatusOr<int64_t> {
      counters_.CountError(connection_.Execute("PRAGMA incremental_vacuum"));
      counters_.CountError(connection_.Checkpoint(/*truncate=*/true));
      bytes = BytesOnDisk();
      if (bytes <= most) return 0;
      return RemoveExpendable();
    });
  }
  counters_.database_bytes.store(bytes, std::memory_order_relaxed);
  counters_.over_cap.store(bytes > options_.max_bytes,
                           std::memory_order_relaxed);
  watch_.SetAtLimit(bytes > options_.max_bytes);
}

int64_t Housekeeping::BytesOnDisk() {
  const absl::StatusOr<int64_t> bytes = connection_.ReadInt(
      "SELECT page_count * page_size FROM pragma_page_count, "
      "pragma_page_size");
  counters_.CountError(bytes.status());
  struct stat log = {};
  const bool has_log = stat((options_.path + "-wal").c_str(), &log) == 0;
  return bytes.value_or(0) + (has_log ? log.st_size : 0);
}

}  // namespace reasonwatch
