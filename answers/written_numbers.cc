// SPDX-License-Identifier: Apache-2.0
// A scanner that stops at each digit. It reads the digits with their
// separators, decides by their grouping which separator is the decimal one, and
// looks around for the parts before and behind it: sign, fraction,
// power, scale word, percent sign, base. In that order below.
#include "answers/written_numbers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "answers/languages.h"
#include "answers/words.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;

constexpr size_t kNone = std::string_view::npos;
// Groups of digits in a number; more are a list or garbage.
constexpr size_t kMaxGroups = 16;
constexpr size_t kMaxFractionPart = 40;  // bytes

// Codes and signs that may touch the first digit of an amount.
constexpr std::string_view kCurrencies[] = {
    "usd", "us",  "eur", "gbp", "chf", "cad", "aud", "rs", "inr", "rmb", "cny",
    "jpy", "krw", "rm",  "rp",  "sek", "nok", "dkk", "kr", "pln", "zł",  "r"};

struct Digits {
  std::vector<std::string_view> groups;
  std::vector<char> separators;  // '\'' , ' ', ',' and '.'
  size_t end = 0;
};

size_t DigitsEnd(std::string_view s, size_t i) {
  while (i < s.size() && IsDigit(s[i])) ++i;
  return i;
}

// The separator at `i` that is followed by a digit; sets its length.
char SeparatorAt(std::string_view s, size_t i, size_t* length) {
  if (i >= s.size()) return '\0';
  for (std::string_view comma : {"{,}", ",\\!", "{, }", "\\,"}) {
    if (s.substr(i, comma.size()) != comma) continue;
    *length = comma.size();
    return i + *length < s.size() && IsDigit(s[i + *length]) ? ',' : '\0';
  }
  *length = 1;
  const char c = s[i];
  if (c != '.' && c != ',' && c != '\'' && c != ' ') return '\0';
  return i + 1 < s.size() && IsDigit(s[i + 1]) ? c : '\0';
}

Digits ReadDigits(std::string_view s, size_t i) {
  Digits digits;
  size_t end = DigitsEnd(s, i);
  digits.groups.push_back(s.substr(i, end - i));
  size_t length = 0;
  while (digits.groups.size() < kMaxGroups) {
    const char separator = SeparatorAt(s, end, &length);
    if (separator == '\0') break;
    const size_t begin = end + length;
    const size_t next = DigitsEnd(s, begin);
    // Spaces and apostrophes part thousands only; "3 400/7" is a mixed number.
    if ((separator == ' ' || separator == '\'') &&
        (next - begin != 3 || digits.groups[0].size() > 3 ||
         digits.groups[0].starts_with('0') ||
         (next < s.size() && (s[next] == '/' || IsLetter(s[next])) &&
          separator == ' ' && s[next] == '/') ||
         (!digits.separators.empty() && digits.separators.back() != separator)))
      break;
    digits.separators.push_back(separator);
    digits.groups.push_back(s.substr(begin, next - begin));
    end = next;
  }
  digits.end = end;
  return digits;
}

// Do the groups before `last` look like thousands: of three digits, or, in
// India, of two before a last one of three?
bool AreThousands(const std::vector<std::string_view>& groups, size_t last,
                  bool indian) {
  if (groups[0].size() > 3 || groups[0].empty() || groups[0] == "0")
    return false;
  if (groups[last].size() != 3) return false;
  bool threes = true;
  bool twos = groups[0].size() <= 2;
  for (size_t i = 1; i < last; ++i) {
    threes = threes && groups[i].size() == 3;
    twos = twos && groups[i].size() == 2;
  }
  return threes || (twos && indian && last >= 2);
}

std::string Join(const std::vector<std::string_view>& groups, size_t count) {
  std::string joined;
  for (size_t i = 0; i < count; ++i) joined += groups[i];
  return joined;
}

