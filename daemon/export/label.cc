#include "daemon/export/label.h"

#include <cstdint>

namespace reasonwatch {
namespace {

// Bytes of the well-formed character at the start of `s`, 0 = none (Unicode
// 15, table 3-7).
size_t CharacterBytes(std::string_view s) {
  const auto byte = [s](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (s.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string LabelValue(std::string_view value) {
  std::string out;
  out.reserve(value.size() < kMaxLabelBytes ? value.size() : kMaxLabelBytes);
  while (!value.empty()) {
    const size_t length = CharacterBytes(value);
    if (out.size() + (length == 0 ? 1 : length) > kMaxLabelBytes) break;
    if (length == 0) {
      out.push_back('?');
      value.remove_prefix(1);
    } else {
      out.append(value.substr(0, length));
      value.remove_prefix(length);
    }
  }
  return out;
}

}  // namespace reasonwatch
