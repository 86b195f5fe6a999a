// SPDX-License-Identifier: Apache-2.0
// Upgrades from every released schema, interrupted ones too, and files that are
// newer, damaged or written by another program.
//
// In order: upgrades, interrupted upgrades, refusals, damage.
#include "storage/migrations/migrations.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "storage/baseline_store.h"
#include "tests/storage/store_test_util.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Rows for the tables of each released step, as the program of that time wrote
// them. The upgraded rows are compared column by column.
constexpr const char* kRowsOfStep[] = {
    R"sql(
INSERT INTO state VALUES ('watch', 'm', 3, x'00ff01', 5);
INSERT INTO facts VALUES ('checkpoint_time_ns', '17', 5);
INSERT INTO problems (model, digest, id, answer_kind, gold, trials, failures)
  VALUES ('m', -1, 'p1', 'number', '42', 4, 1);
)sql",
    R"sql(
INSERT INTO incidents VALUES ('inc-000000000001', 'm', 'r', 'a', 'replica',
  'critical', 'not_reproduced', 100, 200, 9223372036854775807, '', 'on', 50);
INSERT INTO incident_signals VALUES ('inc-000000000001', 0,
  'consistency_regression', 1, 'consistency_regression', 'updated', 'replica',
  'm', 'r', 'a', 'resp', 150, 1e9, 1e6, 1, 0, 1, 'on', 50, 77, -0.2, -0.3, NULL,
  'points', 0.5, 'c', 0.75);
INSERT INTO incident_channels VALUES ('inc-000000000001', 0, 0, 'c', 0.75);
INSERT INTO incident_strata VALUES ('inc-000000000001', 0, 0, 'mathematics');
INSERT INTO incident_hints VALUES ('inc-000000000001', 0, 0, 'replica_fault',
  2.5, 'why');
INSERT INTO incident_causes VALUES ('inc-000000000001', 0, 'replica_fault', 1,
  'why');
)sql",
    R"sql(
INSERT INTO problems (model, digest, id, answer_kind, gold, trials, failures,
  kind) VALUES ('m', 7, 'p7', 'unknown', '', 9, 2, 'agreed');
INSERT INTO problem_texts VALUES ('m', -1, 'How many?', '', 'Be brief.');
INSERT INTO regimes VALUES (3, 'm', 'fp', 'w', 't', 'e', 'temperature=0.6');
INSERT INTO problem_trials VALUES ('m', -1, 3, 4, 1);
INSERT INTO baseline_rows VALUES ('m', -5);
INSERT INTO baselines VALUES ('m', 'You are', 4, 2, 12, 300,
  -9223372036854775808);
INSERT INTO golden_state VALUES ('m', 'watch', 3, x'0102');
INSERT INTO events VALUES (8, 400, 'm', 'rebase', 'a', 'b', 1, 'note', 1);
)sql",
    R"sql(
INSERT INTO rescore_jobs VALUES ('rw-1', 'inc-000000000001', 'm', -1,
  'incident', 500, 600, 16, 'confirmed', 'cap');
INSERT INTO rescore_samples VALUES ('rw-1', '', 0, 510, 0, 1, -1, 1, 33);
INSERT INTO incident_verdicts (incident, kind, reason, reward, problem,
  bayes_factor, samples, failures, pass_rate, baseline_pass_rate, group_mean,
  group_deviation, advantage, statistic, time_ns, fingerprint_p) VALUES
  ('inc-000000000001', 'not_reproduced', '', 'outcome', 0, 0.01, 16, 1, 0.9,
  0.95, 0.9, 0.1, NULL, 1e8, 700, NULL);
INSERT INTO incident_differences VALUES ('inc-000000000001', 0, 'unstreamed',
  0.1, -0.1, 0.3, 16, '');
)sql",
    R"sql(
UPDATE incident_verdicts SET template_hash = 'now', healthy_template_hash =
  'then', rated = 5, low = 2, healthy_rated = 7, healthy_low = 1;
)sql"};
constexpr size_t kReleased = std::size(kRowsOfStep);

