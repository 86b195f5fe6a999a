// SPDX-License-Identifier: Apache-2.0
// A model that is forgotten leaves no row in any table.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "tests/storage/store_test_util.h"

namespace reasonwatch {
namespace {

// By table, the rows in which any text column holds the word.
std::vector<std::string> TablesWith(const std::string& path,
                                    const std::string& word) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr),
            SQLITE_OK);
  const auto strings = [db](const std::string& sql) {
    std::vector<std::string> found;
    sqlite3_exec(
        db, sql.c_str(),
        [](void* to, int columns, char** values, char**) {
          std::string row;
          for (int i = 0; i < columns; ++i)
            row += std::string(values[i] != nullptr ? values[i] : "") + "|";
          static_cast<std::vector<std::string>*>(to)->push_back(row);
          return 0;
        },
        &found, nullptr);
    return found;
  };
  std::vector<std::string> tables;
  for (std::string table :
       strings("SELECT name FROM sqlite_master WHERE type = 'table'")) {
    table.pop_back();
    for (const std::string& row : strings("SELECT * FROM " + table))
      if (row.find(word) != std::string::npos) {
        tables.push_back(table);
        break;
      }
  }
  sqlite3_close(db);
  return tables;
}

void PutAll(SqliteStore& store, const std::string& model) {
  Incident incident;
  incident.id = "inc-of-" + model;
  incident.model = model;
  incident.opened = absl::FromUnixSeconds(1700000000);
  IncidentSignal& signal = incident.signals.emplace_back();
  signal.finding.model = model;
  signal.finding.channels = {{"channel-of-" + model, 1}};
  incident.causes = {{"unknown", 1, "cause of " + model}};
  Verdict verdict;
  verdict.model = model;
  verdict.incident = incident.id;
  verdict.reason = "reason of " + model;
  incident.verdict = verdict;
  ASSERT_TRUE(
      store.PutIncidents({incident}, {{"pipeline", model, 1, "x"}}).ok());
  ASSERT_TRUE(store.PutStory(incident.id, "story of " + model).ok());
  ModelEvent event;
  event.model = model;
  event.kind = "deployment";
  event.time = absl::FromUnixSeconds(1700000000);
  ASSERT_TRUE(store.PutEvent(event).ok());
  BaselineProblem problem;
  problem.model = model;
  problem.digest = 5;
  problem.id = "p";
  problem.trials = 1;
  ASSERT_TRUE(store.PutProblems({problem}).ok());
  RescoreJob job;
  job.id = "job-of-" + model;
  job.model = model;
  job.incident = incident.id;
  ASSERT_TRUE(store.PutRescoreJob(job).ok());
}

TEST(ForgetModel, LeavesNoRowOfItAndAllOfOthers) {
  TempFolder folder;
  std::vector<std::string> before;
  {
    auto store = OpenOrDie(InFolder(folder));
    PutAll(*store, "gone");
    PutAll(*store, "stays");
    ASSERT_TRUE(store->Flush(absl::Seconds(30)).ok());
    before = TablesWith(folder.database(), "stays");
    EXPECT_EQ(TablesWith(folder.database(), "gone"), before);
    EXPECT_GE(before.size(), 8u);
    ASSERT_TRUE(store->ForgetModel("gone").ok());
    ASSERT_TRUE(store->Flush(absl::Seconds(30)).ok());
  }
  EXPECT_EQ(TablesWith(folder.database(), "gone"), std::vector<std::string>());
  EXPECT_EQ(TablesWith(folder.database(), "stays"), before);
}

}  // namespace
}  // namespace reasonwatch
