// SPDX-License-Identifier: Apache-2.0
// A gold answer and an answer are compared by their kind: texts by content
// (same_text.h), numbers and formulas by MathEqual(), options and verdicts by
// name. Whatever may be read in two ways is ungradable unless both give the
// same grade. Below: a grader for each kind (verdicts, options, numbers,
// mathematics, texts), then the functions of the header.
#include "answers/grading.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "answers/amounts.h"
#include "answers/answer_kinds.h"
#include "answers/final_answer.h"
#include "answers/languages.h"
#include "answers/latex.h"
#include "answers/math.h"
#include "answers/notations.h"
#include "answers/plain_text.h"
#include "answers/qualifiers.h"
#include "answers/same_formula.h"
#include "answers/same_text.h"
#include "answers/statements.h"
#include "answers/units.h"
#include "answers/words.h"
#include "answers/written_numbers.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;
using ascii::IsLetter;
using ascii::Trim;

constexpr std::array<std::string_view, 6> kKindNames = {
    "unknown", "boolean", "number", "math", "choice", "text"};
// Bytes at the end of a response that are searched for the gold number.
constexpr size_t kMaxSearched = 4096;
// A longer gold answer is a worked solution.
constexpr size_t kMaxGold = 1024;
// Bytes; a longer text without marks is no formula but an explanation.
constexpr size_t kMaxFormula = 1024;

Grade GradeIf(bool correct) {
  return correct ? Grade::kCorrect : Grade::kIncorrect;
}

Grade GradeBoolean(std::string_view gold, const AnswerText& answer) {
  std::string want = ExtractBoolean(ReadAnswerText(gold));
  if (Trim(gold) == "1") want = "yes";
  if (Trim(gold) == "0") want = "no";
  const std::string got = ExtractBoolean(answer);
  if (want.empty() || got.empty()) return Grade::kUngradable;
  return GradeIf(want == got);
}

// "AC": the letters of several options, ascending.
bool IsLetters(std::string_view gold) {
  gold = Trim(gold);
  for (size_t i = 0; i < gold.size(); ++i)
    if (!ascii::IsUpper(gold[i]) || (i > 0 && gold[i] <= gold[i - 1]))
      return false;
  return gold.size() > 1;
}

Grade GradeChoice(std::string_view gold, const AnswerText& answer) {
  // "A, C": all of them are asked for.
  if (const std::string several =
          IsLetters(gold) ? std::string(Trim(gold)) : OptionsIn(gold);
      several.size() > 1 && gold.size() <= 3 * several.size() + 4) {
    const std::string_view last =
        answer.marks.empty() ? std::string_view(answer.body)
                             : std::string_view(answer.marks.back().text);
    const std::string got =
        IsLetters(last) ? std::string(Trim(last)) : OptionsIn(last);
    if (got.empty()) return Grade::kUngradable;
    return GradeIf(got == several);
  }
  const std::string want = OptionOf(gold);
  if (want.empty()) return Grade::kUngradable;
  const std::string got = ExtractChoice(
      answer, IsDigit(want[0]) ? OptionStyle::kDigit : OptionStyle::kLetter);
  if (got.empty()) return Grade::kUngradable;
  return GradeIf(got == want);
}

// Whether the text holds a sign that makes it a formula, not a plain number.
bool HasOperator(std::string_view s) {
  for (std::string_view sign :
       {"=", "<", ">", "≥", "≤", "≠", "^", "+", "*", "|", "-(", "\\"})
    if (s.find(sign) != std::string_view::npos) return true;
  return false;
}

// Two letters side by side that are no command of LaTeX.
bool HasWord(std::string_view s) {
  for (size_t i = 0; i + 1 < s.size(); ++i) {
    if (s[i] == '\\') {
      while (i + 1 < s.size() && IsLetter(s[i + 1])) ++i;
    } else if (IsLetter(s[i]) && IsLetter(s[i + 1])) {
      return true;
    }
  }
  return false;
}

// Does one of the numbers of the text equal `value`, or a word up to twenty?
bool HoldsValue(std::string_view text, std::string_view value) {
  if (text.size() > kMaxSearched)
    text.remove_prefix(text.size() - kMaxSearched);
  for (const WrittenNumber& number : WrittenNumbers(text))
    if (number.value == value || MathEqual(value, number.value)) return true;
  Quantity quantity;
  return SingleQuantity(value, quantity) &&
         statements::MayBeCounted(quantity) &&
         statements::HoldsNumber(text, quantity);
}

