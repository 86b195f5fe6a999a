// SPDX-License-Identifier: Apache-2.0
// A stream says each text up to four times: in deltas, at the end of the part,
// at the end of the item and at the end of the response. The reader notes the
// places that have brought text and takes each place once.
//
// In order: small helpers, places, items, the response, events.
#include "formats/api/responses.h"

#include <functional>
#include <utility>
#include <vector>

#include "formats/api/chat_completions.h"
#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

constexpr std::string_view kText = "reasoning_text";
constexpr std::string_view kSummary = "summary_text";
// More parts than any response has; later ones are taken from deltas only.
constexpr size_t kMostPlaces = 4096;

bool IsCall(const object& item) {
  return GetString(item, "type").value_or("").ends_with("_call");
}

// Other calls than of functions have no arguments that could be checked.
ToolCall CallOf(const object& item) {
  if (GetString(item, "type") != "function_call") return {};
  return {std::string(GetString(item, "name").value_or("")),
          ArgumentsOf(item, "arguments")};
}

// A delta is a string, or in early servers an object with `text`.
std::string_view DeltaOf(const object& event) {
  if (const auto delta = GetString(event, "delta")) return *delta;
  if (const auto delta = GetObject(event, "delta"))
    return GetString(*delta, "text").value_or("");
  return {};
}

// The whole text of an event that ends a part.
std::string_view WholeOf(const object& event) {
  for (std::string_view key : {"text", "refusal"})
    if (const auto text = GetString(event, key)) return *text;
  if (const auto part = GetObject(event, "part"))
    return GetString(*part, "text").value_or("");
  return {};
}

}  // namespace

int64_t ResponsesReader::ItemOf(const object& event) {
  if (const auto index = GetCount(event, "output_index")) return *index;
  std::string_view id = GetString(event, "item_id").value_or("");
  if (const auto item = GetObject(event, "item"); item && id.empty())
    id = GetString(*item, "id").value_or("");
  if (id.empty()) return 0;
  // Negative, so that it is no index.
  return -2 - static_cast<int64_t>(std::hash<std::string_view>()(id) >> 2);
}

// Notes that text came; false if it came from another place than the last.
bool ResponsesReader::Mark(Text& text, Place at) {
  const bool same = text.at == at;
  text.at = at;
  if (same || text.came.size() >= kMostPlaces) return same;
  text.came.insert(at);
  text.items.insert(at.first);
  return false;
}

void ResponsesReader::AddReasoning(std::string_view text,
                                   std::string_view field,
                                   MessageBuilder& builder) {
  const std::string_view present = builder.message().reasoning_field;
  if (field == kSummary && present == kText) return;
  if (field == kText && present == kSummary) builder.DropReasoning();
  builder.AddReasoning(text, field);
}

void ResponsesReader::AddContent(std::string_view text, Place at, bool done,
                                 MessageBuilder& builder) {
  // Some servers name the place differently, or not at all, at its end.
  if (done && (text.empty() || content_.came.contains(at) ||
               content_.came.size() >= kMostPlaces ||
               builder.message().content.value_or("").ends_with(text)))
    return;
  // Parts of one message are one text; another message is another.
  if (content_.at.first != at.first) builder.BreakContent();
  Mark(content_, at);
  builder.AddContent(text);
}

void ResponsesReader::AddReasoning(std::string_view text,
                                   std::string_view field, Place at, bool done,
                                   MessageBuilder& builder) {
  if (done && (text.empty() || reasoning_.came.contains(at) ||
               reasoning_.came.size() >= kMostPlaces ||
               builder.message().reasoning.value_or("").ends_with(text)))
    return;
  // Parts of one item's text are one text; each summary is another. Some
  // servers number each delta as a part.
  const bool breaks = reasoning_.at.first != at.first ||
                      (field == kSummary && reasoning_.at != at);
  if (breaks) builder.BreakReasoning();
  Mark(reasoning_, at);
  AddReasoning(text, field, builder);
}

void ResponsesReader::ReadMessageItem(const object& item,
                                      MessageBuilder& builder) {
  builder.BreakContent();
  const auto parts = GetArray(item, "content");
  if (!parts.has_value()) return;
  ForEachObject(*parts, [&](const object& part) {
    const std::string_view type = GetString(part, "type").value_or("");
    if (type == "output_audio" || type == "output_image")
      builder.SetOtherMedia();
    for (std::string_view key : {"text", "refusal", "transcript"})
      if (const auto text = GetString(part, key)) builder.AddContent(*text);
  });
}

void ResponsesReader::ReadReasoningItem(const object& item,
                                        MessageBuilder& builder) {
  const auto read = [&](std::string_view key, std::string_view field) {
    const auto parts = GetArray(item, key);
    if (!parts.has_value()) return;
    ForEachObject(*parts, [&](const object& part) {
      const auto text = GetString(part, "text");
      if (!text.has_value()) return;
      builder.BreakReasoning();
      AddReasoning(*text, field, builder);
    });
  };
  read("content", kText);
  read("summary", kSummary);
}

