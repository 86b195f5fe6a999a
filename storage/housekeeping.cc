// SPDX-License-Identifier: Apache-2.0
#include "storage/housekeeping.h"

#include <sys/stat.h>

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
                           StoreCounters& counters)
    : options_(std::move(options)),
      clock_(clock),
      connection_(connection),
      writer_(writer),
      counters_(counters) {}

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
}

void Housekeeping::KeepUnderCap() {
  int64_t bytes = BytesOnDisk();
  if (bytes > options_.max_bytes) {
    RemoveAll(counters_, [&]() -> absl::StatusOr<int64_t> {
      counters_.CountError(connection_.Execute("PRAGMA incremental_vacuum"));
      counters_.CountError(connection_.Checkpoint(/*truncate=*/true));
      bytes = BytesOnDisk();
      if (bytes <= options_.max_bytes) return 0;
      // Re-runs first: their result is part of their incident.
      absl::StatusOr<int64_t> removed = writer_.rescores().RemoveFinishedBefore(
          clock_.Now() - kRerunsKept, kRemovalBatch);
      if (!removed.ok() || *removed > 0) return removed;
      return writer_.incidents().RemoveClosedBefore(absl::InfiniteFuture(),
                                                    kRemovalBatch);
    });
  }
  counters_.database_bytes.store(bytes, std::memory_order_relaxed);
  counters_.over_cap.store(bytes > options_.max_bytes,
                           std::memory_order_relaxed);
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
