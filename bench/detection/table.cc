// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/table.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"

namespace reasonwatch {

void Table::Add(Row row) {
  const std::string asked =
      !row.asked()            ? "-"
      : row.high < kUnbounded ? absl::StrFormat("%.3g..%.3g", row.low, row.high)
                              : absl::StrFormat(">= %.3g", row.low);
  absl::PrintF("%-4s %-44s %-10s %9.3f +- %-6.3f %-5s %s\n", row.bar, row.what,
               asked, row.measured, row.error,
               !row.asked() ? ""
               : row.pass() ? "pass"
                            : "MISS",
               row.notes);
  std::fflush(stdout);
  rows_.push_back(std::move(row));
}

std::string Table::Json() const {
  std::string json = "[\n";
  for (const Row& row : rows_) {
    absl::StrAppendFormat(&json,
                          "%s  {\"bar\": \"%s\", \"what\": \"%s\", "
                          "\"measured\": %.6g, \"standard_error\": %.3g",
                          &row == rows_.data() ? "" : ",\n", row.bar, row.what,
                          row.measured, row.error);
    if (row.low > 0) absl::StrAppendFormat(&json, ", \"low\": %g", row.low);
    if (row.high < kUnbounded)
      absl::StrAppendFormat(&json, ", \"high\": %g", row.high);
    if (row.asked())
      absl::StrAppendFormat(&json, ", \"pass\": %s",
                            row.pass() ? "true" : "false");
    absl::StrAppendFormat(&json, ", \"notes\": \"%s\"}", row.notes);
  }
  return json + "\n]\n";
}

int Table::missed() const {
  return static_cast<int>(
      std::count_if(rows_.begin(), rows_.end(),
                    [](const Row& row) { return row.asked() && !row.pass(); }));
}

}  // namespace reasonwatch
