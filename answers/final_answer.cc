// SPDX-License-Identifier: Apache-2.0
// The policy of grading: which part of a marked answer, or of an unmarked
// response, is the answer of the kind asked for.
//
// A reader for each kind: mathematics, options, verdicts, numbers, in the order
// of their helpers. Each takes the last mark that holds one of its kind, or the
// last line of a response without any.
#include "answers/final_answer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "answers/decoration.h"
#include "answers/languages.h"
#include "answers/latex.h"
#include "answers/marks.h"
#include "answers/spelled_numbers.h"
#include "answers/words.h"
#include "answers/written_numbers.h"
#include "re2/re2.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsUpper;
using ascii::Trim;
using marks::Boxes;
using marks::JoinLast;
using marks::LastLine;
using marks::Span;

// A response of at most this many bytes is an answer without reasoning.
constexpr size_t kShortAnswer = 120;
// A number in words is the answer of a mark or a response of so many bytes; in
// a longer one it may count anything.
constexpr size_t kShortSpelled = 48;
// A number without a mark is looked for so far from the end.
constexpr size_t kMaxUnmarked = 4096;
// ", or else " has nine bytes.
constexpr size_t kMaxJoint = 12;
// The numbers of a sentence are looked for so far from its end.
constexpr size_t kMaxEnumerated = 1024;

bool IsWord(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }

// Does `between` join two numbers to a list? A comma, "and", "or" and nothing
// else.
bool IsJoint(std::string_view between) {
  if (between.size() > kMaxJoint) return false;
  bool joint = false;
  for (size_t i = 0; i < between.size();) {
    const char c = between[i];
    const size_t word = languages::AlternativeAt(between, i);
    if (word > 0) {
      joint = true;
      i += word;
    } else if (between.substr(i, 3) == "and") {
      joint = true;
      i += 3;
    } else if (c == ' ' || c == ',' || c == ';') {
      joint = joint || c != ' ';
      ++i;
    } else {
      return false;
    }
  }
  return joint;
}

bool HoldsDigit(std::string_view s) {
  return std::any_of(s.begin(), s.end(), IsDigit);
}

std::string_view FirstLine(std::string_view s) {
  s = Trim(s);
  return s.substr(0, s.find('\n'));
}

// The last number of a text and those that it is enumerated with.
std::string LastEnumeration(std::string_view s) {
  if (s.size() > kMaxEnumerated) s.remove_prefix(s.size() - kMaxEnumerated);
  const std::vector<WrittenNumber> numbers = WrittenNumbers(s);
  if (numbers.empty()) return "";
  size_t first = numbers.size() - 1;
  while (first > 0 &&
         IsJoint(s.substr(numbers[first - 1].end,
                          numbers[first].begin - numbers[first - 1].end)))
    --first;
  std::string joined;
  for (size_t i = first; i < numbers.size(); ++i) {
    if (!joined.empty()) joined += " , ";
    joined += numbers[i].value;
  }
  return joined;
}

// "$5$ (the square of $\sqrt{5}$)", "5/36 (about 13.9 %)": a remark in brackets
// behind the answer, which begins with a word of prose.
std::string_view WithoutRemark(std::string_view s) {
  static const RE2& remark = *new RE2(
      R"((?i)[^\s(]\s*(\s\((?:about|approximately|approx\.?|roughly|around|i\.e\.|that|the|this|which|or|since|because|so|as|where|not|see|from|by|after|before|rounded|note|also|equivalently|in other words)\b[^()]*(?:\([^()]*\)[^()]*)*\)[\s.]*)$)");
  re2::StringPiece found;
  if (s.find(" (") == std::string_view::npos ||
      !RE2::PartialMatch(re2::StringPiece(s.data(), s.size()), remark, &found))
    return s;
  return s.substr(0, static_cast<size_t>(found.data() - s.data()));
}

std::string MathOf(std::string_view s) {
  std::string_view text = WithoutRemark(StripDecoration(s));
  if (const auto spans = Boxes(text); !spans.empty())
    return JoinLast(text, spans);
  const auto spans = marks::Formulas(text);
  const bool prose = HasProse(text);
  // "... if $d$ divides 90. So there are 12 of them."
  if (prose && !spans.empty())
    if (std::string last = LastEnumeration(text.substr(spans.back().after));
        !last.empty())
      return last;
  if (!spans.empty()) {
    // One formula, or a list of them, with or without words around.
    std::string outside;
    size_t begin = 0;
    for (const Span& span : spans) {
      outside += text.substr(begin, span.begin - begin);
      begin = span.after;
    }
    outside += text.substr(begin);
    const bool numbers = std::any_of(outside.begin(), outside.end(), IsDigit);
    if (!numbers || prose) return JoinLast(text, spans);
    return std::string(text);
  }
  if (!prose) return std::string(text);
  const std::string numbers = LastEnumeration(text);
  return numbers.empty() ? std::string(text) : numbers;
}

std::string NameOf(bool verdict) { return verdict ? "yes" : "no"; }

bool InWord(char c) { return IsWord(c) || c == '\'' || IsBeyond(c); }

