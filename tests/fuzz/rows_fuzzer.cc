// SPDX-License-Identifier: Apache-2.0
// A posted body in any format. The first byte chooses the format.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tap/http/rows.h"
#include "tap/jsonl/import.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  const auto& formats = reasonwatch::kRecordFormats;
  reasonwatch::RecordReader reader(formats[data[0] % formats.size()].second);
  std::vector<reasonwatch::Response> rows;
  std::vector<std::string> errors;
  int64_t last = 0;
  reasonwatch::ForEachRecord(body,
                             [&](int64_t number, std::string_view record) {
                               Check(number > last);
                               last = number;
                               reader.Read(record, rows, errors);
                               Check(reader.unknown_keys().size() <= 16);
                               return rows.size() < 1000;
                             });
  for (const reasonwatch::Response& row : rows) Check(!row.model.empty());
  return 0;
}
