// SPDX-License-Identifier: Apache-2.0
// The database file: its folder, its lock, its schema and its connections.
#ifndef REASONWATCH_STORAGE_STORE_FILE_H_
#define REASONWATCH_STORAGE_STORE_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite.h"

namespace reasonwatch {

// Excludes other processes that write to the folder until it is destroyed; the
// kernel drops the lock of a process that was killed. Movable.
class FolderLock {
 public:
  // FailedPrecondition if another process holds the lock.
  static absl::StatusOr<FolderLock> Acquire(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;  // -1 after a move
};

struct StoreFile {
  std::string path;  // of the database
  // The lock and the writer are absent if the file is open for reading only.
  std::optional<FolderLock> lock;
  std::optional<Connection> writer;
  Connection reader;
};

// Opens `folder`/reasonwatch.db. For writing it makes the folder (0700) and the
// file (0600) if they are absent, takes the lock, checks the file and brings
// the schema up to date. For reading it takes no lock and changes nothing:
// NotFound if there is no database. Other errors: as OpenSqliteStore().
absl::StatusOr<StoreFile> OpenStoreFile(const std::string& folder,
                                        bool read_only);

// The same in memory, with the contents of the folder's database where they can
// be read, have at most so many bytes and are not of a newer version, else
// empty. No lock is taken.
absl::StatusOr<StoreFile> OpenStoreInMemory(const std::string& folder,
                                            int64_t max_bytes);

// The same error with the database's path in its message, unless it names one.
absl::Status AddPath(const absl::Status& status, const std::string& path);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_STORE_FILE_H_
