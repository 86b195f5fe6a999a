// SPDX-License-Identifier: Apache-2.0
// Each call returns an absl::Status by the code of SQLite, so that callers can
// tell a full disk from a damaged file; a statement is bound, stepped and reset
// in one go.
//
// In order: errors, statements, connections, databases in memory.
#include "storage/sqlite.h"

#include <sqlite3.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "util/status_macros.h"

namespace reasonwatch {

absl::Status DamagedError(const std::string& path, std::string_view what) {
  return absl::DataLossError(absl::StrFormat(
      "database %s is damaged (%s); move it and its -wal and -shm files away "
      "and start again (what was learnt is then learnt anew), or put a backup "
      "in its place",
      path, what));
}

namespace {

// A database's file: the header, and the bytes in it that name its journal.
constexpr int64_t kHeaderBytes = 100;
constexpr int kWriteVersion = 18;
constexpr int kReadVersion = 19;
constexpr char kMemoryPrefix[] = "file:/reasonwatch-memory-";

absl::Status SqliteError(sqlite3* db, int code) {
  const char* text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const char* file = db != nullptr ? sqlite3_db_filename(db, "main") : nullptr;
  const std::string path = file != nullptr ? file : "";
  const std::string what = absl::StrFormat("sqlite: %s (%d)", text, code);
  const std::string message =
      path.empty() ? what : absl::StrFormat("database %s: %s", path, what);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DamagedError(path, what);
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(message);
    case SQLITE_TOOBIG:
      return absl::InvalidArgumentError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return absl::UnavailableError(message);
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(
          message +
          "; the file and its folder must be writable for this user, the one "
          "that `serve` runs as");
    default:
      return absl::InternalError(message);
  }
}

int CountLogPages(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(log_pages) = pages;
  return SQLITE_OK;
}

}  // namespace

int64_t TimeToNs(absl::Time time) { return absl::ToUnixNanos(time); }

absl::Time TimeFromNs(int64_t ns) {
  if (ns == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  if (ns == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  return absl::FromUnixNanos(ns);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::Bound(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
  return *this;
}

Statement& Statement::Text(std::string_view value) {
  // A null pointer would bind NULL.
  return Bound(sqlite3_bind_text64(
      statement_.get(), ++parameter_, value.empty() ? "" : value.data(),
      value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Statement& Statement::Blob(std::string_view value) {
  // The caller's bytes live until Step() returns; checkpoints are large.
  return Bound(sqlite3_bind_blob64(statement_.get(), ++parameter_,
                                   value.empty() ? "" : value.data(),
                                   value.size(), SQLITE_STATIC));
}

Statement& Statement::Int(int64_t value) {
  return Bound(sqlite3_bind_int64(statement_.get(), ++parameter_, value));
}

Statement& Statement::Real(double value) {
  return Bound(sqlite3_bind_double(statement_.get(), ++parameter_, value));
}

absl::StatusOr<bool> Statement::Step() {
  if (bind_error_ != SQLITE_OK) {
    const int error = bind_error_;
    Reset();
    return SqliteError(db_, error);
  }
  column_ = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  absl::Status status =
      code == SQLITE_DONE ? absl::OkStatus() : SqliteError(db_, code);
  Reset();
  if (!status.ok()) return status;
  return false;
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> row = Step();
  if (row.ok() && *row) Reset();
  return row.status();
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  parameter_ = 0;
  bind_error_ = SQLITE_OK;
}

std::string Statement::NextText() {
  const int column = column_++;
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return "";
  return std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

int64_t Statement::NextInt() {
  return sqlite3_column_int64(statement_.get(), column_++);
}

double Statement::NextReal() {
  const int column = column_++;
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL)
    return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

void Connection::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

absl::StatusOr<Connection> Connection::Open(const std::string& path) {
  sqlite3* db = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
      (IsInMemory(path) ? SQLITE_OPEN_URI | SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  Connection connection(db);
  if (code != SQLITE_OK) return SqliteError(db, code);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 5000);
  // Takes the place of SQLite's own checkpoint inside the commit.
  sqlite3_wal_hook(db, &CountLogPages, connection.log_pages_.get());
  return connection;
}

bool IsInMemory(std::string_view path) {
  return path.starts_with(kMemoryPrefix);
}

std::string MemoryPath() {
  static std::atomic<int> made = 0;
  return absl::StrFormat("%s%d?vfs=memdb", kMemoryPrefix, ++made);
}

absl::Status Connection::CopyFrom(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const int64_t size = file ? static_cast<int64_t>(file.tellg()) : 0;
  if (size < kHeaderBytes)
    return absl::NotFoundError(absl::StrFormat("no database %s", path));
  auto* bytes = static_cast<unsigned char*>(
      sqlite3_malloc64(static_cast<sqlite3_uint64>(size)));
  if (bytes == nullptr) return absl::ResourceExhaustedError("no memory");
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes), size);
  // A database in memory has no write-ahead log, which these two ask for.
  bytes[kWriteVersion] = bytes[kReadVersion] = 1;
  sqlite3* source = nullptr;
  int code =
      sqlite3_open_v2(":memory:", &source,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, Close> owned(source);
  // The bytes are its own from here on, also after a failure.
  if (code == SQLITE_OK)
    code = sqlite3_deserialize(source, "main", bytes, size, size,
                               SQLITE_DESERIALIZE_FREEONCLOSE);
  else
    sqlite3_free(bytes);
  if (code != SQLITE_OK) return SqliteError(source, code);
  sqlite3_backup* backup =
      sqlite3_backup_init(db_.get(), "main", source, "main");
  if (backup == nullptr)
    return SqliteError(db_.get(), sqlite3_errcode(db_.get()));
  sqlite3_backup_step(backup, -1);
  code = sqlite3_backup_finish(backup);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteError(db_.get(), code);
}

void Connection::SetPatience(absl::Duration patience) {
  sqlite3_busy_timeout(db_.get(),
                       static_cast<int>(absl::ToInt64Milliseconds(patience)));
}

absl::Status Connection::Execute(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqliteError(db_.get(), code);
}

absl::StatusOr<Statement> Connection::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(
      db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return SqliteError(db_.get(), code);
  return Statement(db_.get(), statement);
}

absl::StatusOr<int64_t> Connection::ReadInt(const char* sql) {
  RW_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  RW_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return absl::InternalError("sqlite: no row");
  return statement.NextInt();
}

int64_t Connection::ChangedRows() const { return sqlite3_changes64(db_.get()); }

absl::Status Connection::Checkpoint(bool truncate) {
  const int code = sqlite3_wal_checkpoint_v2(
      db_.get(), nullptr,
      truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteError(db_.get(), code);
  *log_pages_ = 0;
  return absl::OkStatus();
}

}  // namespace reasonwatch
