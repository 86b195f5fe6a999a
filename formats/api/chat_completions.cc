// SPDX-License-Identifier: Apache-2.0
// The fields of a message are visited once, in the order in which they come,
// and sorted into those that this reader knows; a stream has a message with
// every token, so looking each name up would cost more than the text.
//
// In order: content, tool calls, the fields of a message, choices, usage, the
// document.
#include "formats/api/chat_completions.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/api/json.h"
#include "formats/api/reasoning_fields.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

bool IsMedia(std::string_view type) {
  return type.find("image") != std::string_view::npos ||
         type.find("audio") != std::string_view::npos ||
         type.find("video") != std::string_view::npos || type == "file" ||
         type == "output_file";
}

// A part of the type text, refusal, thinking, reasoning, image and others. A
// part that thinks has its text under any key, and none of it is answer.
void ReadContentPart(const object& part, MessageBuilder& builder) {
  const std::string_view type = GetString(part, "type").value_or("");
  if (IsMedia(type)) return builder.SetOtherMedia();
  const bool thinks = FieldKindOf(type) != FieldKind::kOther;
  element value;
  const char* const key =
      part["thinking"].get(value) == simdjson::SUCCESS    ? "content.thinking"
      : part["reasoning"].get(value) == simdjson::SUCCESS ? "content.reasoning"
                                                          : nullptr;
  if (key != nullptr || thinks) {
    const std::string_view field = key != nullptr       ? key
                                   : type == "thinking" ? "content.thinking"
                                                        : "content.reasoning";
    ReadReasoningValue(part, field, builder);
    if (thinks) return;
  }
  for (std::string_view name : {"text", "refusal"})
    if (const auto text = GetString(part, name)) builder.AddContent(*text);
}

void ReadContent(const element& content, MessageBuilder& builder) {
  if (array parts; content.get(parts) == simdjson::SUCCESS) {
    for (const element& entry : parts) {
      std::string_view text;
      if (object part; entry.get(part) == simdjson::SUCCESS)
        ReadContentPart(part, builder);
      else if (entry.get(text) == simdjson::SUCCESS)
        builder.AddContent(text);
    }
  } else if (object part; content.get(part) == simdjson::SUCCESS) {
    ReadContentPart(part, builder);
  }
}

// A call without a name and without arguments is the zero value of the
// server's language.
bool IsCall(const object& function) {
  element arguments;
  return !GetString(function, "name").value_or("").empty() ||
         (function["arguments"].get(arguments) == simdjson::SUCCESS &&
          HoldsSomething(arguments));
}

ToolCall CallOf(const std::optional<object>& function) {
  if (!function.has_value()) return {};
  return {std::string(GetString(*function, "name").value_or("")),
          ArgumentsOf(*function, "arguments")};
}

void ReadToolCalls(const array& calls, bool delta, MessageBuilder& builder) {
  int64_t count = 0;
  std::vector<ToolCall> whole;
  ForEachObject(calls, [&](const object& call) {
    const auto function = GetObject(call, "function");
    const std::string_view id = GetString(call, "id").value_or("");
    if (function.has_value() && !IsCall(*function) && (!delta || id.empty()))
      return;
    ++count;
    const bool named = (function.has_value() &&
                        !GetString(*function, "name").value_or("").empty()) ||
                       (!function.has_value() && !id.empty());
    ToolCall read = CallOf(function);
    if (delta)
      builder.AddToolCall(id, GetCount(call, "index"), named, read.name,
                          read.arguments);
    else if (whole.size() < kMaxKeptCalls)
      whole.push_back(std::move(read));
  });
  if (delta) return;
  builder.AtLeastToolCalls(count);
  builder.SetCalls(std::move(whole));
}

// The fields of one message that hold something.
struct MessageFields {
  std::optional<element> content, tool_calls, function_call, audio, nested;
  std::string_view refusal;
  // By RankOf(): names that hold reasoning.
  std::array<std::optional<element>, 7> reasoning;
  std::string_view other_name;  // of the last of `reasoning`
};

