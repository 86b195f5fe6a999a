// Folders and raw access to the database for the tests of storage.
#ifndef REASONWATCH_TESTS_STORAGE_STORE_TEST_UTIL_H_
#define REASONWATCH_TESTS_STORAGE_STORE_TEST_UTIL_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "storage/sqlite_store.h"

namespace reasonwatch {

class TempFolder {
 public:
  TempFolder() {
    std::string name = testing::TempDir() + "storeXXXXXX";
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/reasonwatch.db"; }

 private:
  std::string path_;
};

inline SqliteStoreOptions InFolder(const TempFolder& folder) {
  SqliteStoreOptions options;
  options.folder = folder.path();
  return options;
}

inline std::unique_ptr<SqliteStore> OpenOrDie(SqliteStoreOptions options) {
  auto store = OpenSqliteStore(std::move(options));
  if (!store.ok()) {
    ADD_FAILURE() << store.status();
    abort();
  }
  return *std::move(store);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_STORAGE_STORE_TEST_UTIL_H_
