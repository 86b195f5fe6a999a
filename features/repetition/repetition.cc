#include "features/repetition/repetition.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "features/load.h"

namespace reasonwatch {
namespace {

constexpr size_t kTailBytes = 24 * 1024;
constexpr size_t kMaxUnits = 4096;
constexpr size_t kLongestWord = 32;

// A unit is its hash; two bits of it say what it is.
constexpr uint32_t kHasLetter = 1;
constexpr uint32_t kInTable = 2;
constexpr uint32_t kFlags = kHasLetter | kInTable;

struct Units {
  std::array<uint32_t, kMaxUnits> unit;
  size_t size = 0;
};

uint32_t Mix(uint64_t h) {
  h *= 0x9E3779B97F4A7C15;
  return static_cast<uint32_t>(h >> 32);
}

bool IsLetterByte(unsigned char c) {
  return c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// The high bit of each byte that ends a word: white space, or the first byte of
// a character of three bytes or more.
uint64_t WordEnds(uint64_t bytes) {
  constexpr uint64_t kHighs = 0x8080808080808080;
  constexpr uint64_t kUpToSpace = 0x5F5F5F5F5F5F5F5F;  // 0x80 - 0x21
  const uint64_t space = ~(((bytes & ~kHighs) + kUpToSpace) | bytes) & kHighs;
  return space | (bytes & bytes << 1 & bytes << 2 & kHighs);
}

size_t WordEnd(std::string_view text, size_t i) {
  const size_t limit = std::min(text.size(), i + kLongestWord);
  for (; i + 8 <= limit; i += 8) {
    const uint64_t ends = WordEnds(LoadUpTo8(text.data() + i, 8));
    if (ends != 0) return i + static_cast<size_t>(std::countr_zero(ends)) / 8;
  }
  while (i<limit&& static_cast<unsigned char>(text[i])> ' ' &&
         static_cast<unsigned char>(text[i]) < 0xE0)
    ++i;
  return i;
}

// Words up to white space. From the 33rd byte of a word on, and for characters
// of three bytes and more, each character is a unit: that is text without
// spaces, where a period need not be a multiple of any other size.
void Split(std::string_view text, Units& units) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  bool table = false;
  bool line_start = true;
  for (size_t i = 0; i < text.size() && units.size < kMaxUnits;) {
    const unsigned char c = byte(i);
    if (c <= ' ') {
      if (c == '\n') line_start = true;
      ++i;
      continue;
    }
    if (line_start) table = c == '|';
    line_start = false;
    size_t end = i;
    if (c < 0xE0 && i + 8 <= text.size()) {
      // Most words: shorter than eight bytes, and no branch on how long.
      const uint64_t bytes = LoadUpTo8(text.data() + i, 8);
      if (const uint64_t ends = WordEnds(bytes); ends != 0) {
        const int bits = std::countr_zero(ends) - 7;
        const uint64_t word = bytes & ((uint64_t{1} << bits) - 1);
        const bool letter = IsLetterByte(c) || IsLetterByte(word >> 8 & 0xFF);
        units.unit[units.size++] = (Mix(word) & ~kFlags) |
                                   (letter ? kHasLetter : 0) |
                                   (table ? kInTable : 0);
        i += static_cast<size_t>(bits) / 8;
        continue;
      }
    }
    if (c >= 0xE0) {
      ++end;
      while (end < text.size() && (byte(end) & 0xC0) == 0x80) ++end;
      end = std::min(end, i + 4);
    } else {
      end = WordEnd(text, i);
    }
    const size_t n = end - i;
    uint64_t hash = 0;
    std::memcpy(&hash, text.data() + i, std::min<size_t>(n, 8));
    if (n > 8) hash += n;
    for (size_t k = 8; k < n; k += 8)
      hash = Mix(hash) ^ LoadUpTo8(text.data() + i + k, n - k) ^ hash << 32;
    const bool letter = IsLetterByte(c) || (n > 1 && IsLetterByte(byte(i + 1)));
    units.unit[units.size++] = (Mix(hash) & ~kFlags) |
                               (letter ? kHasLetter : 0) |
                               (table ? kInTable : 0);
    i = end;
    // The rest of a long word, character by character.
    if (n == kLongestWord && c < 0xE0) {
      while (i < text.size() && byte(i) > ' ' && byte(i) < 0xE0 &&
             units.size < kMaxUnits) {
        units.unit[units.size++] =
            (Mix(byte(i)) & ~kFlags) | (IsLetterByte(byte(i)) ? kHasLetter : 0);
        ++i;
      }
    }
  }
}

bool EndsInPeriod(std::span<const uint32_t> units) {
  constexpr size_t kShortest = 40;
  constexpr size_t kShortestWithoutLetters = 400;
  // The last unit may be cut in the middle.
  if (units.size() <= kShortest) return false;
  units = units.first(units.size() - 1);
  const size_t n = units.size();
  const auto at = [&](size_t i) { return units[n - 1 - i]; };  // reversed
  std::array<uint32_t, kMaxUnits> z;
  z[0] = 0;
  size_t left = 0;
  size_t right = 0;
  // A period that stands three times is no longer than a third.
  for (size_t i = 1; i <= (n + 1) / 3; ++i) {
    size_t match = i < right ? std::min<size_t>(right - i, z[i - left]) : 0;
    while (i + match < n && at(match) == at(i + match)) ++match;
    z[i] = static_cast<uint32_t>(match);
    if (i + match > right) {
      left = i;
      right = i + match;
    }
    const size_t span = i + match;
    // The unit that was left out belongs to the third copy.
    if (span < std::max(3 * i - 1, kShortest)) continue;
    bool letters = false;
    for (size_t k = 0; k < i && !letters; ++k)
      letters = (at(k) & kHasLetter) != 0;
    if (letters || span >= kShortestWithoutLetters) return true;
    // Multiples of this period have no letters either.
  }
  return false;
}

// Counts of hashes, open addressing; at most half full.
class Counts {
 public:
  explicit Counts(size_t entries)
      : mask_(std::bit_ceil(2 * entries) - 1), slots_(mask_ + 1) {}

