#include "formats/api/responses.h"

#include "formats/api/chat_completions.h"
#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

constexpr std::string_view kText = "reasoning_text";
constexpr std::string_view kSummary = "summary_text";

bool IsCall(const object& item) {
  return GetString(item, "type").value_or("").ends_with("_call");
}

// A delta is a string, or in early servers an object with `text`.
std::string_view DeltaOf(const object& event) {
  if (const auto delta = GetString(event, "delta")) return *delta;
  if (const auto delta = GetObject(event, "delta"))
    return GetString(*delta, "text").value_or("");
  return {};
}

}  // namespace

void ResponsesReader::AddReasoning(std::string_view text,
                                   std::string_view field,
                                   MessageBuilder& builder) {
  const std::string_view present = builder.message().reasoning_field;
  if (field == kSummary && present == kText) return;
  if (field == kText && present == kSummary) builder.DropReasoning();
  builder.AddReasoning(text, field);
}

void ResponsesReader::ReadItem(const object& item, MessageBuilder& builder) {
  const std::string_view type = GetString(item, "type").value_or("");
  last_item_calls_ = IsCall(item);
  if (type == "message" && !content_came_) {
    builder.BreakContent();
    if (const auto parts = GetArray(item, "content"))
      ForEachObject(*parts, [&](const object& part) {
        for (std::string_view key : {"text", "refusal"})
          if (const auto text = GetString(part, key)) builder.AddContent(*text);
      });
  }
  if (type != "reasoning") return;
  if (!reasoning_came_) {
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
  if (!GetString(item, "encrypted_content").value_or("").empty())
    builder.HideReasoning("encrypted_content");
}

void ResponsesReader::ReadObject(const object& response,
                                 MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  int64_t calls = 0;
  if (const auto output = GetArray(response, "output"))
    ForEachObject(*output, [&](const object& item) {
      calls += IsCall(item);
      ReadItem(item, builder);
    });
  builder.AtLeastToolCalls(calls);
  if (const auto usage = GetObject(response, "usage"))
    ReadOpenAiUsage(*usage, builder.usage());
  const std::string_view status = GetString(response, "status").value_or("");
  if (status == "in_progress" || status == "queued") return;
  if (status == "completed" && last_item_calls_)
    return builder.SetFinishReason("tool_calls");
  builder.SetFinishReason(status);
  if (status != "incomplete") return;
  if (const auto details = GetObject(response, "incomplete_details"))
    builder.SetFinishReason(GetString(*details, "reason").value_or(""));
}

void ResponsesReader::ReadEvent(std::string_view type, const object& event,
                                MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  const auto place = [&event](std::string_view part) {
    return Place{GetCount(event, "output_index").value_or(0),
                 GetCount(event, part).value_or(0)};
  };
  if (type == "response.output_text.delta" ||
      type == "response.refusal.delta") {
    // Parts of one message are one text; another message is another.
    const Place at = place("");
    if (at != content_at_) builder.BreakContent();
    content_at_ = at;
    content_came_ = true;
    builder.AddContent(DeltaOf(event));
  } else if (type == "response.reasoning_text.delta" ||
             type == "response.reasoning.delta" ||
             type == "response.reasoning_summary_text.delta" ||
             type == "response.reasoning_summary.delta") {
    const bool summary = type.find("summary") != std::string_view::npos;
    const Place at = place(summary ? "summary_index" : "content_index");
    if (at != reasoning_at_) builder.BreakReasoning();
    reasoning_at_ = at;
    reasoning_came_ = true;
    AddReasoning(DeltaOf(event), summary ? kSummary : kText, builder);
  } else if (type == "response.output_item.added") {
    const auto item = GetObject(event, "item");
    if (!item.has_value()) return;
    last_item_calls_ = IsCall(*item);
    if (last_item_calls_) builder.AddToolCalls(1);
  } else if (type == "response.completed" || type == "response.incomplete" ||
             type == "response.failed" || type == "response.done" ||
             type == "response.cancelled") {
    if (const auto response = GetObject(event, "response"))
      ReadObject(*response, builder);
  }
}

}  // namespace reasonwatch
