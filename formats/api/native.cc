#include "formats/api/native.h"

#include <string_view>

#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

void ReadLlamaCpp(const object& root, MessageBuilder& builder) {
  builder.AddContent(GetString(root, "content").value_or(""));
  TakeCount(root, "tokens_evaluated", builder.usage().input_tokens);
  TakeCount(root, "tokens_predicted", builder.usage().output_tokens);
  const std::string_view type = GetString(root, "stop_type").value_or("none");
  if (type != "none") builder.SetFinishReason(type);
}

void ReadSglang(const object& root, const object& meta,
                MessageBuilder& builder) {
  std::string_view text = GetString(root, "text").value_or("");
  const auto& known = builder.message().content;
  if (known.has_value() && text.starts_with(*known))
    text.remove_prefix(known->size());
  builder.AddContent(text);
  TakeCount(meta, "prompt_tokens", builder.usage().input_tokens);
  TakeCount(meta, "completion_tokens", builder.usage().output_tokens);
  TakeCount(meta, "reasoning_tokens", builder.usage().reasoning_tokens);
  builder.SetWeightsVersion(GetString(meta, "weight_version").value_or(""));
  if (const auto reason = GetObject(meta, "finish_reason"))
    builder.SetFinishReason(GetString(*reason, "type").value_or(""));
}

}  // namespace

bool IsNative(const object& root) {
  bool stop = false;
  return (root["stop"].get(stop) == simdjson::SUCCESS &&
          GetString(root, "content").has_value()) ||
         (GetObject(root, "meta_info").has_value() &&
          GetString(root, "text").has_value());
}

void ReadNative(const object& root, MessageBuilder& builder) {
  builder.SetKnown();
  if (!builder.TakesChoice(GetCount(root, "index").value_or(0))) return;
  if (const auto meta = GetObject(root, "meta_info"))
    ReadSglang(root, *meta, builder);
  else
    ReadLlamaCpp(root, builder);
}

}  // namespace reasonwatch
