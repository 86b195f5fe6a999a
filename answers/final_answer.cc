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
#include "answers/languages.h"
#include "answers/latex.h"
#include "answers/marks.h"
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
using ascii::IsLower;
using ascii::IsUpper;
using ascii::Trim;
using marks::Boxes;
using marks::CloseOf;
using marks::JoinLast;
using marks::LastLine;
using marks::Span;

// A response of at most this many bytes is an answer without reasoning.
constexpr size_t kShortAnswer = 120;
// A chain that was cut off ends in a long line without an answer: only its end
// is looked at for an option.
constexpr size_t kMaxLine = 400;
// A number without a mark is looked for so far from the end.
constexpr size_t kMaxUnmarked = 4096;
// ", or else " has nine bytes.
constexpr size_t kMaxJoint = 12;
// The numbers of a sentence are looked for so far from its end.
constexpr size_t kMaxEnumerated = 1024;

bool IsWord(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

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

std::string_view StripDecoration(std::string_view s) {
  s = Trim(s);
  for (bool changed = true; changed && !s.empty();) {
    changed = false;
    for (std::string_view open : {"\\text{", "\\textbf{", "\\mathrm{"}) {
      if (s.starts_with(open) && CloseOf(s, open.size() - 1) == s.size() - 1) {
        s = Trim(s.substr(open.size(), s.size() - open.size() - 1));
        changed = true;
      }
    }
    if (s.size() > 4 && s.starts_with("<<") && s.ends_with(">>")) {
      s = Trim(s.substr(2, s.size() - 4));
      changed = true;
    }
    for (std::string_view mark : {"**", "`", "__"}) {
      if (s.size() > 2 * mark.size() && s.substr(0, mark.size()) == mark &&
          s.substr(s.size() - mark.size()) == mark) {
        s = Trim(s.substr(mark.size(), s.size() - 2 * mark.size()));
        changed = true;
      }
    }
  }
  return s;
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

std::string MathOf(std::string_view s) {
  std::string_view text = StripDecoration(s);
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

// Calls `visit(at, option)` for each standalone name of an option in `s` until
// it returns false. `last`: the text is read for its last option, so that "A"
// at its beginning is an article.
template <typename Visit>
void VisitOptions(std::string_view s, OptionStyle style, bool last,
                  const Visit& visit) {
  const bool letters = style != OptionStyle::kDigit;
  const bool digits = style != OptionStyle::kLetter;
  for (size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    const bool letter = letters && IsUpper(c);
    if (!letter && !(digits && IsDigit(c))) continue;
    if (i > 0 && (IsWord(s[i - 1]) || s[i - 1] == '.' || s[i - 1] == '-' ||
                  s[i - 1] == '\'' || s[i - 1] == '/'))
      continue;
    size_t end = i + 1;
    if (!letter)
      while (end < s.size() && IsDigit(s[end])) ++end;
    const char next = end < s.size() ? s[end] : '\0';
    if (IsWord(next) || next == '\'' || end - i > 2) continue;
    if (!letter && next == '.' && end + 1 < s.size() && IsDigit(s[end + 1]))
      continue;
    const bool bracketed =
        i > 0 && (s[i - 1] == '(' || s[i - 1] == '[' || s[i - 1] == '{') &&
        (next == ')' || next == ']' || next == '}');
    // The article and the pronoun; "A because ..." behind a marker is neither.
    if (letter && (c == 'I' || (c == 'A' && (i > 0 || last))) && !bracketed &&
        next == ' ' && end + 1 < s.size() && IsLower(s[end + 1])) {
      const std::string_view word = s.substr(end + 1, 3);
      if (word != "or " && word != "and" && word != "is ") continue;
    }
    if (letter && next == '=') continue;
    if (const std::string_view before = s.substr(0, i);
        before.ends_with("not ") || before.ends_with("Not ") ||
        before.ends_with("all but ") || before.ends_with("All but ") ||
        before.ends_with("thing but ") || before.ends_with("except "))
      continue;
    if (!visit(i, std::string(s.substr(i, end - i)))) return;
  }
}

// The first standalone name of an option in `s`; "" if there is none.
std::string FirstOption(std::string_view s, OptionStyle style) {
  std::string found;
  VisitOptions(s, style, /*last=*/false, [&](size_t, std::string option) {
    found = std::move(option);
    return false;
  });
  return found;
}

// Words before an option that is set aside ("over B", "because A fails"), and
// before one that is decided on ("so it is C").
constexpr std::string_view kSetAside[] = {
    "over ",  "than ",    "of ",      "because ", "since ",    "as ",
    "while ", "unlike ",  "versus ",  "vs. ",     "from ",     "out ",
    "both ",  "between ", "whereas ", "given ",   "although ", "though "};
constexpr std::string_view kDecided[] = {
    "is ",     "be ",     "so ",     "hence ",  "thus ",    "therefore ",
    "choose ", "pick ",   "select ", "with ",   "for ",     "option ",
    "choice ", "answer ", "to ",     "leaves ", "leaving ", "as ",
    ": ",      "= ",      "→ ",      "ist ",    "est ",     "es ",
    "è ",      "é "};

bool EndsInAny(std::string_view before,
               std::span<const std::string_view> words) {
  while (!before.empty() && (before.back() == '(' || before.back() == '[' ||
                             before.back() == '*' || before.back() == '"'))
    before.remove_suffix(1);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return before.size() >= word.size() &&
           words::Same(before.substr(before.size() - word.size()), word);
  });
}

// The option that an unmarked line decides on: the only one that it names, or
// the last one behind a word of decision; "" where it could be any of several.
std::string DecidedOption(std::string_view line, OptionStyle style) {
  std::string last, decided;
  bool several = false;
  VisitOptions(line, style, /*last=*/true, [&](size_t at, std::string option) {
    const std::string_view before = line.substr(0, at);
    if (EndsInAny(before, kSetAside)) return true;
    several = several || (!last.empty() && last != option);
    if (EndsInAny(before, kDecided)) decided = option;
    last = std::move(option);
    return true;
  });
  return several ? decided : last;
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

// The number of a sentence that holds several: behind the last "=", behind a
// word that joins ("is"), else the last.
FoundNumber ChooseNumber(std::string_view sentence) {
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
  return HoldsDigit(body) && body.size() <= kShortAnswer ? ChooseNumber(body)
                                                         : found;
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

std::string OptionsIn(std::string_view s) {
  std::string options;
  for (size_t i = 0; i < s.size(); ++i) {
    if (!IsUpper(s[i]) || (i > 0 && InWord(s[i - 1])) ||
        (i + 1 < s.size() && InWord(s[i + 1])))
      continue;
    if (options.find(s[i]) == std::string::npos) options += s[i];
  }
  std::sort(options.begin(), options.end());
  return options;
}

// Does the text hold a command of LaTeX that sets no text? Its letters are
// names of quantities.
bool IsFormulaText(std::string_view s) {
  for (size_t i = s.find('\\'); i != std::string_view::npos;
       i = s.find('\\', i + 1)) {
    const std::string_view rest = s.substr(i + 1);
    if (rest.empty() || !IsLetter(rest[0])) continue;
    if (!rest.starts_with("text") && !rest.starts_with("math") &&
        !rest.starts_with("mbox") && !rest.starts_with("boxed") &&
        !rest.starts_with("quad") && !rest.starts_with("bf"))
      return true;
  }
  return false;
}

// Several options and nothing else: "A or B", "(A), (C)".
bool NamesSeveral(std::string_view s) {
  if (OptionsIn(s).size() < 2) return false;
  for (size_t i = 0; i < s.size();) {
    const size_t begin = i;
    while (i < s.size() && InWord(s[i])) ++i;
    if (i == begin) {
      ++i;
      continue;
    }
    const std::string_view word = s.substr(begin, i - begin);
    const bool joins = words::Same(word, "and") ||
                       words::Same(word, "either") ||
                       words::Same(word, "both") ||
                       languages::AlternativeAt(s, begin) == word.size();
    if (!joins && !(word.size() == 1 && IsUpper(word[0]))) return false;
  }
  return true;
}

std::string ExtractChoice(const AnswerText& text, OptionStyle style) {
  const std::string_view part = text.body;
  for (size_t i = text.marks.size(); i-- > 0;) {
    const std::string& marked = text.marks[i].text;
    if (IsFormulaText(marked)) continue;
    if (NamesSeveral(marked)) {
      if (text.marks[i].option) continue;
      return "";
    }
    if (std::string option = FirstOption(marked, style); !option.empty())
      return option;
    const std::string_view bare = StripDecoration(marked);
    if (bare.size() == 1 && IsLetter(bare[0]) && style != OptionStyle::kDigit)
      return absl::AsciiStrToUpper(AbslView(bare));
    // "d." and "d) 12"
    if (bare.size() > 1 && IsLower(bare[0]) &&
        (bare[1] == '.' || bare[1] == ')') && style != OptionStyle::kDigit)
      return absl::AsciiStrToUpper(AbslView(bare.substr(0, 1)));
  }
  if (NamesSeveral(part)) return "";
  std::string_view single = part;
  while (!single.empty() && (single[0] == '(' || single[0] == '['))
    single.remove_prefix(1);
  while (!single.empty() &&
         (single.back() == ')' || single.back() == ']' || single.back() == '.'))
    single.remove_suffix(1);
  if (single.size() == 1 && IsLetter(single[0]) && style != OptionStyle::kDigit)
    return absl::AsciiStrToUpper(AbslView(single));
  // "B. Paris is ..." begins with its option.
  static const RE2& leading = *new RE2(
      R"(^[\s*]*(?:[(\[]([A-Za-z]|\d{1,2})[)\]]|([A-Z]|\d{1,2})(?:[).:,*]|[^\x00-\x7f]|\s*$|\s*\n)))");
  std::string bracketed, plain;
  if (RE2::PartialMatch(Piece(part), leading, &bracketed, &plain)) {
    const std::string option =
        absl::AsciiStrToUpper(bracketed.empty() ? plain : bracketed);
    const bool digit = IsDigit(option[0]);
    if ((digit && style != OptionStyle::kLetter) ||
        (!digit && style != OptionStyle::kDigit))
      return option;
  }
  std::string_view line = LastLine(part);
  if (line.size() > kMaxLine) line.remove_prefix(line.size() - kMaxLine);
  if (std::string option = DecidedOption(line, style);
      !option.empty() &&
      (part.size() <= kMaxLine || style != OptionStyle::kDigit))
    return option;
  return "";
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