void ResponsesReader::ReadItem(const object& item, int64_t place,
                               MessageBuilder& builder) {
  const std::string_view type = GetString(item, "type").value_or("");
  last_item_calls_ = IsCall(item);
  if (type == "image_generation_call") builder.SetOtherMedia();
  if (type == "message" && !content_.items.contains(place)) {
    ReadMessageItem(item, builder);
    if (!builder.message().content.value_or("").empty())
      Mark(content_, {place, -1});
  }
  if (type != "reasoning") return;
  if (!reasoning_.items.contains(place)) {
    ReadReasoningItem(item, builder);
    if (!builder.message().reasoning.value_or("").empty())
      Mark(reasoning_, {place, -1});
  }
  if (!GetString(item, "encrypted_content").value_or("").empty())
    builder.HideReasoning("encrypted_content");
}

void ResponsesReader::ReadObject(const object& response,
                                 MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  builder.SetModel(GetString(response, "model").value_or(""));
  int64_t calls = 0;
  int64_t place = 0;
  std::vector<ToolCall> whole;
  if (const auto output = GetArray(response, "output")) {
    const bool had_content = !content_.items.empty();
    const bool had_reasoning = !reasoning_.items.empty();
    ForEachObject(*output, [&](const object& item) {
      const std::string_view type = GetString(item, "type").value_or("");
      calls += IsCall(item);
      if (IsCall(item) && whole.size() < kMaxKeptCalls)
        whole.push_back(CallOf(item));
      // Without indices in the events no place can be told from another.
      const bool came = type == "reasoning" ? had_reasoning : had_content;
      if (!came || IsCall(item)) {
        ReadItem(item, place, builder);
      } else {
        last_item_calls_ = false;
        if (!GetString(item, "encrypted_content").value_or("").empty())
          builder.HideReasoning("encrypted_content");
      }
      ++place;
    });
  }
  if (const auto text = GetString(response, "output_text");
      text.has_value() && builder.message().content.value_or("").empty())
    builder.AddContent(*text);
  builder.AtLeastToolCalls(calls);
  builder.SetCalls(std::move(whole));
  if (const auto usage = GetObject(response, "usage"))
    ReadOpenAiUsage(*usage, builder);
  const std::string_view status = GetString(response, "status").value_or("");
  if (status == "in_progress" || status == "queued") return;
  if (status == "completed" && last_item_calls_)
    return builder.SetFinishReason("tool_calls");
  std::string_view reason = status;
  if (status == "incomplete") {
    if (const auto details = GetObject(response, "incomplete_details"))
      reason = GetString(*details, "reason").value_or(status);
  }
  builder.SetFinishReason(reason);
}

void ResponsesReader::ReadCall(const object& item, int64_t place,
                               MessageBuilder& builder) {
  std::string_view id = GetString(item, "call_id").value_or("");
  if (id.empty()) id = GetString(item, "id").value_or("");
  const ToolCall call = CallOf(item);
  builder.AddToolCall(id, place, /*begins=*/false, call.name, call.arguments);
}

void ResponsesReader::ReadItemEvent(const object& item, int64_t place,
                                    bool done, MessageBuilder& builder) {
  last_item_calls_ = IsCall(item);
  if (last_item_calls_) ReadCall(item, place, builder);
  if (!done) return;
  // If its place is none of those that brought text, its text may still be the
  // one that came: then there is one place only.
  const bool alone = GetString(item, "type") == "message"
                         ? content_.items.size() == 1
                         : reasoning_.items.size() == 1;
  if (alone && place == 0)
    place = GetString(item, "type") == "message" ? *content_.items.begin()
                                                 : *reasoning_.items.begin();
  ReadItem(item, place, builder);
}

void ResponsesReader::ReadTextEvent(std::string_view type, const object& event,
                                    MessageBuilder& builder) {
  const bool done = type.ends_with(".done");
  if (!done && !type.ends_with(".delta")) return;
  const std::string_view text = done ? WholeOf(event) : DeltaOf(event);
  const auto place = [&event](std::string_view part) {
    return Place{ItemOf(event), GetCount(event, part).value_or(0)};
  };
  std::string_view name = type;
  name.remove_prefix(std::string_view("response.").size());
  builder.SetStreaming(true);
  if (name.starts_with("output_text.") || name.starts_with("refusal.")) {
    AddContent(text, place("content_index"), done, builder);
  } else if (name.starts_with("reasoning")) {
    const bool summary = name.find("summary") != std::string_view::npos;
    AddReasoning(text, summary ? kSummary : kText,
                 place(summary ? "summary_index" : "content_index"), done,
                 builder);
  } else if (done && name.starts_with("content_part.")) {
    const auto part = GetObject(event, "part");
    const std::string_view kind =
        part.has_value() ? GetString(*part, "type").value_or("") : "";
    if (kind == "output_text")
      AddContent(text, place("content_index"), done, builder);
    else if (kind == kText)
      AddReasoning(text, kText, place("content_index"), done, builder);
  }
  builder.SetStreaming(false);
}

void ResponsesReader::ReadEvent(std::string_view type, const object& event,
                                MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  builder.SetPartial();
  if (type == "response.output_item.added" ||
      type == "response.output_item.done") {
    if (const auto item = GetObject(event, "item"))
      ReadItemEvent(*item, ItemOf(event), type.ends_with(".done"), builder);
  } else if (type == "response.completed" || type == "response.incomplete" ||
             type == "response.failed" || type == "response.done" ||
             type == "response.cancelled") {
    builder.SetEnded();
    if (const auto response = GetObject(event, "response"))
      ReadObject(*response, builder);
  } else {
    ReadTextEvent(type, event, builder);
  }
}

}  // namespace reasonwatch
