// SPDX-License-Identifier: Apache-2.0
// Finding loops in linear time.
//
// Splitter turns the tail of a text into units: hashes of words, or of
// characters in scripts without spaces. Two bits of a unit say whether it has a
// letter and whether it lies in a row of a table. Suspect() then passes over
// the units once with a small set of hashes; it excludes loops in nearly every
// text and never misses one. The exact searches, EndsInPeriod(), Recurrence()
// and SameWord(), run only if it suspects them.
//
// Order: Units, Splitter, Suspect(), the three searches, FindRepetition().
#include "features/repetition/repetition.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "util/load.h"

namespace reasonwatch {
namespace {

// A loop that matters lasts until the end, so the tail shows it; 4,096 units
// hold three copies of a passage of 1,365 words.
constexpr size_t kTailBytes = size_t{24} * 1024;
constexpr size_t kMaxUnits = 4096;  // bounds the tables on the stack
// Bytes; the rest of a longer word is split into characters.
constexpr size_t kLongestWord = 32;
// Units. Eight words in a row rarely recur three times by chance.
constexpr size_t kShingle = 8;
// Shingles: a passage of about two paragraphs.
constexpr size_t kWindow = 128;
// In a shorter text three copies would be mere phrases.
constexpr size_t kFewestUnits = 40;

// A unit is a hash, except for the two lowest bits, which are flags.
constexpr uint32_t kHasLetter = 1;
constexpr uint32_t kInTable = 2;  // its line begins with "|"
constexpr uint32_t kFlags = kHasLetter | kInTable;

// The last kMaxUnits units of a text, and up to as many before them.
class Units {
 public:
  // Makes room for `count` more units, at most kMaxUnits.
  void Reserve(size_t count) {
    if (size_ + count <= unit_.size()) return;
    std::copy(unit_.begin() + (size_ - kMaxUnits), unit_.begin() + size_,
              unit_.begin());
    size_ = kMaxUnits;
  }
  void Add(uint32_t unit) {
    Reserve(1);
    unit_.data()[size_++] = unit;
  }
  // Reserved units are written at end(); Extend() then takes the end of the
  // written ones.
  uint32_t* end() { return unit_.data() + size_; }
  void Extend(const uint32_t* end) {
    size_ = static_cast<size_t>(end - unit_.data());
  }
  std::span<const uint32_t> Last() const {
    const std::span<const uint32_t> all(unit_.data(), size_);
    return size_ <= kMaxUnits ? all : all.last(kMaxUnits);
  }

 private:
  std::array<uint32_t, 2 * kMaxUnits> unit_;
  size_t size_ = 0;
};

// 2^64 divided by the golden ratio, as in Fibonacci hashing (Knuth, volume 3).
constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;

uint32_t Mix(uint64_t h) {
  return static_cast<uint32_t>(h * kMultiplier >> 32);
}

constexpr auto kLetterBytes = [] {
  std::array<uint8_t, 256> letters{};
  for (size_t c = 0; c < letters.size(); ++c)
    letters[c] = c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  return letters;
}();

uint32_t IsLetterByte(uint64_t c) { return kLetterBytes.data()[c]; }

// For each length of a word, masks that keep its bytes in two numbers of eight
// bytes.
constexpr auto kWordMasks = [] {
  std::array<std::array<uint64_t, 2>, 17> masks{};
  for (size_t n = 0; n < masks.size(); ++n)
    for (size_t byte = 0; byte < n; ++byte)
      masks[n][byte / 8] |= uint64_t{0xFF} << byte % 8 * 8;
  return masks;
}();

// Splits a text into units. Words end at white space. Beyond the 32nd byte of a
// word, and for characters of three bytes and more, each character is a unit:
// such text has no spaces, and its period need not be a multiple of any larger
// size.
class Splitter {
 public:
  Splitter(std::string_view text, Units& units) : text_(text), units_(units) {}

  void Split() {
    size_t begin = 0;
    bool wide_before = false;
    bool line_start = true;
    // Find the ends of words in 64 bytes at once and then take them one by one,
    // so that the next word does not wait for the length of this one.
    for (size_t block = 0; block < text_.size(); block += kBlock) {
      bool wide = false;
      uint64_t spaces = Spaces(block, wide);
      // A short word begins in this block or the one before.
      const bool any_wide = wide || wide_before;
      wide_before = wide;
      units_.Reserve(kBlock);
      uint32_t* next = units_.end();
      for (; spaces != 0; spaces &= spaces - 1) {
        const size_t end =
            block + static_cast<size_t>(std::countr_zero(spaces));
        if (begin < end) {
          table_ = line_start ? RowFlag(begin) : table_;
          line_start = false;
          const size_t n = end - begin;
          if (n > kShortWord || begin + kShortWord > text_.size() ||
              !AddShort(begin, n, any_wide, next)) {
            units_.Extend(next);
            AddLong(begin, end);
            units_.Reserve(kBlock);
            next = units_.end();
          }
        }
        line_start |= Byte(end) == '\n';
        begin = end + 1;
      }
      units_.Extend(next);
    }
    if (begin < text_.size()) {
      if (line_start) table_ = RowFlag(begin);
      AddLong(begin, text_.size());
    }
  }