// Does the text behind a verdict take it back: "yes and no", "true or false"?
bool IsContradicted(std::string_view rest, bool verdict) {
  size_t i = 0;
  while (i < rest.size() && !InWord(rest[i]) && rest[i] != '/') ++i;
  if (i < rest.size() && rest[i] == '/') {
    ++i;
  } else if (const size_t word = languages::AlternativeAt(rest, i); word > 0) {
    i += word;
  } else if (rest.substr(i, 4) == "and ") {
    i += 4;
  } else {
    return false;
  }
  while (i < rest.size() && !InWord(rest[i])) ++i;
  size_t end = i;
  while (end < rest.size() && InWord(rest[end])) ++end;
  const auto other = languages::VerdictOf(rest.substr(i, end - i));
  return other.has_value() && *other != verdict;
}

// Does a verdict that is set off on both sides take back the first one: "yes -
// wait, no."? In its line only.
bool IsTakenBack(std::string_view rest, bool verdict) {
  rest = rest.substr(0, rest.find('\n'));
  for (size_t i = 0; i < rest.size();) {
    if (!InWord(rest[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < rest.size() && InWord(rest[i])) ++i;
    const auto other = languages::VerdictOf(rest.substr(begin, i - begin));
    if (!other || *other == verdict) continue;
    size_t before = begin;
    while (before > 0 && rest[before - 1] == ' ') --before;
    const bool set_off =
        before > 0 && std::string_view(",:;-").find(rest[before - 1]) !=
                          std::string_view::npos;
    if (set_off && (i == rest.size() || !ascii::IsAlnum(rest[i]))) {
      const std::string_view behind = Trim(rest.substr(i));
      if (behind.empty() || behind[0] == '.' || behind[0] == '!') return true;
    }
  }
  return false;
}

// "yes" or "no" by the first word, or by the last capitalised one that is yes,
// no, true or false; "" if there is none, or it is taken back.
std::string BooleanOf(std::string_view s) {
  std::string last;
  std::string_view previous;
  bool first = true;
  for (size_t i = 0; i < s.size();) {
    if (!InWord(s[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < s.size() && InWord(s[i])) ++i;
    const std::string_view word = s.substr(begin, i - begin);
    if (first) {
      if (const auto value = languages::VerdictOf(word))
        return IsContradicted(s.substr(i), *value) ||
                       IsTakenBack(s.substr(i), *value)
                   ? ""
                   : NameOf(*value);
    } else if (const auto value = marks::VerdictOf(word)) {
      const bool is_value = IsUpper(word[0]) || i == s.size() || s[i] == ']' ||
                            s[i] == '.' || s[i] == '"';
      if (is_value)
        last =
            IsContradicted(s.substr(i), *value) || languages::Denies(previous)
                ? ""
                : NameOf(*value);
    }
    first = false;
    previous = word;
  }
  return last;
}

// Does a colon or a word that joins ("is") come before the number?
bool IsJoined(std::string_view sentence, const WrittenNumber& number) {
  size_t end = number.begin;
  while (end > 0 && !InWord(sentence[end - 1]) && sentence[end - 1] != ':')
    --end;
  if (end > 0 && sentence[end - 1] == ':') return true;
  size_t begin = end;
  while (begin > 0 && InWord(sentence[begin - 1])) --begin;
  return begin < end && languages::CopulaAt(sentence, begin) == end - begin;
}

// "The roots are 1 and 3, so the larger is 3": the clause that draws the
// conclusion, if it states one number; else the sentence.
std::string_view ConclusionOf(std::string_view sentence) {
  if (sentence.find_first_of(",;") == std::string_view::npos) return sentence;
  size_t at = 0;
  for (std::string_view word :
       {", so ", ", hence ", ", thus ", ", therefore ", "; so ", "; hence ",
        "; thus ", "; therefore ", ", also ", ", donc ", ", dus ", ", così "})
    if (const size_t found = sentence.rfind(word);
        found != std::string_view::npos)
      at = std::max(at, found + word.size());
  const std::string_view clause = sentence.substr(at);
  if (at == 0) return sentence;
  const StatedNumber stated = ReadStatedNumber(clause);
  return stated.kind == StatedNumber::Kind::kOne &&
                 IsJoined(clause, stated.number)
             ? clause
             : sentence;
}

// The number of a sentence that holds several: behind the last "=", behind a
// word that joins ("is"), else the last.
FoundNumber ChooseNumber(std::string_view sentence) {
  sentence = ConclusionOf(sentence);
  const StatedNumber stated = ReadStatedNumber(sentence);
  FoundNumber found;
  found.statement = std::string(sentence);
  found.number = stated.number;
  found.how = NumberEvidence::kStated;
  if (stated.kind == StatedNumber::Kind::kNone) {
    found.how = NumberEvidence::kNone;
    return found;
  }
  if (stated.kind == StatedNumber::Kind::kOne) {
    const bool joined = sentence.find('=') != std::string_view::npos ||
                        IsJoined(sentence, stated.number);
    const bool alone =
        sentence.size() <= 2 * (stated.number.end - stated.number.begin) + 8;
    found.how =
        joined || alone ? NumberEvidence::kStated : NumberEvidence::kOnly;
    return found;
  }
  if (stated.kind == StatedNumber::Kind::kSeveral) {
    found.how = NumberEvidence::kSeveral;
    return found;
  }
  for (size_t i = stated.all.size(); i-- > 0;) {
    if (!IsJoined(sentence, stated.all[i])) continue;
    found.number = stated.all[i];
    return found;
  }
  found.number = stated.all.back();
  found.how = NumberEvidence::kLast;
  return found;
}

}  // namespace

std::string ExtractLastBoxes(const AnswerText& text) {
  const std::string_view answer = text.body;
  const std::vector<Span> spans = Boxes(answer);
  if (spans.empty()) return "";
  const size_t line = answer.rfind('\n', spans.back().begin) + 1;  // or 0
  std::string joined;
  int count = 0;
  for (const Span& span : spans) {
    if (span.begin < line) continue;
    if (count++ > 0) joined += " , ";
    joined += span.Content(answer);
  }
  return count >= 2 ? joined : "";
}

std::string ExtractMath(const AnswerText& text) {
  for (size_t i = text.marks.size(); i-- > 0;)
    if (!text.marks[i].option) return MathOf(text.marks[i].text);
  return MathOf(text.body);
}

namespace {

// A number in words: of a mark, or of a response of one short sentence.
FoundNumber FindSpelledNumber(const AnswerText& text) {
  FoundNumber found;
  const bool marked = !text.marks.empty() && !text.marks.back().option;
  const std::string_view said = marked ? text.marks.back().text : text.body;
  if (said.size() > kShortSpelled) return found;
  if (!marked && (said.find('\n') != std::string_view::npos ||
                  said.find(". ") != std::string_view::npos))
    return found;
  const std::string digits = WithDigits(said);
  if (digits.empty()) return found;
  found = ChooseNumber(digits);
  found.marked = marked;
  return found;
}

}  // namespace

FoundNumber FindNumber(const AnswerText& text) {
  FoundNumber found;
  for (size_t i = text.marks.size(); i-- > 0;) {
    const AnswerText::Mark& mark = text.marks[i];
    if (mark.option) continue;
    const StatedNumber stated = ReadStatedNumber(mark.text);
    if (stated.kind == StatedNumber::Kind::kNone) continue;
    found.statement = mark.text;
    found.number = stated.number;
    found.how =
        stated.kind == StatedNumber::Kind::kOne     ? NumberEvidence::kStated
        : stated.kind == StatedNumber::Kind::kFirst ? NumberEvidence::kFirst
                                                    : NumberEvidence::kSeveral;
    found.marked = true;
    return found;
  }
  if (!text.bold.empty()) {
    const StatedNumber stated = ReadStatedNumber(text.bold);
    if (stated.kind == StatedNumber::Kind::kOne) {
      found.statement = text.bold;
      found.number = stated.number;
      found.how = NumberEvidence::kStated;
      return found;
    }
  }
  std::string_view body = text.body;
  if (body.size() > kMaxUnmarked)
    body.remove_prefix(body.size() - kMaxUnmarked);
  for (size_t end = body.size(); end > 0;) {
    const std::string_view sentence = words::SentenceBefore(body, end);
    if (!HoldsDigit(sentence) || WrittenNumbers(sentence, 1).empty()) continue;
    return ChooseNumber(sentence);
  }
  // One digit is no sentence.
  return HoldsDigit(body) && body.size() <= kShortAnswer
             ? ChooseNumber(body)
             : FindSpelledNumber(text);
}

std::string ExtractBoolean(const AnswerText& text) {
  const std::string_view part = text.body;
  if (const auto verdict = marks::LastBracketedVerdict(part))
    return NameOf(*verdict);
  for (size_t i = text.marks.size(); i-- > 0;) {
    if (text.marks[i].option) continue;
    if (std::string value = BooleanOf(text.marks[i].text); !value.empty())
      return value;
  }
  if (std::string value = BooleanOf(LastLine(part)); !value.empty())
    return value;
  const std::string_view line = FirstLine(part);
  size_t begin = 0;
  while (begin < line.size() && !InWord(line[begin])) ++begin;
  size_t end = begin;
  while (end < line.size() && InWord(line[end])) ++end;
  const auto verdict = languages::VerdictOf(line.substr(begin, end - begin));
  return verdict && !IsContradicted(line.substr(end), *verdict) &&
                 !IsTakenBack(line.substr(end), *verdict)
             ? NameOf(*verdict)
             : "";
}

std::string ExtractText(const AnswerText& text) {
  for (size_t i = text.marks.size(); i-- > 0;)
    if (!text.marks[i].option)
      return std::string(StripDecoration(text.marks[i].text));
  const std::string_view part = text.body;
  if (part.size() <= kShortAnswer) return std::string(StripDecoration(part));
  return std::string(StripDecoration(LastLine(part)));
}

}  // namespace reasonwatch
