// SPDX-License-Identifier: Apache-2.0
// A number's words are read from the left: those under a hundred add up,
// "hundred" multiplies them, and a larger scale closes a group of three digits.
#include "answers/spelled_numbers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using ascii::IsLetter;

// table: the number words and their values.
constexpr std::pair<std::string_view, int64_t> kWords[] = {
    {"zero", 0},
    {"one", 1},
    {"two", 2},
    {"three", 3},
    {"four", 4},
    {"five", 5},
    {"six", 6},
    {"seven", 7},
    {"eight", 8},
    {"nine", 9},
    {"ten", 10},
    {"eleven", 11},
    {"twelve", 12},
    {"thirteen", 13},
    {"fourteen", 14},
    {"fifteen", 15},
    {"sixteen", 16},
    {"seventeen", 17},
    {"eighteen", 18},
    {"nineteen", 19},
    {"twenty", 20},
    {"thirty", 30},
    {"forty", 40},
    {"fifty", 50},
    {"sixty", 60},
    {"seventy", 70},
    {"eighty", 80},
    {"ninety", 90},
    {"hundred", 100},
    {"thousand", 1000},
    {"million", 1000000},
    {"billion", 1000000000},
    {"trillion", 1000000000000}};
constexpr int64_t kNone = -1;
constexpr size_t kLongest = 9;  // "seventeen"

int64_t ValueOf(std::string_view word) {
  if (word.size() > kLongest) return kNone;
  std::string lower;
  for (const char c : word) lower += ascii::Lower(c);
  const auto* found = std::find_if(
      std::begin(kWords), std::end(kWords),
      [&lower](const auto& entry) { return entry.first == lower; });
  return found == std::end(kWords) ? kNone : found->second;
}

struct Word {
  size_t begin = 0;
  size_t end = 0;
};

// The word of letters at or behind `i`; empty at the end of the text.
Word WordFrom(std::string_view s, size_t i) {
  while (i < s.size() && !IsLetter(s[i])) ++i;
  Word word{i, i};
  while (word.end < s.size() && IsLetter(s[word.end])) ++word.end;
  return word;
}

class SpelledNumber {
 public:
  // Adds a word; false if it can't go on with it: "two three".
  bool Add(int64_t value) {
    if (value == 100) {
      if (group_ == 0 || group_ >= 100) return false;
      group_ *= 100;
      last_ = 100;
      return true;
    }
    if (value >= 1000) {
      if (group_ == 0 || value >= scale_) return false;
      total_ += group_ * value;
      scale_ = value;
      group_ = 0;
      last_ = value;
      return true;
    }
    // Behind "twenty" a digit, behind "hundred" and a scale anything smaller.
    const bool fits = last_ == kStart || last_ >= 100 ||
                      (last_ >= 20 && last_ < 100 && value > 0 && value < 10);
    if (!fits || zero_) return false;
    zero_ = value == 0;
    group_ += value;
    last_ = value;
    return true;
  }
  int64_t value() const { return total_ + group_; }

 private:
  static constexpr int64_t kStart = -1;
  int64_t total_ = 0;
  int64_t group_ = 0;
  int64_t scale_ = 1000000000000000;
  int64_t last_ = kStart;
  bool zero_ = false;
};

bool JoinsWords(std::string_view between) {
  return between == " " || between == "-" || between == ", " ||
         between == " and ";
}

}  // namespace

std::string WithDigits(std::string_view s) {
  std::string out;
  bool found = false;
  size_t copied = 0;
  for (size_t i = 0; i < s.size();) {
    const Word word = WordFrom(s, i);
    i = word.end;
    const int64_t first = ValueOf(s.substr(word.begin, word.end - word.begin));
    SpelledNumber number;
    if (first == kNone || !number.Add(first)) continue;
    size_t end = word.end;
    size_t count = 1;
    bool scaled = false;
    for (Word next = WordFrom(s, end); next.begin < next.end;
         next = WordFrom(s, next.end)) {
      std::string_view between = s.substr(end, next.begin - end);
      if (ascii::EqualsIgnoringCase(s.substr(next.begin, next.end - next.begin),
                                    "and") &&
          scaled) {
        next = WordFrom(s, next.end);
        between = s.substr(end, next.begin - end);
      }
      const int64_t value =
          ValueOf(s.substr(next.begin, next.end - next.begin));
      if (value == kNone || !JoinsWords(between) ||
          (between == ", " && !scaled) || !number.Add(value))
        break;
      scaled = scaled || value >= 100;
      end = next.end;
      ++count;
    }
    const bool alone = ascii::Trim(s.substr(0, word.begin)).empty() &&
                       WordFrom(s, end).begin == s.size();
    if (first == 1 && count == 1 && !alone) continue;  // "one of them"
    out += s.substr(copied, word.begin - copied);
    absl::StrAppend(&out, number.value());
    copied = i = end;
    found = true;
  }
  if (!found) return "";
  out += s.substr(copied);
  return out;
}

}  // namespace reasonwatch
