// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/config/printer.h"

#include <charconv>
#include <iterator>

#include "absl/strings/str_format.h"
#include "util/strings.h"

namespace reasonwatch {

std::string Quote(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void ConfigPrinter::Number(std::string_view key, double field, double, double) {
  // The shortest form that is read back to the same number.
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), field);
  Line(key, std::string(std::begin(buffer), end.ptr));
}

void ConfigPrinter::Patterns(std::string_view key,
                             const std::vector<std::string>& field) {
  std::string list;
  for (const std::string& item : field)
    absl::StrAppend(&list, list.empty() ? "" : ", ", Quote(item));
  Line(key, absl::StrCat("[", list, "]"));
}

void ConfigPrinter::Line(std::string_view key, std::string_view value) {
  out_.append(2 * depth_, ' ');
  absl::StrAppend(&out_, AbslView(key), value.empty() ? ":" : ": ",
                  AbslView(value), "\n");
}

}  // namespace reasonwatch
