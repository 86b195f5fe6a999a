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
  if (const auto message = GetObject(root, "message")) {
    if (const auto text = GetString(*message, "content"))
      builder.AddContent(*text);
    ReadThinking(*message, builder);
    // Every call comes whole, in one line or another.
    if (const auto calls = GetArray(*message, "tool_calls"))
      builder.AddToolCalls(static_cast<int64_t>(calls->size()));
  }
  if (const auto text = GetString(root, "response")) builder.AddContent(*text);
  ReadThinking(root, builder);
  builder.SetFinishReason(GetString(root, "done_reason").value_or(""));
  TakeCount(root, "prompt_eval_count", builder.usage().input_tokens);
  TakeCount(root, "eval_count", builder.usage().output_tokens);
}

}  // namespace reasonwatch