// May the two be equal if one is read in another way: separators of another
// locale, a dash that is no sign, a scale word that was asked for?
bool MayBeEqual(const WrittenNumber& want, const WrittenNumber& got) {
  if (!got.other.empty() && MathEqual(want.value, got.other)) return true;
  if (!want.other.empty() && MathEqual(want.other, got.value)) return true;
  if (!got.unscaled.empty() && MathEqual(want.value, got.unscaled)) return true;
  if (!want.unscaled.empty() && MathEqual(want.unscaled, got.value))
    return true;
  if (got.unsure_sign &&
      MathEqual(want.value, got.value.starts_with('-') ? got.value.substr(1)
                                                       : "-" + got.value))
    return true;
  return false;
}

// A gold number and its unit.
struct Amount {
  WrittenNumber number;
  Unit unit;
};

// The same number in units that may differ.
Grade GradeUnits(const Unit& want, const Unit& got) {
  if (AgreeInUnit(want, got)) return Grade::kCorrect;
  return want.dimension == got.dimension || AreTemperatures(want, got)
             ? Grade::kIncorrect
             : Grade::kUngradable;
}

// "1.500 Euro" in a German text is hardly one and a half: the decimals end in a
// zero that the gold number does not have.
bool MayBeThousands(const WrittenNumber& want, const WrittenNumber& got,
                    const Unit& unit, std::string_view body) {
  return want.other.empty() && !got.other.empty() &&
         got.value.find('.') != std::string::npos && got.value.ends_with('0') &&
         (IsMoney(unit) || !languages::IsEnglish(body));
}

// Is another number in another unit the same amount?
bool IsSameAmount(const Amount& want, const WrittenNumber& got,
                  const Unit& unit) {
  if (want.unit.dimension == 0 || want.unit.dimension != unit.dimension)
    return false;
  return MathEqual(absl::StrFormat("(%s)*(%.15g)/(%.15g)", want.number.value,
                                   want.unit.factor, unit.factor),
                   got.value);
}

// Is the last paragraph one of several and begins with a label ("Check: ...")
// that announces no answer? It may be an aside.
bool EndsInAside(std::string_view body) {
  constexpr size_t kMaxLabel = 40;  // bytes
  const size_t last = body.rfind("\n\n");
  if (last == std::string_view::npos) return false;
  const std::string_view label = body.substr(last, kMaxLabel + 2);
  const size_t colon = label.find(':');
  if (colon == std::string_view::npos) return false;
  bool letters = false;
  for (char c : Trim(label.substr(0, colon))) {
    if (c == '\n' || c == '=' || IsDigit(c)) return false;
    letters = letters || IsLetter(c) || ascii::IsBeyond(c);
  }
  return letters;
}

Grade GradeMath(std::string_view gold, const AnswerText& answer);