// The database that the program of `version` has left.
std::string Version(size_t version) {
  std::string sql =
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = "
      "WAL;";
  for (size_t step = 0; step < version; ++step) {
    sql += Migrations()[step];
    sql += kRowsOfStep[step];
  }
  return sql + absl::StrFormat(
                   "PRAGMA application_id = 1381458292;"
                   "PRAGMA user_version = %d;",
                   version);
}

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

// The first column of each row.
std::vector<std::string> Query(const std::string& path,
                               const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::vector<std::string> rows;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr),
            SQLITE_OK)
      << sql << sqlite3_errmsg(db);
  while (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW)
    rows.emplace_back(
        reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return rows;
}

int ReadVersion(const std::string& path) {
  return std::stoi(Query(path, "PRAGMA user_version").at(0));
}

// Every table with a query that gives all of its rows.
std::map<std::string, std::string> RowQueries(const std::string& path) {
  std::map<std::string, std::string> queries;
  for (const std::string& table :
       Query(path,
             "SELECT name FROM sqlite_schema WHERE type = 'table' AND name "
             "NOT LIKE 'sqlite_%'")) {
    std::string columns;
    for (const std::string& column :
         Query(path, "SELECT name FROM pragma_table_info('" + table + "')"))
      columns += (columns.empty() ? "quote(" : "||','||quote(") + column + ")";
    queries[table] = "SELECT " + columns + " FROM " + table + " ORDER BY 1";
  }
  return queries;
}

TEST(Migrations, BringAnEmptyFileToTheLatestVersion) {
  TempFolder folder;
  OpenOrDie(InFolder(folder)).reset();
  EXPECT_EQ(ReadVersion(folder.database()),
            static_cast<int>(Migrations().size()));
  OpenOrDie(InFolder(folder)).reset();
}

TEST(Migrations, AReleasedStepIsNeverChanged) {
  constexpr uint64_t kSteps[] = {0x2b7d03cc685dc5c9, 0x4f7dbd8e5a272cc6,
                                 0x769f453ed8f553a4, 0x7d6eb9c9dab17305,
                                 0xb5ec7d64af6c6d29};
  ASSERT_EQ(std::size(kSteps), kReleased);
  for (size_t i = 0; i < kReleased; ++i)
    EXPECT_EQ(StableHash(Migrations()[i]), kSteps[i])
        << "step " << i + 1 << ": " << std::hex << StableHash(Migrations()[i]);
}

TEST(Migrations, LoseNothingOfAnyVersion) {
  for (size_t version = 1; version <= kReleased; ++version) {
    SCOPED_TRACE(version);
    TempFolder folder;
    const std::string path = folder.database();
    RunSql(path, Version(version));
    const auto queries = RowQueries(path);
    std::map<std::string, std::vector<std::string>> before;
    for (const auto& [table, query] : queries) {
      before[table] = Query(path, query);
      EXPECT_FALSE(before[table].empty()) << table;
    }
    SqliteStoreOptions options = InFolder(folder);
    // Nothing of 1970 expires.
    options.retention = absl::Hours(24 * 365 * 200);
    OpenOrDie(options).reset();
    EXPECT_EQ(ReadVersion(path), static_cast<int>(Migrations().size()));
    for (const auto& [table, query] : queries)
      EXPECT_EQ(Query(path, query), before[table]) << table;
    EXPECT_EQ(Query(path, "PRAGMA integrity_check"),
              std::vector<std::string>{"ok"});
    EXPECT_TRUE(
        Query(path, "SELECT \"table\" FROM pragma_foreign_key_check").empty());
    // The same schema as one that was never upgraded.
    TempFolder fresh;
    OpenOrDie(InFolder(fresh)).reset();
    for (const auto& [table, query] : RowQueries(fresh.database()))
      EXPECT_EQ(RowQueries(path).at(table), query);
  }
}

