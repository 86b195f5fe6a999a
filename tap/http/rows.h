// SPDX-License-Identifier: Apache-2.0
// A posted body, cut into records.
#ifndef REASONWATCH_TAP_HTTP_ROWS_H_
#define REASONWATCH_TAP_HTTP_ROWS_H_

#include <cstdint>
#include <functional>
#include <string_view>

namespace reasonwatch {

// Calls `read` with the text of each record and its number, until it returns
// false: the elements of an array, the lines of NDJSON, or the one document
// that the body is, however it is laid out. Blank lines are counted and left
// out. Linear; thread-safe.
void ForEachRecord(
    std::string_view body,
    const std::function<bool(int64_t number, std::string_view record)>& read);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_HTTP_ROWS_H_
