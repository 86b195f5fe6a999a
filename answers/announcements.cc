// SPDX-License-Identifier: Apache-2.0
// From each noun that may announce an answer the text is read on until a sign
// or word joins a statement to it, or its line ends as a heading does. Below:
// signs and headings, tables, sentences that end in their noun, the statement
// of a noun, marks at the beginning of a line, and the search from the end of a
// text.
#include "answers/announcements.h"

#include <algorithm>
#include <array>
#include <optional>

#include "answers/marks.h"
#include "answers/words.h"
#include "util/ascii.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::Trim;
using languages::Noun;
using languages::NounKind;

constexpr size_t kNone = std::string_view::npos;
// A text is searched from its end in windows, as the last answer counts.
constexpr size_t kWindow = 8192;
constexpr size_t kMaxNouns = 64;  // of a window, the last ones
// "answer to the question that was asked is": so far apart may the noun and
// the word that joins be.
constexpr size_t kMaxLead = 80;
// As long as a formula may be (formula_reader.cc).
constexpr size_t kMaxStatement = 4096;
// More before the noun of a heading is a sentence.
constexpr size_t kMaxHeadingLead = 40;

// Bytes of a sign that joins, at `i`; 0 for none.
size_t SignAt(std::string_view text, size_t i) {
  if (text[i] == ':' || text[i] == '=' || text[i] == '|') {
    size_t n = 1;
    while (i + n < text.size() && (text[i + n] == '=' || text[i + n] == '>'))
      ++n;
    return n;
  }
  for (std::string_view sign : {"->", "→", "⇒", "➜", "➡", " — ", " – ", " - "})
    if (text.substr(i, sign.size()) == sign) return sign.size();
  return 0;
}

std::string_view LineAt(std::string_view text, size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

// The statement below a heading whose line ends at `end`.
std::string_view BelowHeading(std::string_view text, size_t end) {
  for (size_t line = end + 1; line < text.size();) {
    const std::string_view content = LineAt(text, line);
    if (content.find_first_not_of(" \t\r-=*_#>|") != kNone) {
      size_t begin = line;
      // A quote, a bullet or a cell.
      while (begin < text.size() &&
             (IsSpace(text[begin]) || text[begin] == '>' ||
              text[begin] == '|' || text[begin] == '#' ||
              ((text[begin] == '-' || text[begin] == '*') &&
               text.substr(begin + 1, 1) == " ")))
        ++begin;
      return marks::SentenceAt(text, begin);
    }
    line += content.size() + 1;
  }
  return {};
}

// Is the noun at the end of its line, which holds hardly more?
bool IsHeading(std::string_view text, const Noun& noun) {
  const size_t line =
      noun.begin == 0 ? 0 : text.substr(0, noun.begin).rfind('\n') + 1;
  const std::string_view lead = text.substr(line, noun.begin - line);
  return lead.size() <= kMaxHeadingLead &&
         std::count(lead.begin(), lead.end(), ' ') <= 4;
}

bool OnlyDecoration(std::string_view s) {
  return std::none_of(s.begin(), s.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || IsBeyond(c);
  });
}

// The statement behind a sign or word that joins.
std::string_view Joined(std::string_view text, size_t begin, bool cell) {
  while (begin < text.size() &&
         (text[begin] == ' ' || text[begin] == ':' || text[begin] == '*'))
    ++begin;
  // A heading with a colon: the next line.
  std::string_view statement = begin < text.size() && text[begin] == '\n'
                                   ? BelowHeading(text, begin)
                                   : marks::SentenceAt(text, begin);
  if (cell) statement = Trim(statement.substr(0, statement.find('|')));
  return statement;
}

// The rule below the head of a table: "|---|:--:|".
bool IsTableRule(std::string_view line) {
  return line.find('-') != kNone && line.find('|') != kNone &&
         line.find_first_not_of(" \t\r|:-") == kNone;
}