  // How often the hash was there before.
  uint32_t Add(uint32_t hash) {
    hash |= 1;  // 0 is an empty slot
    size_t i = hash >> 1 & mask_;
    while (slots_[i].hash != 0 && slots_[i].hash != hash) i = (i + 1) & mask_;
    slots_[i].hash = hash;
    return slots_[i].count++;
  }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t count = 0;
  };
  size_t mask_;
  std::vector<Slot> slots_;
};

double Recurrence(std::span<const uint32_t> units) {
  constexpr size_t kShingle = 8;
  constexpr size_t kWindow = 128;
  constexpr size_t kShortest = 40;
  if (units.size() < kShortest) return 0;
  Counts counts(units.size());
  std::array<uint8_t, kMaxUnits> again{};
  size_t in_window = 0;
  size_t most = 0;
  const size_t window = std::min(kWindow, units.size() - kShingle + 1);
  // Rolling: the hash of a shingle is a polynomial of its units.
  constexpr uint64_t kBase = 0x9E3779B97F4A7C15;
  uint64_t leaving = 1;
  for (size_t k = 0; k < kShingle; ++k) leaving *= kBase;
  uint64_t hash = 0;
  size_t tables = 0;
  size_t letters = 0;
  for (size_t next = 0; next < units.size(); ++next) {
    hash = hash * kBase + units[next];
    tables += (units[next] & kInTable) != 0;
    letters += (units[next] & kHasLetter) != 0;
    if (next + 1 < kShingle) continue;
    const size_t i = next + 1 - kShingle;
    if (i > 0) {
      hash -= units[i - 1] * leaving;
      tables -= (units[i - 1] & kInTable) != 0;
      letters -= (units[i - 1] & kHasLetter) != 0;
    }
    if (tables == 0 && letters >= 2) {
      again[i] = counts.Add(Mix(hash)) >= 2;
      in_window += again[i];
    }
    if (i >= window) in_window -= again[i - window];
    most = std::max(most, in_window);
  }
  return static_cast<double>(most) / static_cast<double>(window);
}

bool SameWord(std::span<const uint32_t> units) {
  constexpr size_t kTimes = 16;
  size_t run = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    run = i > 0 && units[i] == units[i - 1] ? run + 1 : 1;
    if (run >= kTimes && (units[i] & kHasLetter) != 0) return true;
  }
  return false;
}

}  // namespace

Repetition FindRepetition(std::string_view text) {
  if (text.size() > kTailBytes) {
    text.remove_prefix(text.size() - kTailBytes);
    // From a whole word on, if there is one.
    const size_t space = text.substr(0, 64).find_first_of(" \n");
    if (space != std::string_view::npos) text.remove_prefix(space);
  }
  Units all;
  Split(text, all);
  const std::span<const uint32_t> units(all.unit.data(), all.size);
  return {.exact_period = EndsInPeriod(units),
          .recurrence = Recurrence(units),
          .same_word = SameWord(units)};
}

}  // namespace reasonwatch
