// SPDX-License-Identifier: Apache-2.0
// JSON documents one after another, found in bytes as they come.
#ifndef REASONWATCH_FORMATS_API_JSON_DOCUMENTS_H_
#define REASONWATCH_FORMATS_API_JSON_DOCUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace reasonwatch {

// Gives each object or array of the text, whether it fills the text, a line
// (NDJSON) or is beside the next one. Anything else is given by the
// line. It only finds the ends of documents; whether they are JSON is for a
// parser to say. A line feed inside a string is never JSON: the document is
// given as it is and the next one begins there, so that a torn line spoils
// itself only. The same documents come out however the bytes are cut. Linear;
// holds at most `max_bytes`; a longer document is left out and counted. One
// thread at a time.
class JsonDocuments {
 public:
  // The view is valid during the call only.
  using OnDocument = absl::FunctionRef<void(std::string_view)>;

  explicit JsonDocuments(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Feed(std::string_view chunk, OnDocument on_document);
  // The end of the bytes; gives the document that it cuts off too.
  void Finish(OnDocument on_document);

  int64_t dropped_bytes() const { return dropped_bytes_; }
  size_t buffered_bytes() const { return held_.size(); }

 private:
  enum class In : uint8_t { kNothing, kStructure, kString, kWord };

  void Hold(std::string_view part);
  void Give(std::string_view last, OnDocument on_document);
  size_t PassString(std::string_view chunk, size_t at);

  const size_t max_bytes_;
  In in_ = In::kNothing;
  int64_t depth_ = 0;
  bool escape_ = false;  // an odd number of backslashes ended the last chunk
  std::string held_;     // the document's beginning, from earlier chunks
  int64_t length_ = 0;   // of it
  int64_t dropped_bytes_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_JSON_DOCUMENTS_H_
