// SPDX-License-Identifier: Apache-2.0
// The option of a multiple choice: first the names of options in a text, then
// the words that set one aside or decide on it, then the policy.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "answers/answer_text.h"
#include "answers/decoration.h"
#include "answers/final_answer.h"
#include "answers/languages.h"
#include "answers/marks.h"
#include "answers/words.h"
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
using marks::LastLine;

// A chain that was cut off ends in a long line without an answer: only its end
// is looked at for an option.
constexpr size_t kMaxLine = 400;

bool IsWord(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }
bool InWord(char c) { return IsWord(c) || c == '\'' || IsBeyond(c); }

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

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

constexpr std::string_view kBoth[] = {"both ", "beide ", "ambas ", "ambos "};

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
    // "Both A and B are correct."
    if (EndsInAny(before, kBoth)) several = true;
    if (EndsInAny(before, kSetAside)) return true;
    several = several || (!last.empty() && last != option);
    if (EndsInAny(before, kDecided)) decided = option;
    last = std::move(option);
    return true;
  });
  return several ? decided : last;
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

// Does the text go through several options one by one, each at the beginning of
// a line or a clause: "A. no\nB. yes", "(A) is wrong, so (B)"?
bool ListsOptions(std::string_view part) {
  static const RE2& option = *new RE2(
      R"((?:^|\n|[,;.] (?:and |so |but )?)[\s*]*(?:\(([A-H])\)|([A-H])[.):]))");
  re2::StringPiece rest = Piece(part.substr(0, kMaxLine));
  std::string bracketed, plain, first;
  while (RE2::FindAndConsume(&rest, option, &bracketed, &plain)) {
    const std::string& name = bracketed.empty() ? plain : bracketed;
    if (first.empty()) first = name;
    if (name != first) return true;
  }
  return false;
}

// The option that a line names and nothing else, "" if it says more.
std::string OptionAlone(std::string_view line) {
  while (!line.empty() && !IsWord(line.front()) && !IsBeyond(line.front()))
    line.remove_prefix(1);
  while (!line.empty() && !IsWord(line.back()) && !IsBeyond(line.back()))
    line.remove_suffix(1);
  return line.size() == 1 && IsUpper(line[0]) ? std::string(line) : "";
}

}  // namespace

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

std::string ExtractChoice(const AnswerText& text, OptionStyle style) {
  const std::string_view part = text.body;
  const std::string alone = style == OptionStyle::kDigit
                                ? std::string()
                                : OptionAlone(LastLine(part));
  for (size_t i = text.marks.size(); i-- > 0;) {
    const std::string& marked = text.marks[i].text;
    if (IsFormulaText(marked)) continue;
    // "Options B and D can be eliminated. ... **C**"
    if (text.marks[i].option && !alone.empty()) return alone;
    if (NamesSeveral(marked)) {
      if (text.marks[i].option) continue;
      return "";
    }
    if (std::string option = FirstOption(marked, style); !option.empty())
      return option;
    std::string_view bare = StripDecoration(marked);
    // "(c)"
    if (bare.size() == 3 && bare[0] == '(' && bare[2] == ')')
      bare = bare.substr(1, 1);
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
      R"(^[\s*]*(?:[(\[]([A-Za-z]|\d{1,2})[)\]]|([A-Z]|\d{1,2})(?:[).:,*]|[\x{2e80}-\x{ffff}]|\s*$|\s*\n)))");
  std::string bracketed, plain;
  if (!ListsOptions(part) &&
      RE2::PartialMatch(Piece(part), leading, &bracketed, &plain)) {
    const std::string option =
        absl::AsciiStrToUpper(bracketed.empty() ? plain : bracketed);
    const bool digit = IsDigit(option[0]);
    if ((digit && style != OptionStyle::kLetter) ||
        (!digit && style != OptionStyle::kDigit))
      return option;
  }
  std::string_view line = LastLine(part);
  static const RE2& label = *new RE2(R"(\s*(?:\([A-H]\)|[A-H][.):])\s*\S.*)");
  if (line.size() <= kMaxLine && line.size() < part.size() &&
      ListsOptions(part) && RE2::FullMatch(Piece(line), label))
    return "";  // the last of those that it goes through
  if (line.size() > kMaxLine) line.remove_prefix(line.size() - kMaxLine);
  if (std::string option = DecidedOption(line, style);
      !option.empty() &&
      (part.size() <= kMaxLine || style != OptionStyle::kDigit))
    return option;
  return "";
}

}  // namespace reasonwatch
