// SPDX-License-Identifier: Apache-2.0
#include "formats/api/json_documents.h"

#include <algorithm>

#include "util/ascii.h"

namespace reasonwatch {
void JsonDocuments::Feed(std::string_view chunk, OnDocument on_document) {
  size_t begin = 0;  // of the current document's part in this chunk
  size_t at = 0;
  const auto give = [&](size_t end) {
    Give(chunk.substr(begin, end - begin), on_document);
    begin = end;
  };
  while (at < chunk.size()) {
    const char c = chunk[at];
    switch (in_) {
      case In::kNothing:
        if (ascii::IsTextSpace(c)) {
          ++at;
          break;
        }
        begin = at;
        depth_ = 0;
        // The bracket itself is taken in below.
        in_ = c == '{' || c == '[' ? In::kStructure : In::kWord;
        break;
      case In::kWord:
        if (c == '\n' || c == '{') {
          give(at);
        } else {
          ++at;
        }
        break;
      case In::kStructure:
        ++at;
        if (c == '"') {
          in_ = In::kString;
          escape_ = false;
        } else if (c == '{' || c == '[') {
          ++depth_;
        } else if ((c == '}' || c == ']') && --depth_ == 0) {
          give(at);
        }
        break;
      case In::kString:
        at = PassString(chunk, at);
        if (in_ == In::kNothing) give(at);
        break;
    }
  }
  if (in_ != In::kNothing) Hold(chunk.substr(begin));
}

// Goes from inside a string to behind its end, or to the end of the chunk.
// Leaves the document if a line feed shows that the string never ended.
size_t JsonDocuments::PassString(std::string_view chunk, size_t at) {
  const size_t quote = std::min(chunk.find('"', at), chunk.size());
  const size_t line_feed = chunk.substr(at, quote - at).find('\n');
  if (line_feed != std::string_view::npos) {
    in_ = In::kNothing;
    return at + line_feed;
  }
  size_t first = quote;
  while (first > at && chunk[first - 1] == '\\') --first;
  // Backslashes that reach back to the beginning go on from the last chunk.
  const bool odd = ((quote - first) % 2 == 1) != (first == at && escape_);
  if (quote == chunk.size()) {
    escape_ = odd;
    return quote;
  }
  escape_ = false;
  if (!odd) in_ = In::kStructure;
  return quote + 1;
}

void JsonDocuments::Hold(std::string_view part) {
  length_ += static_cast<int64_t>(part.size());
  if (length_ > static_cast<int64_t>(max_bytes_)) {
    held_.clear();
  } else {
    held_.append(part);
  }
}

void JsonDocuments::Give(std::string_view last, OnDocument on_document) {
  in_ = In::kNothing;
  const int64_t length = length_ + static_cast<int64_t>(last.size());
  if (length > static_cast<int64_t>(max_bytes_)) {
    dropped_bytes_ += length;
  } else if (held_.empty()) {
    on_document(last);
  } else {
    held_.append(last);
    on_document(held_);
  }
  held_.clear();
  length_ = 0;
}

void JsonDocuments::Finish(OnDocument on_document) {
  if (in_ != In::kNothing) Give("", on_document);
}

}  // namespace reasonwatch
