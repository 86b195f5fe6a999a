// SPDX-License-Identifier: Apache-2.0
#include "tap/repair_utf8.h"

#include <simdjson.h>

#include <cstddef>

#include "util/strings.h"

namespace reasonwatch {

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t skip = 0;
    const size_t length = Utf8CharacterLength(text, skip);
    if (length > 0) {
      out.append(text.substr(0, length));
    } else {
      out.append("\xEF\xBF\xBD");
    }
    text.remove_prefix(length > 0 ? length : skip);
  }
  return out;
}

bool RepairUtf8(std::string& text) {
  if (simdjson::validate_utf8(text.data(), text.size())) return false;
  text = ReplaceInvalidUtf8(text);
  return true;
}

}  // namespace reasonwatch
