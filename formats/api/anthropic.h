// SPDX-License-Identifier: Apache-2.0
// Anthropic messages: the whole object, and the events of a stream.
#ifndef REASONWATCH_FORMATS_API_ANTHROPIC_H_
#define REASONWATCH_FORMATS_API_ANTHROPIC_H_

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "formats/api/message.h"

namespace reasonwatch {

// Thinking blocks are parted by blank lines, text blocks are one text. A block
// that is redacted, or has a signature only, is hidden reasoning. Input tokens
// are those read from and written to the cache too, as elsewhere.
class AnthropicReader {
 public:
  // Whether `type` is one that this API's documents have.
  static bool Knows(std::string_view type);
  // The message itself, or one event of a stream.
  void Read(std::string_view type, const simdjson::dom::object& root,
            MessageBuilder& builder);

 private:
  void ReadMessage(const simdjson::dom::object& message,
                   MessageBuilder& builder);
  void ReadUsage(const simdjson::dom::object& usage, MessageBuilder& builder);

  std::optional<int64_t> input_;
  std::optional<int64_t> cache_read_;
  std::optional<int64_t> cache_written_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_ANTHROPIC_H_
