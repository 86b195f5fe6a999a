// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "answers/languages.h"
#include "answers/math.h"
#include "answers/written_numbers.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

constexpr size_t kNone = std::string_view::npos;
// A statement is a sentence; more is looked at by no rule.
constexpr size_t kMaxStatement = 512;
// Two numbers with more between them are no alternatives or list.
constexpr size_t kMaxBetween = 40;
constexpr size_t kMaxAnd = 24;  // bytes around the word for "and"

// ", so x = 48": a result of its own, and no explanation of the one before.
bool Concludes(std::string_view clause) {
  const size_t equals = clause.find('=');
  if (equals == kNone) return false;
  const size_t value = clause.find_first_not_of(" $\\-", equals + 1);
  return value != kNone && ascii::IsDigit(clause[value]);
}

// The place at which a statement begins to explain itself, behind `from`.
size_t ExplanationAt(std::string_view s, size_t from) {
  size_t first = s.size();
  for (std::string_view lead :
       {" (",      ", since", " because", " since", "; ",     ". ",
        ", which", ", so ",   ", as ",    " — ",    " – ",    " weil",
        ", da ",   " porque", " car ",    ", car",  "因为",   "因為",
        " потому", "\n",      ", where",  ", for ", ", given"})
    if (const size_t at = s.find(lead, from);
        at < first && !(lead == ", so " && Concludes(s.substr(at))))
      first = at;
  return first;
}

// A list goes on between two numbers: "12, 15", "12 apples and 3 pears".
bool Joins(std::string_view between) {
  if (between.find(" and ") != kNone) return between.size() <= kMaxAnd;
  return between.find_first_not_of(",;&/ $") == kNone &&
         between.find_first_of(",;&/") != kNone;
}

// "42 [1]": the number of a source.
bool IsCitation(std::string_view s, const WrittenNumber& number) {
  if (number.begin < 2 || s[number.begin - 1] != '[' ||
      s.substr(number.end, 1) != "]")
    return false;
  size_t before = number.begin - 1;
  while (before > 0 && s[before - 1] == ' ') --before;
  return before > 0 && (ascii::IsAlnum(s[before - 1]) || s[before - 1] == ']' ||
                        s[before - 1] == '.');
}

bool HasAlternative(std::string_view between, bool english) {
  if (between.size() > kMaxBetween) return false;
  for (size_t i = 0; i < between.size(); ++i)
    if (languages::AlternativeAt(between, i, english) > 0) return true;
  return false;
}

// "72 (or 73 with the host)": does the text behind `end` begin with another
// number as an alternative?
bool HasBracketedAlternative(std::string_view s, size_t end,
                             const std::vector<WrittenNumber>& all,
                             const WrittenNumber& first) {
  size_t at = end;
  while (at < s.size() &&
         (s[at] == ' ' || s[at] == '(' || s[at] == ';' || s[at] == ',' ||
          ascii::IsBeyond(s[at])) &&
         languages::AlternativeAt(s, at) == 0)
    ++at;
  if (at >= s.size() || languages::AlternativeAt(s, at) == 0) return false;
  const auto other =
      std::find_if(all.begin(), all.end(),
                   [at](const WrittenNumber& n) { return n.begin > at; });
  return other != all.end() && other->begin - at <= kMaxBetween &&
         other->value != first.value && !MathEqual(other->value, first.value);
}

}  // namespace

StatedNumber ReadStatedNumber(std::string_view s) {
  s = s.substr(0, kMaxStatement);
  StatedNumber stated;
  stated.all = WrittenNumbers(s, 32);
  if (stated.all.size() > 1)
    stated.all.erase(std::remove_if(stated.all.begin() + 1, stated.all.end(),
                                    [s](const WrittenNumber& n) {
                                      return IsCitation(s, n);
                                    }),
                     stated.all.end());
  auto& all = stated.all;
  if (all.empty()) return stated;
  const size_t end = ExplanationAt(s, all[0].end);
  size_t begin = 0;
  // "a + b = 12 + 30 = 42": the last side that has a number.
  for (size_t at = s.substr(0, end).rfind('='); at != kNone && at > 0;
       at = s.substr(0, at).rfind('=')) {
    const bool has_number = std::any_of(
        all.begin(), all.end(),
        [&](const WrittenNumber& n) { return n.begin > at && n.begin < end; });
    if (has_number) {
      begin = at + 1;
      break;
    }
  }
  // "22/7 ≈ 3.14" states its first side.
  size_t approx = s.size();
  for (std::string_view sign : {"≈", "\\approx", "≃", "\\simeq"})
    approx = std::min(approx, s.find(sign, begin));
  std::vector<WrittenNumber> side;
  for (const WrittenNumber& n : all)
    if (n.begin >= begin && n.begin < end && (n.begin < approx || side.empty()))
      side.push_back(n);
  if (side.empty()) side.push_back(all[0]);
  stated.number = side[0];
  stated.kind = StatedNumber::Kind::kOne;
  const bool english = languages::IsEnglish(s);
  for (size_t i = 1; i < side.size(); ++i) {
    const std::string_view between =
        s.substr(side[i - 1].end, side[i].begin - side[i - 1].end);
    // "42, not 43"
    if (between.size() <= kMaxBetween && languages::Denies(between)) continue;
    if (side[i].value == side[0].value ||
        MathEqual(side[i].value, side[0].value))
      continue;
    if (HasAlternative(between, english) || Joins(between)) {
      stated.kind = StatedNumber::Kind::kSeveral;
      return stated;
    }
    stated.kind = StatedNumber::Kind::kFirst;
  }
  if (HasBracketedAlternative(s, end, all, stated.number))
    stated.kind = StatedNumber::Kind::kSeveral;
  return stated;
}

}  // namespace reasonwatch
