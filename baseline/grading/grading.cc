#include "baseline/grading/grading.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "baseline/grading/expression.h"
#include "baseline/grading/extraction.h"
#include "baseline/grading/latex.h"
#include "baseline/grading/math.h"
#include "baseline/grading/text_util.h"
#include "re2/re2.h"

namespace reasonwatch {
namespace {

constexpr std::array<std::string_view, 6> kKindNames = {
    "unknown", "boolean", "number", "math", "choice", "text"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c));
}

// One layer of quotes, that both ends carry.
std::string_view Unquote(std::string_view s) {
  s = Trim(s);
  if (s.size() >= 2 && s.front() == s.back() &&
      (s.front() == '"' || s.front() == '\'' || s.front() == '`'))
    s = s.substr(1, s.size() - 2);
  return s;
}

// Bytes of the white space or zero-width character at the front of `s`, 0 for
// any other.
size_t LeadingSpace(std::string_view s) {
  if (s.empty()) return 0;
  if (absl::ascii_isspace(static_cast<unsigned char>(s[0]))) return 1;
  for (std::string_view space :
       {"\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\xaf", "\xe2\x80\x8b",
        "\xe3\x80\x80", "\xe2\x80\x83", "\xe2\x80\x82", "\xef\xbb\xbf"})
    if (s.substr(0, space.size()) == space) return space.size();
  return 0;
}

bool IsBracketOrComma(char c) {
  return c == ',' || c == ':' || c == '(' || c == ')' || c == '[' || c == ']' ||
         c == '{' || c == '}';
}

