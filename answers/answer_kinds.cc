// SPDX-License-Identifier: Apache-2.0
#include "answers/answer_kinds.h"

#include <algorithm>

#include "answers/amounts.h"
#include "answers/final_answer.h"
#include "answers/latex.h"
#include "answers/plain_text.h"
#include "answers/same_formula.h"
#include "answers/same_text.h"
#include "answers/written_numbers.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::Trim;

// A number, its unit and its currency.
constexpr size_t kMaxAmount = 40;

// Digits alone, or with the signs that people write around a number.
bool IsNumberOnly(std::string_view s) {
  const auto numbers = WrittenNumbers(s, 2);
  if (numbers.size() != 1) return false;
  const auto around = [](std::string_view part) {
    return std::none_of(part.begin(), part.end(), [](char c) {
      return IsLetter(c) || IsDigit(c) || c == '=' || c == '\\' || c == ':' ||
             c == '^' || c == '_' || c == '(' || c == '[' || c == ',' ||
             c == '<' || c == '>' || c == '|' || c == '+' || c == '/' ||
             c == '-' || c == ';' || c == '{' || c == '}' || c == '!';
    });
  };
  const std::string& value = numbers[0].value;
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return IsDigit(c) || c == '.' || c == '-' || c == '%';
  });
  return plain && around(s.substr(0, numbers[0].begin)) &&
         around(s.substr(numbers[0].end));
}

// Plain numbers with commas or semicolons between, and nothing else.
bool IsNumberList(std::string_view s) {
  const auto numbers = WrittenNumbers(s, 32);
  size_t end = 0;
  for (const WrittenNumber& number : numbers) {
    const std::string_view between = Trim(s.substr(end, number.begin - end));
    if (between != (end == 0 ? "" : ",") && between != (end == 0 ? "" : ";"))
      return false;
    if (!IsPlainNumber(number.value)) return false;
    end = number.end;
  }
  return numbers.size() > 1 && Trim(s.substr(end)).empty();
}

// Formulas, relations and lists of them, without words.
bool IsMath(std::string_view gold) {
  if (gold.find('\\') != std::string_view::npos ||
      gold.find('$') != std::string_view::npos || IsPlainFormula(gold) ||
      IsBasedNumeral(gold) || IsNumberList(gold))
    return true;
  if (HasProse(gold)) return false;
  // "{a, b}"
  if (gold.front() == '{' && gold.back() == '}' &&
      gold.find(',') != std::string_view::npos)
    return true;
  bool sign = false;
  bool digit = false;
  bool bracket = false;
  for (char c : gold) {
    sign = sign || (c == '!' && digit) ||
           std::string_view("=<>^+*/|").find(c) != std::string_view::npos;
    digit = digit || IsDigit(c);
    bracket = bracket || c == '(' || c == '[' || c == '{';
  }
  const std::string plain = NormalizeMath(gold);
  const bool unicode = std::any_of(plain.begin(), plain.end(), [](char c) {
    return c > '\0' && c < ' ' && !IsSpace(c);  // math_sign
  });
  if (!sign && !unicode && !(digit && bracket) &&
      !(bracket && IsFormula(plain)))
    return digit && IsFormula(plain);
  if (sign || unicode)
    return digit || unicode || IsFormula(plain) ||
           gold.find_first_of("=<>") != std::string_view::npos;
  return true;
}

}  // namespace

std::string OptionOf(std::string_view gold) {
  return ExtractChoice(ReadAnswerText(gold), OptionStyle::kEither);
}

AnswerKind InferKind(std::string_view gold, const AnswerText& answer) {
  gold = Trim(gold);
  const std::string text = NormalizeText(gold);
  if (text == "yes" || text == "no" || text == "true" || text == "false")
    return AnswerKind::kBoolean;
  if (gold.size() <= 3 &&
      std::count_if(gold.begin(), gold.end(), IsLetter) == 1 &&
      OptionOf(gold).size() == 1 && !IsDigit(OptionOf(gold)[0]))
    return AnswerKind::kChoice;
  if (IsPlainNumber(gold)) return AnswerKind::kNumber;
  const std::string plain = ReadPlainText(gold).text;
  if (const auto numbers = WrittenNumbers(plain, 2);
      numbers.size() == 1 && UnitOf(plain, numbers[0]).dimension > 0 &&
      IsAmount(plain, numbers[0]) && plain.size() <= kMaxAmount)
    return AnswerKind::kNumber;
  // "3.5 million"
  if (const auto numbers = WrittenNumbers(plain, 2);
      numbers.size() == 1 && !numbers[0].unscaled.empty() &&
      numbers[0].begin == 0 && numbers[0].end == plain.size())
    return AnswerKind::kNumber;
  // "016" is a number if the answer is one.
  if (IsNumberOnly(plain) && FindNumber(answer).how != NumberEvidence::kNone)
    return AnswerKind::kNumber;
  if (IsDateOrTime(plain) && plain.find('\\') == std::string::npos &&
      plain.find('$') == std::string::npos)
    return AnswerKind::kText;
  return IsMath(plain) ? AnswerKind::kMath : AnswerKind::kText;
}

}  // namespace reasonwatch