// The cell of the last row below the noun, which is in the head of a table;
// "" if it is in none.
std::string_view CellBelow(std::string_view text, size_t noun) {
  const size_t begin = text.substr(0, noun).rfind('\n') + 1;  // or 0
  const std::string_view head = LineAt(text, begin);
  size_t line = begin + head.size() + 1;
  if (line >= text.size() || !IsTableRule(LineAt(text, line))) return {};
  const std::string_view before = text.substr(begin, noun - begin);
  const bool framed = Trim(head).starts_with('|');
  auto column =
      std::count(before.begin(), before.end(), '|') - (framed ? 1 : 0);
  std::string_view last;
  for (line += LineAt(text, line).size() + 1; line < text.size();) {
    const std::string_view row = LineAt(text, line);
    if (row.find('|') == kNone) break;
    last = Trim(row);
    line += row.size() + 1;
  }
  if (last.starts_with('|')) last.remove_prefix(1);
  for (; column > 0; --column) {
    const size_t bar = last.find('|');
    if (bar == kNone) return {};
    last.remove_prefix(bar + 1);
  }
  return Trim(last.substr(0, last.find('|')));
}

// The value of a sentence that ends in its noun: "72 is the answer." A sentence
// such as "This is the answer." has none.
std::string_view StatementBefore(std::string_view text, const Noun& noun) {
  size_t end = noun.end;
  for (std::string_view word : {"です", "だ", "입니다", "이다"})
    if (text.substr(end, word.size()) == word) end += word.size();
  while (end < text.size() &&
         (text[end] == ' ' || text[end] == '"' || text[end] == ')'))
    ++end;
  const bool ends = end == text.size() ||
                    ((text[end] == '.' || text[end] == '!') &&
                     (end + 1 == text.size() || IsSpace(text[end + 1]))) ||
                    text[end] == '\n';
  if (!ends) return {};
  const size_t from = noun.begin > kMaxLead ? noun.begin - kMaxLead : 0;
  size_t begin = noun.begin;
  while (begin > from && text[begin - 1] != '\n' &&
         !(begin > 1 && text[begin - 1] == ' ' && text[begin - 2] == '.'))
    --begin;
  // The last word that joins, a few words before the noun.
  constexpr size_t kMaxWords = 24;  // bytes: "is my final "
  for (size_t at = noun.begin; at-- > begin && noun.begin - at <= kMaxWords;) {
    const size_t word = languages::CopulaAt(text, at, noun.english);
    if (word == 0) continue;
    if (languages::Denies(text.substr(at, noun.begin - at))) return {};
    const std::string_view value = Trim(text.substr(begin, at - begin));
    const bool states = value.size() == 1 || value.starts_with('"') ||
                        value.ends_with('"') ||
                        std::any_of(value.begin(), value.end(), IsDigit);
    return states ? value : std::string_view();
  }
  return {};
}

// "849" of "849]", whose bracket opened before the announcement.
std::string_view WithoutOpenEnd(std::string_view statement) {
  while (!statement.empty() &&
         (statement.back() == ']' || statement.back() == ')')) {
    const char open = statement.back() == ']' ? '[' : '(';
    if (statement.find_first_of("[(\\") != kNone ||
        statement.find(open) != kNone)
      break;
    statement = Trim(statement.substr(0, statement.size() - 1));
  }
  // "48 [1][2]" cites its sources.
  while (statement.ends_with(']')) {
    const size_t open = statement.rfind('[');
    const std::string_view inside =
        statement.substr(std::min(open, statement.size() - 1) + 1);
    const std::string_view before = Trim(statement.substr(0, open));
    constexpr size_t kMaxNumber = 4;  // with its bracket
    if (open == kNone || before.empty() || inside.size() > kMaxNumber ||
        inside.find_first_not_of("0123456789") != inside.size() - 1 ||
        !(IsLetter(before.back()) || IsDigit(before.back()) ||
          before.back() == ']' || before.back() == '.'))
      break;
    statement = before;
  }
  return statement;
}

bool IsDenied(std::string_view statement) {
  for (std::string_view word : {"not ", "incorrect", "wrong", "nicht ", "pas ",
                                "neither ", "no es ", "не ", "不是"})
    if (words::StartsWith(statement, word)) return true;
  return false;
}

