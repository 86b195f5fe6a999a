// SPDX-License-Identifier: Apache-2.0
// Callers append to a bounded queue and go on; one thread takes the whole queue
// at a time and commits it as one transaction, so that the cost of a commit is
// shared by all that waited for it. If the transaction fails, each record gets
// one of its own. Between batches the thread copies the write-ahead log into
// the database and does the housekeeping.
//
// In order: the callers' side (Start, Add, Flush), the loop of the thread and
// its steps, transactions.
#include "storage/write_queue.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "storage/store_file.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// The log is copied into the database between batches once it holds this
// many pages (4 MiB), and inside a backlog only when it has grown tenfold:
// a checkpoint takes tens of milliseconds.
constexpr int kCheckpointPages = 1000;
constexpr int kCheckpointPagesInBacklog = 10 * kCheckpointPages;

}  // namespace

WriteQueue::WriteQueue(WriteQueueOptions options, Connection& connection,
                       RecordWriter& writer, Housekeeping& housekeeping,
                       StoreCounters& counters)
    : options_(std::move(options)),
      connection_(connection),
      writer_(writer),
      housekeeping_(housekeeping),
      counters_(counters) {}

WriteQueue::~WriteQueue() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status WriteQueue::Start() {
  housekeeping_.RemoveExpired();
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("can't start the writer thread: %s", error.what()));
  }
  return absl::OkStatus();
}

absl::Status WriteQueue::Add(std::vector<Record> records) {
  int64_t bytes = 0;
  for (const Record& record : records) bytes += record.bytes;
  {
    MutexLock lock(mutex_);
    if (static_cast<int64_t>(queue_.size() + records.size()) >
            options_.max_records ||
        queued_bytes_ + bytes > options_.max_bytes) {
      counters_.dropped.fetch_add(1, std::memory_order_relaxed);
      return absl::ResourceExhaustedError(
          absl::StrFormat("write queue is full (%d records, %d bytes)",
                          static_cast<int64_t>(queue_.size()), queued_bytes_));
    }
    queued_bytes_ += bytes;
    enqueued_ += static_cast<int64_t>(records.size());
    // The writer takes the whole queue for a transaction, so records that
    // go in under one lock are committed together.
    for (Record& record : records) queue_.push_back(std::move(record));
  }
  work_.notify_one();
  return absl::OkStatus();
}

absl::Status WriteQueue::Flush(absl::Duration deadline) {
  MutexLock lock(mutex_);
  const int64_t wanted = enqueued_;
  flush_wanted_ = std::max(flush_wanted_, wanted);
  work_.notify_all();
  // InfiniteDuration() would overflow the clock's range.
  const auto until =
      std::chrono::steady_clock::now() +
      absl::ToChronoMilliseconds(std::min(deadline, absl::Hours(24)));
  while (synced_ < wanted) {
    if (done_.wait_until(mutex_, until) == std::cv_status::timeout &&
        synced_ < wanted)
      return absl::DeadlineExceededError(absl::StrFormat(
          "%d writes still wait", static_cast<int64_t>(queue_.size())));
  }
  return std::exchange(unreported_error_, absl::OkStatus());
}

int64_t WriteQueue::Waiting() const {
  MutexLock lock(mutex_);
  return enqueued_ - committed_;
}

void WriteQueue::Loop() {
  const auto interval =
      absl::ToChronoMilliseconds(options_.housekeeping_interval);
  auto next_look = std::chrono::steady_clock::now() + interval;
  while (true) {
    Batch batch = NextBatch(next_look);
    absl::Status status =
        batch.records.empty() ? absl::OkStatus() : Commit(batch.records);
    if (batch.sync || batch.stop)
      status.Update(connection_.Checkpoint(/*truncate=*/false));
    const bool idle = Report(batch, status);
    if (batch.stop && idle) return;
    batch.records.clear();
    if (connection_.LogPages() >=
        (idle ? kCheckpointPages : kCheckpointPagesInBacklog))
      counters_.CountError(connection_.Checkpoint(/*truncate=*/false));
    if (std::chrono::steady_clock::now() >= next_look) {
      housekeeping_.RemoveExpired();
      next_look = std::chrono::steady_clock::now() + interval;
    } else {
      housekeeping_.KeepUnderCap();
    }
  }
}

WriteQueue::Batch WriteQueue::NextBatch(
    std::chrono::steady_clock::time_point next_look) {
  Batch batch;
  MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_ && synced_ >= flush_wanted_) {
    if (work_.wait_until(mutex_, next_look) == std::cv_status::timeout) break;
  }
  // The batch's bytes still count as queued until they are written, so that
  // the bound on memory holds.
  batch.records.swap(queue_);
  batch.last = enqueued_;
  batch.sync = flush_wanted_ > synced_;
  batch.stop = stopping_;
  return batch;
}

bool WriteQueue::Report(const Batch& batch, const absl::Status& status) {
  int64_t bytes = 0;
  for (const Record& record : batch.records) bytes += record.bytes;
  bool idle = false;
  {
    MutexLock lock(mutex_);
    queued_bytes_ -= bytes;
    committed_ = batch.last;
    if (batch.sync) synced_ = batch.last;
    unreported_error_.Update(status);
    idle = queue_.empty();
  }
  if (batch.sync) done_.notify_all();
  return idle;
}

// All records in one transaction. If that fails, each gets one of its own, so
// that one bad record does not take the others with it.
absl::Status WriteQueue::Commit(const std::deque<Record>& records) {
  absl::Status status = Transact(records.begin(), records.end());
  if (status.ok() || records.size() == 1) return status;
  status = absl::OkStatus();
  for (auto record = records.begin(); record != records.end(); ++record)
    status.Update(Transact(record, record + 1));
  return status;
}

absl::Status WriteQueue::Transact(std::deque<Record>::const_iterator first,
                                  std::deque<Record>::const_iterator last) {
  const absl::Status status = TryTransact(first, last);
  if (!status.ok()) {
    (void)connection_.Execute("ROLLBACK");
    counters_.CountError(status);
    return AddPath(status, options_.path);
  }
  int64_t rows = 0;
  for (auto record = first; record != last; ++record) rows += RowsOf(*record);
  counters_.writes.fetch_add(rows, std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status WriteQueue::TryTransact(std::deque<Record>::const_iterator first,
                                     std::deque<Record>::const_iterator last) {
  RW_RETURN_IF_ERROR(connection_.Execute(
      std::any_of(first, last, MustSurvivePowerCut)
          ? "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
          : "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE"));
  for (auto record = first; record != last; ++record)
    RW_RETURN_IF_ERROR(writer_.Write(*record));
  return connection_.Execute("COMMIT");
}

}  // namespace reasonwatch
