// SPDX-License-Identifier: Apache-2.0
// Stores whose disk is locked, gone, unwritable or small.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/baseline_store.h"
#include "storage/sqlite.h"
#include "storage/sqlite_store.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

class StoreFaultsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/faultsXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Open(SqliteStoreOptions options = {}) {
    if (options.folder.empty()) options.folder = folder_;
    options.on_health = [this](const StoreHealth& health) {
      MutexLock lock(mutex_);
      said_.push_back(health.problem);
    };
    auto store = OpenSqliteStore(std::move(options));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::string path() const { return folder_ + "/reasonwatch.db"; }
  static void WaitFor(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "it never came";
  }
  std::vector<std::string> said() {
    MutexLock lock(mutex_);
    return said_;
  }

  std::string folder_;
  std::unique_ptr<SqliteStore> store_;
  Mutex mutex_;
  std::vector<std::string> said_ ABSL_GUARDED_BY(mutex_);
};

StateBlob Blob(const std::string& key, const std::string& bytes) {
  StateBlob blob;
  blob.kind = "kind";
  blob.key = key;
  blob.version = 1;
  blob.bytes = bytes;
  return blob;
}

TEST_F(StoreFaultsTest, KeepsWritesWhileTheFileIsLockedAndRepeatsThem) {
  Open();
  ASSERT_TRUE(store_->PutFact("before", "1").ok());
  ASSERT_TRUE(store_->Flush(absl::Seconds(60)).ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr),
            SQLITE_OK);
  ASSERT_TRUE(store_->PutFact("fact", "old").ok());
  WaitFor([&] { return store_->Health().writes_fail; });
  EXPECT_FALSE(store_->Health().problem.empty());
  // A reader does not wait for the disk, and is given the reason.
  EXPECT_FALSE(store_->Flush(absl::Hours(1)).ok());
  // Newer values take the place of those that wait.
  for (int i = 0; i < 10000; ++i) {
    ASSERT_TRUE(store_->PutFact("fact", std::to_string(i)).ok());
    ASSERT_TRUE(store_->PutState({Blob("model", std::to_string(i))}).ok());
  }
  ModelEvent event;
  event.model = "m";
  event.kind = "deployment";
  event.time = absl::Now();
  ASSERT_TRUE(store_->PutEvent(event).ok());
  EXPECT_EQ(store_->Statistics().dropped, 0);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  WaitFor([&] { return store_->LoadFact("fact").value_or("") == "9999"; });
  WaitFor([&] { return store_->Health().problem.empty(); });
  EXPECT_EQ(store_->LoadState()->at(0).bytes, "9999");
  EXPECT_EQ(
      store_->LoadEvents("m", absl::InfinitePast(), absl::InfiniteFuture(), 9)
          ->size(),
      1u);
  EXPECT_TRUE(store_->Flush(absl::Seconds(60)).ok());
  // It was said when it began, and when it was over.
  WaitFor([&] { return !said().empty() && said().back().empty(); });
  EXPECT_FALSE(said().front().empty());
}

TEST_F(StoreFaultsTest, NoticesThatItsFileWasDeletedOrReplaced) {
  Open();
  ASSERT_TRUE(store_->PutFact("a", "1").ok());
  ASSERT_TRUE(store_->Flush(absl::Seconds(60)).ok());
  EXPECT_FALSE(store_->Health().file_gone);
  std::filesystem::rename(path(), path() + ".away");
  ASSERT_TRUE(store_->PutFact("a", "2").ok());
  WaitFor([&] { return store_->Health().file_gone; });
  EXPECT_NE(store_->Health().problem.find(path()), std::string::npos);
  std::filesystem::rename(path() + ".away", path());
  WaitFor([&] { return !store_->Health().file_gone; });
}

TEST_F(StoreFaultsTest, GoesOnInMemoryWhereNothingCanBeWritten) {
  SqliteStoreOptions options;
  options.folder = "/sys/reasonwatch-test";
  EXPECT_FALSE(OpenSqliteStore(options).ok());
  options.memory_if_unwritable = true;
  Open(options);
  EXPECT_TRUE(store_->Health().memory_only);
  EXPECT_TRUE(IsInMemory(store_->path()));
  ASSERT_TRUE(store_->PutFact("a", "1").ok());
  ASSERT_TRUE(store_->PutState({Blob("model", "bytes")}).ok());
  ASSERT_TRUE(store_->Flush(absl::Seconds(60)).ok());
  EXPECT_EQ(*store_->LoadFact("a"), "1");
  EXPECT_EQ(store_->LoadState()->size(), 1u);
  EXPECT_FALSE(said().empty());
  // Commands' store reads and writes the same database.
  BaselineStoreOptions baseline;
  baseline.folder = options.folder;
  baseline.database = store_->path();
  auto stored = OpenBaselineStore(baseline);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(*(*stored)->Fact("a"), "1");
}

TEST_F(StoreFaultsTest, MemoryBeginsWithWhatTheFileHolds) {
  Open();
  ASSERT_TRUE(store_->PutFact("learnt", "1").ok());
  ASSERT_TRUE(store_->Flush(absl::Seconds(60)).ok());
  store_.reset();
  // A folder in which no lock can be made, though its database can be read.
  std::filesystem::remove(folder_ + "/lock");
  std::filesystem::create_symlink("/sys/reasonwatch-lock", folder_ + "/lock");
  SqliteStoreOptions options;
  options.memory_if_unwritable = true;
  const auto plain = OpenSqliteStore({.folder = folder_}).status();
  if (!absl::IsPermissionDenied(plain))
    GTEST_SKIP() << "this system says otherwise: " << plain;
  Open(options);
  EXPECT_TRUE(store_->Health().memory_only);
  EXPECT_EQ(*store_->LoadFact("learnt"), "1");
}

TEST_F(StoreFaultsTest, CountsTheBytesOfItsTables) {
  SqliteStoreOptions options;
  options.housekeeping_interval = absl::Milliseconds(10);
  Open(options);
  WaitFor([&] { return store_->Health().table_bytes.contains("state"); });
  EXPECT_GT(store_->Health().table_bytes.at("state"), 0);
}

}  // namespace
}  // namespace reasonwatch