void SortField(std::string_view name, const element& value,
               MessageFields& fields, MessageBuilder& builder) {
  if (name == "role" || name == "name" || name == "index") return;
  if (name == "tool_calls") {
    fields.tool_calls = value;
  } else if (name == "function_call") {
    fields.function_call = value;
  } else if (name == "refusal") {
    fields.refusal = value.is_string() ? std::string_view(value) : "";
  } else if (name == "audio") {
    fields.audio = value;
  } else if (name == "images" || name == "image") {
    if (HoldsSomething(value)) builder.SetOtherMedia();
  } else if (name == "provider_specific_fields" || name == "extra_content" ||
             name == "additional_kwargs" || name == "model_extra") {
    fields.nested = value;
  } else if (!value.is_null()) {
    const auto rank = static_cast<size_t>(RankOf(name));
    const bool usual = rank + 1 < fields.reasoning.size();
    const FieldKind kind = usual ? FieldKind::kReasoning : FieldKindOf(name);
    if (kind == FieldKind::kReasoning) {
      if (!usual) fields.other_name = name;
      fields.reasoning[rank] = value;
    } else if (kind == FieldKind::kHidden && HoldsSomething(value)) {
      builder.HideReasoning(name);
    } else if (kind == FieldKind::kOther && HoldsSomething(value) &&
               name != "annotations" && name != "token_ids" &&
               name != "token_id" && name != "id" && name != "type") {
      builder.NoteIgnored(name);
    }
  }
}

// Reads the first of the names that holds any; an empty one that says that the
// field was delivered is read too.
bool ReadReasoning(const MessageFields& fields, MessageBuilder& builder) {
  constexpr std::array<std::string_view, 6> kNames = {
      "reasoning",      "reasoning_content", "thinking",
      "reasoning_text", "reasoning_details", "thinking_blocks"};
  for (size_t rank = 0; rank < fields.reasoning.size(); ++rank) {
    if (!fields.reasoning[rank].has_value()) continue;
    const std::string_view name =
        rank < kNames.size() ? kNames[rank] : fields.other_name;
    if (ReadReasoningValue(*fields.reasoning[rank], name, builder)) return true;
  }
  return false;
}

// A spoken answer's words are its text.
void ReadAudio(const element& audio, MessageBuilder& builder) {
  object fields;
  if (audio.get(fields) != simdjson::SUCCESS) return;
  builder.SetOtherMedia();
  if (const auto text = GetString(fields, "transcript"))
    builder.AddContent(*text);
}

// Returns whether the message carried any text.
bool ReadMessage(const object& message, bool delta, MessageBuilder& builder) {
  MessageFields fields;
  bool any = false;
  for (const auto& [name, value] : message) {
    if (name != "content") {
      SortField(name, value, fields, builder);
    } else if (std::string_view text; value.get(text) == simdjson::SUCCESS) {
      builder.AddContent(text);
      any |= !text.empty();
    } else if (!value.is_null()) {
      ReadContent(value, builder);
      any = true;
    }
  }
  if (!fields.refusal.empty()) builder.AddContent(fields.refusal);
  if (fields.audio.has_value()) ReadAudio(*fields.audio, builder);
  bool reasoned = ReadReasoning(fields, builder);
  if (!reasoned && fields.nested.has_value()) {
    MessageFields inner;
    object nested;
    if (fields.nested->get(nested) == simdjson::SUCCESS) {
      for (const auto& [name, value] : nested)
        if (FieldKindOf(name) == FieldKind::kReasoning)
          SortField(name, value, inner, builder);
    }
    reasoned = ReadReasoning(inner, builder);
  }
  if (object call; fields.function_call.has_value() &&
                   fields.function_call->get(call) == simdjson::SUCCESS &&
                   IsCall(call)) {
    builder.AtLeastToolCalls(1);
    if (!delta) builder.SetCalls({CallOf(call)});
  }
  if (array calls; fields.tool_calls.has_value() &&
                   fields.tool_calls->get(calls) == simdjson::SUCCESS)
    ReadToolCalls(calls, delta, builder);
  return any || reasoned;
}

