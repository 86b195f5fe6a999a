// SPDX-License-Identifier: Apache-2.0
// Callers append to a bounded queue and go on; one thread takes the whole queue
// at a time and commits it as one transaction, so that the cost of a commit is
// shared by all that waited for it. If the disk is full, locked or gone the
// records go back to the front of the queue and are tried again after a pause;
// if a record itself is at fault, each gets a transaction of its own and that
// one is lost and counted. Between batches the thread copies the write-ahead
// log into the database and does the housekeeping.
//
// In order: the callers' side (Start, Add, Flush), the loop of the thread and
// its steps, transactions.
#include "storage/write_queue.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

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

// Pauses before failed writes are repeated: from the first to this one, each
// twice as long. A disk that has room again is found within seconds.
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{4000};
// Between two looks at the database's file while nothing is written.
constexpr std::chrono::seconds kWatchInterval{5};
// A writer that stops may wait for another process's lock for so long.
constexpr absl::Duration kLastPatience = absl::Seconds(1);

// Whether the same write may succeed later: the disk is full, the file locked,
// unwritable or unreadable. Any other error is the record's own.
bool MayPass(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status) ||
         absl::IsPermissionDenied(status);
}

int64_t BytesOf(const std::deque<Record>& records) {
  int64_t bytes = 0;
  for (const Record& record : records) bytes += record.bytes;
  return bytes;
}

// True if the fact or one of the blobs is replaced by the newer record.
bool Replaces(const Record& newer, const Fact& fact) {
  const Fact* other = std::get_if<Fact>(&newer.value);
  return other != nullptr && other->name == fact.name;
}
bool Replaces(const Record& newer, const StateBlob& blob) {
  const auto* blobs = std::get_if<std::vector<StateBlob>>(&newer.value);
  return blobs != nullptr &&
         std::any_of(blobs->begin(), blobs->end(), [&](const StateBlob& other) {
           return other.kind == blob.kind && other.key == blob.key;
         });
}

}  // namespace

WriteQueue::WriteQueue(WriteQueueOptions options, Connection& connection,
                       RecordWriter& writer, Housekeeping& housekeeping,
                       StoreCounters& counters, StoreWatch& watch)
    : options_(std::move(options)),
      connection_(connection),
      writer_(writer),
      housekeeping_(housekeeping),
      counters_(counters),
      watch_(watch) {}

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
    if (!failing_.ok()) Supersede(records);
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
  if (!failing_.ok()) return failing_;
  const int64_t wanted = enqueued_;
  const int64_t failures = failures_;
  flush_wanted_ = std::max(flush_wanted_, wanted);
  work_.notify_all();
  // InfiniteDuration() would overflow the clock's range.
  const auto until =
      std::chrono::steady_clock::now() +
      absl::ToChronoMilliseconds(std::min(deadline, absl::Hours(24)));
  while (synced_ < wanted) {
    if (failures_ > failures) return failing_;
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
  bool in_vain = false;  // one attempt of a stop has failed
  while (true) {
    Batch batch = NextBatch(next_look);
    const bool writes = !batch.records.empty();
    absl::Status status = writes ? Commit(batch.records) : absl::OkStatus();
    if (status.ok() && (batch.sync || batch.stop))
      status.Update(connection_.Checkpoint(/*truncate=*/false));
    if (writes || batch.sync) watch_.Wrote(status);
    watch_.LookAtFile();
    const bool idle = Report(batch, writes, status);
    if (batch.stop && idle) return;
    if (batch.stop && std::exchange(in_vain, !status.ok())) {
      counters_.dropped.fetch_add(Waiting(), std::memory_order_relaxed);
      return;
    }
    if (batch.stop) connection_.SetPatience(kLastPatience);
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

bool WriteQueue::IsDue() const {
  if (stopping_) return true;
  if (!failing_.ok()) return std::chrono::steady_clock::now() >= retry_at_;
  return !queue_.empty() || synced_ < flush_wanted_;
}

WriteQueue::Batch WriteQueue::NextBatch(
    std::chrono::steady_clock::time_point next_look) {
  Batch batch;
  MutexLock lock(mutex_);
  const auto idle_until =
      std::min(next_look, std::chrono::steady_clock::now() + kWatchInterval);
  while (!IsDue()) {
    const auto until =
        failing_.ok() ? idle_until : std::min(idle_until, retry_at_);
    if (work_.wait_until(mutex_, until) == std::cv_status::timeout &&
        std::chrono::steady_clock::now() >= idle_until)
      break;
  }
  batch.last = enqueued_;
  batch.stop = stopping_;
  // Before its time a failed write is not repeated because the file is looked
  // at.
  if (!IsDue()) return batch;
  // The batch's bytes still count as queued until they are written, so that
  // the bound on memory holds.
  batch.records.swap(queue_);
  batch.sync = flush_wanted_ > synced_;
  return batch;
}

// The rest of the batch goes back to the front of the queue.
bool WriteQueue::Report(Batch& batch, bool wrote, const absl::Status& status) {
  bool idle = false;
  {
    MutexLock lock(mutex_);
    const auto left = static_cast<int64_t>(batch.records.size());
    for (auto it = batch.records.rbegin(); it != batch.records.rend(); ++it)
      queue_.push_front(std::move(*it));
    batch.records.clear();
    queued_bytes_ = BytesOf(queue_);
    committed_ = std::max(committed_, batch.last - left);
    if (left > 0) {
      failing_ = status;
      ++failures_;
      const auto pause = std::min<std::chrono::milliseconds>(
          kLongestPause,
          kFirstPause * (1 << std::min<int64_t>(failures_ - 1, 6)));
      retry_at_ = std::chrono::steady_clock::now() + pause;
    } else {
      if (batch.sync) synced_ = batch.last;
      if (wrote) {
        failing_ = absl::OkStatus();
        failures_ = 0;
      }
      unreported_error_.Update(status);
    }
    idle = queue_.empty();
  }
  done_.notify_all();
  return idle;
}

// All records in one transaction. If one of them is at fault, each gets a
// transaction of its own, so that it does not take the others with it.
absl::Status WriteQueue::Commit(std::deque<Record>& records) {
  absl::Status status = Transact(records.begin(), records.end());
  if (MayPass(status)) return status;
  if (status.ok() || records.size() == 1) {
    records.clear();
    return status;
  }
  status = absl::OkStatus();
  while (!records.empty()) {
    const absl::Status one = Transact(records.begin(), records.begin() + 1);
    status.Update(one);
    if (MayPass(one)) return one;
    records.pop_front();
  }
  return status;
}

// Removes the older states and facts that the new records replace.
void WriteQueue::Supersede(const std::vector<Record>& by) {
  for (const Record& newer : by) {
    std::erase_if(queue_, [&](Record& older) {
      if (const Fact* fact = std::get_if<Fact>(&older.value))
        return Replaces(newer, *fact);
      auto* blobs = std::get_if<std::vector<StateBlob>>(&older.value);
      if (blobs == nullptr) return false;
      if (std::erase_if(*blobs, [&](const StateBlob& blob) {
            return Replaces(newer, blob);
          }) == 0)
        return false;
      older.bytes = Record(*blobs, older.time).bytes;
      return blobs->empty();
    });
  }
  queued_bytes_ = BytesOf(queue_);
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