// Fills value and other of a number with the digits; false if no locale writes
// it so. May shorten `digits` to the first group, of a list.
bool Interpret(Digits& digits, std::string_view s, WrittenNumber& number) {
  const auto& groups = digits.groups;
  const auto& separators = digits.separators;
  const size_t n = separators.size();
  if (n == 0) {
    number.value = std::string(groups[0]);
    return true;
  }
  const char last = separators.back();
  const bool same = std::all_of(separators.begin(), separators.end(),
                                [last](char c) { return c == last; });
  if (same && n == 1 && (last == ',' || last == '.')) {
    const std::string decimal =
        absl::StrCat(AbslView(groups[0]), ".", AbslView(groups[1]));
    const bool thousands = AreThousands(groups, 1, false);
    const std::string whole = Join(groups, 2);
    number.value = last == ',' && thousands ? whole : decimal;
    if (thousands) number.other = last == ',' ? decimal : whole;
    return true;
  }
  if (same && AreThousands(groups, n, last == ',')) {
    number.value = Join(groups, n + 1);
    return true;
  }
  const bool decimal_last =
      !same && (last == '.' || last == ',') &&
      std::all_of(separators.begin(), separators.end() - 1,
                  [&](char c) { return c == separators[0] && c != last; });
  if (decimal_last && AreThousands(groups, n - 1, separators[0] == ',')) {
    number.value = absl::StrCat(Join(groups, n), ".", AbslView(groups[n]));
    return true;
  }
  // "1,2,3" is a list; "1.2.3" is a version.
  if (separators[0] != ',') return false;
  digits.end =
      static_cast<size_t>(groups[0].data() + groups[0].size() - s.data());
  number.value = std::string(groups[0]);
  return true;
}

size_t SkipSpaces(std::string_view s, size_t i) {
  while (i < s.size() && s[i] == ' ') ++i;
  return i;
}

// An exponent at `i`: "^{-5}", "^3", "⁻⁵"; appends "^{...}" and moves `i`.
bool AddExponent(std::string_view s, size_t* i, std::string* value) {
  size_t at = *i;
  std::string digits;
  if (at < s.size() && s[at] == '^') {
    at = SkipSpaces(s, at + 1);
    const bool braced = at < s.size() && (s[at] == '{' || s[at] == '(');
    if (braced) at = SkipSpaces(s, at + 1);
    if (at < s.size() && s[at] == '-') {
      digits += '-';
      at = SkipSpaces(s, at + 1);
    }
    const size_t end = DigitsEnd(s, at);
    if (end == at || end - at > 4) return false;
    digits += s.substr(at, end - at);
    at = end;
    if (braced) {
      at = SkipSpaces(s, at);
      if (at >= s.size() || (s[at] != '}' && s[at] != ')')) return false;
      ++at;
    }
  } else {
    constexpr std::string_view kRaised[] = {"⁰", "¹", "²", "³", "⁴", "⁵",
                                            "⁶", "⁷", "⁸", "⁹", "⁻"};
    for (bool more = true; more && digits.size() < 5;) {
      more = false;
      for (size_t d = 0; d < std::size(kRaised); ++d) {
        if (s.substr(at, kRaised[d].size()) != kRaised[d]) continue;
        digits += d < 10 ? static_cast<char>('0' + d) : '-';
        at += kRaised[d].size();
        more = true;
        break;
      }
    }
    if (digits.empty()) return false;
  }
  *value += "^{" + digits + "}";
  *i = at;
  return true;
}

// "× 10^8" behind the digits.
void AddPowerOfTen(std::string_view s, size_t* i, std::string* value) {
  const size_t at = SkipSpaces(s, *i);
  for (std::string_view sign :
       {"\\times", "\\cdot", "×", "·", "*", "x", "X", "⋅", "∙"}) {
    if (s.substr(at, sign.size()) != sign) continue;
    size_t ten = SkipSpaces(s, at + sign.size());
    if (s.substr(ten, 2) != "10") return;
    ten += 2;
    std::string power = "10";
    if (!AddExponent(s, &ten, &power)) return;
    *value += "*" + power;
    *i = ten;
    return;
  }
}

// "e-5" of "3.2e-5".
void AddScientific(std::string_view s, size_t* i, std::string* value) {
  size_t at = *i;
  if (at + 1 >= s.size() || (s[at] != 'e' && s[at] != 'E')) return;
  ++at;
  if (s[at] == '-' || s[at] == '+') ++at;
  const size_t end = DigitsEnd(s, at);
  if (end == at || end - at > 3 || (end < s.size() && IsLetter(s[end]))) return;
  *value += s.substr(*i, end - *i);
  *i = end;
}

