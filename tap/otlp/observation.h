// SPDX-License-Identifier: Apache-2.0
// One span or one log record about a model's response, as far as it knows it.
#ifndef REASONWATCH_TAP_OTLP_OBSERVATION_H_
#define REASONWATCH_TAP_OTLP_OBSERVATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/response.h"

namespace reasonwatch {

// One choice of a response.
struct ChoiceText {
  std::optional<std::string> content;
  std::optional<std::string> reasoning;
  std::string finish_reason;
  // In OpenAI's form, without the brackets of the array.
  std::string tool_calls_json;
  int32_t tool_calls = 0;

  bool Empty() const {
    return !content.has_value() && !reasoning.has_value() && tool_calls == 0;
  }
};

struct Observation {
  std::string_view dialect;  // of dialect.h
  std::string trace_id;      // raw bytes; "" = none
  std::string span_id;
  std::string parent_span_id;
  bool is_span = false;  // else a log record
  // Each record has one message or choice of several, as the old events do.
  bool is_part = false;
  // A server's own span, which never has text.
  bool without_text = false;
  bool failed = false;
  std::string service;   // service.name
  std::string api_type;  // "chat", "responses", "" = not said

  // Everything but the text: ids, labels, counts, times, the request.
  Response head;
  std::vector<std::string> input;  // messages in OpenAI's form, each JSON
  std::vector<ChoiceText> choices;
  std::string raw_body;  // the whole response as it was served, instead
  // Hash of the first choice's content, 0 = none: two spans of one call have
  // the same.
  uint64_t content_hash = 0;

  bool HasText() const { return !choices.empty() || !raw_body.empty(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_OBSERVATION_H_
