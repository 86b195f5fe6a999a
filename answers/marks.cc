// SPDX-License-Identifier: Apache-2.0
// Finders of the marks, one section a kind of mark: boxes, formulas, JSON,
// tags, phrases, verdicts. Every phrase that announces an answer is a row of
// kPhrases; its columns say which reader knows it.
//
// Two scanners read the phrases. Grading asks for words in several languages,
// headings and options, with other words between them, and is run on an answer
// once: regular expressions. The live readings run on each response and
// compare sixteen of its bytes at a time (words.h), so they know only a phrase
// that has a fixed noun.
#include "answers/marks.h"

#include <algorithm>
#include <utility>

#include "answers/languages.h"
#include "answers/latex.h"
#include "answers/words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch::marks {
namespace {

using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::IsTextSpace;
using ascii::Trim;
using ascii::TrimText;
using words::Find;
using words::FindLast;
using words::IsWord;
using words::StartsWith;

constexpr size_t kNone = std::string_view::npos;
// An answer without a closing tag ends with the response, so it must be short.
constexpr size_t kMaxOpenTag = 120;
// Formulas are looked for within a window, which keeps signs that never close
// from costing quadratic time.
constexpr size_t kMaxFormula = 4096;
// A displayed formula without its end is read so far.
constexpr size_t kMaxOpenDisplay = 512;
// More between two spans than this is a sentence, and no "and".
constexpr size_t kMaxBetween = 60;
// "answer to the question that was asked is": so far from "answer" may "is" be.
constexpr size_t kMaxLead = 64;

// Part of a name or a number in a formula.
bool IsName(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

struct Phrase {
  std::string_view grading;  // regular expression; "" = not for grading
  std::string_view live;     // bytes of its noun; "" = not for live readings
};
constexpr Phrase kPhrases[] = {
    // "The answer is 5", "Answer choice: B", "answer to the question = 7". The
    // capital is left out of the noun, so that one search finds both.
    {R"(\banswer(?:\s+(?:choice|option))?(?:\s+to\s[^.\n]{1,80})?\*{0,2}\s*)"
     R"((?:\bis\b|:|：|=)(?:\s+indeed\b)?\s*(?:option\b|choice\b)?)",
     "nswer"},
    // "## Final Answer" and its like, alone on a line.
    {R"((?:^|\n)[ \t]*(?:#{1,6}[ \t]*|\*\*)?(?:final\s+)?answer(?:\*\*)?[ \t]*\n)",
     ""},
    {R"((?:^|\n)[ \t]*####[ \t]+)", ""},  // of GSM8K
    {R"((?:^|\n)A:[ \t])", ""},
    {R"(答案(?:是|为|：|:))", ""},
    {R"(réponse(?:\s+est\b|\s*:))", ""},
    {R"(antwort(?:\s+ist\b|\s*:))", ""},
    {R"(respuesta(?:\s+es\b|\s*:))", ""},
};

// Any phrase for grading, and the decoration behind it.
std::string GradingPattern() {
  std::string all;
  for (const Phrase& phrase : kPhrases) {
    if (phrase.grading.empty()) continue;
    if (!all.empty()) all += '|';
    all += phrase.grading;
  }
  return "(?i)(?:" + all + R"()[\s*:：]*)";
}

// Value of a JSON string that begins behind the quote at `open`. Raw line
// breaks are taken as they are. Sets *end behind the closing quote.
std::string JsonString(std::string_view s, size_t open, size_t* end) {
  std::string value;
  size_t i = open + 1;
  for (; i < s.size() && s[i] != '"'; ++i) {
    if (s[i] != '\\' || i + 1 == s.size()) {
      value += s[i];
      continue;
    }
    const char c = s[++i];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        value += c;
        break;
      case 'n':
        value += '\n';
        break;
      case 't':
        // "\text", "\times": LaTeX whose backslash was not escaped.
        if (i + 1 < s.size() && IsLetter(s[i + 1])) {
          value += "\\t";
        } else {
          value += '\t';
        }
        break;
      default:
        value += '\\';
        value += c;
    }
  }
  *end = std::min(i + 1, s.size());
  return value;
}

// The value at `value`, behind its key; sets *end behind it.
std::string JsonValue(std::string_view s, size_t value, size_t* end) {
  if (value >= s.size()) return "";
  if (s[value] == '"') return JsonString(s, value, end);
  if (s[value] == '[' || s[value] == '{') {
    const char close = s[value] == '[' ? ']' : '}';
    *end = std::min(s.find(close, value), s.size() - 1) + 1;
    return std::string(s.substr(value, *end - value));
  }
  while (*end < s.size() && s[*end] != ',' && s[*end] != '}' && s[*end] != '\n')
    ++*end;
  std::string_view text = Trim(s.substr(value, *end - value));
  // Python's quotes.
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

// "Dr" of "Dr. Who": its point ends no sentence.
bool EndsInTitle(std::string_view s) {
  for (std::string_view title : {"Dr", "Mr", "Mrs", "Ms", "St", "Prof", "Mt"})
    if (s.ends_with(title) &&
        (s.size() == title.size() || !IsName(s[s.size() - title.size() - 1])))
      return true;
  return false;
}

// The statement behind `from`, the end of a phrase's noun; "" if the noun
// announces none.
std::string_view StatementBehind(std::string_view text, size_t from) {
  size_t i = from;
  const size_t limit = std::min(text.size(), i + kMaxLead);
  while (i < limit && (text[i] == '*' || text[i] == '"' || text[i] == '\\'))
    ++i;
  size_t content = kNone;
  if (i < limit && text[i] == ':') {
    content = i + 1;
  } else {
    // "answer is", "answer to the question is", not "answers are".
    for (; i + 3 < limit && !words::EndsSentence(text, i); ++i) {
      if (text[i] == ' ' && text[i + 1] == 'i' && text[i + 2] == 's' &&
          !IsWord(text[i + 3])) {
        content = i + 3;
        break;
      }
    }
  }
  if (content == kNone) return {};
  while (content < text.size() &&
         (IsTextSpace(text[content]) || text[content] == '*' ||
          text[content] == ':'))
    ++content;
  size_t end = content;
  while (end < text.size() && end - content < kMaxStatement &&
         !words::EndsSentence(text, end))
    ++end;
  const std::string_view found = TrimText(text.substr(content, end - content));
  if (StartsWith(found, "not ") || StartsWith(found, "correct") ||
      StartsWith(found, "indeed"))
    return {};
  return found;
}

}  // namespace

std::string_view SentenceAt(std::string_view s, size_t begin) {
  while (begin < s.size() && (IsSpace(s[begin]) || s[begin] == '*')) ++begin;
  size_t end = begin;
  if (s.substr(begin, 2) == "\\[") {
    end = s.find("\\]", begin);
    return s.substr(begin, end == kNone ? kMaxOpenDisplay : end + 2 - begin);
  }
  if (s.substr(begin, 2) == "$$") {
    end = s.find("$$", begin + 2);
    return s.substr(begin, end == kNone ? kMaxOpenDisplay : end + 2 - begin);
  }
  for (; end < s.size() && s[end] != '\n'; ++end) {
    if (s[end] == '.' && end > begin &&
        (end + 1 == s.size() || IsSpace(s[end + 1])) &&
        !(end == begin + 1 && IsDigit(s[begin])) &&
        !EndsInTitle(s.substr(begin, end - begin)))
      break;
  }
  return Trim(s.substr(begin, end - begin));
}

size_t CloseOf(std::string_view s, size_t open) {
  int depth = 0;
  for (size_t i = open; i < s.size(); ++i) {
    if (s[i] == '\\') {
      ++i;
    } else if (s[i] == '{') {
      ++depth;
    } else if (s[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return kNone;
}

std::vector<Span> Boxes(std::string_view s) {
  std::vector<Span> spans;
  size_t i = 0;
  while ((i = Find(s, "boxed", i)) != kNone) {
    const bool fbox = i > 0 && s[i - 1] == 'f';
    size_t begin = fbox ? i - 1 : i;
    while (begin > 0 && s[begin - 1] == '\\') --begin;
    const bool command = begin < (fbox ? i - 1 : i);
    i += 5;
    if (!command) continue;
    size_t open = i;
    while (open < s.size() && s[open] == ' ') ++open;
    if (open >= s.size()) break;
    if (s[open] == '{') {
      const size_t close = CloseOf(s, open);
      if (close == kNone) break;
      spans.push_back({begin, open + 1, close, close + 1});
      i = close + 1;
    } else if (open > i) {
      // "\boxed 5"
      size_t end = open;
      while (end < s.size() && s[end] != '$' && s[end] != '\n' && s[end] != ' ')
        ++end;
      spans.push_back({begin, open, end, end});
      i = end;
    } else {
      // "\boxed35 cm}": a brace was lost.
      const size_t end = std::min(s.find('}', open), s.size());
      spans.push_back({begin, open, end, std::min(end + 1, s.size())});
      i = end;
    }
  }
  return spans;
}

bool Connects(std::string_view between) {
  if (between.size() > kMaxBetween) return false;
  const std::string plain = NormalizeMath(between);
  int words = 0;
  bool separator = plain.empty();
  for (size_t i = 0; i < plain.size();) {
    const char c = plain[i];
    if (IsLetter(c)) {
      ++words;
      while (i < plain.size() && IsLetter(plain[i])) ++i;
      continue;
    }
    if (IsDigit(c) || c == '=' || c == '.' || c == '\n' || IsBeyond(c))
      return false;
    separator = separator || c == ',' || c == ';' || c == '+';
    ++i;
  }
  // NormalizeMath() trims a lone comma away.
  separator = separator || between.find(',') != std::string_view::npos ||
              between.find("and") != std::string_view::npos;
  return separator && words == 0;
}

std::string JoinLast(std::string_view s, const std::vector<Span>& spans) {
  size_t first = spans.size() - 1;
  while (first > 0 &&
         Connects(s.substr(spans[first - 1].after,
                           spans[first].begin - spans[first - 1].after)))
    --first;
  std::string joined;
  for (size_t i = first; i < spans.size(); ++i) {
    if (!joined.empty()) joined += " , ";
    joined += spans[i].Content(s);
  }
  return joined;
}

std::optional<Span> NextPlainBox(std::string_view s, size_t from) {
  constexpr std::string_view kBox = "boxed{";
  const size_t begin = Find(s, kBox, from);
  if (begin == kNone) return std::nullopt;
  const size_t end = s.find('}', begin);
  if (end == kNone) return std::nullopt;
  return Span{begin, begin + kBox.size(), end, end + 1};
}

std::vector<Span> Formulas(std::string_view s) {
  std::vector<Span> spans;
  size_t round = 0;  // bytes that hold no "\\)"
  size_t square = 0;
  for (size_t i = 0; i + 1 < s.size();) {
    std::string_view close;
    size_t open = 1;
    if (s[i] == '$') {
      close = s[i + 1] == '$' ? "$$" : "$";
      open = close.size();
    } else if (s[i] == '\\' && s[i + 1] == '(') {
      close = "\\)";
      open = 2;
    } else if (s[i] == '\\' && s[i + 1] == '[') {
      close = "\\]";
      open = 2;
    } else {
      i += s[i] == '\\' ? 2 : 1;
      continue;
    }
    const std::string_view window = s.substr(0, i + open + kMaxFormula);
    // Text that an earlier sign of the kind was not closed in is not read
    // again.
    size_t unused = 0;
    size_t& searched = close == "\\)"   ? round
                       : close == "\\]" ? square
                                        : unused;
    size_t end = window.find(close, std::max(i + open, searched));
    if (end == kNone) searched = window.size() - 1;
    while (end != kNone && close == "$" && s[end - 1] == '\\')
      end = window.find(close, end + 1);
    if (end == kNone) {
      i += open;
      continue;
    }
    const std::string_view content = s.substr(i + open, end - i - open);
    // "$5 and $6": the sign of a currency, not of mathematics.
    if (Trim(content).empty() ||
        (close == "$" && HasProse(content) &&
         HasProse(NormalizeMath(content)) && content.find("\\text") == kNone)) {
      i += open;
      continue;
    }
    spans.push_back({i, i + open, end, end + close.size()});
    i = end + close.size();
  }
  return spans;
}

std::optional<Mark> LastJson(std::string_view s) {
  constexpr std::string_view kNoun = "answer";
  std::optional<Mark> found;
  const auto is_quote = [](char c) { return c == '"' || c == '\''; };
  for (size_t from = 0; from < s.size();) {
    const size_t noun = words::FindEnds(
        s, from, kNoun.size(), kNoun.front(), kNoun.back(), 0x20,
        [&](size_t at) { return words::StartsWith(s.substr(at), kNoun); });
    if (noun == kNone) break;
    from = noun + kNoun.size();
    size_t begin = noun;
    for (std::string_view lead : {"final_", "final"})
      if (begin == noun && noun >= lead.size() &&
          words::Same(s.substr(noun - lead.size(), lead.size()), lead))
        begin -= lead.size();
    if (begin == 0 || !is_quote(s[begin - 1]) || from >= s.size() ||
        !is_quote(s[from]))
      continue;
    size_t value = from + 1;
    while (value < s.size() && IsSpace(s[value])) ++value;
    if (value >= s.size() || s[value] != ':') continue;
    ++value;
    while (value < s.size() && IsSpace(s[value])) ++value;
    size_t end = value;
    std::string text = JsonValue(s, value, &end);
    if (!text.empty()) found = Mark{begin - 1, std::move(text)};
    from = std::max(from, end);
  }
  return found;
}

bool IsAnswerTag(std::string_view name) {
  std::string words;
  for (char c : name) words += c == '_' || c == '-' ? ' ' : ascii::Lower(c);
  for (std::string_view other : {"final", "output", "conclusion"})
    if (words == other) return true;
  const auto nouns = languages::Nouns(words);
  return !nouns.empty() && nouns.back().end == words.size() &&
         nouns.back().kind != languages::NounKind::kOption;
}

std::optional<Mark> LastTag(std::string_view s) {
  if (s.find('<') == kNone) return std::nullopt;
  static const RE2& tag =
      *new RE2(R"re(<\s*(/?)\s*([^\s<>/"'=\d]+)\s*)re"
               R"re((?:value="([^"<>]{1,80})")?\s*(/?)>)re");
  std::optional<Mark> found;
  size_t open_at = 0;
  size_t content = 0;  // behind an open tag, 0 = none is open
  std::string_view name;
  re2::StringPiece rest = Piece(s);
  re2::StringPiece match[5];
  while (tag.Match(rest, 0, rest.size(), RE2::UNANCHORED, match, 5)) {
    const auto at = static_cast<size_t>(match[0].data() - s.data());
    const std::string_view this_name(match[2].data(), match[2].size());
    rest = Piece(s.substr(at + match[0].size()));
    constexpr size_t kMaxName = 32;
    if (this_name.size() > kMaxName) continue;
    const bool closing = !match[1].empty();
    if (closing ? content == 0 || !ascii::EqualsIgnoringCase(this_name, name)
                : !IsAnswerTag(this_name))
      continue;
    if (closing) {
      const std::string_view text = Trim(s.substr(content, at - content));
      // <result> may hold a whole response, <answer> is what it says.
      const bool sure = words::HasWord(name, "answer") ||
                        ascii::EqualsIgnoringCase(name, "final_answer");
      if (!text.empty() && (sure || text.size() <= kMaxOpenTag))
        found = Mark{open_at, std::string(text)};
      content = 0;
    } else if (!match[3].empty()) {
      found = Mark{at, std::string(match[3].data(), match[3].size())};
    } else if (match[4].empty()) {
      open_at = at;
      content = at + match[0].size();
      name = this_name;
    }
  }
  if (content > 0) {
    // The end was lost.
    const std::string_view text = Trim(s.substr(content));
    if (!text.empty() && text.size() <= kMaxOpenTag)
      found = Mark{open_at, std::string(text)};
  }
  return found;
}

std::optional<Mark> LastPhrase(std::string_view s) {
  static const RE2& phrase = *new RE2(GradingPattern());
  std::optional<Mark> found;
  size_t begin = 0;
  re2::StringPiece match;
  while (phrase.Match(Piece(s), begin, s.size(), RE2::UNANCHORED, &match, 1)) {
    const auto at = static_cast<size_t>(match.data() - s.data());
    const std::string_view text = SentenceAt(s, at + match.size());
    if (!text.empty()) found = Mark{at, std::string(text)};
    begin = std::max(at + match.size(), begin + 1);
  }
  return found;
}

std::string_view LastStatement(std::string_view text, size_t& at) {
  std::string_view last;
  for (const Phrase& phrase : kPhrases) {
    const std::string_view noun = phrase.live;
    if (noun.empty()) continue;
    for (size_t hit = Find(text, noun); hit != kNone;
         hit = Find(text, noun, hit + noun.size())) {
      const std::string_view found = StatementBehind(text, hit + noun.size());
      if (found.empty() || (!last.empty() && hit < at)) continue;
      last = found;
      at = hit;
    }
  }
  return last;
}

std::string_view LastLine(std::string_view s) {
  s = Trim(s);
  const size_t newline = s.rfind('\n');
  return newline == kNone ? s : Trim(s.substr(newline + 1));
}

std::string LastBoldNumber(std::string_view line) {
  static const RE2& bold = *new RE2(R"(.*\*\*([^*\n]*\d[^*\n]*)\*\*)");
  std::string emphasised;
  RE2::PartialMatch(Piece(line), bold, &emphasised);
  return emphasised;
}

std::optional<bool> VerdictOf(std::string_view word) {
  if (words::Same(word, "yes") || words::Same(word, "true")) return true;
  if (words::Same(word, "no") || words::Same(word, "false")) return false;
  return std::nullopt;
}

std::optional<bool> LastBracketedVerdict(std::string_view s) {
  static const RE2& bracketed =
      *new RE2(R"((?i)\[\s*(yes|no|true|false)\s*\])");
  std::string_view last;
  size_t begin = 0;
  re2::StringPiece match[2];
  while (
      bracketed.Match(Piece(s), begin, s.size(), RE2::UNANCHORED, match, 2)) {
    last = {match[1].data(), match[1].size()};
    begin = static_cast<size_t>(match[0].data() - s.data()) + match[0].size();
  }
  return VerdictOf(last);
}

std::optional<bool> LastChosenVerdict(std::string_view text) {
  for (size_t close = FindLast(text, ']'); close != kNone && close > 0;
       close = FindLast(text, ']', close - 1)) {
    const size_t open = FindLast(text, '[', close);
    if (open == kNone) break;
    const auto verdict =
        VerdictOf(TrimText(text.substr(open + 1, close - open - 1)));
    if (verdict.has_value()) {
      std::string_view next = TrimText(text.substr(close + 1, 8));
      std::string_view before = text.substr(0, open);
      while (!before.empty() && !IsWord(before.back())) before.remove_suffix(1);
      const bool offered =
          StartsWith(next, "or ") || StartsWith(next, "\" or") ||
          next.starts_with("/") ||
          (before.size() >= 3 &&
           words::Same(before.substr(before.size() - 3), " or"));
      if (!offered) return verdict;
    }
    close = open;
    if (close == 0) break;
  }
  return std::nullopt;
}

std::optional<bool> LeadingVerdict(std::string_view answer, size_t& after) {
  size_t i = 0;
  while (i < answer.size() && i < 8 && !IsWord(answer[i])) ++i;
  const size_t begin = i;
  while (i < answer.size() && i - begin < 6 && IsWord(answer[i])) ++i;
  const auto verdict = VerdictOf(answer.substr(begin, i - begin));
  if (!verdict.has_value()) return std::nullopt;
  // "No natural number is ..." is a sentence.
  if (i < answer.size() && answer[i] == ' ') return std::nullopt;
  while (i < answer.size() && !IsWord(answer[i]) && !IsTextSpace(answer[i]))
    ++i;
  after = i;
  return verdict;
}

}  // namespace reasonwatch::marks
