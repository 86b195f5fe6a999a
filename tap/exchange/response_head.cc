// SPDX-License-Identifier: Apache-2.0
#include "tap/exchange/response_head.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "tap/exchange/json.h"
#include "util/ascii.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

namespace dom = simdjson::dom;

// A stream names itself in one of its first events.
constexpr int kMaxEvents = 8;

// The text after the colon of a `data` line, trimmed; "" for other lines.
std::string_view DataOf(std::string_view line) {
  constexpr std::string_view kData = "data:";
  return line.starts_with(kData) ? ascii::Trim(line.substr(kData.size()))
                                 : std::string_view();
}

std::string_view NextLine(std::string_view& rest) {
  const size_t end = rest.find_first_of("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}

void ReadNames(const dom::object& root, ResponseHead& head) {
  // Gemini and TGI have names of their own for it.
  for (std::string_view key : {"id", "responseId", "generation_id"})
    if (head.id.empty()) head.id = std::string(TextIn(root, key));
  for (std::string_view key : {"model", "modelVersion", "model_name"})
    if (head.model.empty()) head.model = std::string(TextIn(root, key));
}

void ReadDocument(std::string_view json, ResponseHead& head) {
  thread_local dom::parser parser;
  dom::object root;
  if (ParseJson(parser, json).get(root) != simdjson::SUCCESS) return;
  for (std::string_view inside : {"message", "response"}) {
    dom::object inner;
    if (root[inside].get(inner) == simdjson::SUCCESS) ReadNames(inner, head);
  }
  ReadNames(root, head);
}

// The data of the last event. A line feed inside of JSON is always escaped, so
// one before `data:` begins a line.
std::string_view LastData(std::string_view body) {
  size_t at = body.rfind("\ndata:");
  if (at == body.npos) at = body.rfind("\rdata:");
  std::string_view line = body.substr(at == body.npos ? 0 : at + 1);
  return DataOf(NextLine(line));
}

// True if a stream with this document can end after it.
bool EndsStream(const dom::object& last) {
  constexpr std::array<std::string_view, 6> kEnds = {
      "message_stop",    "response.completed", "response.incomplete",
      "response.failed", "response.cancelled", "message-end"};
  if (std::ranges::find(kEnds, TextIn(last, "type")) != kEnds.end())
    return true;
  for (std::string_view key : {"done", "stop", "is_finished"})
    if (ValueIn<bool>(last, key).value_or(false)) return true;
  bool finished = !TextIn(last, "generated_text").empty() ||
                  ValueIn<dom::object>(last, "messageStop").has_value() ||
                  ValueIn<dom::object>(last, "metadata").has_value();
  // A chunk of counts comes after those of the text.
  dom::array choices;
  if (last["choices"].get(choices) == simdjson::SUCCESS && choices.size() == 0)
    finished = finished || ValueIn<dom::object>(last, "usage").has_value();
  for (std::string_view list : {"choices", "candidates"})
    EachObject(last, list, [&finished](const dom::object& choice) {
      for (std::string_view key : {"finish_reason", "finishReason"})
        finished = finished || !TextIn(choice, key).empty();
    });
  return finished;
}

// The first JSON document of a text that begins with one.
std::string_view FirstLine(std::string_view body) {
  return ascii::Trim(body.substr(0, body.find('\n')));
}

}  // namespace

ResponseHead ReadResponseHead(std::string_view body) {
  ResponseHead head;
  body = ascii::Trim(body);
  if (body.starts_with('{')) {
    ReadDocument(body, head);
    // Several documents, a line each.
    if (head.id.empty() && head.model.empty())
      ReadDocument(FirstLine(body), head);
    return head;
  }
  std::string_view rest = body;
  for (int events = 0; events < kMaxEvents && !rest.empty();) {
    const std::string_view data = DataOf(NextLine(rest));
    if (data.empty()) continue;
    ++events;
    ReadDocument(data, head);
    if (!head.id.empty() && !head.model.empty()) break;
  }
  return head;
}

BodyType BodyTypeOf(std::string_view content_type, std::string_view body) {
  const std::string_view start =
      ascii::Trim(body.substr(0, std::min<size_t>(body.size(), 64)));
  for (std::string_view field : {"data:", "event:", "id:", "retry:", ":"})
    if (start.starts_with(field)) return BodyType::kSse;
  if (start.starts_with('{') || start.starts_with('[')) return BodyType::kJson;
  const std::string_view type =
      ascii::Trim(content_type.substr(0, content_type.find(';')));
  return ascii::EqualsIgnoringCase(type, "text/event-stream") ? BodyType::kSse
                                                              : BodyType::kJson;
}

bool HoldsItsEnd(std::string_view body, BodyType type) {
  body = ascii::Trim(body);
  thread_local dom::parser parser;
  dom::object last;
  if (type == BodyType::kSse) {
    const std::string_view data = LastData(body);
    if (data == "[DONE]") return true;
    return ParseJson(parser, data).get(last) == simdjson::SUCCESS &&
           EndsStream(last);
  }
  if (!body.ends_with('}') && !body.ends_with(']')) return false;
  dom::element root;
  if (ParseJson(parser, body).get(root) == simdjson::SUCCESS) return true;
  const std::string_view line = ascii::Trim(body.substr(body.rfind('\n') + 1));
  return ParseJson(parser, line).get(last) == simdjson::SUCCESS &&
         EndsStream(last);
}

}  // namespace reasonwatch
