// SPDX-License-Identifier: Apache-2.0
// Blocks of 16 bytes are searched for pairs of bytes with which some damage
// begins; in sound prose hardly any block has one. Only the places that are
// found are looked at one by one.
//
// Order: the pairs, one place, the pass.
#include "features/damage/damage.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "util/ascii.h"
#include "util/load.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;

// Letters of a word beside a number: "3rd", "16GB" and "x2" have fewer.
constexpr size_t kFewestJoined = 3;
constexpr size_t kLongestWord = 32;   // bytes that are looked at
constexpr size_t kLongestEntity = 8;  // bytes between "&" and ";"

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  void Read(size_t begin, size_t end) {
    if (begin >= end) return;
    damage_.bytes += static_cast<int64_t>(end - begin);
    size_t i = begin;
    // Each load reads two bytes beyond its block.
    const size_t last = std::min(end, std::max<size_t>(text_.size(), 2) - 2);
    while (i + sizeof(Bytes) <= last)
      i = ReadBlocks(i, std::min<size_t>(255, (last - i) / sizeof(Bytes)));
    if (i >= end) return;
    // The rest, with full stops behind it.
    std::array<char, 2 * sizeof(Bytes) + 2> rest;
    while (i < end) {
      rest.fill('.');
      const size_t n = std::min(end - i, sizeof(Bytes));
      std::memcpy(rest.data(), text_.data() + i,
                  std::min(text_.size() - i, n + 2));
      if (n < sizeof(Bytes)) std::fill(rest.begin() + n, rest.end(), '.');
      Bytes letters = {};
      Bytes gaps = {};
      ReadBlock(rest.data(), i, letters, gaps);
      damage_.letters += SumOf(letters);
      damage_.gaps += SumOf(gaps);
      i += n;
    }
  }

  const Damage& damage() const { return damage_; }

 private:
  size_t ReadBlocks(size_t i, size_t blocks) {
    Bytes letters = {};  // a count for each of the 16 places
    Bytes gaps = {};
    for (size_t n = 0; n < blocks; ++n, i += sizeof(Bytes))
      ReadBlock(text_.data() + i, i, letters, gaps);
    damage_.letters += SumOf(letters);
    damage_.gaps += SumOf(gaps);
    return i;
  }

  // `data` holds the 16 bytes of the text at `at`, and two more.
  void ReadBlock(const char* data, size_t at, Bytes& letters, Bytes& gaps) {
    const Bytes now = LoadBytes(data);
    const Bytes next = LoadBytes(data + 1);
    const auto letter = std::bit_cast<Bytes>((now | 0x20) - 'a' < 26);
    const auto letter_next = std::bit_cast<Bytes>((next | 0x20) - 'a' < 26);
    const auto digit = std::bit_cast<Bytes>(now - '0' < 10);
    const auto digit_next = std::bit_cast<Bytes>(next - '0' < 10);
    const auto space = std::bit_cast<Bytes>(now == ' ');
    const auto line = std::bit_cast<Bytes>(now == '\n');
    letters -= letter;  // a vector of 0 or -1
    gaps -= space | line;
    Bytes found = (space & std::bit_cast<Bytes>(next == ' ')) |
                  (letter & digit_next) | (digit & letter_next);
    found |=
        std::bit_cast<Bytes>(now == '\\') &
        std::bit_cast<Bytes>((next == 'n') | (next == '"') | (next == 'u'));
    found |= std::bit_cast<Bytes>(now == '&');
    found |= std::bit_cast<Bytes>((now < 0x20) & (now != '\n') & (now != '\r') &
                                  (now != '\t'));
    const auto bytes = Halves(now);
    if (((bytes[0] | bytes[1]) & kHighs) != 0) {
      damage_.beyond_ascii = true;
      found |= Broken(now, next, LoadBytes(data + 2));
    }
    size_t half = at;
    for (uint64_t places : Halves(found)) {
      for (; places != 0; places &= ~FirstByte(places))
        Look(half + static_cast<size_t>(std::countr_zero(places)) / 8);
      half += 8;
    }
  }

  // A mask of the first byte that is not 0.
  static uint64_t FirstByte(uint64_t bytes) {
    return uint64_t{0xFF} << (std::countr_zero(bytes) / 8 * 8);
  }

  // Bytes at which a character of a wrong encoding, U+FFFD or a tokenizer's
  // marker may begin.
  static Bytes Broken(Bytes now, Bytes next, Bytes second) {
    return std::bit_cast<Bytes>(
        ((now == 0xC3) &
         ((second == 0xC2) | (second == 0xE2) | (second == 0xC5))) |
        ((now == 0xC4) & ((next == 0xA0) | (next == 0x8A))) |
        ((now == 0xEF) & (next == 0xBF)) |
        ((now == 0xE2) & (next == 0x96) & (second == 0x81)));
  }

  unsigned char At(size_t i) const {
    return i < text_.size() ? static_cast<unsigned char>(text_[i]) : 0;
  }
  char Char(size_t i) const { return static_cast<char>(At(i)); }

  void Look(size_t i) {
    const unsigned char c = At(i);
    if (c == ' ') {
      damage_.doubled_spaces += IsDoubled(i);
    } else if (c == '\\') {
      damage_.escapes += IsEscape(i);
    } else if (c == '&') {
      damage_.escapes += IsEntity(i);
    } else if (c < 0x20) {
      ++damage_.broken;
    } else if (c < 0x80) {
      damage_.joined += IsJoined(i);
    } else if (c == 0xC4 || c == 0xE2) {
      ++damage_.markers;
    } else if (c == 0xEF) {
      damage_.broken += At(i + 2) == 0xBD;
    } else {
      damage_.broken += IsEncodedTwice(i);
    }
  }

  bool IsDoubled(size_t i) const {
    if (i == 0) return false;
    const auto word = [](char c) { return IsAlnum(c) || IsBeyond(c); };
    const char before = Char(i - 1);
    return (word(before) || before == ',') && word(Char(i + 2));
  }

  bool IsEscape(size_t i) const {
    const char next = Char(i + 1);
    if (next == '"') return true;
    const char third = Char(i + 2);
    if (next == 'n') return !(third >= 'a' && third <= 'z');
    const auto hex = [](char c) {
      return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    };
    return hex(third) && hex(Char(i + 3)) && hex(Char(i + 4)) &&
           hex(Char(i + 5));
  }

  bool IsEntity(size_t i) const {
    size_t end = i + 1;
    if (Char(end) == '#') ++end;
    const size_t first = end;
    while (end - first < kLongestEntity && IsAlnum(Char(end))) ++end;
    return end > first + 1 && Char(end) == ';';
  }

  // A word and a number that touch at `i` and `i + 1`.
  bool IsJoined(size_t i) const {
    size_t begin = i;
    size_t end = i + 1;
    const bool word_first = IsLetter(Char(i));
    const auto same = [&](size_t at, bool letter) {
      return letter ? IsLetter(Char(at)) : IsDigit(Char(at));
    };
    while (begin > 0 && i - begin < kLongestWord && same(begin - 1, word_first))
      --begin;
    while (end - i < kLongestWord && same(end, !word_first)) ++end;
    const size_t letters = word_first ? i + 1 - begin : end - i - 1;
    if (letters < kFewestJoined) return false;
    // Between blanks or punctuation, and no part of a name.
    const auto part = [](char c) {
      return IsAlnum(c) || IsBeyond(c) || c == '_' || c == '-' || c == '/' ||
             c == '#' || c == '@' || c == '\\' || c == '$' || c == '^' ||
             c == '{' || c == '}';
    };
    if (begin > 0 && (part(Char(begin - 1)) || Char(begin - 1) == '.'))
      return false;
    const char after = Char(end);
    return !part(after) && after != '(' && after != '[' &&
           !(after == '.' && IsAlnum(Char(end + 1)));
  }

  // "Ã©", "Â°", "â€™", "ðŸ", and letters of other scripts. A sound text may
  // have an accented letter before a no-break space or a guillemet.
  bool IsEncodedTwice(size_t i) const {
    const unsigned second = At(i + 1);
    const unsigned third = At(i + 2);
    const unsigned fourth = At(i + 3);
    const bool sign = fourth == 0xA0 || fourth == 0xAB || fourth == 0xBB;
    if (third == 0xC2) {
      if (second == 0x82 || second == 0x83) return true;
      const bool lead = second == 0x90 || second == 0x91 || second == 0xA2 ||
                        second == 0xB0 || (second >= 0xA3 && second <= 0xA9);
      return lead && !sign;
    }
    if (third == 0xE2)
      return (second == 0xA2 && fourth == 0x82 && At(i + 4) == 0xAC) ||
             second == 0x82 || second == 0x83;
    return third == 0xC5 && (second == 0xB0 || second == 0x83) &&
           (fourth == 0xB8 || fourth == 0x93 || fourth == 0xA0);
  }

  static constexpr uint64_t kHighs = 0x8080808080808080;  // bit 7 of each byte

  const std::string_view text_;
  Damage damage_;
};

}  // namespace

Damage& Damage::operator+=(const Damage& other) {
  bytes += other.bytes;
  letters += other.letters;
  gaps += other.gaps;
  beyond_ascii |= other.beyond_ascii;
  joined += other.joined;
  doubled_spaces += other.doubled_spaces;
  escapes += other.escapes;
  broken += other.broken;
  markers += other.markers;
  return *this;
}

Damage FindDamage(std::string_view text, std::span<const CodeSpan> code) {
  Finder finder(text);
  size_t at = 0;
  for (const CodeSpan& span : code) {
    if (span.prose) continue;
    finder.Read(at, span.begin);
    at = span.end;
  }
  finder.Read(at, text.size());
  return finder.damage();
}

}  // namespace reasonwatch
