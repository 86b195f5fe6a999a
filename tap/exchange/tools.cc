// SPDX-License-Identifier: Apache-2.0
// A tool is an object with a name and a schema under one of a few keys; the
// answer's form is a schema, or the word for "any JSON", under one of a few
// more.
//
// In order: tools, the form of the answer.
#include "tap/exchange/tools.h"

#include <string>
#include <string_view>

#include "tap/exchange/json.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

class List {
 public:
  void Add(std::string_view json) {
    json_ += json_.empty() ? "[" : ",";
    json_ += json;
  }
  std::string Close() const { return json_.empty() ? "" : json_ + "]"; }

 private:
  std::string json_;
};

// The schema of a tool's arguments; Bedrock has it one layer deeper.
bool SchemaOf(const object& tool, element& schema) {
  for (std::string_view key :
       {"parameters", "input_schema", "inputSchema", "parametersJsonSchema"}) {
    if (tool[key].get(schema) != simdjson::SUCCESS) continue;
    element inner;
    if (key == "inputSchema" && schema["json"].get(inner) == simdjson::SUCCESS)
      schema = inner;
    return true;
  }
  return false;
}

void AddFunction(const object& tool, List& list) {
  std::string json = "{\"type\":\"function\",\"function\":{\"name\":";
  json += JsonString(TextIn(tool, "name"));
  if (const std::string_view text = TextIn(tool, "description"); !text.empty())
    json += ",\"description\":" + JsonString(text);
  element schema;
  if (SchemaOf(tool, schema))
    json += ",\"parameters\":" + std::string(simdjson::minify(schema));
  if (const auto strict = ValueIn<bool>(tool, "strict"))
    json += *strict ? ",\"strict\":true" : ",\"strict\":false";
  list.Add(json + "}}");
}

void AddTool(const object& tool, List& list) {
  // OpenAI's chat form, which is kept; or Bedrock's.
  if (ValueIn<object>(tool, "function").has_value())
    return list.Add(simdjson::minify(tool));
  if (const auto spec = ValueIn<object>(tool, "toolSpec"))
    return AddFunction(*spec, list);
  bool declared = false;
  for (std::string_view key : {"functionDeclarations", "function_declarations"})
    EachObject(tool, key, [&](const object& function) {
      declared = true;
      AddFunction(function, list);
    });
  if (declared) return;
  element schema;
  if (!TextIn(tool, "name").empty() && SchemaOf(tool, schema))
    return AddFunction(tool, list);
  const std::string_view type = TextIn(tool, "type");
  if (type == "function" || type == "custom") return AddFunction(tool, list);
  list.Add(simdjson::minify(tool));
}

std::string SchemaForm(std::string_view schema) {
  std::string form = "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":";
  return form.append(schema).append("}}");
}

constexpr std::string_view kAnyJson = "{\"type\":\"json_object\"}";

// A schema given as an object, or as the text of one.
std::string SchemaUnder(const object& from, std::string_view key) {
  element schema;
  if (from[key].get(schema) != simdjson::SUCCESS) return "";
  if (schema.is_object()) return SchemaForm(simdjson::minify(schema));
  std::string_view text;
  if (schema.get(text) != simdjson::SUCCESS) return "";
  simdjson::dom::parser parser;
  object parsed;
  return ParseJson(parser, text).get(parsed) == simdjson::SUCCESS
             ? SchemaForm(simdjson::minify(parsed))
             : "";
}

// {"type", "schema", "name"} of the Responses API and of Anthropic.
std::string FlatForm(const object& format) {
  const std::string_view type = TextIn(format, "type");
  if (type != "json_schema")
    return type.empty() ? "" : "{\"type\":" + JsonString(type) + "}";
  element schema;
  if (format["schema"].get(schema) != simdjson::SUCCESS) return "";
  std::string name;
  if (const std::string_view text = TextIn(format, "name"); !text.empty())
    name = "\"name\":" + JsonString(text) + ",";
  return "{\"type\":\"json_schema\",\"json_schema\":{" + name +
         "\"schema\":" + std::string(simdjson::minify(schema)) + "}}";
}

std::string OpenAiForm(const object& body) {
  std::string form;
  InObject(body, "response_format", [&form](const object& format) {
    // Together and Cohere keep the schema beside the type.
    const std::string_view type = TextIn(format, "type");
    if (type == "json_object") form = SchemaUnder(format, "schema");
    if (form.empty()) form = SchemaUnder(format, "json_schema_string");
    if (form.empty()) form = simdjson::minify(format);
  });
  InObject(body, "text", [&form](const object& text) {
    InObject(text, "format",
             [&form](const object& format) { form = FlatForm(format); });
  });
  for (std::string_view key : {"output_format", "output_config"})
    InObject(body, key, [&](const object& output) {
      if (!form.empty()) return;
      InObject(output, "format",
               [&form](const object& format) { form = FlatForm(format); });
      if (form.empty()) form = FlatForm(output);
    });
  return form;
}

// Ollama's `format`, Gemini's configuration, and the guided decoding of vLLM,
// SGLang, llama.cpp and TGI.
std::string OtherForm(const object& body) {
  std::string form = SchemaUnder(body, "format");
  if (form.empty() && TextIn(body, "format") == "json")
    form = std::string(kAnyJson);
  for (std::string_view key : {"guided_json", "json_schema", "responseSchema",
                               "response_schema", "responseJsonSchema"})
    if (form.empty()) form = SchemaUnder(body, key);
  InObject(body, "structured_outputs", [&form](const object& outputs) {
    if (form.empty()) form = SchemaUnder(outputs, "json");
    if (form.empty() && ValueIn<bool>(outputs, "json_object").value_or(false))
      form = std::string(kAnyJson);
  });
  InObject(body, "grammar", [&form](const object& grammar) {
    const std::string_view type = TextIn(grammar, "type");
    if (form.empty() && (type == "json" || type == "json_schema"))
      form = SchemaUnder(grammar, "value");
  });
  for (std::string_view key : {"responseMimeType", "response_mime_type"})
    if (form.empty() && TextIn(body, key) == "application/json")
      form = std::string(kAnyJson);
  return form;
}

}  // namespace

void ReadTools(const object& body, Response& r) {
  List list;
  const auto add = [&list](const object& tool) { AddTool(tool, list); };
  EachObject(body, "tools", add);
  EachObject(body, "functions",
             [&list](const object& tool) { AddFunction(tool, list); });
  InObject(body, "toolConfig",
           [&add](const object& config) { EachObject(config, "tools", add); });
  r.tools_json = list.Close();
}

void ReadResponseFormat(const object& body, Response& r) {
  std::string form = OpenAiForm(body);
  if (form.empty()) form = OtherForm(body);
  for (std::string_view inside :
       {"generationConfig", "generation_config", "parameters",
        "sampling_params", "extra_body", "config"})
    InObject(body, inside, [&form](const object& inner) {
      if (form.empty()) form = OpenAiForm(inner);
      if (form.empty()) form = OtherForm(inner);
    });
  r.response_format_json = std::move(form);
}

}  // namespace reasonwatch