Grade GradeFoundNumber(const Amount& wanted, const FoundNumber& found,
                       const AnswerText& answer) {
  const WrittenNumber& want = wanted.number;
  const bool equal = MathEqual(want.value, found.number.value);
  const Rounding rounding =
      equal ? Rounding::kNo : RoundsTo(want.value, found.number.value);
  const Unit unit = UnitOf(found.statement, found.number);
  if (equal && MayBeThousands(want, found.number, unit, answer.body))
    return Grade::kUngradable;
  if (found.how == NumberEvidence::kSeveral)
    return HoldsValue(found.marked ? std::string_view(found.statement)
                                   : std::string_view(answer.body),
                      want.value)
               ? Grade::kUngradable
               : Grade::kIncorrect;
  if (!HasProse(found.statement) && !languages::Denies(found.statement) &&
      (found.marked ||
       (HasOperator(found.statement) && !HasWord(found.statement))) &&
      !IsAmount(found.statement, found.number)) {
    // A formula is the answer as a whole.
    if (HasModulus(found.statement)) return Grade::kUngradable;
    if (MathEqual(want.value, WithoutArrow(found.statement)))
      return Grade::kCorrect;
    return equal ? Grade::kUngradable : Grade::kIncorrect;
  }
  // "7:1" is a ratio, a score or a time.
  if (found.number.value.find(':') != std::string::npos &&
      want.value.find(':') == std::string::npos)
    return equal ? Grade::kUngradable : Grade::kIncorrect;
  if (rounding == Rounding::kMaybe) return Grade::kUngradable;
  if (equal || rounding == Rounding::kYes) {
    const std::string_view statement = found.statement;
    const std::string_view before =
        statement.substr(0, std::min(found.number.begin, statement.size()));
    const std::string_view after =
        statement.substr(std::min(found.number.end, statement.size()));
    if (IsLimited(before) || IsOperand(before, after) ||
        (found.how == NumberEvidence::kLast &&
         !languages::IsEnglish(answer.body)))
      return Grade::kUngradable;
    return GradeUnits(wanted.unit, unit);
  }
  // "5,000 meters" where 5 km are right.
  if (IsSameAmount(wanted, found.number, unit))
    return found.marked || found.how == NumberEvidence::kStated
               ? Grade::kCorrect
               : Grade::kUngradable;
  if (MayBeEqual(want, found.number)) return Grade::kUngradable;
  // An answer that nothing marks may be another of the numbers.
  const bool sure = found.marked || (found.how == NumberEvidence::kStated &&
                                     !EndsInAside(answer.body));
  const bool rounded = found.statement.find("≈") != std::string::npos;
  const std::string_view searched =
      found.how == NumberEvidence::kFirst || rounded
          ? std::string_view(found.statement)
      : sure ? std::string_view()
             : std::string_view(answer.body);
  if (!searched.empty() && HoldsValue(searched, want.value))
    return Grade::kUngradable;
  return Grade::kIncorrect;
}

bool IsAmount(const FoundNumber& found) {
  return found.how == NumberEvidence::kStated &&
         (found.marked || HasProse(found.statement) ||
          IsAmount(found.statement, found.number));
}

Grade GradeNumber(std::string_view gold, const AnswerText& answer) {
  const FoundNumber want = FindNumber(ReadAnswerText(gold));
  if (want.how == NumberEvidence::kNone) return Grade::kUngradable;
  if (!IsAmount(want) && gold.size() < kMaxGold) return GradeMath(gold, answer);
  const FoundNumber found = FindNumber(answer);
  if (found.how == NumberEvidence::kNone) return Grade::kUngradable;
  return GradeFoundNumber({want.number, UnitOf(want.statement, want.number)},
                          found, answer);
}

// "f(x) = ..." with a formula on the right side: as "f(x) = 4" is constant, the
// function and its value are the same.
bool DefinesFunction(std::string_view s) {
  static const RE2& definition =
      *new RE2(R"(^[\s$]*[a-zA-Z]\s*\(\s*[a-z]\s*\)\s*=.*[a-zA-Z])");
  return RE2::PartialMatch({s.data(), s.size()}, definition);
}

// A condition behind an answer: "for all real x", "if x > 0". `universal` is
// set to whether it restricts nothing.
std::string_view WithoutCondition(std::string_view s, bool* universal) {
  *universal = true;
  static const RE2& condition = *new RE2(
      R"((?i)^(.*?\S)[\s,;$]*(?:\\(?:text|mbox|textrm|quad|,|;)*\{?\s*)?[\s,(]*\b(for (?:all|any|every|each|some|arbitrary)|where|when|if|whenever|provided|with)\b)");
  re2::StringPiece head, word;
  if (!RE2::PartialMatch({s.data(), s.size()}, condition, &head, &word))
    return s;
  const std::string_view lead(word.data(), word.size());
  *universal = words::StartsWith(lead, "for ");
  size_t size = head.size();
  const std::string_view text = s.substr(0, size);
  for (std::string_view open : {"\\text{", "\\mbox{", "\\quad", "\\text"})
    if (text.ends_with(open)) size -= open.size();
  return s.substr(0, size);
}

// Phrases for the empty set.
bool SaysNone(std::string_view s) {
  const std::string text = NormalizeText(s);
  for (std::string_view phrase :
       {"no solution", "no solutions", "no real solution", "no real solutions",
        "none", "empty set", "the empty set", "there is no solution",
        "there are no solutions", "there is no real solution", "no such number",
        "keine lösung", "aucune solution", "sin solución", "нет решений",
        "无解", "解なし"})
    if (text == phrase) return true;
  return false;
}

