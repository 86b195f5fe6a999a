// SPDX-License-Identifier: Apache-2.0
// Words and sentences of running text, compared without the case of ASCII.
//
// Offsets are in bytes; "no place" is npos. Pure, thread-safe, linear time;
// inline, as they run on every response. The searches compare sixteen places
// at once (util/load.h).
#ifndef REASONWATCH_ANSWERS_WORDS_H_
#define REASONWATCH_ANSWERS_WORDS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "util/ascii.h"
#include "util/load.h"

namespace reasonwatch::words {

using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsTextSpace;
using ascii::Lower;

// Part of a word: a letter, a digit, an apostrophe ("isn't"), and each byte
// beyond ASCII, as it may be of a letter.
inline bool IsWord(char c) {
  return IsLetter(c) || IsDigit(c) || c == '\'' || ascii::IsBeyond(c);
}

// Equal without case; `lower` is in lower case.
inline bool Same(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (Lower(text[i]) != lower[i]) return false;
  return true;
}
inline bool StartsWith(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         Same(text.substr(0, lower.size()), lower);
}

template <size_t n>
bool IsOneOf(std::string_view word, const std::string_view (&list)[n]) {
  for (std::string_view entry : list)
    if (Same(word, entry)) return true;
  return false;
}

// The word that ends at or before `end`, empty if there is none; moves
// `end` to its first byte.
inline std::string_view WordBefore(std::string_view text, size_t& end) {
  while (end > 0 && !IsWord(text[end - 1])) --end;
  const size_t last = end;
  while (end > 0 && IsWord(text[end - 1])) --end;
  return text.substr(end, last - end);
}
// The word that begins at or behind `begin`; moves `begin` behind it.
inline std::string_view WordAfter(std::string_view text, size_t& begin) {
  while (begin < text.size() && !IsWord(text[begin])) ++begin;
  const size_t first = begin;
  while (begin < text.size() && IsWord(text[begin])) ++begin;
  return text.substr(first, begin - first);
}

// Calls visit(place) for each place from `from` on that may begin a word of `n`
// bytes (at least 1): the byte there is `first`, and the one n - 1 later is
// `last`, which is not checked near the end of the text. The bits of `fold` are
// set in both bytes before. Returns the first place for which visit() is true,
// or npos.
template <typename Visit>
size_t FindEnds(std::string_view text, size_t from, size_t n, char first,
                char last, uint8_t fold, Visit visit) {
  if (from > text.size() || text.size() - from < n)
    return std::string_view::npos;
  const char* const data = text.data();
  const auto byte = [](char c) { return static_cast<uint8_t>(c); };
  const Bytes begins = Bytes{} + byte(first);
  const Bytes ends = Bytes{} + byte(last);
  const size_t end = text.size() - n + 1;  // of the places
  size_t i = from;
  for (; i + sizeof(Bytes) <= end; i += sizeof(Bytes)) {
    const auto halves = Halves(((LoadBytes(data + i) | fold) == begins) &
                               ((LoadBytes(data + i + n - 1) | fold) == ends));
    if ((halves[0] | halves[1]) == 0) continue;
    for (size_t half = 0; half < 2; ++half) {
      // One bit of each byte.
      for (uint64_t hits = halves[half] & kOneInEachByte; hits != 0;
           hits &= hits - 1) {
        const size_t at =
            i + 8 * half + static_cast<size_t>(std::countr_zero(hits)) / 8;
        if (visit(at)) return at;
      }
    }
  }
  for (; i < end; ++i)
    if ((byte(data[i]) | fold) == byte(first) && visit(i)) return i;
  return std::string_view::npos;
}

// The first place of `needle`, not empty, in `text` from `from` on.
inline size_t Find(std::string_view text, std::string_view needle,
                   size_t from = 0) {
  return FindEnds(text, from, needle.size(), needle.front(), needle.back(), 0,
                  [&](size_t at) {
                    return std::memcmp(text.data() + at, needle.data(),
                                       needle.size()) == 0;
                  });
}

// Is `lower`, letters in lower case, a word of `text`?
inline bool HasWord(std::string_view text, std::string_view lower) {
  const size_t n = lower.size();
  return FindEnds(text, 0, n, lower.front(), lower.back(), 0x20,
                  [&](size_t at) {
                    return (at == 0 || !IsWord(text[at - 1])) &&
                           (at + n == text.size() || !IsWord(text[at + n])) &&
                           Same(text.substr(at, n), lower);
                  }) != std::string_view::npos;
}

// The last `c` of `text` at or before `from`.
inline size_t FindLast(std::string_view text, char c,
                       size_t from = std::string_view::npos) {
  const size_t n = from < text.size() ? from + 1 : text.size();
  const void* hit = n == 0 ? nullptr : memrchr(text.data(), c, n);
  return hit == nullptr
             ? std::string_view::npos
             : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
}

// The first `lower` at or behind `from`, in either case.
inline size_t FindByte(std::string_view text, size_t from, char lower) {
  const uint8_t fold = IsLetter(lower) ? 0x20 : 0;
  return FindEnds(text, from, 1, lower, lower, fold,
                  [](size_t) { return true; });
}
// The last place of `needle`.
inline size_t FindLast(std::string_view text, std::string_view needle) {
  if (needle.empty() || needle.size() > text.size())
    return std::string_view::npos;
  const std::string_view begins =
      text.substr(0, text.size() - needle.size() + 1);
  for (size_t at = FindLast(begins, needle.front());
       at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos
                    : FindLast(begins, needle.front(), at - 1))
    if (std::memcmp(text.data() + at, needle.data(), needle.size()) == 0)
      return at;
  return std::string_view::npos;
}

// Is there the end of a sentence or a line at `i`?
inline bool EndsSentence(std::string_view text, size_t i) {
  const char c = text[i];
  if (c == '\n') return true;
  // JSON strings hold their line breaks escaped.
  if (c == '\\' && i + 1 < text.size() && text[i + 1] == 'n')
    return i + 2 >= text.size() || !IsLetter(text[i + 2]) ||
           (text[i + 2] >= 'A' && text[i + 2] <= 'Z');
  if (c != '.' && c != '!' && c != '?') return false;
  // "2." at the beginning of a line numbers it.
  if (i > 0 && IsDigit(text[i - 1])) {
    size_t line = i - 1;
    while (line > 0 && i - line < 3 && IsDigit(text[line - 1])) --line;
    while (line > 0 && i - line < 8 &&
           (text[line - 1] == ' ' || text[line - 1] == '*'))
      --line;
    if (line == 0 || text[line - 1] == '\n') return false;
  }
  if (i + 1 >= text.size()) return true;
  const char next = text[i + 1];
  return IsTextSpace(next) || next == '"' || next == '*' || next == ')' ||
         next == '\\';
}

// The last `size` bytes. May begin within a character, as only ASCII is looked
// for in them.
inline std::string_view LastBytes(std::string_view text, size_t size) {
  return text.size() <= size ? text : text.substr(text.size() - size);
}

// The sentence or line that ends before `end`, trimmed; moves `end` to its
// first byte. Empty only at the beginning of the text.
inline std::string_view SentenceBefore(std::string_view text, size_t& end) {
  while (end > 0) {
    const size_t last = end;
    // The end of the sentence itself is no boundary.
    size_t begin = end > 0 ? end - 1 : 0;
    while (begin > 0 && !EndsSentence(text, begin - 1)) --begin;
    end = begin;
    const std::string_view sentence =
        ascii::TrimText(text.substr(begin, last - begin));
    if (sentence.size() > 1) return sentence;
  }
  return {};
}

}  // namespace reasonwatch::words

#endif  // REASONWATCH_ANSWERS_WORDS_H_
