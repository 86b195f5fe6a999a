// SPDX-License-Identifier: Apache-2.0
#include "formats/api/native.h"

#include <string_view>

#include "formats/api/chat_completions.h"
#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

void ReadLlamaCpp(const object& root, MessageBuilder& builder) {
  builder.AddContent(GetString(root, "content").value_or(""));
  TakeCount(root, "tokens_evaluated", builder.usage().input_tokens);
  TakeCount(root, "tokens_predicted", builder.usage().output_tokens);
  const std::string_view type = GetString(root, "stop_type").value_or("none");
  if (type != "none") builder.SetFinishReason(type);
  bool stop = false;
  if (root["stop"].get(stop) == simdjson::SUCCESS && !stop)
    builder.SetPartial();
  else
    builder.SetEnded();
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

void ReadTgi(const object& root, MessageBuilder& builder) {
  if (const auto token = GetObject(root, "token")) {
    builder.SetPartial();
    bool special = false;
    if (token->at_key("special").get(special) != simdjson::SUCCESS)
      special = false;
    if (const auto text = GetString(*token, "text"); text && !special) {
      builder.SetStreaming(true);
      builder.AddContent(*text);
      builder.SetStreaming(false);
    }
  }
  if (const auto text = GetString(root, "generated_text")) {
    builder.BeginWhole();
    builder.AddContent(*text);
    builder.EndWhole();
    builder.SetEnded();
  }
  const auto details = GetObject(root, "details");
  if (!details.has_value()) return;
  TakeCount(*details, "generated_tokens", builder.usage().output_tokens);
  TakeCount(*details, "input_length", builder.usage().input_tokens);
  builder.SetFinishReason(GetString(*details, "finish_reason").value_or(""));
}

void ReadTriton(const object& root, MessageBuilder& builder) {
  builder.SetModel(GetString(root, "model_name").value_or(""));
  builder.SetStreaming(true);
  element output;
  if (root["text_output"].get(output) == simdjson::SUCCESS) {
    std::string_view text;
    array texts;
    if (output.get(text) == simdjson::SUCCESS) {
      builder.AddContent(text);
    } else if (output.get(texts) == simdjson::SUCCESS) {
      for (const element& entry : texts)
        if (entry.get(text) == simdjson::SUCCESS) builder.AddContent(text);
    }
  }
  builder.SetStreaming(false);
  builder.SetEnded();
}

// Cloudflare's, beside which there is nothing but usage.
void ReadBare(const object& root, MessageBuilder& builder) {
  builder.SetPartial();
  builder.SetStreaming(true);
  builder.AddContent(GetString(root, "response").value_or(""));
  builder.SetStreaming(false);
  if (const auto usage = GetObject(root, "usage"))
    ReadOpenAiUsage(*usage, builder);
}

bool Has(const object& root, std::string_view key) {
  element value;
  return root[key].get(value) == simdjson::SUCCESS;
}

bool IsTgi(const object& root) {
  if (GetString(root, "generated_text")) return true;
  const auto token = GetObject(root, "token");
  return token.has_value() && GetString(*token, "text") &&
         Has(root, "generated_text");
}

}  // namespace

bool IsNative(const object& root) {
  bool stop = false;
  return (root["stop"].get(stop) == simdjson::SUCCESS &&
          GetString(root, "content").has_value()) ||
         (GetObject(root, "meta_info").has_value() &&
          GetString(root, "text").has_value()) ||
         IsTgi(root) || Has(root, "text_output") ||
         GetString(root, "response").has_value();
}

void ReadNative(const object& root, MessageBuilder& builder) {
  builder.SetKnown();
  // TGI's index is the token's.
  const bool tgi = IsTgi(root);
  const int64_t index = tgi ? 0 : GetCount(root, "index").value_or(0);
  if (!builder.TakesChoice(index)) return;
  if (tgi)
    ReadTgi(root, builder);
  else if (Has(root, "text_output"))
    ReadTriton(root, builder);
  else if (const auto meta = GetObject(root, "meta_info"))
    ReadSglang(root, *meta, builder);
  else if (GetString(root, "response"))
    ReadBare(root, builder);
  else
    ReadLlamaCpp(root, builder);
}

}  // namespace reasonwatch
