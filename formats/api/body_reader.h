// Any response body, byte by byte: which API it is shows in its shape.
#ifndef REASONWATCH_FORMATS_API_BODY_READER_H_
#define REASONWATCH_FORMATS_API_BODY_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/response.h"
#include "formats/api/message.h"

namespace reasonwatch {

struct BodyLimits {
  size_t text_bytes = size_t{8} << 20;  // of content and of reasoning each
  // Of one JSON document, or one event of a stream.
  size_t document_bytes = size_t{64} << 20;
};

// Reads chat completions and legacy completions, the Responses API, Anthropic
// messages and the own APIs of Ollama, llama.cpp and SGLang; one JSON document,
// several (NDJSON), or server-sent events. What the first bytes show decides
// between those; `type` only where they show nothing, as servers answer a
// streaming request with a plain error object, and proxies mislabel. The result
// is the same however the bytes are cut. Malformed documents are skipped and
// leave an error.
//
// Beside the text it holds one document at most: memory is bounded by the
// limits. Linear in the body. One thread at a time.
class BodyReader {
 public:
  BodyReader(BodyType type, int32_t choice_index, BodyLimits limits = {});
  ~BodyReader();

  void Feed(std::string_view bytes);
  // Ends the reader's use.
  ApiMessage Finish();

  // Bytes of the body that wait for the rest of their document.
  size_t buffered_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_BODY_READER_H_