 private:
  static constexpr size_t kBlock = 64;      // bytes; a bit of a word each
  static constexpr size_t kShortWord = 16;  // bytes of two loads
  static constexpr uint64_t kHighs = 0x8080808080808080;  // bit 7 of each byte
  // Any odd number with well-mixed bits, other than kMultiplier.
  static constexpr uint64_t kSecondMultiplier = 0xD6E8FEB86659FD93;

  unsigned char Byte(size_t i) const {
    return static_cast<unsigned char>(text_.data()[i]);
  }

  uint32_t RowFlag(size_t line) const {
    return Byte(line) == '|' ? kInTable : 0;
  }

  // Returns the high bit of each byte of 0xE0 and above, with which a character
  // of three bytes or more begins.
  static uint64_t Wide(uint64_t bytes) {
    return bytes & bytes << 1 & bytes << 2 & kHighs;
  }

  // Returns a mask: bit i is 1 if byte i of the 64 at `block` is white space or
  // a control character. Bytes beyond the text give 0. Sets `wide` if a
  // character of three bytes or more begins there.
  uint64_t Spaces(size_t block, bool& wide) const {
    std::array<char, kBlock> last;
    const char* data = text_.data() + block;
    if (block + kBlock > text_.size()) {
      last.fill('.');
      std::memcpy(last.data(), data, text_.size() - block);
      data = last.data();
    }
    constexpr Bytes kPlaces = {1, 2, 4, 8, 16, 32, 64, 128,
                               1, 2, 4, 8, 16, 32, 64, 128};
    uint64_t mask = 0;
    Bytes most = {};
    for (size_t i = 0; i < kBlock; i += sizeof(Bytes)) {
      const Bytes bytes = LoadBytes(data + i);
      const auto places = Halves(std::bit_cast<Bytes>(bytes <= ' ') & kPlaces);
      mask |= (places[0] * kOneInEachByte >> 56) << i;
      mask |= (places[1] * kOneInEachByte >> 56) << (i + 8);
      most |= std::bit_cast<Bytes>(bytes >= 0xE0);
    }
    const auto wides = Halves(most);
    wide = (wides[0] | wides[1]) != 0;
    return mask;
  }

  void Add(uint32_t hash, uint32_t letter) {
    units_.Add((hash & ~kFlags) | letter | table_);
  }

  // Adds a word of at most 16 bytes as one unit, without a branch on its
  // length. Returns false, and adds nothing, if it has wide characters.
  bool AddShort(size_t begin, size_t n, bool any_wide, uint32_t*& next) const {
    const uint64_t* const mask = kWordMasks.data()[n].data();
    const uint64_t first = LoadUpTo8(text_.data() + begin, 8) & mask[0];
    const uint64_t second = LoadUpTo8(text_.data() + begin + 8, 8) & mask[1];
    if (any_wide && (Wide(first) | Wide(second)) != 0) return false;
    const uint64_t hash = first * kMultiplier + second * kSecondMultiplier;
    *next++ = (static_cast<uint32_t>(hash >> 32) & ~kFlags) | table_ |
              IsLetterByte(first & 0xFF) | IsLetterByte(first >> 8 & 0xFF);
    return true;
  }

  void AddLong(size_t begin, size_t end) {
    while (begin < end) {
      begin = AddWide(begin, end);
      if (begin < end) begin = AddPart(begin, end);
    }
  }

  // Adds characters of three bytes, each a unit; returns the end of the last.
  size_t AddWide(size_t begin, size_t end) {
    // Each load reads four bytes, so stop before the last one.
    end = std::min(end, text_.size() - 1);
    while (begin + 3 <= end) {
      const size_t characters = std::min((end - begin) / 3, kMaxUnits);
      units_.Reserve(characters);
      uint32_t* next = units_.end();
      const char* at = text_.data() + begin;
      for (const char* const stop = at + 3 * characters; at != stop; at += 3) {
        uint32_t bytes;
        std::memcpy(&bytes, at, sizeof(bytes));
        if ((bytes & 0xC0C0F0) != 0x8080E0) break;
        *next++ = (Mix(bytes & 0xFFFFFF) & ~kFlags) | kHasLetter | table_;
      }
      units_.Extend(next);
      const size_t done = static_cast<size_t>(at - text_.data()) - begin;
      begin += done;
      if (done < 3 * characters) break;
    }
    return begin;
  }

