// SPDX-License-Identifier: Apache-2.0
#include "formats/api/ollama.h"

#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

void ReadThinking(const object& from, MessageBuilder& builder) {
  if (const auto text = GetString(from, "thinking"))
    builder.AddReasoning(*text, "thinking");
}

}  // namespace

bool IsOllama(const object& root) {
  simdjson::dom::element done;
  return root["done"].get(done) == simdjson::SUCCESS &&
         (GetObject(root, "message") || GetString(root, "response"));
}

void ReadOllama(const object& root, MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  bool done = false;
  if (root["done"].get(done) == simdjson::SUCCESS && done)
    builder.SetEnded();
  else
    builder.SetPartial();
  builder.SetModel(GetString(root, "model").value_or(""));
  builder.SetStreaming(true);
  if (const auto message = GetObject(root, "message")) {
    if (const auto text = GetString(*message, "content"))
      builder.AddContent(*text);
    ReadThinking(*message, builder);
    // Every call comes whole, in one line or another.
    if (const auto calls = GetArray(*message, "tool_calls"))
      ForEachObject(*calls, [&](const object& call) {
        const auto function = GetObject(call, "function");
        builder.AddToolCall(
            GetString(call, "id").value_or(""), std::nullopt, /*begins=*/true,
            function ? GetString(*function, "name").value_or("") : "",
            function ? ArgumentsOf(*function, "arguments") : "");
      });
    if (const auto images = GetArray(*message, "images"))
      if (images->size() > 0) builder.SetOtherMedia();
  }
  if (const auto text = GetString(root, "response")) builder.AddContent(*text);
  ReadThinking(root, builder);
  builder.SetStreaming(false);
  builder.SetFinishReason(GetString(root, "done_reason").value_or(""));
  TakeCount(root, "prompt_eval_count", builder.usage().input_tokens);
  TakeCount(root, "eval_count", builder.usage().output_tokens);
}

}  // namespace reasonwatch