// "/4", " 1/2" of a mixed number. Returns false for a date.
bool AddFraction(std::string_view s, size_t* i, bool whole,
                 std::string* value) {
  size_t at = *i;
  if (whole && at + 3 < s.size() && s[at] == ' ' && IsDigit(s[at + 1])) {
    const size_t numerator = DigitsEnd(s, at + 1);
    if (numerator + 1 < s.size() && s[numerator] == '/' &&
        IsDigit(s[numerator + 1])) {
      const size_t end = DigitsEnd(s, numerator + 1);
      *value += s.substr(at, end - at);
      *i = end;
      return true;
    }
  }
  size_t slash = at;
  if (slash + 1 < s.size() && s[slash] == ' ' && s[slash + 1] == '/') ++slash;
  if (slash >= s.size() || s[slash] != '/') return true;
  at = SkipSpaces(s, slash + 1);
  size_t end = DigitsEnd(s, at);
  if (end == at) return true;
  if (end < s.size() && (s[end] == '/' || s[end] == '-') &&
      end + 1 < s.size() && IsDigit(s[end + 1]))
    return false;
  if (end + 1 < s.size() && s[end] == '.' && IsDigit(s[end + 1]))
    end = DigitsEnd(s, end + 1);
  *value += absl::StrCat("/", AbslView(s.substr(at, end - at)));
  *i = end;
  return true;
}

// A percent sign or word, then a scale word.
void AddUnits(std::string_view s, size_t* i, WrittenNumber& number) {
  size_t at = SkipSpaces(s, *i);
  for (std::string_view sign :
       {"%", "\\%", "percent", "per cent", "pct", "prozent", "procent",
        "por ciento", "por cento", "pour cent", "pourcent", "percento",
        "per cento", "процент", "відсот", "প্রতিশত", "प्रतिशत", "percen"}) {
    if (!words::StartsWith(s.substr(at), sign)) continue;
    at += sign.size();
    while (at < s.size() && IsLetter(s[at])) ++at;
    number.value += '%';
    if (!number.other.empty()) number.other += '%';
    *i = at;
    return;
  }
  at = *i;
  // "42k", "42M": a thousand and a million, or units.
  if (at < s.size() && (s[at] == 'k' || s[at] == 'K' || s[at] == 'M') &&
      (at + 1 == s.size() || !IsAlnum(s[at + 1]))) {
    number.unscaled = number.value;
    number.value += s[at] == 'M' ? "*10^{6}" : "*10^{3}";
    *i = at + 1;
    return;
  }
  // "4.2 million", "4.2-million", "420万".
  if (at < s.size() && (s[at] == ' ' || s[at] == '-')) ++at;
  size_t length = 0;
  if (at >= s.size()) return;
  if (const int power = languages::ScaleAt(s, at, &length); power > 0) {
    number.unscaled = number.value;
    absl::StrAppend(&number.value, "*10^{", power, "}");
    if (!number.other.empty())
      absl::StrAppend(&number.other, "*10^{", power, "}");
    *i = at + length;
  }
}