  // Adds the first unit of a word, or the whole rest of a long one.
  size_t AddPart(size_t begin, size_t end) {
    size_t part = begin;
    if (Byte(begin) >= 0xE0) {
      ++part;
      while (part < std::min(end, begin + 4) && (Byte(part) & 0xC0) == 0x80)
        ++part;
    } else {
      const size_t limit = std::min(end, begin + kLongestWord);
      while (part < limit && Byte(part) < 0xE0) ++part;
    }
    const size_t n = part - begin;
    // The same hash as in AddShort() for words of up to 16 bytes.
    std::array<uint64_t, kLongestWord / 8> parts{};
    std::memcpy(parts.data(), text_.data() + begin, n);
    uint64_t hash = parts[0] * kMultiplier + parts[1] * kSecondMultiplier;
    if (n > 16)
      hash = (hash ^ hash >> 32) * kMultiplier + parts[2] * kSecondMultiplier +
             (parts[3] ^ parts[3] >> 32) * kMultiplier + n;
    Add(static_cast<uint32_t>(hash >> 32),
        IsLetterByte(Byte(begin)) |
            (n > 1 ? IsLetterByte(Byte(begin + 1)) : 0));
    if (n == kLongestWord)
      for (; part < end && Byte(part) < 0xE0; ++part)
        Add(Mix(Byte(part)), IsLetterByte(Byte(part)));
    return part;
  }

  const std::string_view text_;
  Units& units_;
  uint32_t table_ = 0;
};

// The kinds of loop that the units may hold, so that the exact searches run
// only if they can find something. May be wrongly true, by collisions of
// hashes, but never wrongly false.
struct Suspicion {
  bool period = false;
  bool recurrence = false;
  bool same_word = false;
};

Suspicion Suspect(std::span<const uint32_t> units) {
  Suspicion may;
  // Each run of 16 contains eight that begin at a multiple of eight.
  for (size_t i = 0; i + 8 <= units.size() && !may.same_word; i += 8)
    may.same_word = units[i] == units[i + 1] && units[i] == units[i + 7];
  if (units.size() < kFewestUnits) return may;

  // Shingles seen so far, by 16 bits of their hashes, in a set that is at most
  // an eighth full: so at most one new shingle in eight is mistaken for a known
  // one.
  std::array<uint8_t, 8 * kMaxUnits> seen;
  const size_t mask = 8 * std::bit_ceil(units.size()) - 1;
  std::fill_n(seen.begin(), mask + 1, 0);
  const size_t needed = std::min(kWindow, units.size() - kShingle + 1) / 2;
  const uint32_t* const unit = units.data();
  uint32_t hash = 0;  // cyclic polynomial of the last units
  for (size_t i = 0; i + 1 < kShingle; ++i) hash = std::rotl(hash, 1) ^ unit[i];
  uint32_t leaving = 0;
  uint64_t hits = 0;  // a bit for each of the last 64 shingles
  // A window of 128 lies within three blocks of 64.
  size_t before = 0;
  size_t two_before = 0;
  for (size_t i = kShingle - 1; i < units.size();) {
    size_t in_block = 0;
    for (const size_t end = std::min(units.size(), i + 64); i < end; ++i) {
      hash = std::rotl(hash, 1) ^ (unit[i] ^ std::rotl(leaving, kShingle));
      leaving = unit[i + 1 - kShingle];
      uint8_t& known = seen.data()[hash >> 16 & mask];
      const uint8_t hit = std::exchange(known, 1);
      hits = hits << 1 | hit;
      in_block += hit;
    }
    may.recurrence |= two_before + before + in_block >= needed;
    two_before = std::exchange(before, in_block);
  }
  // Three copies of 40 units in all contain 27 that equal the unit one period
  // before, so 20 shingles before the last unit are known ones.
  constexpr uint64_t kLastHits = 0x1FFFFE;
  may.period = (hits & kLastHits) == kLastHits;
  return may;
}

bool EndsInPeriod(std::span<const uint32_t> units) {
  constexpr size_t kShortest = kFewestUnits;
  // Rows of zeros and of rules are normal in tables of data.
  constexpr size_t kShortestWithoutLetters = 400;
  // The last unit may be cut in its middle.
  if (units.size() <= kShortest) return false;
  units = units.first(units.size() - 1);
  const size_t n = units.size();
  const auto at = [&](size_t i) { return units[n - 1 - i]; };  // reversed
  std::array<uint32_t, kMaxUnits> z;
  z[0] = 0;
  size_t left = 0;
  size_t right = 0;
  // A period that occurs three times is at most a third of the text.
  for (size_t i = 1; i <= (n + 1) / 3; ++i) {
    size_t match = i < right ? std::min<size_t>(right - i, z[i - left]) : 0;
    while (i + match < n && at(match) == at(i + match)) ++match;
    z[i] = static_cast<uint32_t>(match);
    if (i + match > right) {
      left = i;
      right = i + match;
    }
    const size_t span = i + match;
    // The unit that was left out completes the third copy.
    if (span < std::max(3 * i - 1, kShortest)) continue;
    bool letters = false;
    for (size_t k = 0; k < i && !letters; ++k)
      letters = (at(k) & kHasLetter) != 0;
    if (letters || span >= kShortestWithoutLetters) return true;
    // Multiples of this period have no letters either.
  }
  return false;
}

// Counts of hashes, by open addressing; at most half full.
class Counts {
 public:
  explicit Counts(size_t entries) : mask_(std::bit_ceil(2 * entries) - 1) {
    std::fill_n(slots_.begin(), mask_ + 1, Slot());
  }