bool IsEmptySetName(std::string_view s) {
  const std::string plain = NormalizeMath(s);
  return plain == "\\emptyset" || plain == "{}" ||
         plain == std::string{math_sign::kSetOpen, math_sign::kSetClose};
}

// The real line, as a set, an interval or in words.
bool NamesTheReals(std::string_view s) {
  const std::string plain = NormalizeMath(s);
  const std::string infinity(1, math_sign::kInfinity);
  if (plain == "\\mathbb{R}" || plain == "\\mathbb R" || plain == "ℝ" ||
      plain == "(-" + infinity + "," + infinity + ")" ||
      plain == "(-" + infinity + ", " + infinity + ")")
    return true;
  const std::string text = NormalizeText(s);
  for (std::string_view phrase : {"all real numbers", "all reals",
                                  "the real numbers", "every real number"})
    if (text == phrase) return true;
  return false;
}

// A few words without any number, which no rule reads: "one half".
bool IsOnlyWords(std::string_view s) {
  constexpr size_t kMaxWords = 40;  // bytes
  s = Trim(s);
  return s.size() <= kMaxWords && HasProse(s) && !SaysNone(s) &&
         std::all_of(s.begin(), s.end(), [](char c) {
           return IsLetter(c) || c == ' ' || c == '-' || c == '.' ||
                  ascii::IsBeyond(c);
         });
}

// "52_8" and its like, without the base; "" for anything else.
std::string_view WithoutBase(std::string_view s) {
  s = Trim(s);
  size_t i = 0;
  while (i < s.size() && ascii::IsAlnum(s[i])) ++i;
  if (i == 0 || i == s.size() || s[i] != '_' || !IsDigit(s[0])) return {};
  return s.substr(0, i);
}

// Is the imaginary unit raised, divided by, or in a power? No formula reader
// here evaluates that.
bool HasComplexPower(std::string_view s) {
  static const RE2& unit = *new RE2(R"((?:^|[^a-zA-Z\\])i(?:[^a-zA-Z]|$))");
  static const RE2& operation = *new RE2(R"(\)\s*(?:\^|\()|i\s*\^|/|frac)");
  const re2::StringPiece text(s.data(), s.size());
  if (RE2::PartialMatch(text, unit) && RE2::PartialMatch(text, operation))
    return true;
  static const RE2& power =
      *new RE2(R"(\^\s*(?:\{(?:[^{}]*[^a-zA-Z\\{}])?i(?:[^a-zA-Z]|\})|i\b))");
  return RE2::PartialMatch({s.data(), s.size()}, power);
}

// A chain that ends in the middle: "x = 12 + 7 =".
bool IsUnclosed(std::string_view s) {
  s = Trim(s);
  return !s.empty() &&
         std::string_view("=+*/<(").find(s.back()) != std::string_view::npos;
}

// Grades that a reading of the answer in words gives, if it has one.
std::optional<Grade> GradeWords(std::string_view want, std::string_view got,
                                const AnswerText& answer) {
  if (IsEmptySetName(want) && SaysNone(got)) return Grade::kCorrect;
  if (NamesTheReals(want) && NamesTheReals(got)) return Grade::kCorrect;
  if (const std::string inward = InwardBrackets(got);
      inward != got && MathEqual(want, inward))
    return Grade::kCorrect;
  bool universal = true;
  const std::string_view stated =
      answer.marks.empty() ? std::string_view(answer.body)
                           : std::string_view(answer.marks.back().text);
  if (const std::string set = AsSolutions(stated);
      !set.empty() && IsSet(want) && MathEqual(want, set))
    return Grade::kCorrect;
  const std::string_view head = WithoutCondition(stated, &universal);
  if (head.size() < stated.size() && head.size() <= kMaxFormula &&
      MathEqual(want, head))
    return universal && DefinesFunction(want) == DefinesFunction(head)
               ? Grade::kCorrect
               : Grade::kUngradable;
  const std::string_view digits = WithoutBase(want);
  if (!digits.empty() && Trim(got) == digits) return Grade::kUngradable;
  if (HasComplexPower(want) || HasComplexPower(got)) return Grade::kUngradable;
  if (IsUnclosed(got)) return Grade::kUngradable;
  // The answer may hold words that could not be parted from the number; "6th"
  // and "0.125L" hold none.
  if (IsPlainNumber(want) && got.find(' ') != std::string_view::npos &&
      std::any_of(got.begin(), got.end(), IsLetter) &&
      got.find('\\') == std::string_view::npos && !IsPlainFormula(got)) {
    Amount amount;
    amount.number.value = std::string(want);
    return GradeFoundNumber(amount, FindNumber(answer), answer);
  }
  return std::nullopt;
}