void ReadChoice(const object& choice, MessageBuilder& builder) {
  std::string_view text;
  std::string_view finish;
  std::optional<object> message;
  std::optional<object> delta;
  bool has_text = false;
  for (const auto& [name, value] : choice) {
    object inner;
    if (name == "delta" && value.get(inner) == simdjson::SUCCESS) {
      delta = inner;
    } else if (name == "message" && value.get(inner) == simdjson::SUCCESS) {
      message = inner;
    } else if (name == "text") {
      has_text = value.get(text) == simdjson::SUCCESS;
    } else if (name == "finish_reason") {
      if (value.get(finish) != simdjson::SUCCESS) finish = {};
    }
  }
  bool any = false;
  if (delta.has_value()) {
    builder.SetPartial();
    builder.SetStreaming(true);
    any = ReadMessage(*delta, /*delta=*/true, builder);
  } else if (message.has_value()) {
    builder.BeginWhole();
    any = ReadMessage(*message, /*delta=*/false, builder);
    builder.EndWhole();
    builder.SetEnded();
  }
  // Legacy completions have the text in the choice itself; some servers put
  // the text of a message there once more.
  if (has_text && !any &&
      (text.empty() || !delta.has_value() ||
       builder.message().reasoning_field.empty())) {
    builder.SetStreaming(true);
    builder.AddContent(text);
  } else if (has_text && any && !text.empty()) {
    builder.NoteRepeated("text");
  }
  builder.SetStreaming(false);
  builder.SetFinishReason(finish);
}

}  // namespace

void ReadOpenAiUsage(const object& usage, MessageBuilder& builder) {
  Usage& into = builder.usage();
  for (const auto& [name, value] : usage) {
    int64_t count = 0;
    if (value.get(count) == simdjson::SUCCESS) {
      if (count < 0) continue;
      if (name == "prompt_tokens" || name == "input_tokens")
        into.input_tokens = count;
      else if (name == "completion_tokens" || name == "output_tokens")
        into.output_tokens = count;
      else if (name == "reasoning_tokens")
        into.reasoning_tokens = count;
      else if (name == "total_tokens")
        builder.SetTotalTokens(count);
    } else if (object details; (name == "completion_tokens_details" ||
                                name == "output_tokens_details") &&
                               value.get(details) == simdjson::SUCCESS) {
      for (std::string_view key : {"reasoning_tokens", "thinking_tokens"})
        TakeCount(details, key, into.reasoning_tokens);
    }
  }
}

void ReadChatCompletion(const object& root, MessageBuilder& builder) {
  builder.SetKnown();
  array entries;
  bool has_choices = false;
  for (const auto& [name, value] : root) {
    if (name == "choices") {
      has_choices = value.get(entries) == simdjson::SUCCESS;
    } else if (name == "model") {
      if (value.is_string()) builder.SetModel(std::string_view(value));
    } else if (name == "system_fingerprint") {
      if (value.is_string()) builder.SetFingerprint(std::string_view(value));
    } else if (object fields; name == "usage") {
      if (value.get(fields) == simdjson::SUCCESS)
        ReadOpenAiUsage(fields, builder);
    } else if (name == "metadata") {
      if (value.get(fields) == simdjson::SUCCESS)
        builder.SetWeightsVersion(
            GetString(fields, "weight_version").value_or(""));
    }
  }
  if (!has_choices) return;
  int64_t position = 0;
  ForEachObject(entries, [&](const object& choice) {
    const int64_t index = GetCount(choice, "index").value_or(position);
    ++position;
    if (builder.TakesChoice(index)) ReadChoice(choice, builder);
  });
}

}  // namespace reasonwatch