// Lower case, single spaces, none beside a comma or bracket, no final
// punctuation.
std::string NormalizeText(std::string_view s) {
  s = Unquote(s);
  while (!s.empty() && (s.back() == '.' || s.back() == '!' || s.back() == ',' ||
                        s.back() == ';' || s.back() == ' '))
    s.remove_suffix(1);
  s = Unquote(s);
  std::string out;
  for (size_t i = 0; i < s.size();) {
    if (const size_t space = LeadingSpace(s.substr(i)); space > 0) {
      if (!out.empty() && out.back() != ' ' && !IsBracketOrComma(out.back()))
        out += ' ';
      i += space;
      continue;
    }
    if (IsBracketOrComma(s[i]) && !out.empty() && out.back() == ' ')
      out.pop_back();
    out += absl::ascii_tolower(static_cast<unsigned char>(s[i++]));
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool IsPlainNumber(std::string_view s) {
  bool digit = false;
  for (size_t i = 0; i < s.size(); ++i) {
    if (IsDigit(s[i])) {
      digit = true;
    } else if (s[i] != ',' && s[i] != '.' && s[i] != '$' &&
               !(s[i] == '-' && i == 0)) {
      return false;
    }
  }
  // "007" and "0101" are names, not quantities.
  return digit && !(s.size() > 1 && s[0] == '0' && IsDigit(s[1]));
}

// Digits, operators and single letters.
bool IsFormula(std::string_view s) {
  bool digit = false, sign = false;
  for (size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    digit = digit || IsDigit(c);
    if (c == '+' || c == '-' || c == '*' || c == '/' || c == '^') {
      sign = true;
    } else if (!IsDigit(c) && !IsLetter(c) && c != ' ' && c != '.' &&
               c != '(' && c != ')') {
      return false;
    }
    if (IsLetter(c) && i > 0 && IsLetter(s[i - 1])) return false;
  }
  return digit && sign;
}

bool SameFormula(std::string_view gold, std::string_view answer) {
  const size_t equals = answer.rfind('=');
  // "48*15-72-24 = 624" still states the formula.
  if (equals != std::string_view::npos) answer = answer.substr(0, equals);
  if (!IsFormula(gold) || !IsFormula(answer)) return false;
  const bool variables = std::any_of(gold.begin(), gold.end(), IsLetter);
  // "2022-07-02" and "2021-07-01" are both 2013.
  if (!variables && NumberLiterals(gold) != NumberLiterals(answer))
    return false;
  return MathEqual(gold, answer);
}

// "-0.933, 0.5" and "-0.9330, 0.5"; both normalised.
bool SameNumberList(std::string_view a, std::string_view b) {
  while (true) {
    const size_t end_a = a.find(',');
    const size_t end_b = b.find(',');
    const std::string_view x = a.substr(0, end_a);
    const std::string_view y = b.substr(0, end_b);
    if (!IsPlainNumber(x) || !IsPlainNumber(y) || !MathEqual(x, y))
      return false;
    if (end_a == std::string_view::npos || end_b == std::string_view::npos)
      return end_a == end_b;
    a.remove_prefix(end_a + 1);
    b.remove_prefix(end_b + 1);
  }
}

// "46 days" as 46, "" for anything but a number and one word.
std::string_view NumberWithUnit(std::string_view s) {
  const size_t space = s.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view unit = s.substr(space + 1);
  if (!std::all_of(unit.begin(), unit.end(), IsLetter)) return {};
  const std::string_view number = s.substr(0, space);
  return IsPlainNumber(number) ? number : std::string_view();
}

struct Date {
  int year = 0, month = 0, day = 0;
  bool operator==(const Date&) const = default;
};

// 1 to 12, 0 for what names no month; three letters suffice.
int MonthOf(const std::string& name) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  if (name.size() < 3) return 0;
  for (size_t i = 0; i < kMonths.size(); ++i)
    if (kMonths[i].substr(0, name.size()) == name)
      return static_cast<int>(i) + 1;
  return 0;
}

// "March 5, 2021", "5 March 2021", "2021-03-05", "25/12/2021"; nothing where
// day and month can't be told apart. `s` is normalised.
std::optional<Date> DateOf(const std::string& s) {
  static const RE2& iso = *new RE2(R"((\d{4})[-/.](\d{1,2})[-/.](\d{1,2}))");
  static const RE2& slashes =
      *new RE2(R"((\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))");
  static const RE2& month_first =
      *new RE2(R"(([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? ?(\d{4}))");
  static const RE2& day_first =
      *new RE2(R"((\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]+)\.?,? ?(\d{4}))");
  Date date;
  std::string month;
  if (RE2::FullMatch(s, iso, &date.year, &date.month, &date.day)) return date;
  if (RE2::FullMatch(s, slashes, &date.day, &date.month, &date.year)) {
    if (date.day == date.month || (date.day > 12 && date.month <= 12))
      return date;
    if (date.month > 12 && date.day <= 12) {
      std::swap(date.day, date.month);
      return date;
    }
    return std::nullopt;
  }
  if (!RE2::FullMatch(s, month_first, &month, &date.day, &date.year) &&
      !RE2::FullMatch(s, day_first, &date.day, &month, &date.year))
    return std::nullopt;
  date.month = MonthOf(month);
  if (date.month == 0) return std::nullopt;
  return date;
}

// Minutes of "14:30", "2:30 pm"; `s` is normalised.
std::optional<int> TimeOf(const std::string& s) {
  static const RE2& time =
      *new RE2(R"((\d{1,2}):(\d{2}) ?(?:([ap])\.?m\.?)?(?: ?h)?)");
  int hour = 0, minute = 0;
  std::string half;
  if (!RE2::FullMatch(s, time, &hour, &minute, &half) || minute > 59 ||
      hour > (half.empty() ? 23 : 12))
    return std::nullopt;
  if (!half.empty()) hour = hour % 12 + (half == "p" ? 12 : 0);
  return hour * 60 + minute;
}

bool TextEqual(std::string_view gold, std::string_view answer) {
  const std::string a = NormalizeText(gold);
  const std::string b = NormalizeText(answer);
  if (a == b) return true;
  if (const auto date = DateOf(a); date.has_value()) return date == DateOf(b);
  if (const auto time = TimeOf(a); time.has_value()) return time == TimeOf(b);
  if (IsPlainNumber(a) && IsPlainNumber(b)) return MathEqual(a, b);
  if (a.find(',') != std::string::npos && SameNumberList(a, b)) return true;
  if (const auto number = NumberWithUnit(a); !number.empty())
    return IsPlainNumber(b) && MathEqual(number, b);
  if (gold.find('$') != std::string_view::npos ||
      gold.find('\\') != std::string_view::npos)
    return MathEqual(gold, answer);
  return SameFormula(Trim(gold), Trim(answer));
}

Grade GradeIf(bool correct) {
  return correct ? Grade::kCorrect : Grade::kIncorrect;
}

Grade GradeBoolean(std::string_view gold, std::string_view answer) {
  std::string want = ExtractBoolean(gold);
  if (Trim(gold) == "1") want = "yes";
  if (Trim(gold) == "0") want = "no";
  const std::string got = ExtractBoolean(answer);
  if (want.empty() || got.empty()) return Grade::kUngradable;
  return GradeIf(want == got);
}

std::string OptionOf(std::string_view gold) {
  return ExtractChoice(gold, OptionStyle::kEither);
}

Grade GradeChoice(std::string_view gold, std::string_view answer) {
  const std::string want = OptionOf(gold);
  if (want.empty()) return Grade::kUngradable;
  const std::string got = ExtractChoice(
      answer, IsDigit(want[0]) ? OptionStyle::kDigit : OptionStyle::kLetter);
  if (got.empty()) return Grade::kUngradable;
  return GradeIf(got == want);
}

Grade GradeNumber(std::string_view gold, std::string_view answer) {
  const std::string want = ExtractNumber(gold);
  const std::string got = ExtractNumber(answer);
  if (want.empty() || got.empty()) return Grade::kUngradable;
  if (MathEqual(want, got)) return Grade::kCorrect;
  // "12 apples and 3 pears": the first number is what was asked.
  size_t begin = 0;
  while (begin < got.size() && !IsDigit(got[begin])) ++begin;
  if (begin > 0 && (got[begin - 1] == '-' || got[begin - 1] == '.')) --begin;
  size_t end = begin;
  while (end < got.size() &&
         (IsDigit(got[end]) || got[end] == '.' || got[end] == ',' ||
          (end == begin && got[end] == '-')))
    ++end;
  const std::string_view rest = std::string_view(got).substr(end);
  const bool words = std::count_if(rest.begin(), rest.end(), IsLetter) > 1 &&
                     rest.find('\\') == std::string_view::npos;
  return GradeIf(words && MathEqual(want, std::string_view(got).substr(
                                              begin, end - begin)));
}

// "f(x) = ..." and not only the right side.
bool DefinesFunction(std::string_view s) {
  static const RE2& definition =
      *new RE2(R"(^[\s$]*[a-zA-Z]\s*\(\s*[a-z]\s*\)\s*=)");
  return RE2::PartialMatch({s.data(), s.size()}, definition);
}

Grade GradeMath(std::string_view gold, std::string_view answer) {
  if (const std::string word = NormalizeText(gold);
      word == "yes" || word == "no" || word == "true" || word == "false")
    return GradeBoolean(gold, answer);
  // A gold answer may be a whole solution.
  const bool solution = gold.find("boxed") != std::string_view::npos ||
                        gold.find('$') != std::string_view::npos;
  const std::string want = solution ? ExtractMath(gold) : std::string(gold);
  const std::string got = ExtractMath(answer);
  if (Trim(want).empty() || Trim(got).empty()) return Grade::kUngradable;
  if (MathEqual(want, got) || MathEqual(want, answer)) {
    // Whether the function or its value was asked for can't be told here.
    return DefinesFunction(want) != DefinesFunction(got) ? Grade::kUngradable
                                                         : Grade::kCorrect;
  }
  // Words that the extraction could not part from the number; "6th" and
  // "0.125L" are not such.
  if (IsPlainNumber(want) && got.find(' ') != std::string::npos &&
      std::any_of(got.begin(), got.end(), IsLetter) &&
      got.find('\\') == std::string::npos && !IsFormula(got))
    return GradeIf(MathEqual(want, ExtractNumber(got)));
  // A gold of several parts, and a box for each of them.
  const std::string boxes = ExtractLastBoxes(answer);
  return GradeIf(!boxes.empty() && MathEqual(want, boxes));
}

Grade GradeText(std::string_view gold, std::string_view answer) {
  if (Trim(gold).empty()) return Grade::kUngradable;
  const std::string got = ExtractText(answer);
  if (Trim(got).empty()) return Grade::kUngradable;
  return GradeIf(TextEqual(gold, got));
}

AnswerKind KindOf(std::string_view gold) {
  gold = Trim(gold);
  const std::string text = NormalizeText(gold);
  if (text == "yes" || text == "no" || text == "true" || text == "false")
    return AnswerKind::kBoolean;
  if (gold.size() <= 3 &&
      std::count_if(gold.begin(), gold.end(), IsLetter) == 1 &&
      OptionOf(gold).size() == 1 && !IsDigit(OptionOf(gold)[0]))
    return AnswerKind::kChoice;
  if (IsPlainNumber(gold)) return AnswerKind::kNumber;
  if (gold.find('\\') != std::string_view::npos ||
      gold.find('$') != std::string_view::npos || IsFormula(gold))
    return AnswerKind::kMath;
  return AnswerKind::kText;
}

}  // namespace

