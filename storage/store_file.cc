// SPDX-License-Identifier: Apache-2.0
// Opening goes in steps: the folder and its lock, the file with a mode that
// keeps other users out, the checks (integrity, whose file it is, its schema
// version), the migrations, and last a second connection that only reads.
//
// In order: errors, folder, checks, migration, connections, lock, opening.
#include "storage/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "storage/migrations/migrations.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

absl::Status SystemError(int code, std::string_view what,
                         const std::string& path) {
  const std::string message = absl::StrFormat(
      "%s %s: %s", what, path, std::generic_category().message(code));
  if (code == EACCES || code == EPERM || code == EROFS)
    return absl::PermissionDeniedError(message);
  if (code == ENOSPC) return absl::ResourceExhaustedError(message);
  return absl::FailedPreconditionError(message);
}

absl::Status MakeFolder(const std::string& folder) {
  for (size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
      return SystemError(errno, "can't make", part);
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::Status CheckIntegrity(Connection& connection) {
  RW_ASSIGN_OR_RETURN(Statement check,
                      connection.Prepare("PRAGMA quick_check(1)"));
  RW_ASSIGN_OR_RETURN(const bool row, check.Step());
  const std::string found = row ? check.NextText() : "no answer";
  return found == "ok" ? absl::OkStatus() : absl::DataLossError(found);
}

absl::Status CheckVersion(Connection& connection, bool read_only) {
  RW_ASSIGN_OR_RETURN(const int64_t version,
                      connection.ReadInt("PRAGMA user_version"));
  RW_ASSIGN_OR_RETURN(const int64_t application,
                      connection.ReadInt("PRAGMA application_id"));
  RW_ASSIGN_OR_RETURN(const int64_t objects,
                      connection.ReadInt("SELECT count(*) FROM sqlite_schema"));
  if (application != kApplicationId && (objects != 0 || version != 0))
    return absl::FailedPreconditionError(
        "written by another program, not by reasonwatch");
  const auto known = static_cast<int64_t>(Migrations().size());
  if (version > known)
    return absl::FailedPreconditionError(absl::StrFormat(
        "schema version %d is newer than this program knows (%d); run the "
        "version of reasonwatch that wrote it, or a later one",
        version, known));
  if (read_only && version < known)
    return absl::FailedPreconditionError(absl::StrFormat(
        "schema version %d is older than this program's (%d); `reasonwatch "
        "serve` brings it up to date",
        version, known));
  return absl::OkStatus();
}

absl::Status Migrate(Connection& connection) {
  RW_ASSIGN_OR_RETURN(int64_t version,
                      connection.ReadInt("PRAGMA user_version"));
  const auto steps = Migrations();
  for (; version < static_cast<int64_t>(steps.size()); ++version) {
    RW_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
    absl::Status status =
        connection.Execute(steps[static_cast<size_t>(version)]);
    if (status.ok())
      status = connection.Execute(
          absl::StrFormat("PRAGMA application_id = %d; PRAGMA user_version = "
                          "%d; COMMIT",
                          kApplicationId, version + 1)
              .c_str());
    if (!status.ok()) {
      (void)connection.Execute("ROLLBACK");
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Connection> OpenForReading(const std::string& path) {
  RW_ASSIGN_OR_RETURN(Connection connection, Connection::Open(path));
  RW_RETURN_IF_ERROR(connection.Execute("PRAGMA query_only = ON"));
  return connection;
}

absl::StatusOr<Connection> OpenForWriting(const std::string& path) {
  RW_ASSIGN_OR_RETURN(Connection connection, Connection::Open(path));
  RW_RETURN_IF_ERROR(CheckIntegrity(connection));
  RW_RETURN_IF_ERROR(CheckVersion(connection, /*read_only=*/false));
  // auto_vacuum only takes effect before the first table.
  RW_RETURN_IF_ERROR(connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"));
  RW_RETURN_IF_ERROR(connection.Execute("PRAGMA journal_mode = WAL"));
  RW_RETURN_IF_ERROR(connection.Execute(
      "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
      "PRAGMA journal_size_limit = 8388608"));
  RW_RETURN_IF_ERROR(Migrate(connection));
  return connection;
}

absl::StatusOr<StoreFile> FinishInMemory(const std::string& path,
                                         Connection writer) {
  RW_RETURN_IF_ERROR(writer.Execute("PRAGMA foreign_keys = ON"));
  RW_RETURN_IF_ERROR(Migrate(writer));
  RW_ASSIGN_OR_RETURN(Connection reader, OpenForReading(path));
  return StoreFile{path, std::nullopt, std::move(writer), std::move(reader)};
}

// SQLite would make the file readable for all; its log copies this mode. The
// descriptor is closed before SQLite opens the file: to close any descriptor of
// a file drops this process's locks on it, and the next `incidents` would then
// take itself for the last user and delete the log under the daemon.
absl::Status MakeFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(errno, "can't open", path);
  close(fd);
  return absl::OkStatus();
}

absl::Status CheckExists(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) return absl::OkStatus();
  if (errno != ENOENT && errno != ENOTDIR)
    return SystemError(errno, "can't open", path);
  return absl::NotFoundError(absl::StrFormat("no database %s", path));
}

}  // namespace

absl::StatusOr<FolderLock> FolderLock::Acquire(const std::string& folder) {
  const std::string path = folder + "/lock";
  FolderLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) return SystemError(errno, "can't open", path);
  if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return absl::FailedPreconditionError(absl::StrFormat(
          "folder %s is in use by another reasonwatch process", folder));
    return SystemError(errno, "can't lock", path);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

absl::Status AddPath(const absl::Status& status, const std::string& path) {
  if (StdView(status.message()).starts_with("database ")) return status;
  if (absl::IsDataLoss(status))
    return DamagedError(path, StdView(status.message()));
  return absl::Status(
      status.code(),
      absl::StrFormat("database %s: %s", path, StdView(status.message())));
}

absl::StatusOr<StoreFile> OpenStoreFile(const std::string& folder,
                                        bool read_only) {
  const std::string path = folder + "/reasonwatch.db";
  std::optional<FolderLock> lock;
  std::optional<Connection> writer;
  if (read_only) {
    RW_RETURN_IF_ERROR(CheckExists(path));
  } else {
    RW_RETURN_IF_ERROR(MakeFolder(folder));
    RW_ASSIGN_OR_RETURN(FolderLock held, FolderLock::Acquire(folder));
    lock.emplace(std::move(held));
    RW_RETURN_IF_ERROR(MakeFile(path));
    absl::StatusOr<Connection> opened = OpenForWriting(path);
    if (!opened.ok()) return AddPath(opened.status(), path);
    writer.emplace(*std::move(opened));
  }
  absl::StatusOr<Connection> reader = OpenForReading(path);
  if (reader.ok() && read_only) {
    const absl::Status checked = CheckVersion(*reader, /*read_only=*/true);
    if (!checked.ok()) reader = checked;
  }
  if (!reader.ok()) return AddPath(reader.status(), path);
  return StoreFile{path, std::move(lock), std::move(writer),
                   *std::move(reader)};
}

absl::StatusOr<StoreFile> OpenStoreInMemory(const std::string& folder,
                                            int64_t max_bytes) {
  const std::string from = folder + "/reasonwatch.db";
  const std::string path = MemoryPath();
  RW_ASSIGN_OR_RETURN(Connection writer, Connection::Open(path));
  struct stat file = {};
  absl::Status copied =
      stat(from.c_str(), &file) == 0 && file.st_size <= max_bytes
          ? writer.CopyFrom(from)
          : absl::NotFoundError("no database of that size");
  if (copied.ok()) copied = CheckIntegrity(writer);
  if (copied.ok()) copied = CheckVersion(writer, /*read_only=*/false);
  if (!copied.ok()) {
    // Half of a copy is no database to begin with.
    const std::string empty = MemoryPath();
    RW_ASSIGN_OR_RETURN(writer, Connection::Open(empty));
    return FinishInMemory(empty, std::move(writer));
  }
  return FinishInMemory(path, std::move(writer));
}

}  // namespace reasonwatch
