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
             StoreCounters& counters);
  // Commits all that is queued.
  ~WriteQueue();
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // Cleans up once and starts the thread, which owns the connection from then
  // on. Call once.
  absl::Status Start();

  // Queues all records or none (ResourceExhausted), and commits those of one
  // call together.
  absl::Status Add(std::vector<Record> records);

  // Waits until all records queued so far are on disk. Returns the first error
  // since the latest Flush(), or DeadlineExceeded.
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
  bool Report(const Batch& batch, const absl::Status& status);
  absl::Status Commit(const std::deque<Record>& records);
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

  std::thread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_WRITE_QUEUE_H_
