// A recorded response: one JSON object a line, the names of the tap's message.
#ifndef REASONWATCH_TAP_JSONL_RECORDED_H_
#define REASONWATCH_TAP_JSONL_RECORDED_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/response.h"

namespace reasonwatch {

// Parses one line. InvalidArgument says which key is wrong and how; unknown
// keys are ignored, because recorders add their own. Only `model` is required.
// Not thread-safe: keeps the parser's buffers from line to line.
class RecordedReader {
 public:
  RecordedReader();
  ~RecordedReader();
  absl::StatusOr<Response> Parse(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same the other way; one line without the line break.
std::string WriteRecorded(const Response& response);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_JSONL_RECORDED_H_