TEST(Migrations, WhatWasUpgradedReadsAsItWas) {
  TempFolder folder;
  RunSql(folder.database(), Version(kReleased));
  SqliteStoreOptions options = InFolder(folder);
  options.retention = absl::Hours(24 * 365 * 200);
  {
    auto store = OpenOrDie(options);
    const auto state = store->LoadState();
    ASSERT_TRUE(state.ok()) << state.status();
    ASSERT_EQ(state->size(), 1u);
    EXPECT_EQ(state->front().version, 3);
    EXPECT_EQ(state->front().bytes, std::string("\0\xff\x01", 3));
    EXPECT_EQ(store->LoadFact("checkpoint_time_ns").value(), "17");
    const auto problems = ProblemsOf(options, "");
    ASSERT_TRUE(problems.ok()) << problems.status();
    ASSERT_EQ(problems->size(), 2u);
    EXPECT_EQ(problems->front().digest, ~uint64_t{0});
    EXPECT_EQ(problems->front().kind, ProblemKind::kGold);
    EXPECT_EQ(problems->front().family, "");
    EXPECT_EQ(problems->back().kind, ProblemKind::kAgreed);
    auto incident = store->LoadIncident("inc-000000000001");
    ASSERT_TRUE(incident.ok()) << incident.status();
    EXPECT_TRUE(incident->open());
    EXPECT_EQ(incident->confirmation, Confirmation::kNotReproduced);
    ASSERT_EQ(incident->signals.size(), 1u);
    EXPECT_EQ(incident->signals[0].finding.strata,
              std::vector<std::string>{"mathematics"});
    EXPECT_TRUE(incident->signals[0].finding.families.empty());
    ASSERT_TRUE(incident->verdict.has_value());
    EXPECT_EQ(incident->verdict->healthy_template_hash, "then");
    EXPECT_EQ(incident->verdict->differences.size(), 1u);
    const auto jobs = store->LoadRescoreJobs(absl::InfinitePast());
    ASSERT_TRUE(jobs.ok()) << jobs.status();
    ASSERT_EQ(jobs->size(), 1u);
    EXPECT_EQ(jobs->front().samples.at(0).tokens, 33);
    // And it can be written again, with the new fields.
    incident->signals[0].finding.families = {{"algebra", 3, 2}};
    incident->signals[0].finding.failing = {
        {~uint64_t{0}, "p1", "algebra", 4, 3, 2, 0}};
    ASSERT_TRUE(store->PutIncidents({*incident}, {}).ok());
    ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
    EXPECT_EQ(store->LoadIncident("inc-000000000001")
                  ->signals[0]
                  .finding.failing.size(),
              1u);
  }
  const auto baseline = OpenBaselineStore({.folder = folder.path()});
  ASSERT_TRUE(baseline.ok()) << baseline.status();
  const auto infos = (*baseline)->Baselines().value();
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].prefix, "You are");
  EXPECT_EQ(infos[0].problems, 2);
  EXPECT_TRUE(infos[0].has_reference);
  EXPECT_EQ((*baseline)->Trials("m")->at(0).regime.sampling, "temperature=0.6");
  EXPECT_EQ((*baseline)->Text("m", ~uint64_t{0})->prompt, "How many?");
  EXPECT_EQ((*baseline)->Rows("m")->size(), 1u);
  EXPECT_EQ((*baseline)->Pending()->at(0).note, "note");
}

// The commands open it before a new daemon has: they upgrade it too.
TEST(Migrations, ACommandThatWritesUpgradesWhereNoDaemonRuns) {
  TempFolder folder;
  RunSql(folder.database(), Version(3));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      OpenBaselineStore({.folder = folder.path(), .read_only = true})
          .status()));
  EXPECT_EQ(ReadVersion(folder.database()), 3);
  {
    const auto store = OpenBaselineStore({.folder = folder.path()});
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_EQ((*store)->Problems("m")->size(), 2u);
  }
  EXPECT_EQ(ReadVersion(folder.database()),
            static_cast<int>(Migrations().size()));
}

