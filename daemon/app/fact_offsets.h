// SPDX-License-Identifier: Apache-2.0
// How far files were read, as a fact of the store.
#ifndef REASONWATCH_DAEMON_APP_FACT_OFFSETS_H_
#define REASONWATCH_DAEMON_APP_FACT_OFFSETS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "storage/sqlite_store.h"
#include "tap/tap.h"

namespace reasonwatch {

// `store` is opened later than this is made, and outlives its use.
class FactOffsets : public OffsetStore {
 public:
  explicit FactOffsets(const std::unique_ptr<SqliteStore>& store)
      : store_(store) {}

  std::string Load() override { return store_->LoadFact(kName).value_or(""); }
  absl::Status Save(const std::string& offsets) override {
    return store_->PutFact(kName, offsets);
  }

 private:
  static constexpr char kName[] = "followed_files";
  const std::unique_ptr<SqliteStore>& store_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_FACT_OFFSETS_H_
