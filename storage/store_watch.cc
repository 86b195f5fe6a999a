// SPDX-License-Identifier: Apache-2.0
#include "storage/store_watch.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// A problem that lasts is said again: often enough to be seen by a person who
// looks at the last minutes, and no more than 1,440 lines a day.
constexpr std::chrono::minutes kRepeat{1};

}  // namespace

StoreWatch::StoreWatch(std::string path, std::string memory_reason,
                       OnChange on_change)
    : path_(std::move(path)),
      memory_reason_(std::move(memory_reason)),
      on_change_(std::move(on_change)) {
  struct stat file = {};
  if (memory_reason_.empty() && stat(path_.c_str(), &file) == 0) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
}

void StoreWatch::Wrote(const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    write_problem_ = std::string(StdView(status.message()));
    if (!status.ok() && write_problem_.empty()) write_problem_ = "unknown";
  }
  Emit();
}

void StoreWatch::LookAtFile() {
  if (inode_ == 0) return;
  struct stat file = {};
  const bool same = stat(path_.c_str(), &file) == 0 && file.st_dev == device_ &&
                    file.st_ino == inode_;
  {
    MutexLock lock(mutex_);
    gone_ = !same;
  }
  Emit();
}

void StoreWatch::SetAtLimit(bool at_limit) {
  MutexLock lock(mutex_);
  at_limit_ = at_limit;
}

void StoreWatch::SetTableBytes(std::map<std::string, int64_t> bytes) {
  MutexLock lock(mutex_);
  table_bytes_ = std::move(bytes);
}

StoreHealth StoreWatch::Health() const {
  StoreHealth health;
  health.writes_fail = !write_problem_.empty();
  health.file_gone = gone_;
  health.memory_only = !memory_reason_.empty();
  health.at_limit = at_limit_;
  health.table_bytes = table_bytes_;
  if (health.memory_only)
    health.problem = absl::StrFormat(
        "nothing is saved: the database is in memory only, since %s",
        memory_reason_);
  else if (health.file_gone)
    health.problem = absl::StrFormat(
        "nothing is saved: %s was deleted or replaced while the daemon runs; "
        "restart it",
        path_);
  else if (health.writes_fail)
    health.problem = absl::StrFormat(
        "nothing is saved: %s; writes are kept in memory and repeated",
        write_problem_);
  return health;
}

StoreHealth StoreWatch::Get() const {
  MutexLock lock(mutex_);
  return Health();
}

void StoreWatch::Emit() {
  StoreHealth health;
  {
    MutexLock lock(mutex_);
    health = Health();
    const auto now = std::chrono::steady_clock::now();
    const bool bad = !health.problem.empty();
    if (!bad && !said_) return;
    if (bad && said_ && now - said_at_ < kRepeat) return;
    said_ = bad;
    said_at_ = now;
  }
  if (on_change_) on_change_(health);
}

}  // namespace reasonwatch
