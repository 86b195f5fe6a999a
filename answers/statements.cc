// SPDX-License-Identifier: Apache-2.0
#include "answers/statements.h"

#include <array>
#include <cstdint>
#include <iterator>

#include "answers/words.h"
#include "util/ascii.h"

namespace reasonwatch::statements {
namespace {

using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsTextSpace;
using ascii::Lower;
using ascii::TrimText;
using words::Find;
using words::IsWord;
using words::StartsWith;
using words::WordAfter;

constexpr size_t kNone = std::string_view::npos;
// A number and its unit; longer or wordier texts are sentences.
constexpr size_t kMaxNumber = 40;
constexpr size_t kMaxUnitLetters = 20;  // "square kilometres" has 16

constexpr std::string_view kNumberWords[] = {
    "zero",     "one",      "two",      "three",   "four",    "five",
    "six",      "seven",    "eight",    "nine",    "ten",     "eleven",
    "twelve",   "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen", "twenty"};

constexpr double kMostCounted = std::size(kNumberWords) - 1;  // twenty

}  // namespace

std::string_view Bare(std::string_view s) {
  constexpr std::string_view kAround = " \n\t\r*_`\"'$[](){}<>.,:;!";
  while (true) {
    const size_t before = s.size();
    while (!s.empty() && kAround.find(s.front()) != kNone) {
      // ".5" begins with its point.
      if (s.front() == '.' && s.size() > 1 && IsDigit(s[1])) break;
      s.remove_prefix(1);
    }
    while (!s.empty() && kAround.find(s.back()) != kNone) s.remove_suffix(1);
    for (std::string_view opening :
         {"\\boxed{", "\\text{", "\\textbf{", "\\mathrm{", "\\(", "\\["})
      if (s.starts_with(opening)) s.remove_prefix(opening.size());
    for (std::string_view closing : {"\\)", "\\]", "\\n", "\\"})
      if (s.ends_with(closing)) s.remove_suffix(closing.size());
    if (s.size() == before) return s;
  }
}

char ChoiceOf(std::string_view s) {
  s = TrimText(s);
  for (std::string_view word : {"option ", "choice "})
    if (StartsWith(s, word)) s.remove_prefix(word.size());
  const bool bracket = s.find_first_of("([") < 4;
  while (!s.empty() && !IsLetter(s.front())) {
    if (IsDigit(s.front())) return 0;
    s.remove_prefix(1);
  }
  if (s.empty() || s[0] < 'A' || s[0] > 'Z') return 0;
  if (s.size() == 1) return s[0];
  const char next = s[1];
  if (next == ')' || next == ']' || next == '.' || next == ':' || next == '*' ||
      next == '}')
    return s[0];
  return bracket && !IsWord(next) ? s[0] : '\0';
}

bool IsNumberLike(std::string_view stated, Quantity& quantity) {
  if (stated.size() > kMaxNumber) return false;
  size_t letters = 0;
  for (size_t i = 0; i < stated.size(); ++i) {
    const char c = stated[i];
    letters += IsLetter(c);
    if (c == '=' || c == '^' || c == '_' || c == '(' || c == '[' || c == '+' ||
        c == ':' || c == '|' || c == '*')
      return false;
    // "x3", "2x": a formula or a name.
    if (IsLetter(c) && ((i > 0 && IsDigit(stated[i - 1])) ||
                        (i + 1 < stated.size() && IsDigit(stated[i + 1]))))
      return false;
    if (c == '\\' && Find(stated, "\\frac", i) != i &&
        Find(stated, "\\dfrac", i) != i && Find(stated, "\\text", i) != i &&
        i + 1 < stated.size() && IsLetter(stated[i + 1]))
      return false;
  }
  // "007", "0101" are names.
  size_t first = 0;
  while (first < stated.size() && !IsDigit(stated[first])) ++first;
  if (first + 1 < stated.size() && stated[first] == '0' &&
      IsDigit(stated[first + 1]))
    return false;
  return letters <= kMaxUnitLetters && SingleQuantity(stated, quantity);
}

bool MayBeCounted(const Quantity& q) {
  return q.decimals == 0 && q.value <= kMostCounted;
}

bool HoldsNumber(std::string_view text, const Quantity& q) {
  if (HoldsQuantity(text, q)) return true;
  return MayBeCounted(q) &&
         words::HasWord(text, kNumberWords[static_cast<size_t>(q.value)]);
}

bool HoldsParts(std::string_view text, std::string_view fraction) {
  Quantity q;
  if (!NextQuantity(fraction, 0, q) || !NextQuantity(fraction, q.end, q))
    return false;
  for (size_t from = 0; NextQuantity(fraction, from, q); from = q.end)
    if (!HoldsQuantity(text, q)) return false;
  return true;
}

// By Knuth, Morris and Pratt's search: a text may begin like the wanted one at
// every place.
bool HoldsText(std::string_view text, std::string_view wanted) {
  if (wanted.empty() || wanted.size() > text.size()) return false;
  std::array<char, kMaxStated> pattern;
  std::array<uint8_t, kMaxStated> shorter;  // the longest border, by length
  size_t n = 0;
  for (char c : wanted) {
    if (IsTextSpace(c)) continue;
    if (n == pattern.size()) return false;
    pattern[n++] = Lower(c);
  }
  if (n == 0) return false;
  shorter[0] = 0;
  for (size_t i = 1, k = 0; i < n; ++i) {
    while (k > 0 && pattern[i] != pattern[k]) k = shorter[k - 1];
    k += pattern[i] == pattern[k];
    shorter[i] = static_cast<uint8_t>(k);
  }
  size_t matched = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (matched == 0) {
      i = words::FindByte(text, i, pattern[0]);
      if (i == kNone) return false;
    }
    const char c = Lower(text[i]);
    if (IsTextSpace(c)) continue;
    while (matched > 0 && pattern[matched] != c) matched = shorter[matched - 1];
    matched += pattern[matched] == c;
    if (matched == n) return true;
  }
  return false;
}

bool IsPhrase(std::string_view s) {
  int count = 0;
  for (char c : s)
    if (!IsLetter(c) && c != ' ' && c != '-' && c != '\'') return false;
  for (size_t i = 0; i < s.size();) count += !WordAfter(s, i).empty();
  return count >= 1 && count <= 4;
}

bool SharesWord(std::string_view text, std::string_view phrase) {
  for (size_t i = 0; i < phrase.size();) {
    const std::string_view word = WordAfter(phrase, i);
    if (word.size() >= 3 && HoldsText(text, word.substr(0, 5))) return true;
  }
  return false;
}

std::optional<bool> SameStatement(std::string_view a, std::string_view b) {
  a = Bare(a);
  b = Bare(b);
  Quantity x;
  Quantity y;
  if (IsNumberLike(a, x) && IsNumberLike(b, y)) return SameQuantity(x, y);
  const char c = ChoiceOf(a);
  const char d = ChoiceOf(b);
  if (c != 0 && d != 0) return c == d;
  return std::nullopt;
}

}  // namespace reasonwatch::statements