// Reads the sign before `begin` and moves it there.
void AddSign(std::string_view s, WrittenNumber& number) {
  size_t at = number.begin;
  while (at > 0 && (s[at - 1] == ' ' || s[at - 1] == '$')) --at;
  std::string_view before = s.substr(0, at);
  const bool adjacent = at == number.begin || s[number.begin - 1] == '$';
  for (std::string_view currency : {"€", "£", "¥", "₹", "₽", "₩"})
    if (before.ends_with(currency)) before.remove_suffix(currency.size());
  if (before.ends_with('\\')) before.remove_suffix(1);  // "-\$5"
  std::string_view sign;
  for (std::string_view pm : {"±", "\\pm", "+/-", "∓", "\\mp"})
    if (before.ends_with(pm)) sign = pm;
  if (!sign.empty()) {
    number.value = "\\pm " + number.value;
    number.begin = before.size() - sign.size();
    return;
  }
  const auto negate = [&number](size_t begin) {
    number.value.insert(0, 1, '-');
    if (!number.other.empty()) number.other.insert(0, 1, '-');
    if (!number.unscaled.empty()) number.unscaled.insert(0, 1, '-');
    number.begin = begin;
  };
  if (before.ends_with('-') && adjacent) {
    before.remove_suffix(1);
    // "10-3" subtracts and "Feb-3" joins; "= -3" is negative.
    if (before.empty() || (!IsAlnum(before.back()) && before.back() != '_' &&
                           before.back() != ')' && before.back() != '}'))
      negate(before.size());
    return;
  }
  // "- 5" at the beginning is an item of a list, or negative.
  if (before.ends_with('-') &&
      (before.size() == 1 || before[before.size() - 2] == '\n')) {
    number.unsure_sign = true;
    return;
  }
  for (std::string_view dash : {"–", "—", "‒", "―"}) {
    if (!before.ends_with(dash) || !adjacent) continue;
    before.remove_suffix(dash.size());
    if (before.empty() || IsSpace(before.back()) || before.back() == '(' ||
        before.back() == ':' || before.back() == '=') {
      negate(before.size());
      number.unsure_sign = true;
    }
    return;
  }
  if (const size_t word = languages::MinusBefore(s.substr(0, number.begin));
      word > 0) {
    // "15 minus 8" subtracts.
    size_t operand = number.begin - word;
    while (operand > 0 && IsSpace(s[operand - 1])) --operand;
    if (operand == 0 || !IsDigit(s[operand - 1])) negate(number.begin - word);
  }
}

// Is the digit at `i` part of a word, a name or an index?
bool InWord(std::string_view s, size_t i) {
  if (i == 0) return false;
  const char before = s[i - 1];
  // An index, or the power of a unit.
  if (before == '_' || before == '^') return true;
  if (before == '{' && i > 1 && (s[i - 2] == '_' || s[i - 2] == '^'))
    return true;
  if (!IsLetter(before)) return false;
  size_t begin = i;
  while (begin > 0 && IsLetter(s[begin - 1])) --begin;
  if (begin > 0 && s[begin - 1] == '\\') return false;  // "\times10"
  const std::string_view word = s.substr(begin, i - begin);
  for (std::string_view currency : kCurrencies)
    if (words::Same(word, currency)) return false;
  // "x10" of a power of ten that was not read with its digits.
  return true;
}

// "\frac{3}{8}", "\dfrac38" at `i`.
bool ReadFraction(std::string_view s, size_t i, WrittenNumber& number) {
  size_t at = i + 1;
  if (at < s.size() && (s[at] == 'd' || s[at] == 't' || s[at] == 'c')) ++at;
  if (s.substr(at, 4) != "frac") return false;
  at += 4;
  std::string parts[2];
  for (std::string& part : parts) {
    at = SkipSpaces(s, at);
    if (at >= s.size()) return false;
    if (IsDigit(s[at])) {
      part = std::string(1, s[at++]);
      continue;
    }
    if (s[at] != '{') return false;
    const size_t close = s.substr(0, at + kMaxFractionPart).find('}', at);
    if (close == kNone) return false;
    part = std::string(s.substr(at + 1, close - at - 1));
    if (std::any_of(part.begin(), part.end(), [](char c) {
          return !IsDigit(c) && c != '-' && c != ' ' && c != '.';
        }))
      return false;
    at = close + 1;
  }
  number.begin = i;
  number.end = at;
  number.value = absl::StrCat("\\frac{", parts[0], "}{", parts[1], "}");
  return true;
}

// Does a formula go on behind a number: "6\sqrt{3}", "2π"?
size_t FormulaEnd(std::string_view s, size_t i) {
  for (std::string_view part : {"\\sqrt", "\\pi", "π", "√", "\\cdot\\sqrt", "i",
                                "^", "!", "\\ln", "\\log", "\\left"}) {
    if (s.substr(i, part.size()) != part) continue;
    // "3i" is imaginary, "3 in" is not.
    if (part == "i" && i + 1 < s.size() && IsAlnum(s[i + 1])) continue;
    if (part == "!" && (i + 1 == s.size() || IsSpace(s[i + 1]))) continue;
    size_t end = i;
    while (end < s.size() && !IsSpace(s[end]) && s[end] != '$' &&
           s[end] != ',' && end - i < 80)
      ++end;
    while (end > i && (s[end - 1] == '.' || s[end - 1] == ';')) --end;
    return end;
  }
  return i;
}

