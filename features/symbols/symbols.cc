// SPDX-License-Identifier: Apache-2.0
// Counting characters in one pass.
//
// Counter has a fast path for each common kind of text: CountAscii() reads 16
// bytes at a time, CountWide() characters of three bytes, and CountRun()
// measures three or more of one character. Everything else goes through
// CountOne(), which has few branches. All of them keep the current run (the
// last character and its count), so that a run may cross from one path to
// another.
//
// Order: limits of runs, Counter (the loop, the paths from fast to slow, runs,
// code spans, rules of lists), the functions of the header.
#include "features/symbols/symbols.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "util/load.h"

namespace reasonwatch {
namespace {

constexpr uint64_t kHighs = 0x8080808080808080;  // bit 7 of each byte
constexpr size_t kNever = std::numeric_limits<size_t>::max();
constexpr char32_t kNoCharacter = 0xFFFFFFFF;  // no code point is so large

// Repetitions of a character that make it decoration, and garbage.
struct RunLimits {
  size_t decorative;
  size_t garbage;
};
// Garbage characters in a row. Fewer occur in sound text, for example if one
// character was damaged on its way; code may print tables of them.
constexpr size_t kGarbage = 4;
constexpr size_t kGarbageInCode = 200;  // more than a row of such a table
// Bytes after which Counter checks again whether this is text at all.
constexpr size_t kProbe = size_t{32} * 1024;

bool IsAsciiLetter(char32_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

// The limits are above the longest runs that the examples of sound text in
// tests/features/symbols_test.cc contain for each use of a character.
RunLimits LimitsOf(char32_t c, CharacterClass kind) {
  if (c < 0x80 && IsAsciiLetter(c)) return {kNever, 24};
  switch (c) {
    case ' ':
    case '\t':
      return {kNever, 500};
    case '\n':
    case '\r':
      return {kNever, 100};
    // Rules, underlines, blanks to fill in, headings, dotted leaders.
    case '=':
    case '*':
    case '~':
    case '+':
      return {4, 200};
    case '#':
      return {7, 200};
    case '-':
    case '_':
    case '.':
    case '|':
      return {kNever, 200};
    // Nested brackets and doubled quotation marks.
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
    case '\'':
    case '"':
    case '`':
      return {kNever, 48};
    case '!':
    case '?':
      return {3, 8};
    default:
      break;
  }
  if (c >= '0' && c <= '9') return {kNever, 200};  // such as 10^100
  if (c < 0x80) return {4, 8};
  if (kind == CharacterClass::kDecorative) return {kNever, 200};
  return {kNever, 32};
}

class Counter {
 public:
  Counter(std::string_view text, std::span<const CodeSpan> code)
      : text_(text), code_(code) {
    CrossFence(0);
  }

  CharacterCounts Count() {
    size_t i = 0;
    while (i < text_.size()) {
      i = CountAscii(i);
      if (const size_t end = CountRun(i); end > i) {
        i = end;
        continue;
      }
      // Count characters one by one up to the next eight ASCII bytes that
      // continue no run.
      while (i < text_.size()) {
        i = CountOne(CountWide(i));
        if (AsciiAhead(i) && text_[i] != text_[i - 1]) break;
      }
      EndRun(i);
    }
    for (auto c = static_cast<size_t>(CharacterClass::kLatin);
         c <= static_cast<size_t>(CharacterClass::kOtherScript); ++c)
      counts_.letters[c] = classes_[c];
    counts_.letters[static_cast<size_t>(CharacterClass::kLatin)] += ascii_;
    counts_.letters[static_cast<size_t>(CharacterClass::kGreek)] = greek_;
    return counts_;
  }

 private:
  bool AsciiAhead(size_t at) const {
    return at + 8 <= text_.size() &&
           (LoadUpTo8(text_.data() + at, 8) & kHighs) == 0;
  }

  // Counts 16 bytes at a time while they are ASCII without control characters
  // and no three equal ones begin there. Returns the end of that part.
  size_t CountAscii(size_t i) {
    const size_t begin = i;
    Bytes letters = {};  // a count for each of the 16 places
    int blocks = 0;
    for (; i + sizeof(Bytes) + 2 <= text_.size(); i += sizeof(Bytes)) {
      const Bytes now = LoadBytes(text_.data() + i);
      const Bytes next = LoadBytes(text_.data() + i + 1);
      const auto three =
          (now == next) & (next == LoadBytes(text_.data() + i + 2));
      const auto control =
          (now < 0x20) & (now != '\n') & (now != '\r') & (now != '\t');
      const auto is_letter = std::bit_cast<Bytes>((now | 0x20) - 'a' < 26);
      auto [low, high] = Halves(three | control | (now >= 0x7F));
      if ((low | high) != 0) {
        // Fewer than 16 blanks are indentation, not a run.
        const auto [blank, more] = Halves(now == ' ');
        if ((blank & more) != ~uint64_t{0}) {
          low &= ~blank;
          high &= ~more;
        }
      }
      if ((low | high) != 0) {
        const auto clean =
            static_cast<size_t>(low != 0 ? std::countr_zero(low)
                                         : 64 + std::countr_zero(high)) /
            8;
        const auto [first, second] = Halves(is_letter & 1);
        ascii_ += SumOfBytes(Below(first, clean));
        if (clean > 8) ascii_ += SumOfBytes(Below(second, clean - 8));
        i += clean;
        break;
      }
      letters -= is_letter;  // a vector of 0 or -1
      if (++blocks == 255) {
        ascii_ += SumOf(letters);
        letters = Bytes{};
        blocks = 0;
      }
    }
    ascii_ += SumOf(letters);
    counts_.characters += static_cast<int64_t>(i - begin);
    if (i > begin) garbage_ = 0;
    return i;
  }

  // Counts three or more of one ASCII character at `i`, the end of
  // CountAscii(). Returns their end.
  size_t CountRun(size_t i) {
    if (i + 3 > text_.size()) return i;
    const auto c = static_cast<unsigned char>(text_[i]);
    if (c >= 0x7F || (c < 0x20 && c != '\n' && c != '\r' && c != '\t') ||
        text_[i + 1] != text_[i] || text_[i + 2] != text_[i])
      return i;
    size_t end = i + 3;
    while (end + 8 <= text_.size() &&
           LoadUpTo8(text_.data() + end, 8) == c * kOneInEachByte)
      end += 8;
    while (end < text_.size() && static_cast<unsigned char>(text_[end]) == c)
      ++end;
    counts_.characters += static_cast<int64_t>(end - i);
    if (IsAsciiLetter(c)) ascii_ += static_cast<int64_t>(end - i);
    garbage_ = 0;
    // Add the blanks, fewer than 16, that CountAscii() passed over.
    size_t begin = i;
    while (c == ' ' && begin > 0 && i - begin < sizeof(Bytes) &&
           text_[begin - 1] == ' ')
      --begin;
    Run(c, begin, end, end - begin);
    return end;
  }

  // Keeps the first `bytes` bytes of a number; all if there are no more.
  static uint64_t Below(uint64_t word, size_t bytes) {
    if (bytes >= sizeof(word)) return word;
    return word & ((uint64_t{1} << 8 * bytes) - 1);
  }
  // Adds up eight bytes whose sum is below 256.
  static int64_t SumOfBytes(uint64_t bytes) {
    return static_cast<int64_t>(bytes * kOneInEachByte >> 56);
  }
  // Counts characters of three bytes that are letters or punctuation and
  // continue no run. Returns their end, which is before the last character of
  // the text.
  size_t CountWide(size_t i) {
    const size_t end =
        std::min(text_.size() < 7 ? 0 : text_.size() - 6, fence_);
    if (i >= end || greek_end_ == i) return i;
    const char* const data = text_.data();
    const size_t begin = i;
    char32_t last = run_char_;
    for (; i < end; i += 3) {
      uint32_t bytes;
      std::memcpy(&bytes, data + i, 4);
      // After these two leads not every second byte is legal.
      if ((bytes & 0xC0C0F0) != 0x8080E0 || (bytes & 0xFF) == 0xE0 ||
          (bytes & 0xFF) == 0xED)
        break;
      const char32_t c = (bytes & 0x0F) << 12 | (bytes >> 8 & 0x3F) << 6 |
                         (bytes >> 16 & 0x3F);
      const CharacterClass kind = classes_of_[c];
      if (kind > CharacterClass::kOtherScript ||
          kind == CharacterClass::kGreek || c == last)
        break;
      ++classes_.data()[static_cast<size_t>(kind)];
      last = c;
    }
    if (i == begin) return i;
    counts_.characters += static_cast<int64_t>((i - begin) / 3);
    EndRun(begin);
    garbage_ = 0;
    run_char_ = last;
    run_length_ = 1;
    run_size_ = 3;
    return i;
  }

  // Counts one character of any kind. Has few branches, because random bytes
  // make each branch unpredictable.
  size_t CountOne(size_t i) {
    if (i >= fence_ && !CrossFence(i)) return text_.size();
    const Character character = CharacterAt(text_, i);
    const char32_t c = character.code_point;
    const CharacterClass kind = classes_of_[c];
    // A branch here lets the next character begin before this one's size is
    // known.
    size_t end = i + 1;
    if (__builtin_expect(character.size != 1, 0)) end = i + character.size;
    ++counts_.characters;
    ++classes_.data()[static_cast<size_t>(kind)];
    const bool garbage = kind == CharacterClass::kGarbage;
    counts_.symbols += static_cast<int64_t>(
        (garbage | (kind == CharacterClass::kEmoji)) & !in_code_);
    if (kind == CharacterClass::kDecorative && !in_code_ &&
        !IsBullet(i, character.size))
      ++counts_.symbols;
    if (kind == CharacterClass::kGreek) {
      // With its second letter a Greek word begins, and its first letter counts
      // too.
      if (greek_end_ == i)
        greek_ += greek_run_++ == 0 ? 2 : 1;
      else
        greek_run_ = 0;
      greek_end_ = end;
    } else if (greek_end_ == i && !IsLetter(kind) && c >= 0x300 && c < 0x2000) {
      greek_end_ = end;  // marks and joiners do not end a word
    }
    // Different garbage characters continue a run of garbage; all others
    // continue a run only if they are the same.
    garbage_ = (garbage_ + 1) & -size_t{garbage};
    if (garbage_ >= garbage_limit_) {
      counts_.garbage_run = true;
      garbage_limit_ = kNever;
    }
    const bool same = c == run_char_;
    if (run_length_ >= 3 && !same) EndRun(i);
    run_length_ = ((run_length_ & -size_t{same}) + 1) & (size_t{garbage} - 1);
    run_char_ = c;
    run_size_ = character.size;
    return end;
  }

  void EndRun(size_t end) {
    if (run_length_ >= 3)
      Run(run_char_, end - run_length_ * run_size_, end, run_length_);
    run_char_ = kNoCharacter;
    run_length_ = 0;
  }

  void Run(char32_t c, size_t begin, size_t end, size_t length) {
    const RunLimits limits = LimitsOf(c, ClassOf(c));
    if (length < std::min(limits.decorative, limits.garbage)) return;
    const bool code = InCode(begin);
    if (length >= std::max<size_t>(limits.garbage, code ? kGarbageInCode : 0))
      counts_.garbage_run = true;
    if (!code && length >= limits.decorative && !IsRule(begin, end))
      counts_.symbols += static_cast<int64_t>(length);
  }

  // Enters or leaves a code span at `at`, until fence_. Returns false if the
  // text proved to be no text, so that the rest need not be counted.
  bool CrossFence(size_t at) {
    const int64_t garbage =
        classes_[static_cast<size_t>(CharacterClass::kGarbage)];
    if (at >= kProbe && counts_.garbage_run &&
        garbage > static_cast<int64_t>(at / 16))
      return false;
    while (next_code_ < code_.size() && code_[next_code_].end <= at)
      ++next_code_;
    in_code_ = next_code_ < code_.size() && code_[next_code_].begin <= at;
    fence_ = std::min(next_code_ == code_.size() ? kNever
                      : in_code_                 ? code_[next_code_].end
                                                 : code_[next_code_].begin,
                      (at / kProbe + 1) * kProbe);
    garbage_limit_ = counts_.garbage_run ? kNever
                     : in_code_          ? kGarbageInCode
                                         : kGarbage;
    return true;
  }

  bool InCode(size_t at) const {
    const auto after = std::upper_bound(
        code_.begin(), code_.end(), at,
        [](size_t place, const CodeSpan& span) { return place < span.end; });
    return after != code_.end() && after->begin <= at;
  }

  // True for a sign that is first on its line and has a space after it.
  bool IsBullet(size_t at, size_t size) const {
    if (at + size >= text_.size() || text_[at + size] != ' ') return false;
    // Deeper indentation than this is no list.
    for (size_t back = 0; back < 16 && at > 0; ++back, --at) {
      if (text_[at - 1] == '\n') return true;
      if (text_[at - 1] != ' ' && text_[at - 1] != '\t') return false;
    }
    return at == 0;
  }

  // True if its line has nothing but signs, within kNearby bytes on each side.
  bool IsRule(size_t begin, size_t end) const {
    constexpr size_t kNearby = 64;  // keeps a long line from costing more
    const auto sign = [](char c) {
      return c == ' ' || c == '-' || c == '=' || c == '+' || c == '|' ||
             c == '*' || c == '~' || c == '#' || c == ':' || c == '\r';
    };
    if (!sign(text_[begin])) return false;
    for (size_t i = begin; i > 0 && begin - i < kNearby; --i) {
      if (text_[i - 1] == '\n') break;
      if (!sign(text_[i - 1])) return false;
    }
    for (size_t i = end; i < text_.size() && i - end < kNearby; ++i) {
      if (text_[i] == '\n') break;
      if (!sign(text_[i])) return false;
    }
    return true;
  }

  const std::string_view text_;
  const std::span<const CodeSpan> code_;
  const CharacterClasses& classes_of_ = CharacterClasses::Get();
  CharacterCounts counts_;
  ClassCounts classes_{};  // without the letters in ascii_
  int64_t ascii_ = 0;
  int64_t greek_ = 0;
  // Code spans.
  size_t next_code_ = 0;
  bool in_code_ = false;
  size_t fence_ = 0;
  // The last character, and its repetitions so far.
  char32_t run_char_ = kNoCharacter;
  size_t run_length_ = 0;
  size_t run_size_ = 0;  // bytes of run_char_
  size_t garbage_ = 0;   // garbage characters in a row, of any kind
  size_t garbage_limit_ = kGarbage;
  size_t greek_end_ = kNever;  // end of the Greek word so far
  int greek_run_ = 0;
};

}  // namespace

CharacterCounts& CharacterCounts::operator+=(const CharacterCounts& other) {
  characters += other.characters;
  for (size_t i = 0; i < letters.size(); ++i) letters[i] += other.letters[i];
  symbols += other.symbols;
  garbage_run |= other.garbage_run;
  return *this;
}

CharacterCounts CountCharacters(std::string_view text,
                                std::span<const CodeSpan> code) {
  return Counter(text, code).Count();
}

}  // namespace reasonwatch
