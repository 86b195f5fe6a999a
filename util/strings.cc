// SPDX-License-Identifier: Apache-2.0
#include "util/strings.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace reasonwatch {

size_t Utf8CharacterLength(std::string_view text, size_t& skip) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  skip = 1;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  // Bounds of the second byte: no overlong forms, surrogates, or > U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
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
  for (; skip < length; ++skip) {
    if (skip >= text.size() || byte(skip) < low || byte(skip) > high) return 0;
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

std::string JsonString(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

uint64_t StableHash(std::string_view bytes, uint64_t seed) {
  const uint64_t h = XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
  return h == 0 ? 1 : h;
}

}  // namespace reasonwatch
