// SPDX-License-Identifier: Apache-2.0
#include "util/plain_text.h"

namespace reasonwatch {
namespace {

unsigned ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool IsBetween(unsigned c, unsigned first, unsigned last) {
  return c >= first && c <= last;
}

}  // namespace

size_t ActingCharacter(std::string_view text) {
  const unsigned first = ByteAt(text, 0);
  const unsigned second = ByteAt(text, 1);
  const unsigned third = ByteAt(text, 2);
  if (text.empty()) return 0;
  if (first < 0x20 || first == 0x7F) return 1;
  // U+0080 to U+009F: C1. U+061C: the Arabic letter mark.
  if (first == 0xC2 && IsBetween(second, 0x80, 0x9F)) return 2;
  if (first == 0xD8 && second == 0x9C) return 2;
  // U+200E and U+200F: marks; U+2028 to U+202E: separators, embeddings and
  // overrides; U+2066 to U+2069: isolates.
  if (first == 0xE2 && second == 0x80 &&
      (IsBetween(third, 0x8E, 0x8F) || IsBetween(third, 0xA8, 0xAE)))
    return 3;
  if (first == 0xE2 && second == 0x81 && IsBetween(third, 0xA6, 0xA9)) return 3;
  return 0;
}

std::string PlainText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t acting = ActingCharacter(text);
    out += acting > 0 ? '?' : text.front();
    text.remove_prefix(acting > 0 ? acting : 1);
  }
  return out;
}

}  // namespace reasonwatch
