// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/prompt_text.h"

#include <nlohmann/json.hpp>

#include "core/response.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

std::string TextAt(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() && it->is_string()
             ? it->get<std::string>()
             : "";
}

// A string, or a list of parts of which some have text.
std::string ContentOf(const Json& message) {
  std::string text = TextAt(message, "content");
  const auto parts =
      message.is_object() ? message.find("content") : message.end();
  if (!message.is_object() || parts == message.end() || !parts->is_array())
    return text;
  for (const Json& part : *parts) text += TextAt(part, "text") + "\n";
  return text;
}

}  // namespace

std::string PromptText(const Response& response) {
  if (!response.prompt.empty() || response.messages_json.empty())
    return response.prompt;
  const Json json =
      Json::parse(response.messages_json, nullptr, /*allow_exceptions=*/false);
  std::string text;
  if (!json.is_array()) return text;
  for (const Json& message : json)
    text += TextAt(message, "role") + ": " + ContentOf(message) + "\n\n";
  return text;
}

}  // namespace reasonwatch