// Ended in the middle of a step: its writes are in the log,
// uncommitted.
TEST(Migrations, OneThatIsKilledBeginsAgain) {
  for (size_t version = 1; version <= kReleased; ++version) {
    SCOPED_TRACE(version);
    TempFolder folder;
    RunSql(folder.database(), Version(version));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      sqlite3* db = nullptr;
      sqlite3_open(folder.database().c_str(), &db);
      // A cache of one page writes the others out before the commit.
      sqlite3_exec(db, "PRAGMA cache_size = 1; BEGIN IMMEDIATE", nullptr,
                   nullptr, nullptr);
      sqlite3_exec(db, Migrations()[version], nullptr, nullptr, nullptr);
      sqlite3_exec(db,
                   "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 "
                   "FROM n WHERE i < 100) INSERT INTO facts SELECT 'half' || i,"
                   " hex(zeroblob(2000)), 1 FROM n",
                   nullptr, nullptr, nullptr);
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(ReadVersion(folder.database()), static_cast<int>(version));
    auto store = OpenOrDie(InFolder(folder));
    EXPECT_EQ(store->LoadFact("checkpoint_time_ns").value(), "17");
    store.reset();
    EXPECT_EQ(ReadVersion(folder.database()),
              static_cast<int>(Migrations().size()));
  }
}

// A file system without room, as a limit on the size of files shows it.
TEST(Migrations, WithoutRoomTheOldVersionStays) {
  TempFolder folder;
  RunSql(folder.database(), Version(1));
  const auto size = std::filesystem::file_size(folder.database());
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {size, size};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto store = OpenSqliteStore(InFolder(folder));
    const bool told =
        !store.ok() && store.status().message().find(folder.database()) !=
                           absl::string_view::npos;
    _exit(told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_LT(ReadVersion(folder.database()),
            static_cast<int>(Migrations().size()));
  auto store = OpenOrDie(InFolder(folder));
  EXPECT_EQ(store->LoadFact("checkpoint_time_ns").value(), "17");
}

TEST(Migrations, AStepThatFailsLeavesTheVersionBeforeIt) {
  TempFolder folder;
  RunSql(folder.database(), Version(1));
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
  for (const bool read_only : {false, true}) {
    const auto baseline =
        OpenBaselineStore({.folder = folder.path(), .read_only = read_only});
    EXPECT_TRUE(absl::IsFailedPrecondition(baseline.status()));
    EXPECT_NE(baseline.status().message().find("newer"),
              absl::string_view::npos);
  }
  EXPECT_EQ(ReadVersion(folder.database()),
            static_cast<int>(Migrations().size()) + 1);
}

TEST(Migrations, RefuseTheDatabaseOfAnotherProgram) {
  TempFolder folder;
  // Also if its version happens to be ours.
  RunSql(folder.database(),
         absl::StrFormat("CREATE TABLE theirs (x INTEGER); PRAGMA user_version "
                         "= %d",
                         Migrations().size()));
  const auto baseline = OpenBaselineStore({.folder = folder.path()});
  EXPECT_TRUE(absl::IsFailedPrecondition(baseline.status()))
      << baseline.status();
  const auto store = OpenSqliteStore(InFolder(folder));
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
}

TEST(Migrations, AReaderDoesNotChangeAnOlderFile) {
  TempFolder folder;
  RunSql(folder.database(), Version(1));
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
  for (const bool read_only : {false, true}) {
    const auto baseline =
        OpenBaselineStore({.folder = folder.path(), .read_only = read_only});
    ASSERT_TRUE(absl::IsDataLoss(baseline.status())) << baseline.status();
    EXPECT_NE(baseline.status().message().find(folder.database()),
              absl::string_view::npos);
  }
}

TEST(Damage, AFileThatWasCutIsTold) {
  TempFolder folder;
  {
    auto store = OpenOrDie(InFolder(folder));
    ASSERT_TRUE(
        store->PutState({{"watch", "m", 1, std::string(100000, 'a')}}).ok());
    ASSERT_TRUE(store->Flush(absl::Seconds(10)).ok());
  }
  const auto size = std::filesystem::file_size(folder.database());
  for (const auto left : {size / 2, size / 20, std::uintmax_t{50}}) {
    std::filesystem::resize_file(folder.database(), left);
    const auto store = OpenSqliteStore(InFolder(folder));
    EXPECT_TRUE(absl::IsDataLoss(store.status())) << left << store.status();
    const auto baseline = OpenBaselineStore({.folder = folder.path()});
    EXPECT_FALSE(baseline.ok() && (*baseline)->Baselines().ok() &&
                 (*baseline)->Rolling("m").ok())
        << left;
  }
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
