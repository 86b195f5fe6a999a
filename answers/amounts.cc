// SPDX-License-Identifier: Apache-2.0
#include "answers/amounts.h"

#include <algorithm>
#include <string>

#include "answers/latex.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;
using ascii::IsLetter;

// A numeral and its base: "1011_2", "(7f)_{16}", "1011 base 2", "0b1011"; base
// 0 for any other text.
struct BasedNumeral {
  std::string digits;
  int base = 0;
};
BasedNumeral ReadBasedNumeral(std::string_view s) {
  static const RE2& indexed = *new RE2(
      R"((?i)[\s$]*[(\[]?\s*([0-9a-z]{1,60})\s*[)\]]?\s*(?:_\s*\{?|\(?(?:in )?base[ -])\s*(\d{1,2})[\s$)}.]*)");
  static const RE2& prefixed =
      *new RE2(R"((?i)[\s$]*0([xbo])([0-9a-f]{1,60})[\s$.]*)");
  BasedNumeral numeral;
  std::string prefix;
  const std::string plain = NormalizeMath(s);
  if (RE2::FullMatch(plain, prefixed, &prefix, &numeral.digits)) {
    const char c = ascii::Lower(prefix[0]);
    numeral.base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
  } else if (!RE2::FullMatch(plain, indexed, &numeral.digits, &numeral.base)) {
    return {};
  }
  for (char& c : numeral.digits) c = ascii::Lower(c);
  return numeral;
}

}  // namespace

bool IsAmount(std::string_view text, const WrittenNumber& number) {
  const auto plain = [](std::string_view s) {
    return std::none_of(s.begin(), s.end(), [](char c) {
      return c == '=' || c == '^' || c == '+' || c == '*' || c == '<' ||
             c == '>' || c == '_' || c == '|' || c == '[' || c == ']' ||
             IsDigit(c);
    });
  };
  if (number.end > text.size()) return false;
  const std::string_view before = text.substr(0, number.begin);
  std::string_view after = text.substr(number.end);
  // "90 m^2": the power is the unit's.
  static const RE2& unit =
      *new RE2(R"(\s*\\?[a-zA-Z]{1,12}(?:\{[a-zA-Z]+\})?\s?\^\{?[23]\}?)");
  re2::StringPiece rest(after.data(), after.size());
  if (RE2::Consume(&rest, unit)) after = {rest.data(), rest.size()};
  if (!plain(before) || !plain(after) ||
      before.find("-(") != std::string_view::npos)
    return false;
  // A letter that touches the number and is no word: "2x".
  if (!before.empty() && IsLetter(before.back())) return false;
  size_t letters = 0;
  while (letters < after.size() && IsLetter(after[letters])) ++letters;
  constexpr std::string_view kUnits = "mgshlLCFAVWJN";
  if (letters == 1 && kUnits.find(after[0]) == std::string_view::npos)
    return false;
  // A command of LaTeX that computes.
  for (std::string_view command :
       {"\\sqrt", "\\pi", "\\frac", "\\sin", "\\log", "\\ln", "\\cos", "\\cdot",
        "\\times", "\\in", "\\pm", "\\infty", "\\le", "\\ge"})
    if (text.find(command) != std::string_view::npos &&
        number.value.find(command) == std::string::npos)
      return false;
  return true;
}

Unit UnitOf(std::string_view statement, const WrittenNumber& number) {
  if (number.end > statement.size()) return {};
  return UnitBeside(statement.substr(0, number.begin),
                    statement.substr(number.end));
}

Unit UnitIn(std::string_view s) {
  const auto numbers = WrittenNumbers(s, 2);
  return numbers.size() == 1 ? UnitOf(s, numbers[0]) : Unit();
}

bool IsBasedNumeral(std::string_view s) { return ReadBasedNumeral(s).base > 0; }

std::optional<bool> SameInBase(std::string_view a, std::string_view b) {
  const BasedNumeral x = ReadBasedNumeral(a);
  const BasedNumeral y = ReadBasedNumeral(b);
  if (x.base == 0 || y.base == 0) return std::nullopt;
  return x.base == y.base && x.digits == y.digits;
}

}  // namespace reasonwatch
