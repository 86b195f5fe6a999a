// SPDX-License-Identifier: Apache-2.0
// A thin wrapper around SQLite that reports errors as absl::Status.
//
// A Connection and its Statements belong to one thread at a time, and a
// Statement must not outlive its Connection.
#ifndef REASONWATCH_STORAGE_SQLITE_H_
#define REASONWATCH_STORAGE_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "util/status_macros.h"

struct sqlite3;
struct sqlite3_stmt;

namespace reasonwatch {

// DataLoss whose message names the file and says how to go on. Every error
// that this header returns names the file.
absl::Status DamagedError(const std::string& path, std::string_view what);

// Nanoseconds since 1970; absl's infinities are the ends of int64's range.
int64_t TimeToNs(absl::Time time);
absl::Time TimeFromNs(int64_t ns);

class Statement {
 public:
  // Each call binds the next parameter, from ?1 on. An error is kept and
  // returned by the next Step() or Run().
  Statement& Text(std::string_view value);
  // Does not copy: the bytes must live until the next Step() or Run().
  Statement& Blob(std::string_view value);
  Statement& Int(int64_t value);
  Statement& Real(double value);  // NaN as NULL
  Statement& Time(absl::Time value) { return Int(TimeToNs(value)); }

  // True if there is a row. After false or an error the statement is reset and
  // ready to be bound anew.
  absl::StatusOr<bool> Step();
  // Runs a statement that gives no rows.
  absl::Status Run();
  // Discards the remaining rows and all bound values.
  void Reset();

  // The next column of the row that Step() reached, from left to right.
  std::string NextText();
  int64_t NextInt();
  double NextReal();  // NULL as NaN
  absl::Time NextTime() { return TimeFromNs(NextInt()); }

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3* db, sqlite3_stmt* statement)
      : db_(db), statement_(statement) {}
  Statement& Bound(int code);

  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int parameter_ = 0;
  int column_ = 0;
  int bind_error_ = 0;  // the first since the last Reset()
};

// Steps through all rows of a bound statement and calls `read` with it at each.
// `read` takes the columns with Next...() and returns nothing or a Status; the
// first error ends the loop and is returned.
template <typename Read>
absl::Status ForEachRow(Statement& query, Read read) {
  while (true) {
    RW_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return absl::OkStatus();
    if constexpr (std::is_void_v<decltype(read(query))>) {
      read(query);
    } else {
      RW_RETURN_IF_ERROR(read(query));
    }
  }
}

// Names of databases that are in memory, and that several connections of this
// process share while one of them is open.
std::string MemoryPath();
bool IsInMemory(std::string_view path);

class Connection {
 public:
  // The file must exist; a database in memory is made. Waits up to 5 s for the
  // locks of other processes.
  static absl::StatusOr<Connection> Open(const std::string& path);

  // Replaces all of this database by the one in the file, which is left as it
  // is, also on a disk that can't be written to.
  absl::Status CopyFrom(const std::string& path);
  // How long statements wait for the locks of other processes from now on.
  void SetPatience(absl::Duration patience);

  // Runs one or several statements that have no parameters.
  absl::Status Execute(const char* sql);
  absl::StatusOr<Statement> Prepare(const char* sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> ReadInt(const char* sql);
  // Rows that the latest statement inserted, updated or deleted.
  int64_t ChangedRows() const;
  // Copies the write-ahead log into the database; `truncate` also empties the
  // log's file.
  absl::Status Checkpoint(bool truncate);
  // Pages in the write-ahead log after the latest commit.
  int LogPages() const { return *log_pages_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  explicit Connection(sqlite3* db) : db_(db) {}

  // Declared before db_, so that it outlives the hook that writes it.
  std::unique_ptr<int> log_pages_ = std::make_unique<int>(0);
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_SQLITE_H_
