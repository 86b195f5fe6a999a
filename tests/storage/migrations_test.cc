#include "storage/migrations/migrations.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <string>

#include "absl/strings/str_format.h"
#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

// Version 1 as it was released, with a row in each table.
constexpr const char* kVersion1 = R"sql(
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
CREATE TABLE state (
  kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
  bytes BLOB NOT NULL, updated_ns INTEGER NOT NULL,
  PRIMARY KEY (kind, key)) STRICT;
CREATE TABLE facts (
  name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL,
  updated_ns INTEGER NOT NULL) STRICT;
CREATE TABLE problems (
  model TEXT NOT NULL, digest INTEGER NOT NULL, id TEXT NOT NULL,
  answer_kind TEXT NOT NULL, gold TEXT NOT NULL, trials INTEGER NOT NULL,
  failures INTEGER NOT NULL, PRIMARY KEY (model, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO state VALUES ('watch', 'm', 3, x'00ff01', 5);
INSERT INTO facts VALUES ('checkpoint_time_ns', '17', 5);
INSERT INTO problems VALUES ('m', -1, 'p1', 'number', '42', 4, 1);
PRAGMA application_id = 1381458292;
PRAGMA user_version = 1;
)sql";

void RunSql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message),
            SQLITE_OK)
      << message;
  sqlite3_free(message);
  sqlite3_close(db);
}

int ReadVersion(const std::string& path) {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  int version = -1;
  if (sqlite3_open(path.c_str(), &db) == SQLITE_OK &&
      sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, nullptr) ==
          SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    version = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return version;
}

Incident OneIncident() {
  Incident incident;
  incident.id = "inc-000000000001";
  incident.signals.resize(1);
  return incident;
}

TEST(Migrations, BringAnEmptyFileToTheLatestVersion) {
  TempFolder folder;
  OpenOrDie(InFolder(folder)).reset();
  EXPECT_EQ(ReadVersion(folder.database()),
            static_cast<int>(Migrations().size()));
  OpenOrDie(InFolder(folder)).reset();
}

TEST(Migrations, KeepTheRowsOfVersion1) {
  TempFolder folder;
  RunSql(folder.database(), kVersion1);
  auto store = OpenOrDie(InFolder(folder));
  const auto state = store->LoadState();
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->size(), 1u);
  EXPECT_EQ(state->front().version, 3);
  EXPECT_EQ(state->front().bytes, std::string("\0\xff\x01", 3));
  EXPECT_EQ(store->LoadFact("checkpoint_time_ns").value(), "17");
  const auto problems = store->LoadProblems();
  ASSERT_TRUE(problems.ok()) << problems.status();
  ASSERT_EQ(problems->size(), 1u);
  EXPECT_EQ(problems->front().digest, ~uint64_t{0});
  EXPECT_EQ(problems->front().kind, ProblemKind::kGold);
  ASSERT_TRUE(store->PutIncident(OneIncident()).ok());
  ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  EXPECT_EQ(store->LoadIncidents(false, 0)->size(), 1u);
  store.reset();
  EXPECT_EQ(ReadVersion(folder.database()),
            static_cast<int>(Migrations().size()));
}

TEST(Migrations, AStepThatFailsLeavesTheVersionBeforeIt) {
  TempFolder folder;
  RunSql(folder.database(), kVersion1);
  RunSql(folder.database(), "CREATE TABLE incident_causes (x INTEGER)");
  EXPECT_FALSE(OpenSqliteStore(InFolder(folder)).ok());
  EXPECT_EQ(ReadVersion(folder.database()), 1);
  RunSql(folder.database(), "DROP TABLE incident_causes");
  OpenOrDie(InFolder(folder)).reset();
}

TEST(Migrations, RefuseAFileOfANewerProgram) {
  TempFolder folder;
  OpenOrDie(InFolder(folder)).reset();
  RunSql(folder.database(),
         absl::StrFormat("PRAGMA user_version = %d", Migrations().size() + 1));
  const auto store = OpenSqliteStore(InFolder(folder));
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_NE(store.status().message().find("newer"), absl::string_view::npos);
}

TEST(Migrations, RefuseTheDatabaseOfAnotherProgram) {
  TempFolder folder;
  RunSql(folder.database(), "CREATE TABLE theirs (x INTEGER)");
  const auto store = OpenSqliteStore(InFolder(folder));
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
}

TEST(Migrations, AReaderDoesNotChangeAnOlderFile) {
  TempFolder folder;
  RunSql(folder.database(), kVersion1);
  SqliteStoreOptions options = InFolder(folder);
  options.read_only = true;
  const auto store = OpenSqliteStore(options);
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_EQ(ReadVersion(folder.database()), 1);
}

TEST(Damage, SaysWhichFileAndWhatToDo) {
  TempFolder folder;
  std::ofstream(folder.database()) << std::string(8192, 'x');
  const auto store = OpenSqliteStore(InFolder(folder));
  ASSERT_TRUE(absl::IsDataLoss(store.status())) << store.status();
  const std::string message(store.status().message());
  EXPECT_NE(message.find(folder.database()), std::string::npos);
  EXPECT_NE(message.find("move it"), std::string::npos);
}

TEST(Damage, IsFoundInsideTheFile) {
  TempFolder folder;
  {
    auto store = OpenOrDie(InFolder(folder));
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(store
                      ->PutState({{"watch", absl::StrFormat("m%d", i), 1,
                                   std::string(5000, 'a')}})
                      .ok());
    ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  }
  {
    std::fstream file(folder.database(),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(16384, 'z');
  }
  const auto store = OpenSqliteStore(InFolder(folder));
  EXPECT_TRUE(absl::IsDataLoss(store.status())) << store.status();
}

}  // namespace
}  // namespace reasonwatch
