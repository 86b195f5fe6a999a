// SPDX-License-Identifier: Apache-2.0
#include "formats/api/server_error.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/str_format.h"
#include "formats/api/body_error.h"
#include "formats/api/json.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Error codes are short words; anything else may be somebody's text.
std::string CodeWord(const object& error, std::string_view key) {
  constexpr size_t kMaxCodeBytes = 48;  // far over the codes in use
  if (const auto number = GetCount(error, key))
    return absl::StrFormat(" %d", *number);
  const std::string_view word = GetString(error, key).value_or("");
  const bool is_code =
      word.size() <= kMaxCodeBytes && std::ranges::all_of(word, [](char c) {
        return ascii::IsAlnum(c) || c == '_' || c == '-' || c == '.';
      });
  // The event's own type says nothing.
  return word.empty() || word == "error" || !is_code
             ? ""
             : absl::StrFormat(" %s", word);
}

// The first key of each pair of names that holds a code.
std::string FirstCode(const object& error,
                      std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    std::string word = CodeWord(error, key);
    if (!word.empty()) return word;
  }
  return "";
}

void SetServerError(const object& fields, MessageBuilder& builder) {
  std::string words = FirstCode(fields, {"type", "error_type", "__type"});
  const std::string code =
      FirstCode(fields, {"code", "error_code", "status_code", "statusCode"});
  if (words != code) words += code;
  if (words.empty()) words = FirstCode(fields, {"status"});
  const std::string_view text = BodyErrorText(BodyError::kServer);
  builder.SetError(words.empty() ? std::string(text)
                                 : absl::StrFormat("%s:%s", text, words));
}

// The value of an `error` key, in any shape that says that something is wrong:
// not null, "" or false, nor an object or a code 0 that says that all is well.
bool ReadErrorValue(const element& error, MessageBuilder& builder) {
  if (!HoldsSomething(error)) return false;
  if (object fields; error.get(fields) == simdjson::SUCCESS) {
    SetServerError(fields, builder);
    return true;
  }
  if (array entries; error.get(entries) == simdjson::SUCCESS) {
    for (const element& entry : entries)
      if (object fields; entry.get(fields) == simdjson::SUCCESS) {
        SetServerError(fields, builder);
        return true;
      }
  }
  builder.SetError(BodyErrorText(BodyError::kServer));
  return true;
}

}  // namespace

void ReadServerError(const object& root, std::string_view type,
                     MessageBuilder& builder) {
  for (std::string_view key : {"error", "Error"}) {
    element error;
    if (root[key].get(error) != simdjson::SUCCESS ||
        !ReadErrorValue(error, builder))
      continue;
    return;
  }
  if (type == "error" || GetString(root, "object") == "error")
    return SetServerError(root, builder);
  // MiniMax beside its choices, which are then null.
  if (const auto base = GetObject(root, "base_resp");
      base.has_value() && GetCount(*base, "status_code").value_or(0) != 0)
    SetServerError(*base, builder);
}

bool ReadBareError(const object& root, MessageBuilder& builder) {
  element value;
  if (root["errors"].get(value) == simdjson::SUCCESS &&
      ReadErrorValue(value, builder))
    return true;
  // One key that ends in these words: events of AWS.
  for (const auto& [name, fields] : root) {
    if ((name.ends_with("Exception") || name.ends_with("Error")) &&
        fields.is_object()) {
      builder.SetError(absl::StrFormat("%s: %s",
                                       BodyErrorText(BodyError::kServer),
                                       std::string(name.substr(0, 48))));
      return true;
    }
  }
  bool success = true;
  const bool failed =
      root["success"].get(success) == simdjson::SUCCESS && !success;
  const bool worded = GetString(root, "message").has_value() ||
                      GetString(root, "msg").has_value() ||
                      GetString(root, "error_msg").has_value();
  const bool coded = GetString(root, "code").has_value() ||
                     GetCount(root, "code").value_or(0) != 0 ||
                     GetCount(root, "error_code").value_or(0) != 0 ||
                     GetCount(root, "status_code").value_or(0) != 0 ||
                     GetString(root, "__type").has_value();
  element detail;
  const bool detailed =
      root["detail"].get(detail) == simdjson::SUCCESS && HoldsSomething(detail);
  int64_t keys = 0;
  for ([[maybe_unused]] const auto& field : root) ++keys;
  const bool only_message = keys == 1 && worded;
  if (!failed && !(worded && coded) && !detailed && !only_message) return false;
  SetServerError(root, builder);
  return true;
}

}  // namespace reasonwatch
