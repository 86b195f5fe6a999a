// The Responses API of OpenAI: the whole object, and the events of a stream.
#ifndef REASONWATCH_FORMATS_API_RESPONSES_H_
#define REASONWATCH_FORMATS_API_RESPONSES_H_

#include <simdjson.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "formats/api/message.h"

namespace reasonwatch {

// Reasoning is the text of reasoning items, else their summaries; items and
// summaries are parted by blank lines. A stream's text comes from its deltas;
// the object that ends it fills in only what no delta brought. A status is
// read from the response, never from its items, whose status may be null.
class ResponsesReader {
 public:
  // The response object itself.
  void ReadObject(const simdjson::dom::object& response,
                  MessageBuilder& builder);
  // One event, `type` beginning with "response.".
  void ReadEvent(std::string_view type, const simdjson::dom::object& event,
                 MessageBuilder& builder);

 private:
  using Place = std::pair<int64_t, int64_t>;

  void ReadItem(const simdjson::dom::object& item, MessageBuilder& builder);
  void AddReasoning(std::string_view text, std::string_view field,
                    MessageBuilder& builder);

  bool last_item_calls_ = false;
  bool content_came_ = false;    // by deltas
  bool reasoning_came_ = false;  // by deltas
  Place content_at_ = {-1, -1};
  Place reasoning_at_ = {-1, -1};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_RESPONSES_H_