Grade GradeAnswer(AnswerKind kind, std::string_view gold,
                  std::string_view answer) {
  switch (kind) {
    case AnswerKind::kBoolean:
      return GradeBoolean(gold, answer);
    case AnswerKind::kNumber:
      return GradeNumber(gold, answer);
    case AnswerKind::kMath:
      return GradeMath(gold, answer);
    case AnswerKind::kChoice:
      return GradeChoice(gold, answer);
    case AnswerKind::kText:
      return GradeText(gold, answer);
    case AnswerKind::kUnknown:
      break;
  }
  return GradeAnswer(KindOf(gold), gold, answer);
}

std::string ExtractFinalAnswer(AnswerKind kind, std::string_view response) {
  switch (kind) {
    case AnswerKind::kBoolean:
      return ExtractBoolean(response);
    case AnswerKind::kNumber:
      return ExtractNumber(response);
    case AnswerKind::kMath:
      return ExtractMath(response);
    case AnswerKind::kChoice:
      return ExtractChoice(response, OptionStyle::kEither);
    case AnswerKind::kText:
    case AnswerKind::kUnknown:
      break;
  }
  return ExtractText(response);
}

AnswerKind ParseAnswerKind(std::string_view name) {
  for (size_t i = 1; i < kKindNames.size(); ++i)
    if (kKindNames[i] == name) return static_cast<AnswerKind>(i);
  return AnswerKind::kUnknown;
}

std::string_view AnswerKindName(AnswerKind kind) {
  const auto i = static_cast<size_t>(kind);
  return i < kKindNames.size() ? kKindNames[i] : kKindNames[0];
}

}  // namespace reasonwatch