// Two texts of equal value: their units, if each has one. That of the answer
// may be behind the number of a sentence.
Grade GradeUnitsOfText(std::string_view want, std::string_view got,
                       const AnswerText& answer) {
  const Unit wanted = UnitIn(want);
  if (wanted.dimension == 0) return Grade::kCorrect;
  Unit unit = UnitIn(got);
  if (unit.dimension == 0) {
    const FoundNumber found = FindNumber(answer);
    if (found.how != NumberEvidence::kNone)
      unit = UnitOf(found.statement, found.number);
  }
  return GradeUnits(wanted, unit);
}

Grade GradeMath(std::string_view gold, const AnswerText& answer) {
  if (const std::string word = NormalizeText(gold);
      word == "yes" || word == "no" || word == "true" || word == "false")
    return GradeBoolean(gold, answer);
  // A gold answer may be a whole solution.
  const bool solution = gold.find("boxed") != std::string_view::npos ||
                        gold.find('$') != std::string_view::npos;
  const AnswerText gold_text = ReadAnswerText(gold);
  const std::string want =
      AsWritten(solution ? ExtractMath(gold_text) : ReadPlainText(gold).text);
  const std::string got = AsWritten(ExtractMath(answer));
  if (Trim(want).empty() || Trim(got).empty()) return Grade::kUngradable;
  const Rounding rounding = RoundsTo(want, got);
  if (MathEqual(want, got) ||
      (answer.marks.empty() && answer.body.size() <= kMaxFormula &&
       MathEqual(want, answer.body)) ||
      rounding == Rounding::kYes) {
    // Only the question says whether the function or its value was asked for.
    return DefinesFunction(want) != DefinesFunction(got)
               ? Grade::kUngradable
               : GradeUnitsOfText(want, got, answer);
  }
  if (rounding == Rounding::kMaybe) return Grade::kUngradable;
  if (const auto grade = GradeWords(want, got, answer)) return *grade;
  if (IsLooselyEqual(want, got) || IsOnlyWords(got)) return Grade::kUngradable;
  // A gold of several parts, and a box for each of them.
  const std::string boxes = ExtractLastBoxes(answer);
  if (!boxes.empty() && MathEqual(want, boxes)) return Grade::kCorrect;
  if (const auto same = SameInBase(want, got)) return GradeIf(*same);
  // The number of a sentence that nothing marks, if the gold is one with at
  // most its unit.
  if (!answer.marks.empty() ||
      !(HasProse(answer.body) ||
        answer.body.find("\n\n") != std::string::npos ||
        answer.body.find("```") != std::string::npos))
    return Grade::kIncorrect;
  const FoundNumber number = FindNumber(gold_text);
  const FoundNumber found = FindNumber(answer);
  if (!IsAmount(number) || !IsPlainNumber(number.number.value) ||
      found.how == NumberEvidence::kNone)
    return Grade::kIncorrect;
  return GradeFoundNumber(
      {number.number, UnitOf(number.statement, number.number)}, found, answer);
}

// The words of a name in lower case, at most 12.
std::vector<std::string> NameWords(std::string_view s) {
  constexpr size_t kMost = 12;
  std::vector<std::string> words;
  for (size_t i = 0; i < s.size() && words.size() <= kMost;) {
    std::string word;
    while (i < s.size() &&
           (ascii::IsAlnum(s[i]) || ascii::IsBeyond(s[i]) || s[i] == '\''))
      word += ascii::Lower(s[i++]);
    if (word.empty())
      ++i;
    else
      words.push_back(std::move(word));
  }
  return words;
}

