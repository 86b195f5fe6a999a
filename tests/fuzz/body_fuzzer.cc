// ParseResponse over any body. First byte: body type, choice, format; the
// rest is the body.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "formats/formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t head = data[0];
  const std::string_view body(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  reasonwatch::Response response;
  response.model = "m";
  response.body = std::string(body);
  response.body_type = (head & 1) != 0 ? reasonwatch::BodyType::kSse
                                       : reasonwatch::BodyType::kJson;
  response.sampling.choice_index = head >> 1 & 1;
  const reasonwatch::Trace trace =
      ParseResponse(response, (head & 4) != 0 ? "qwen3" : "auto");
  const size_t text = trace.answer.size() + trace.reasoning.value_or("").size();
  // Escapes only shrink, so no text can be longer than the body; one line
  // feed may join two pieces of reasoning.
  if (text > body.size() + 1) std::abort();
  if (!trace.has_text && text != 0) std::abort();
  if (trace.error.size() > 256) std::abort();
  if (trace.source == reasonwatch::ReasoningSource::kNone &&
      trace.reasoning.has_value())
    std::abort();
  return 0;
}
