// SPDX-License-Identifier: Apache-2.0
#include "rescore/client/request_body.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/str_format.h"
#include "rescore/client/failure.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// vLLM serves low priorities first, SGLang high ones. Far behind any number
// that an operator would give.
constexpr int kLastInVllm = 1'000'000;
constexpr int kLastInSglang = -1'000'000;  // high numbers are first there

// Adds `, "name": value`.
void AddRaw(std::string& json, std::string_view name, std::string_view value) {
  absl::StrAppendFormat(&json, ", \"%s\": %s", name, value);
}
void Add(std::string& json, std::string_view name, int64_t value) {
  absl::StrAppendFormat(&json, ", \"%s\": %d", name, value);
}
void Add(std::string& json, std::string_view name, double value) {
  if (std::isnan(value)) return;
  std::array<char, 32> digits;  // the longest double has 24
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value);
  AddRaw(json, name,
         std::string_view(digits.data(),
                          static_cast<size_t>(end.ptr - digits.data())));
}

bool IsJsonArray(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  return ParseJson(parser, text).get_array().get(array) == simdjson::SUCCESS;
}

void AddThinking(std::string& json, Thinking thinking) {
  if (thinking == Thinking::kUnstated) return;
  // Templates know the switch by one of two names and ignore the other.
  const std::string_view on = thinking == Thinking::kOn ? "true" : "false";
  AddRaw(
      json, "chat_template_kwargs",
      absl::StrFormat("{\"enable_thinking\": %s, \"thinking\": %s}", on, on));
}

void AddExtras(std::string& json, const SampleRequest& request,
               const RequestExtras& extras) {
  switch (extras.server) {
    case ServerKind::kVllm:
      AddRaw(json, "request_id", JsonString(extras.id));
      if (extras.priority) Add(json, "priority", int64_t{kLastInVllm});
      if (extras.prompt_text) AddRaw(json, "return_prompt_text", "true");
      break;
    case ServerKind::kSglang:
      AddRaw(json, "rid", JsonString(extras.id));
      if (extras.priority) Add(json, "priority", int64_t{kLastInSglang});
      break;
    case ServerKind::kLlamaCpp:
      // It has no cache salt; reading the prompt afresh has the same effect.
      if (!request.cache_salt.empty()) AddRaw(json, "cache_prompt", "false");
      return;
    case ServerKind::kUnknown:
      break;
  }
  if (!request.cache_salt.empty())
    AddRaw(json, "cache_salt", JsonString(request.cache_salt));
}

}  // namespace

std::string_view ServerKindName(ServerKind kind) {
  switch (kind) {
    case ServerKind::kVllm:
      return "vllm";
    case ServerKind::kSglang:
      return "sglang";
    case ServerKind::kLlamaCpp:
      return "llama.cpp";
    case ServerKind::kUnknown:
      break;
  }
  return "";
}

absl::StatusOr<std::string> ExtraMembers(std::string_view json) {
  if (json.empty()) return "";
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(json)).get_object().get(object) !=
      simdjson::SUCCESS)
    return absl::InvalidArgumentError("the extra body is no JSON object");
  constexpr std::string_view kOurs[] = {
      "model", "messages", "prompt", "stream",      "stream_options", "n",
      "seed",  "top_p",    "id",     "temperature", "max_tokens"};
  std::string members;
  for (const auto& field : object) {
    if (std::find(std::begin(kOurs), std::end(kOurs), field.key) !=
        std::end(kOurs))
      return absl::InvalidArgumentError(absl::StrFormat(
          "the extra body sets '%s', which has a flag of its own or is not "
          "yours to set",
          AbslView(field.key)));
    if (!members.empty()) members += ", ";
    members += JsonString(field.key) + ": " + simdjson::minify(field.value);
  }
  return members;
}

absl::StatusOr<RequestBody> BuildRequestBody(const SampleRequest& request,
                                             const RequestExtras& extras) {
  const auto bad = [](std::string_view why) {
    return ClientFailureStatus(ClientFailure::kBadRequest, why);
  };
  const bool chat = !request.messages_json.empty();
  if (chat == !request.prompt.empty())
    return bad("either messages or a prompt is needed");
  if (chat && !IsJsonArray(request.messages_json))
    return bad("messages are not a JSON array");
  if (std::isinf(request.temperature) || request.temperature < 0)
    return bad("temperature is out of range");
  if (std::isinf(request.top_p) || request.top_p < 0 || request.top_p > 1)
    return bad("top_p is out of range");
  if (request.max_tokens <= 0) return bad("max_tokens is not positive");
  if (request.top_logprobs < 0) return bad("top_logprobs is negative");

  RequestBody body;
  body.path = chat ? "chat/completions" : "completions";
  std::string& json = body.json;
  json = absl::StrFormat("{\"model\": %s", JsonString(extras.model));
  if (chat)
    AddRaw(json, "messages", request.messages_json);
  else
    AddRaw(json, "prompt", JsonString(request.prompt));
  Add(json, "temperature", request.temperature);
  Add(json, "top_p", request.top_p);
  Add(json, "max_tokens", request.max_tokens);
  Add(json, "seed", request.seed);
  Add(json, "n", int64_t{extras.n});
  if (request.stream) {
    AddRaw(json, "stream", "true");
    AddRaw(json, "stream_options", "{\"include_usage\": true}");
  } else {
    AddRaw(json, "stream", "false");
  }
  if (request.top_logprobs > 0) {
    if (chat) AddRaw(json, "logprobs", "true");
    Add(json, chat ? "top_logprobs" : "logprobs",
        int64_t{request.top_logprobs});
  }
  if (chat) {
    AddThinking(json, request.thinking);
    if (!request.effort.empty())
      AddRaw(json, "reasoning_effort", JsonString(request.effort));
  }
  AddExtras(json, request, extras);
  if (!extras.body.empty()) json += ", " + extras.body;
  json += '}';
  return body;
}

}  // namespace reasonwatch
