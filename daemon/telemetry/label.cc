// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/label.h"

#include "util/plain_text.h"
#include "util/strings.h"

namespace reasonwatch {
std::string LabelValue(std::string_view value, size_t max_bytes) {
  std::string out;
  out.reserve(value.size() < max_bytes ? value.size() : max_bytes);
  while (!value.empty()) {
    size_t skip = 0;
    const size_t length = Utf8CharacterLength(value, skip);
    if (out.size() + (length == 0 ? 1 : length) > max_bytes) break;
    const size_t acting = ActingCharacter(value);
    if (length == 0 || acting > 0) {
      out.push_back('?');
      value.remove_prefix(acting > 0 ? acting : 1);
    } else {
      out.append(value.substr(0, length));
      value.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace reasonwatch