  // Counts the hash, and returns its count before.
  uint32_t Add(uint32_t hash) {
    hash |= 1;  // 0 is an empty slot
    size_t i = hash >> 1 & mask_;
    while (slots_[i].hash != 0 && slots_[i].hash != hash) i = (i + 1) & mask_;
    slots_[i].hash = hash;
    return slots_[i].count++;
  }

 private:
  struct Slot {
    uint32_t hash;
    uint32_t count;
  };
  const size_t mask_;
  std::array<Slot, 2 * kMaxUnits> slots_;
};

double Recurrence(std::span<const uint32_t> units) {
  Counts counts(units.size());
  std::array<uint8_t, kMaxUnits> again{};
  size_t in_window = 0;
  size_t most = 0;
  const size_t window = std::min(kWindow, units.size() - kShingle + 1);
  // Rolling hash: that of a shingle is a polynomial of its units.
  uint64_t leaving = 1;
  for (size_t k = 0; k < kShingle; ++k) leaving *= kMultiplier;
  uint64_t hash = 0;
  size_t tables = 0;
  size_t letters = 0;
  for (size_t next = 0; next < units.size(); ++next) {
    hash = hash * kMultiplier + units[next];
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
  constexpr size_t kTimes = 16;  // nobody writes a word so often in a row
  size_t run = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    run = i > 0 && units[i] == units[i - 1] ? run + 1 : 1;
    if (run >= kTimes && (units[i] & kHasLetter) != 0) return true;
  }
  return false;
}

size_t Doubled(std::span<const uint32_t> units) {
  size_t doubled = 0;
  for (size_t i = 1; i < units.size(); ++i)
    doubled += units[i] == units[i - 1] && (units[i] & kHasLetter) != 0;
  return doubled;
}

// The second copy may have a word more or less at its end. Units that are like
// the first two are tried at most kMostTries times, so that the search is
// linear for any text.
bool IsTwice(std::span<const uint32_t> units) {
  constexpr size_t kFewest = 8;  // units; a shorter text may be a refrain
  constexpr size_t kMostTries = 8;
  const size_t n = units.size();
  if (n < kFewest) return false;
  size_t tries = 0;
  for (size_t at = (n + 2) / 3; at <= n - n / 3 && tries < kMostTries; ++at) {
    if (at + 1 >= n || units[at] != units[0] || units[at + 1] != units[1])
      continue;
    ++tries;
    const size_t length = n - at;
    size_t same = 0;
    const size_t most = std::min(at, length);
    while (same < most && units[same] == units[at + same]) ++same;
    // Nine tenths of both copies.
    if (10 * same >= 9 * std::max(at, length)) return true;
  }
  return false;
}

}  // namespace

Repetition FindRepetition(std::string_view text) {
  if (text.size() > kTailBytes) {
    text.remove_prefix(text.size() - kTailBytes);
    // Begin at a whole word, if one begins nearby.
    const size_t space = text.substr(0, 64).find_first_of(" \n");
    if (space != std::string_view::npos) text.remove_prefix(space);
  }
  Units all;
  Splitter(text, all).Split();
  const std::span<const uint32_t> units = all.Last();
  const Suspicion may = Suspect(units);
  return {.exact_period = may.period && EndsInPeriod(units),
          .recurrence = may.recurrence ? Recurrence(units) : 0,
          .same_word = may.same_word && SameWord(units),
          .units = units.size(),
          .doubled = Doubled(units),
          .twice = IsTwice(units)};
}

}  // namespace reasonwatch
