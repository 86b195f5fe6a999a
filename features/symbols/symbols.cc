#include "features/symbols/symbols.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace reasonwatch {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;
constexpr size_t kNever = std::numeric_limits<size_t>::max();

// How often a character must follow itself to be decoration, and garbage.
struct RunLimits {
  size_t decorative;
  size_t garbage;
};

bool IsAsciiLetter(char32_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

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
    // Brackets nest and quotation marks are doubled.
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
  if (c >= '0' && c <= '9') return {kNever, 200};  // 10^100 written out
  if (kind == CharacterClass::kGarbage) return {kNever, 4};
  if (c < 0x80) return {4, 8};
  if (kind == CharacterClass::kDecorative) return {kNever, 200};
  return {kNever, 32};
}

class Counter {
 public:
  Counter(std::string_view text, std::span<const CodeSpan> code)
      : text_(text), code_(code) {}

  CharacterCounts Count() {
    size_t i = 0;
    while (i < text_.size()) {
      i = CountAscii(i);
      // Characters up to the next eight of ASCII.
      while (i < text_.size() && !AsciiAhead(i)) i = CountOne(i);
    }
    EndRun();
    counts_.letters[static_cast<size_t>(CharacterClass::kLatin)] += ascii_;
    return counts_;
  }

 private:
  uint64_t Load(size_t at) const {
    uint64_t word;
    std::memcpy(&word, text_.data() + at, sizeof(word));
    return word;
  }

  bool AsciiAhead(size_t at) const {
    return at + 9 <= text_.size() && (Load(at) & kHighs) == 0;
  }

  // Eight bytes at a time while they are ASCII and nothing of note begins.
  size_t CountAscii(size_t i) {
    if (!AsciiAhead(i)) return i;
    EndRun();
    uint64_t equal_before = 0;
    for (; AsciiAhead(i); i += 8) {
      const uint64_t word = Load(i);
      const uint64_t unequal = word ^ Load(i + 1);
      // Exact: the high bit of each byte that is zero.
      const uint64_t equal =
          ~(((unequal & ~kHighs) + ~kHighs) | unequal | ~kHighs);
      const uint64_t odd = ~(word + 0x60 * kOnes) & kHighs;
      if ((equal & (equal << 8 | equal_before)) != 0 ||
          (odd != 0 && HasControl(word))) {
        // The run may have begun before these eight. What lies between was
        // counted and is not counted again.
        const size_t stop = std::min(i + 8, text_.size());
        while (i < stop) i = CountAsciiOne(i);
        equal_before = 0;
        if (i >= text_.size()) return i;
        i -= 8;
        continue;
      }
      equal_before = equal >> 56;
      const uint64_t lower = word | 0x20 * kOnes;
      const uint64_t letters =
          (lower + 0x1F * kOnes) & ~(lower + 0x05 * kOnes) & kHighs;
      ascii_ += std::popcount(letters);
      counts_.characters += 8;
    }
    return i;
  }

  static bool HasControl(uint64_t word) {
    for (int k = 0; k < 8; ++k, word >>= 8) {
      const unsigned char c = word & 0xFF;
      if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') return true;
    }
    return false;
  }

  // One character of ASCII with the run that it is part of.
  size_t CountAsciiOne(size_t i) {
    const char c = text_[i];
    size_t begin = i;
    while (begin > run_floor_ && text_[begin - 1] == c) --begin;
    size_t end = i + 1;
    while (end < text_.size() && text_[end] == c) ++end;
    counts_.characters += static_cast<int64_t>(end - i);
    const auto code_point = static_cast<char32_t>(c);
    if (IsAsciiLetter(code_point)) ascii_ += static_cast<int64_t>(end - i);
    const CharacterClass kind = ClassOf(code_point);
    if (kind == CharacterClass::kGarbage)
      counts_.symbols += static_cast<int64_t>(end - i);
    Run(code_point, kind, begin, end, end - begin);
    run_floor_ = end;
    return end;
  }

