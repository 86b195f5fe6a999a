// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "absl/strings/str_format.h"
#include "tap/otlp/conventions.h"
#include "tap/otlp/flat_messages.h"
#include "tap/otlp/messages.h"
#include "tap/otlp/parameters.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Written in place of a text that the emitter was asked to hide.
constexpr std::string_view kRedacted = "__REDACTED__";

std::string_view TextAt(const object& from, std::string_view key) {
  std::string_view text;
  if (from[key].get(text) != simdjson::SUCCESS) return "";
  return text;
}

// True if the object is a response of an API that formats/ reads.
bool IsApiBody(const object& body) {
  array list;
  return body["choices"].get(list) == simdjson::SUCCESS ||
         (TextAt(body, "object") == "response" &&
          body["output"].get(list) == simdjson::SUCCESS) ||
         (TextAt(body, "type") == "message" &&
          body["content"].get(list) == simdjson::SUCCESS);
}

// The whole response as it was served, or else the messages one by one.
void ReadOutput(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  std::string output = a.Json({"output.value"});
  if (output == kRedacted) output.clear();
  object body;
  if (output.starts_with('{') &&
      ParseJson(record.parser, output).get(body) == simdjson::SUCCESS &&
      IsApiBody(body)) {
    o.head.id = std::string(TextAt(body, "id"));
    o.head.regime.fingerprint = std::string(TextAt(body, "system_fingerprint"));
    o.raw_body = std::move(output);
    return;
  }
  if (ReadFlatAnswer(a, "llm.output_messages.", o.choices)) return;
  if (a.Text({"output.mime_type"}) == "application/json" || output.empty())
    return;
  o.choices.emplace_back().content = std::move(output);
}

void ReadTools(const OtlpRecord& record, Response& r) {
  std::string tools;
  record.attributes.WithPrefix(
      "llm.tools.", [&tools](std::string_view path, const OtlpValue& value) {
        if (!path.ends_with(".tool.json_schema")) return;
        if (!tools.empty()) tools += ',';
        tools += value.has_string_value() ? ValueText(value) : ValueJson(value);
      });
  if (!tools.empty())
    r.tools_json = ToolsInChatForm("[" + tools + "]", record.parser);
}

void ReadInput(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  Response& r = o.head;
  ReadParameters(a.Json({"llm.invocation_parameters"}), record.parser, r);
  const std::string input = a.Json({"input.value"});
  object request;
  element messages;
  if (input.starts_with('{') && ReadParameters(input, record.parser, r) &&
      ParseJson(record.parser, input).get(request) == simdjson::SUCCESS) {
    r.asked_model = std::string(TextAt(request, "model"));
    if (request["messages"].get(messages) == simdjson::SUCCESS &&
        messages.is_array()) {
      r.messages_json = simdjson::minify(messages);
      return;
    }
  }
  if (ReadFlatPrompt(a, "llm.input_messages.", o.input)) return;
  if (input != kRedacted && !input.starts_with('{')) r.prompt = input;
}

}  // namespace

bool IsOpenInference(const OtlpRecord& record) {
  return record.is_span &&
         record.attributes.Text({"openinference.span.kind"}) == "LLM";
}

void ReadOpenInference(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  Response& r = o.head;
  ReadInput(record, o);
  ReadTools(record, r);
  r.model = r.asked_model.empty() ? a.Text({"llm.model_name"}) : r.asked_model;
  r.finish_reason = a.FirstText({"llm.finish_reason"});
  r.usage.input_tokens = a.Count({"llm.token_count.prompt"});
  r.usage.output_tokens = a.Count({"llm.token_count.completion"});
  r.usage.reasoning_tokens =
      a.Count({"llm.token_count.completion_details.reasoning"});
  if (const auto streamed = a.Flag({"llm.is_streaming"}))
    r.streamed = *streamed;
  ReadOutput(record, o);
}

}  // namespace reasonwatch
