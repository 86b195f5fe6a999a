// SPDX-License-Identifier: Apache-2.0
// The bounded queue of writes and the thread that commits them.
#ifndef REASONWATCH_STORAGE_WRITE_QUEUE_H_
#define REASONWATCH_STORAGE_WRITE_QUEUE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/housekeeping.h"
#include "storage/record.h"
#include "storage/sqlite.h"
#include "storage/store_counters.h"
#include "storage/store_watch.h"
#include "util/mutex.h"

namespace reasonwatch {

struct WriteQueueOptions {
  std::string path;  // of the database, for messages
  int64_t max_records = 0;
  int64_t max_bytes = 0;
  absl::Duration housekeeping_interval;
};

// Thread-safe. All references must outlive it.
class WriteQueue {
 public:
  WriteQueue(WriteQueueOptions options, Connection& connection,
             RecordWriter& writer, Housekeeping& housekeeping,
             StoreCounters& counters, StoreWatch& watch);
  // Commits all that is queued. If writes fail they are tried once more, then
  // given up and counted.
  ~WriteQueue();
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // Cleans up once and starts the thread, which owns the connection from then
  // on. Call once.
  absl::Status Start();

  // Queues all records or none (ResourceExhausted), and commits those of one
  // call together. While writes fail, a state or fact takes the place of an
  // older one that waits, so that only new keys need room.
  absl::Status Add(std::vector<Record> records);

  // Waits until all records queued so far are on disk. Returns the first error
  // since the latest Flush(), DeadlineExceeded, or at once the error of the
  // writes that fail and are repeated.
  absl::Status Flush(absl::Duration deadline);

  // Records that are queued or being committed.
  int64_t Waiting() const;

 private:
  struct Batch {
    std::deque<Record> records;
    int64_t last = 0;   // number of the last record that it covers
    bool sync = false;  // a Flush() waits for it
    bool stop = false;  // the destructor waits
  };

  void Loop();
  Batch NextBatch(std::chrono::steady_clock::time_point next_look);
  // Returns true if nothing was queued meanwhile.
  bool Report(Batch& batch, bool wrote, const absl::Status& status);
  // Leaves the records that are to be tried again.
  absl::Status Commit(std::deque<Record>& records);
  bool IsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Supersede(const std::vector<Record>& by)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Transact(std::deque<Record>::const_iterator first,
                        std::deque<Record>::const_iterator last);
  absl::Status TryTransact(std::deque<Record>::const_iterator first,
                           std::deque<Record>::const_iterator last);

  const WriteQueueOptions options_;
  // Used by the thread alone once it runs.
  Connection& connection_;
  RecordWriter& writer_;
  Housekeeping& housekeeping_;
  StoreCounters& counters_;
  StoreWatch& watch_;

  mutable Mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable_any done_;
  std::deque<Record> queue_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Records are numbered from 1 in the order of the queue; each of these is
  // the number of the last record that has come so far.
  int64_t enqueued_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t committed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t flush_wanted_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t synced_ ABSL_GUARDED_BY(mutex_) = 0;
  // The first failed write that no Flush() has reported.
  absl::Status unreported_error_ ABSL_GUARDED_BY(mutex_);
  // Set while writes fail that may succeed later: their records are in front
  // of the queue.
  absl::Status failing_ ABSL_GUARDED_BY(mutex_);
  int64_t failures_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row
  std::chrono::steady_clock::time_point retry_at_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_WRITE_QUEUE_H_
