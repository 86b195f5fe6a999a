// SPDX-License-Identifier: Apache-2.0
// Classes of ASCII characters, the same in every locale.
//
// A byte from 0x80 on belongs to no class but IsBeyond(): a caller that counts
// it as a letter says so. Pure, thread-safe, constexpr and inline, as most run
// on each byte of a response.
#ifndef REASONWATCH_UTIL_ASCII_H_
#define REASONWATCH_UTIL_ASCII_H_

#include <cstddef>
#include <string_view>

namespace reasonwatch::ascii {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// Lower case of A to Z; any other byte as it is.
constexpr char Lower(char c) {
  return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool IsLetter(char c) { return IsLower(Lower(c)); }
constexpr bool IsAlnum(char c) { return IsLetter(c) || IsDigit(c); }

// A byte of a character beyond ASCII, in UTF-8 or not.
constexpr bool IsBeyond(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

// The six of isspace() in the C locale: space, \t, \n, \v, \f, \r.
constexpr bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The four that lay out running text and JSON (RFC 8259): space, \t, \n, \r.
// A form feed or a vertical tab in a response is a character like any other:
// it is no layout but a sign of garbage.
constexpr bool IsTextSpace(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// Without IsSpace() at either end.
constexpr std::string_view Trim(std::string_view s) {
  while (!s.empty() && IsSpace(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsSpace(s.back())) s.remove_suffix(1);
  return s;
}

// Without IsTextSpace() at either end.
constexpr std::string_view TrimText(std::string_view s) {
  while (!s.empty() && IsTextSpace(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsTextSpace(s.back())) s.remove_suffix(1);
  return s;
}

// Equal but for the case of A to Z.
constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (Lower(a[i]) != Lower(b[i])) return false;
  return true;
}

}  // namespace reasonwatch::ascii

#endif  // REASONWATCH_UTIL_ASCII_H_
