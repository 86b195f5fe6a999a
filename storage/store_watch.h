// SPDX-License-Identifier: Apache-2.0
// The store's problems, for readiness, metrics and the log.
#ifndef REASONWATCH_STORAGE_STORE_WATCH_H_
#define REASONWATCH_STORAGE_STORE_WATCH_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "core/store_health.h"
#include "util/mutex.h"

namespace reasonwatch {

// Thread-safe.
class StoreWatch {
 public:
  // Called by the writer thread when a problem begins, about once a minute
  // while it lasts, and when it has ended (`problem` is "" then).
  using OnChange = std::function<void(const StoreHealth&)>;

  // `memory_reason`: why the database is in memory only; "" = it is a file.
  StoreWatch(std::string path, std::string memory_reason, OnChange on_change);

  // After each attempt to write.
  void Wrote(const absl::Status& status);
  // Compares the file at the path with the one that was opened.
  void LookAtFile();
  void SetAtLimit(bool at_limit);
  void SetTableBytes(std::map<std::string, int64_t> bytes);

  StoreHealth Get() const;

 private:
  void Emit();
  StoreHealth Health() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::string memory_reason_;
  const OnChange on_change_;
  // The file that was opened; 0 = unknown.
  dev_t device_ = 0;
  ino_t inode_ = 0;

  mutable Mutex mutex_;
  std::string write_problem_ ABSL_GUARDED_BY(mutex_);
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool at_limit_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, int64_t> table_bytes_ ABSL_GUARDED_BY(mutex_);
  bool said_ ABSL_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point said_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_STORE_WATCH_H_