  // One character of any kind.
  size_t CountOne(size_t i) {
    const auto byte = static_cast<unsigned char>(text_[i]);
    const bool repeats = (i + 1 < text_.size() && text_[i + 1] == text_[i]) ||
                         (i > run_floor_ && text_[i - 1] == text_[i]);
    if (byte < 0x80 && !repeats) {
      EndRun();
      ++counts_.characters;
      if (IsAsciiLetter(byte))
        ++ascii_;
      else if (byte < 0x20 && ClassOf(byte) == CharacterClass::kGarbage)
        ++counts_.symbols;
      last_letter_ = CharacterClass::kPlain;
      return i + 1;
    }
    if (byte < 0x80) {
      EndRun();
      last_letter_ = CharacterClass::kPlain;
      return CountAsciiOne(i);
    }
    const Character character = CharacterAt(text_, i);
    const CharacterClass kind = ClassOf(character.code_point);
    ++counts_.characters;
    if (kind == CharacterClass::kGreek) {
      // The second letter in a row makes a word of the first.
      if (last_letter_ == kind)
        counts_.letters[static_cast<size_t>(kind)] += greek_run_++ == 0 ? 2 : 1;
      else
        greek_run_ = 0;
    } else if (IsLetter(kind)) {
      ++counts_.letters[static_cast<size_t>(kind)];
    } else if (IsSymbol(kind) && !InCode(i) &&
               (kind != CharacterClass::kDecorative ||
                !IsBullet(i, character.size))) {
      ++counts_.symbols;
    }
    // Marks and joiners do not end a word.
    if (IsLetter(kind) || character.code_point < 0x300 ||
        character.code_point >= 0x2000)
      last_letter_ = kind;
    const bool same = kind == CharacterClass::kGarbage
                          ? run_kind_ == kind
                          : run_char_ == character.code_point;
    if (!same || run_length_ == 0) {
      EndRun();
      run_begin_ = i;
    }
    run_char_ = character.code_point;
    run_kind_ = kind;
    ++run_length_;
    run_end_ = i + character.size;
    run_floor_ = run_end_;
    return run_end_;
  }

  void EndRun() {
    if (run_length_ > 1)
      Run(run_char_, run_kind_, run_begin_, run_end_, run_length_);
    run_length_ = 0;
  }

  void Run(char32_t c, CharacterClass kind, size_t begin, size_t end,
           size_t length) {
    if (length < 3) return;
    const RunLimits limits = LimitsOf(c, kind);
    if (length < std::min(limits.decorative, limits.garbage)) return;
    const bool code = InCode(begin);
    if (length >= std::max<size_t>(limits.garbage, code ? 200 : 0))
      counts_.garbage_run = true;
    if (!code && length >= limits.decorative && !IsRule(begin, end))
      counts_.symbols += static_cast<int64_t>(length);
  }

  bool InCode(size_t at) {
    while (next_code_ < code_.size() && code_[next_code_].end <= at)
      ++next_code_;
    return next_code_ < code_.size() && code_[next_code_].begin <= at;
  }

  // The first on its line, and a space after it.
  bool IsBullet(size_t at, size_t size) const {
    if (at + size >= text_.size() || text_[at + size] != ' ') return false;
    // Deeper than this it is no list.
    for (size_t back = 0; back < 16 && at > 0; ++back, --at) {
      if (text_[at - 1] == '\n') return true;
      if (text_[at - 1] != ' ' && text_[at - 1] != '\t') return false;
    }
    return at == 0;
  }

  // Nothing but signs in its line, as far as can be seen nearby.
  bool IsRule(size_t begin, size_t end) const {
    constexpr size_t kNearby = 64;
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
  CharacterCounts counts_;
  int64_t ascii_ = 0;
  size_t next_code_ = 0;
  size_t run_floor_ = 0;  // no run reaches back before this
  // Run of a character that is not ASCII.
  char32_t run_char_ = 0;
  CharacterClass run_kind_ = CharacterClass::kPlain;
  size_t run_begin_ = 0;
  size_t run_end_ = 0;
  size_t run_length_ = 0;
  CharacterClass last_letter_ = CharacterClass::kPlain;
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
