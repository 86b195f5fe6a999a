// SPDX-License-Identifier: Apache-2.0
// Folders and raw access to the database for the tests of storage.
#ifndef REASONWATCH_TESTS_STORAGE_STORE_TEST_UTIL_H_
#define REASONWATCH_TESTS_STORAGE_STORE_TEST_UTIL_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/baseline_problem.h"
#include "storage/baseline_store.h"
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

// The problems of a model, of every model if `model` is empty.
inline absl::StatusOr<std::vector<BaselineProblem>> ProblemsOf(
    const SqliteStoreOptions& options, const std::string& model) {
  BaselineStoreOptions own;
  own.folder = options.folder;
  auto store = OpenBaselineStore(own);
  if (!store.ok()) return store.status();
  return (*store)->Problems(model);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_STORAGE_STORE_TEST_UTIL_H_
