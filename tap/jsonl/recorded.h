// SPDX-License-Identifier: Apache-2.0
// A recorded response: one JSON object a line, the names of the tap's message.
#ifndef REASONWATCH_TAP_JSONL_RECORDED_H_
#define REASONWATCH_TAP_JSONL_RECORDED_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/response.h"

namespace reasonwatch {

// Parses one line. InvalidArgument says which key is wrong and how. Only
// `model` is required. Instead of texts a row may hold the raw bodies of a
// request and its response (raw_pair.h); its other keys win over what the
// bodies say. Not thread-safe: keeps the parser's buffers from line to line.
class RecordedReader {
 public:
  // `model` is that of rows which name none; "" = such rows are refused.
  explicit RecordedReader(std::string model = "");
  ~RecordedReader();
  absl::StatusOr<Response> Parse(std::string_view line);
  // Paths of the keys of the last row that have no meaning, at most 16: a
  // recorder's own, or misspelt.
  const std::vector<std::string>& unknown_keys() const;
  // Rows that the sender of the last row lost before it, by its own word.
  int64_t lost_before() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same the other way; one line without the line break.
std::string WriteRecorded(const Response& response);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_JSONL_RECORDED_H_
