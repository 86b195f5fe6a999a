// SPDX-License-Identifier: Apache-2.0
#include "formats/api/repair.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/str_format.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kEscapeBytes = 6;  // of \uXXXX

std::optional<uint32_t> UnitAt(std::string_view json, size_t at) {
  if (json.size() < at + kEscapeBytes || json[at] != '\\' ||
      json[at + 1] != 'u')
    return std::nullopt;
  uint32_t unit = 0;
  for (size_t i = at + 2; i < at + kEscapeBytes; ++i) {
    const char c = ascii::Lower(json[i]);
    if (ascii::IsDigit(c))
      unit = unit * 16 + static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      unit = unit * 16 + static_cast<uint32_t>(c - 'a') + 10;
    else
      return std::nullopt;
  }
  return unit;
}

bool IsHigh(std::optional<uint32_t> unit) {
  return unit.has_value() && *unit >= 0xD800 && *unit < 0xDC00;
}
bool IsLow(std::optional<uint32_t> unit) {
  return unit.has_value() && *unit >= 0xDC00 && *unit < 0xE000;
}

// Copies the character or escape at `at` of a string; returns its end.
size_t CopyFromString(std::string_view json, size_t at, std::string& out) {
  const char c = json[at];
  if (c == '\\') {
    const auto unit = UnitAt(json, at);
    if (IsHigh(unit) && IsLow(UnitAt(json, at + kEscapeBytes))) {
      out.append(json.substr(at, 2 * kEscapeBytes));
      return at + 2 * kEscapeBytes;
    }
    if (IsHigh(unit) || IsLow(unit)) {
      out.append(kReplacement);
      return at + kEscapeBytes;
    }
    out.append(json.substr(at, 2));
    return at + 2;
  }
  if (static_cast<unsigned char>(c) < 0x20) {
    out += absl::StrFormat("\\u%04x", static_cast<unsigned>(c));
    return at + 1;
  }
  if (!ascii::IsBeyond(c)) {
    out.push_back(c);
    return at + 1;
  }
  size_t skip = 1;
  const size_t length = Utf8CharacterLength(json.substr(at), skip);
  out.append(length == 0 ? kReplacement : json.substr(at, length));
  return at + (length == 0 ? skip : length);
}

// Copies one character or word outside of strings; returns its end.
size_t CopyFromStructure(std::string_view json, size_t at, std::string& out) {
  constexpr std::array<std::string_view, 3> kNoNumbers = {"-Infinity",
                                                          "Infinity", "NaN"};
  for (std::string_view word : kNoNumbers) {
    if (!json.substr(at).starts_with(word)) continue;
    out.append("null");
    return at + word.size();
  }
  out.push_back(json[at]);
  return at + 1;
}

}  // namespace

std::string RepairJson(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      in_string = !in_string;
      out.push_back('"');
      ++at;
    } else if (in_string) {
      at = CopyFromString(json, at, out);
    } else {
      at = CopyFromStructure(json, at, out);
    }
  }
  return out;
}

}  // namespace reasonwatch
