// SPDX-License-Identifier: Apache-2.0
// Server-sent events, read from bytes as they come.
#ifndef REASONWATCH_FORMATS_API_SSE_H_
#define REASONWATCH_FORMATS_API_SSE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace reasonwatch {

// Gives each event's data, lines joined by line feeds; comments and other
// fields are skipped. Line ends may be CR, LF or both. The same events come
// out however the bytes are cut. Linear in the bytes; holds at most twice
// `max_event_bytes`. An event with a longer line or more data is left out and
// its data lines counted. One thread at a time.
class SseParser {
 public:
  // The view is valid during the call only.
  using OnData = absl::FunctionRef<void(std::string_view)>;

  // At least 64, so that a line too long still shows its kind.
  explicit SseParser(size_t max_event_bytes)
      : max_bytes_(std::max<size_t>(max_event_bytes, 64)) {}

  void Feed(std::string_view chunk, OnData on_data);
  // The end of the bytes; gives an event that it cuts off too.
  void Finish(OnData on_data);

  int64_t dropped_bytes() const { return dropped_bytes_; }
  size_t buffered_bytes() const { return line_.size() + data_.size(); }

 private:
  void HoldLine(std::string_view part);
  void EndHeldLine(OnData on_data);
  void TakeLine(std::string_view line, size_t length, OnData on_data);
  void TakeData(std::string_view data, size_t line_length);
  void HoldData();
  void Dispatch(OnData on_data);

  const size_t max_bytes_;
  std::string line_;  // the beginning of a line that a chunk's end cut off
  size_t line_length_ = 0;
  bool line_held_ = false;
  bool after_cr_ = false;

  int lines_ = 0;              // data lines of the current event
  std::string_view one_line_;  // the usual event needs no copy
  std::string data_;
  bool held_ = false;  // the data is in data_
  bool too_large_ = false;
  int64_t event_bytes_ = 0;
  int64_t dropped_bytes_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_SSE_H_