// May both name one thing? The words of one are among the other's
// ("Shakespeare"), or one has the initials of the other ("USA").
bool MayNameTheSame(std::string_view a, std::string_view b) {
  std::vector<std::string> shorter = NameWords(a);
  std::vector<std::string> longer = NameWords(b);
  if (shorter.size() > longer.size()) std::swap(shorter, longer);
  constexpr size_t kMostWords = 8;
  constexpr size_t kShortest = 5;  // of a name that stands for the whole
  if (shorter.empty() || longer.size() > kMostWords) return false;
  if (shorter.size() == 1 && longer.size() > 2) {
    std::string initials;
    for (const std::string& word : longer)
      if (word != "of" && word != "the" && word != "and") initials += word[0];
    if (shorter[0] == initials) return true;
  }
  return shorter.size() < longer.size() &&
         std::all_of(shorter.begin(), shorter.end(),
                     [&](const std::string& word) {
                       return std::find(longer.begin(), longer.end(), word) !=
                              longer.end();
                     }) &&
         std::any_of(shorter.begin(), shorter.end(), [](const std::string& w) {
           return w.size() >= kShortest;
         });
}

// A sentence in another language names things otherwise than an English gold
// answer does ("Kairo").
bool IsInAnotherLanguage(std::string_view gold, std::string_view body) {
  constexpr size_t kSentence = 4;  // words
  constexpr auto kUnspaced = 15;   // bytes, of a script without spaces
  // Dates are compared in any language.
  static const RE2& year = *new RE2(R"(\b\d{4}\b)");
  if (RE2::PartialMatch(re2::StringPiece(gold.data(), gold.size()), year))
    return false;
  const bool latin = std::none_of(gold.begin(), gold.end(), ascii::IsBeyond);
  return latin && !languages::IsEnglish(body) &&
         (NameWords(body).size() >= kSentence ||
          std::count_if(body.begin(), body.end(), ascii::IsBeyond) >=
              kUnspaced);
}

Grade GradeText(std::string_view gold, const AnswerText& answer) {
  const std::string want = ReadPlainText(Trim(gold)).text;
  if (Trim(want).empty()) return Grade::kUngradable;
  const std::string got = ExtractText(answer);
  if (Trim(got).empty()) return Grade::kUngradable;
  Grade grade = CompareTexts(want, got);
  if (grade == Grade::kIncorrect &&
      (MayNameTheSame(want, got) || IsInAnotherLanguage(want, answer.body)))
    grade = Grade::kUngradable;
  if (grade != Grade::kIncorrect || !answer.marks.empty()) return grade;
  // Nothing marks the answer, so it may be another part of the response.
  const bool held = answer.body.size() > got.size() &&
                    answer.body.size() <= kMaxSearched &&
                    HoldsWords(answer.body, want);
  return held ? Grade::kUngradable : Grade::kIncorrect;
}

}  // namespace

Grade GradeAnswer(AnswerKind kind, std::string_view gold,
                  std::string_view answer) {
  if (Trim(answer).empty()) return Grade::kNoAnswer;
  const AnswerText text = ReadAnswerText(answer);
  if (text.body.empty() || Trim(gold).empty()) return Grade::kUngradable;
  if (text.marks.empty() && IsRefusal(answer)) return Grade::kRefused;
  if (kind == AnswerKind::kUnknown) kind = InferKind(gold, text);
  switch (kind) {
    case AnswerKind::kBoolean:
      return GradeBoolean(gold, text);
    case AnswerKind::kNumber:
      return GradeNumber(gold, text);
    case AnswerKind::kMath:
      return GradeMath(gold, text);
    case AnswerKind::kChoice:
      return GradeChoice(gold, text);
    case AnswerKind::kText:
    case AnswerKind::kUnknown:
      break;
  }
  return GradeText(gold, text);
}

std::string ExtractFinalAnswer(AnswerKind kind, std::string_view response) {
  const AnswerText text = ReadAnswerText(response);
  switch (kind) {
    case AnswerKind::kBoolean:
      return ExtractBoolean(text);
    case AnswerKind::kNumber:
      return FindNumber(text).number.value;
    case AnswerKind::kMath:
      return ExtractMath(text);
    case AnswerKind::kChoice:
      return ExtractChoice(text, OptionStyle::kEither);
    case AnswerKind::kText:
    case AnswerKind::kUnknown:
      break;
  }
  return ExtractText(text);
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
