// SPDX-License-Identifier: Apache-2.0
// The Responses API of OpenAI: the whole object, and the events of a stream.
#ifndef REASONWATCH_FORMATS_API_RESPONSES_H_
#define REASONWATCH_FORMATS_API_RESPONSES_H_

#include <simdjson.h>

#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "formats/api/message.h"

namespace reasonwatch {

// Reasoning is the text of reasoning items, else their summaries; items and
// summaries are parted by blank lines. A stream's text comes from its deltas.
// The event that ends a part, then the one that ends its item, then the object
// that ends the stream fill in only what nothing before them brought. A status
// is read from the response, never from its items, whose status may be null.
class ResponsesReader {
 public:
  // The response object itself.
  void ReadObject(const simdjson::dom::object& response,
                  MessageBuilder& builder);
  // One event, `type` beginning with "response.".
  void ReadEvent(std::string_view type, const simdjson::dom::object& event,
                 MessageBuilder& builder);

 private:
  // An item, by its index or its id, and a part of it.
  using Place = std::pair<int64_t, int64_t>;
  // One of the two texts of a stream.
  struct Text {
    Place at = {-1, -1};  // of the last piece
    std::set<Place> came;
    std::set<int64_t> items;
  };

  static int64_t ItemOf(const simdjson::dom::object& event);
  void ReadItem(const simdjson::dom::object& item, int64_t place,
                MessageBuilder& builder);
  void ReadMessageItem(const simdjson::dom::object& item,
                       MessageBuilder& builder);
  void ReadReasoningItem(const simdjson::dom::object& item,
                         MessageBuilder& builder);
  void ReadItemEvent(const simdjson::dom::object& item, int64_t place,
                     bool done, MessageBuilder& builder);
  void ReadCall(const simdjson::dom::object& item, int64_t place,
                MessageBuilder& builder);
  // A piece, or with `done` the whole of a part.
  void AddContent(std::string_view text, Place at, bool done,
                  MessageBuilder& builder);
  void AddReasoning(std::string_view text, std::string_view field, Place at,
                    bool done, MessageBuilder& builder);
  void AddReasoning(std::string_view text, std::string_view field,
                    MessageBuilder& builder);
  void ReadTextEvent(std::string_view type, const simdjson::dom::object& event,
                     MessageBuilder& builder);
  static bool Mark(Text& text, Place at);

  bool last_item_calls_ = false;
  Text content_;
  Text reasoning_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_RESPONSES_H_