// Reads the number whose first digit or point is at `i`. Moves `i` behind it.
bool ReadNumber(std::string_view s, size_t* i, WrittenNumber& number) {
  const size_t begin = *i;
  number.begin = begin;
  size_t at = begin;
  Digits digits;
  if (s[at] == '.') {
    const size_t end = DigitsEnd(s, at + 1);
    number.value = std::string(s.substr(at, end - at));
    at = end;
  } else {
    digits = ReadDigits(s, at);
    *i = digits.end;
    if (!Interpret(digits, s, number)) return false;
    at = digits.end;
  }
  const bool whole = digits.separators.empty() && s[begin] != '.';
  *i = at;
  // "0xff", "0b11": names of numbers in other bases.
  if (number.value == "0" && at + 1 < s.size() &&
      (s[at] == 'x' || s[at] == 'b' || s[at] == 'o') && IsAlnum(s[at + 1])) {
    while (at < s.size() && IsAlnum(s[at])) ++at;
    *i = at;
    number.value = std::string(s.substr(begin, at - begin));
    number.end = at;
    return true;
  }
  if (whole && at + 2 < s.size() && s[at] == '-' && IsDigit(s[at + 1])) {
    // A date or a telephone number, not a range.
    const size_t second = DigitsEnd(s, at + 1);
    if (second + 1 < s.size() && s[second] == '-' && IsDigit(s[second + 1])) {
      *i = DigitsEnd(s, second + 1);
      return false;
    }
  }
  if (whole && at + 1 < s.size() && s[at] == ':' && IsDigit(s[at + 1])) {
    const size_t end = DigitsEnd(s, at + 1);
    number.value += s.substr(at, end - at);
    *i = number.end = end;
    return true;
  }
  if (s.substr(at, 1) == "_") {
    size_t end = at + 1;
    while (end < s.size() && (IsDigit(s[end]) || s[end] == '{')) ++end;
    if (end < s.size() && s[end] == '}') ++end;
    number.value += s.substr(at, end - at);
    *i = number.end = end;
    return true;
  }
  AddScientific(s, i, &number.value);
  if (!AddFraction(s, i, whole, &number.value)) {
    // A date: behind its last number.
    while (*i < s.size() && (IsDigit(s[*i]) || s[*i] == '/' || s[*i] == '-'))
      ++*i;
    return false;
  }
  if (whole && s.substr(*i, 1) == "\\") {
    WrittenNumber fraction;
    if (ReadFraction(s, *i, fraction)) {
      number.value += fraction.value;
      *i = fraction.end;
    }
  }
  AddPowerOfTen(s, i, &number.value);
  AddExponent(s, i, &number.value);
  if (const size_t end = FormulaEnd(s, *i); end > *i) {
    number.value += s.substr(*i, end - *i);
    *i = end;
  }
  AddUnits(s, i, number);
  number.end = *i;
  return true;
}

}  // namespace

std::vector<WrittenNumber> WrittenNumbers(std::string_view s, size_t limit) {
  std::vector<WrittenNumber> numbers;
  for (size_t i = 0; i < s.size() && numbers.size() < limit;) {
    WrittenNumber number;
    if (s[i] == '\\' && ReadFraction(s, i, number)) {
      i = number.end;
      AddUnits(s, &i, number);
      number.end = i;
      AddSign(s, number);
      numbers.push_back(std::move(number));
      continue;
    }
    const bool point = s[i] == '.' && i + 1 < s.size() && IsDigit(s[i + 1]) &&
                       (i == 0 || !IsAlnum(s[i - 1]));
    if (!IsDigit(s[i]) && !point) {
      ++i;
      continue;
    }
    if (InWord(s, i)) {
      while (i < s.size() && IsAlnum(s[i])) ++i;
      continue;
    }
    if (!ReadNumber(s, &i, number)) continue;
    AddSign(s, number);
    numbers.push_back(std::move(number));
  }
  return numbers;
}

}  // namespace reasonwatch
