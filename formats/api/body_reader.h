// SPDX-License-Identifier: Apache-2.0
// Any response body, byte by byte: which API it is shows in its shape.
#ifndef REASONWATCH_FORMATS_API_BODY_READER_H_
#define REASONWATCH_FORMATS_API_BODY_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/finish.h"
#include "core/response.h"
#include "formats/api/message.h"

namespace reasonwatch {

struct BodyLimits {
  size_t text_bytes = size_t{8} << 20;  // of content and of reasoning each
  // Limit of one JSON document, or of one event of a stream.
  size_t document_bytes = size_t{64} << 20;
};

// Reads chat completions and legacy completions, the Responses API, Anthropic
// messages and the own APIs of Gemini, Bedrock, Cohere, Ollama, llama.cpp,
// SGLang, TGI and Triton, bare or in a gateway's envelope; one JSON document,
// several (NDJSON, a list), or server-sent events. The first bytes decide
// between those; `type` only if they show nothing, because servers answer a
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
