// SPDX-License-Identifier: Apache-2.0
// Enumerations in columns: stored by name, so that their numbers may change.
#ifndef REASONWATCH_STORAGE_STORED_NAME_H_
#define REASONWATCH_STORAGE_STORED_NAME_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "util/enum_names.h"

namespace reasonwatch {

// The value with this name in the table. DataLoss if there is none: a newer
// program wrote it, or the file is damaged. `message` comes first in the
// status, e.g. "incident with the unknown name".
template <typename E, size_t N>
absl::StatusOr<E> FromStoredName(const EnumNames<E, N>& table,
                                 const std::string& name, const char* message) {
  if (const std::optional<E> value = ValueOf(table, name)) return *value;
  return absl::DataLossError(absl::StrFormat("%s '%s'", message, name));
}

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_STORED_NAME_H_
