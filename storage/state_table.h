// SPDX-License-Identifier: Apache-2.0
// Detector state and small facts as rows.
#ifndef REASONWATCH_STORAGE_STATE_TABLE_H_
#define REASONWATCH_STORAGE_STATE_TABLE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/state_blob.h"
#include "storage/sqlite.h"

namespace reasonwatch {

// Writes through prepared statements, inside the caller's transaction. `now`
// goes into the column updated_ns.
class StateWriter {
 public:
  static absl::StatusOr<StateWriter> Prepare(Connection& connection);

  // Inserts the blobs, or replaces those of the same kind and key.
  absl::Status Write(const std::vector<StateBlob>& blobs, absl::Time now);
  absl::Status WriteFact(std::string_view name, std::string_view value,
                         absl::Time now);
  // At most `limit` blobs that were last written before `time`, oldest first.
  // Returns how many were removed.
  absl::StatusOr<int64_t> RemoveSavedBefore(absl::Time time, int limit);

 private:
  StateWriter(Statement state, Statement fact, Statement expire,
              Connection& connection)
      : state_(std::move(state)),
        fact_(std::move(fact)),
        expire_(std::move(expire)),
        connection_(&connection) {}
  Statement state_;
  Statement fact_;
  Statement expire_;
  Connection* connection_;
};

// All blobs, by kind and key.
absl::StatusOr<std::vector<StateBlob>> ReadState(Connection& connection);
// NotFound if there is no fact of this name.
absl::StatusOr<std::string> ReadFact(Connection& connection,
                                     std::string_view name);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_STATE_TABLE_H_