// The statement that the noun announces.
std::string_view StatementOf(std::string_view text, const Noun& noun) {
  // The rest of the noun's word.
  size_t i = noun.end;
  const bool spaced = noun.end > 0 && !IsBeyond(text[noun.end - 1]);
  while (spaced && i < text.size() && (IsLetter(text[i]) || IsBeyond(text[i])))
    ++i;
  const size_t after = i;
  const size_t limit = std::min(text.size(), i + kMaxLead);
  bool in_word = false;
  for (; i < limit; ++i) {
    const char c = text[i];
    if (c == '\n') {
      if (!OnlyDecoration(text.substr(after, i - after)) ||
          !IsHeading(text, noun))
        return {};
      return BelowHeading(text, i);
    }
    if (const size_t sign = SignAt(text, i); sign > 0) {
      if (c == '|')
        if (const auto cell = CellBelow(text, noun.begin); !cell.empty())
          return cell;
      return Joined(text, i + sign, c == '|');
    }
    const bool near = OnlyDecoration(text.substr(after, i - after));
    // "उत्तर 12 है": nothing joins.
    if (near &&
        (IsDigit(c) || c == '$' || c == '(' || c == '"' ||
         (c == '\\' && i + 1 < text.size() && text[i + 1] != 'n') ||
         (c == '-' && i + 1 < text.size() && IsDigit(text[i + 1]))) &&
        (!spaced || IsHeading(text, noun) || IsBeyond(text[noun.begin])))
      return marks::SentenceAt(text, i);
    if (noun.kind == NounKind::kOption && near && ascii::IsUpper(c) &&
        (i + 1 == text.size() || !IsLetter(text[i + 1])))
      return marks::SentenceAt(text, i);
    if (c == '.' || c == '?' || c == '!' || c == ';') {
      if (i + 1 == text.size() || IsSpace(text[i + 1])) return {};
    }
    if (!in_word || IsBeyond(c)) {
      if (const size_t word = languages::CopulaAt(text, i, noun.english);
          word > 0)
        return Joined(text, i + word, false);
    }
    in_word = IsLetter(c) || IsBeyond(c);
  }
  return {};
}

// "#### 42" of GSM8K and "A: 42" at the beginning of a line.
constexpr std::array<std::string_view, 4> kLineMarks = {"#### ", "####\t",
                                                        "A: ", "A:\t"};

void AddLineMarks(std::string_view text, size_t from,
                  std::vector<Announcement>& found) {
  for (size_t line = from; line < text.size();) {
    size_t begin = line;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t'))
      ++begin;
    const char first = begin < text.size() ? text[begin] : ' ';
    for (const std::string_view mark : kLineMarks) {
      if (first != mark[0]) continue;
      if (text.substr(begin, mark.size()) != mark) continue;
      const std::string_view statement =
          marks::SentenceAt(text, begin + mark.size());
      if (!statement.empty() && statement.data() < text.data() + text.size())
        found.push_back({begin, statement, NounKind::kAnswer});
    }
    const size_t end = text.find('\n', line);
    if (end == kNone) break;
    line = end + 1;
  }
}

void AddFrom(std::string_view text, size_t from, size_t to,
             std::vector<Announcement>& found) {
  std::vector<Noun> nouns = languages::Nouns(text.substr(0, to).substr(from));
  const size_t first = nouns.size() > kMaxNouns ? nouns.size() - kMaxNouns : 0;
  for (size_t i = first; i < nouns.size(); ++i) {
    Noun noun = nouns[i];
    noun.begin += from;
    noun.end += from;
    std::string_view statement = StatementOf(text, noun);
    if (statement.empty()) statement = StatementBefore(text, noun);
    statement = WithoutOpenEnd(statement);
    if (statement.empty() || IsDenied(statement)) continue;
    found.push_back(
        {noun.begin, utf8::Head(statement, kMaxStatement), noun.kind});
  }
}

}  // namespace

std::vector<Announcement> Announcements(std::string_view plain) {
  std::vector<Announcement> found;
  for (size_t to = plain.size(); to > 0 && found.empty();) {
    const size_t from = to > kWindow ? to - kWindow : 0;
    AddFrom(plain, from, to, found);
    AddLineMarks(plain.substr(0, to), from, found);
    to = from;
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const Announcement& a, const Announcement& b) { return a.at < b.at; });
  return found;
}

}  // namespace reasonwatch
