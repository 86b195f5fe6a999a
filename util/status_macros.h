// SPDX-License-Identifier: Apache-2.0
// Early returns for absl::Status and absl::StatusOr.
#ifndef REASONWATCH_UTIL_STATUS_MACROS_H_
#define REASONWATCH_UTIL_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"

#define RW_RETURN_IF_ERROR(expression)     \
  do {                                     \
    absl::Status rw_status = (expression); \
    if (!rw_status.ok()) return rw_status; \
  } while (false)

#define RW_CONCAT_INNER(a, b) a##b
#define RW_CONCAT(a, b) RW_CONCAT_INNER(a, b)
#define RW_ASSIGN_OR_RETURN(declaration, expression)                     \
  auto RW_CONCAT(rw_result_, __LINE__) = (expression);                   \
  if (!RW_CONCAT(rw_result_, __LINE__).ok())                             \
    return std::move(RW_CONCAT(rw_result_, __LINE__)).status();          \
  /* NOLINTNEXTLINE(bugprone-macro-parentheses): it is a declaration. */ \
  declaration = *std::move(RW_CONCAT(rw_result_, __LINE__))

#endif  // REASONWATCH_UTIL_STATUS_MACROS_H_
