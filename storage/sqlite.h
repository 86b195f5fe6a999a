// The little of SQLite that the store needs, with Status for errors.
//
// A Connection and its Statements belong to one thread at a time.
#ifndef REASONWATCH_STORAGE_SQLITE_H_
#define REASONWATCH_STORAGE_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace reasonwatch {

// DataLoss that says what to do. Errors of this header name the file.
absl::Status DamagedError(const std::string& path, std::string_view what);

// int64 nanoseconds; absl's infinities are the ends of the range.
int64_t TimeToNs(absl::Time time);
absl::Time TimeFromNs(int64_t ns);

class Statement {
 public:
  // Binds the next parameter.
  Statement& Text(std::string_view value);
  Statement& Blob(std::string_view value);
  Statement& Int(int64_t value);
  Statement& Real(double value);  // NaN as NULL
  Statement& Time(absl::Time value) { return Int(TimeToNs(value)); }

  // True where there is a row. After false or an error the statement is reset
  // and ready to be bound anew.
  absl::StatusOr<bool> Step();
  // Runs a statement that gives no rows.
  absl::Status Run();
  // Gives up the remaining rows.
  void Reset();

  // Of the row that Step() stands on, from left to right.
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

class Connection {
 public:
  static absl::StatusOr<Connection> Open(const std::string& path);

  absl::Status Execute(const char* sql);
  absl::StatusOr<Statement> Prepare(const char* sql);
  absl::StatusOr<int64_t> ReadInt(const char* sql);
  int64_t ChangedRows() const;
  // Copies the log into the database. `truncate` also empties the log's file.
  absl::Status Checkpoint(bool truncate);
  // Pages in the log after the latest commit.
  int LogPages() const { return *log_pages_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  explicit Connection(sqlite3* db) : db_(db) {}

  // Before db_, so that the hook never sees it gone.
  std::unique_ptr<int> log_pages_ = std::make_unique<int>(0);
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_SQLITE_H_
