#include "baseline/grading/extraction.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "baseline/grading/latex.h"
#include "baseline/grading/text_util.h"
#include "re2/re2.h"

namespace reasonwatch {
namespace {

constexpr size_t kMaxPasses = 4;  // markers inside markers
constexpr size_t kShortAnswer = 120;
constexpr size_t kMaxFormula = 4096;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLetter(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c));
}
bool IsWord(char c) { return IsLetter(c) || IsDigit(c) || c == '_'; }

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

// A place in the text that holds an answer.
struct Span {
  size_t begin = 0;    // of the marker
  size_t content = 0;  // first byte of the answer
  size_t end = 0;      // one past the answer
  size_t after = 0;    // one past the marker's own end
  std::string_view Content(std::string_view s) const {
    return s.substr(content, end - content);
  }
};

// Balanced group of `s` that opens at `open` ('{'); npos where it never
// closes.
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
  return std::string_view::npos;
}

std::vector<Span> BoxedSpans(std::string_view s) {
  std::vector<Span> spans;
  size_t i = 0;
  while ((i = s.find("boxed", i)) != std::string_view::npos) {
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
      if (close == std::string_view::npos) break;
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

std::vector<Span> MathSpans(std::string_view s) {
  std::vector<Span> spans;
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
    // The window keeps unclosed signs from costing quadratic time.
    const std::string_view window = s.substr(0, i + open + kMaxFormula);
    size_t end = window.find(close, i + open);
    while (end != std::string_view::npos && close == "$" && s[end - 1] == '\\')
      end = window.find(close, end + 1);
    if (end == std::string_view::npos) {
      i += open;
      continue;
    }
    const std::string_view content = s.substr(i + open, end - i - open);
    // "$5 and $6": the sign of a currency, not of mathematics.
    if (Trim(content).empty() ||
        (close == "$" && HasProse(NormalizeMath(content)) &&
         content.find("\\text") == std::string_view::npos)) {
      i += open;
      continue;
    }
    spans.push_back({i, i + open, end, end + close.size()});
    i = end + close.size();
  }
  return spans;
}

// What may part two spans that belong to one answer: punctuation, "and",
// "or", at most one other word.
bool Connects(std::string_view between) {
  if (between.size() > 60) return false;
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
    if (IsDigit(c) || c == '=' || c == '.' || c == '\n' ||
        static_cast<unsigned char>(c) >= 0x80)
      return false;
    separator = separator || c == ',' || c == ';' || c == '+';
    ++i;
  }
  // NormalizeMath() trims a lone comma away.
  separator = separator || between.find(',') != std::string_view::npos ||
              between.find("and") != std::string_view::npos;
  return separator && words == 0;
}

// The last span and those that it is enumerated with, joined by commas.
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

struct Marked {
  size_t at = 0;  // position of the marker
  std::string text;
};

std::optional<Marked> JsonAnswer(std::string_view s) {
  static const RE2& key =
      *new RE2(R"re((?i)["'](?:final_?)?answer["']\s*:\s*)re");
  std::optional<Marked> found;
  re2::StringPiece rest = Piece(s);
  re2::StringPiece match;
  while (key.Match(rest, 0, rest.size(), RE2::UNANCHORED, &match, 1)) {
    const auto at = static_cast<size_t>(match.data() - s.data());
    const size_t value = at + match.size();
    size_t end = value;
    Marked marked{at, ""};
    if (value < s.size() && s[value] == '"') {
      marked.text = JsonString(s, value, &end);
    } else if (value < s.size() && (s[value] == '[' || s[value] == '{')) {
      const char close = s[value] == '[' ? ']' : '}';
      end = std::min(s.find(close, value), s.size() - 1) + 1;
      marked.text = std::string(s.substr(value, end - value));
    } else {
      while (end < s.size() && s[end] != ',' && s[end] != '}' && s[end] != '\n')
        ++end;
      marked.text = std::string(Trim(s.substr(value, end - value)));
      // Another quote than JSON's.
      if (marked.text.size() >= 2 && marked.text.front() == '\'' &&
          marked.text.back() == '\'')
        marked.text = marked.text.substr(1, marked.text.size() - 2);
    }
    if (!marked.text.empty()) found = std::move(marked);
    rest = Piece(s.substr(end));
  }
  return found;
}

std::optional<Marked> TagAnswer(std::string_view s) {
  if (s.find('<') == std::string_view::npos) return std::nullopt;
  static const RE2& tag = *new RE2(R"((?i)<\s*(/?)\s*(?:final_?)?answer\s*>)");
  std::optional<Marked> found;
  size_t open_at = 0;
  size_t content = 0;  // behind an open tag, 0 = none is open
  re2::StringPiece rest = Piece(s);
  re2::StringPiece match[2];
  while (tag.Match(rest, 0, rest.size(), RE2::UNANCHORED, match, 2)) {
    const auto at = static_cast<size_t>(match[0].data() - s.data());
    const bool closing = !match[1].empty();
    if (closing && content > 0) {
      const std::string_view text = Trim(s.substr(content, at - content));
      if (!text.empty()) found = Marked{open_at, std::string(text)};
      content = 0;
    } else if (!closing) {
      open_at = at;
      content = at + match[0].size();
    }
    rest = Piece(s.substr(at + match[0].size()));
  }
  if (content > 0) {
    // The end was lost; what follows is the answer if it is short.
    const std::string_view text = Trim(s.substr(content));
    if (!text.empty() && text.size() <= kShortAnswer)
      found = Marked{open_at, std::string(text)};
  }
  return found;
}

// "Dr" of "Dr. Who": its point ends no sentence.
bool EndsInTitle(std::string_view s) {
  for (std::string_view title : {"Dr", "Mr", "Mrs", "Ms", "St", "Prof", "Mt"})
    if (s.ends_with(title) &&
        (s.size() == title.size() || !IsWord(s[s.size() - title.size() - 1])))
      return true;
  return false;
}

// From `begin` to the end of its sentence or line; the next line where this
// one is empty.
std::string_view SentenceAt(std::string_view s, size_t begin) {
  while (begin < s.size() &&
         (absl::ascii_isspace(static_cast<unsigned char>(s[begin])) ||
          s[begin] == '*'))
    ++begin;
  size_t end = begin;
  bool in_math = s.substr(begin, 2) == "\\[";
  if (in_math) {
    end = s.find("\\]", begin);
    return s.substr(begin,
                    end == std::string_view::npos ? 512 : end + 2 - begin);
  }
  for (; end < s.size() && s[end] != '\n'; ++end) {
    if (s[end] == '.' && end > begin &&
        (end + 1 == s.size() ||
         absl::ascii_isspace(static_cast<unsigned char>(s[end + 1]))) &&
        !(end == begin + 1 && IsDigit(s[begin])) &&
        !EndsInTitle(s.substr(begin, end - begin)))
      break;
  }
  return Trim(s.substr(begin, end - begin));
}

std::optional<Marked> PhraseAnswer(std::string_view s) {
  static const RE2& phrase = *new RE2(
      R"((?i)(?:\banswer(?:\s+(?:choice|option))?(?:\s+to\s[^.\n]{1,80})?\*{0,2}\s*(?:\bis\b|:|：|=)(?:\s+indeed\b)?\s*(?:option\b|choice\b)?)"
      R"(|(?:^|\n)[ \t]*(?:#{1,6}[ \t]*|\*\*)?(?:final\s+)?answer(?:\*\*)?[ \t]*\n)"
      R"(|(?:^|\n)[ \t]*####[ \t]+|(?:^|\n)A:[ \t]|答案(?:是|为|：|:)|réponse(?:\s+est\b|\s*:)|antwort(?:\s+ist\b|\s*:)|respuesta(?:\s+es\b|\s*:)))"
      R"([\s*:：]*)");
  std::optional<Marked> found;
  size_t begin = 0;
  re2::StringPiece match;
  while (phrase.Match(Piece(s), begin, s.size(), RE2::UNANCHORED, &match, 1)) {
    const auto at = static_cast<size_t>(match.data() - s.data());
    const std::string_view text = SentenceAt(s, at + match.size());
    if (!text.empty()) found = Marked{at, std::string(text)};
    begin = std::max(at + match.size(), begin + 1);
  }
  return found;
}

std::string_view LastLine(std::string_view s) {
  s = Trim(s);
  const size_t newline = s.rfind('\n');
  return newline == std::string_view::npos ? s : Trim(s.substr(newline + 1));
}
std::string_view FirstLine(std::string_view s) {
  s = Trim(s);
  return s.substr(0, s.find('\n'));
}

// The last number with its sign, fraction and percent sign.
std::string LastNumber(std::string_view s) {
  static const RE2& number = *new RE2(
      R"(\d+ \d+/\d+|\d*\\[dt]?frac\{-?\d+\}\{\d+\})"
      R"(|(?:\d{1,3}(?:\{?,\}?\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][-+]?\d{1,3})?(?:\s?/\s?\d+(?:\.\d+)?)?)"
      R"((?:\s?(?:\\times|\\cdot|×|\*)\s?10(?:\^\{?-?\d+\}?|(?:⁻|⁰|¹|²|³|⁴|⁵|⁶|⁷|⁸|⁹)+)|\^\{?-?\d+\}?|(?:⁻|⁰|¹|²|³|⁴|⁵|⁶|⁷|⁸|⁹)+)?(?:\s?\\?%)?|\.\d+)");
  std::string last;
  size_t begin = 0;
  re2::StringPiece match;
  while (number.Match(Piece(s), begin, s.size(), RE2::UNANCHORED, &match, 1)) {
    size_t at = static_cast<size_t>(match.data() - s.data());
    begin = at + match.size();
    last.assign(match.data(), match.size());
    size_t sign = at;
    while (sign > 0 && (s[sign - 1] == ' ' || s[sign - 1] == '$')) --sign;
    const bool adjacent = sign == at || s[at - 1] == '$';
    std::string_view before = s.substr(0, sign);
    const bool minus = !before.empty() && before.back() == '-';
    const bool long_minus = before.size() >= 3 &&
                            before.substr(before.size() - 3) == "\xe2\x88\x92";
    if ((minus || long_minus) && adjacent) {
      before.remove_suffix(minus ? 1 : 3);
      // "10-3" subtracts and "Feb-3" joins; "= -3" is negative.
      if (before.empty() || (!IsWord(before.back()) && before.back() != ')'))
        last.insert(0, 1, '-');
    }
  }
  return last;
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

// A short text without a byte that every marker has one of: most markers hold
// a number and nothing else.
bool IsBare(std::string_view s) {
  return s.size() <= kShortAnswer &&
         std::none_of(s.begin(), s.end(), [](char c) {
           return c == 'w' || c == 'W' || c == 'p' || c == 'P' || c == '#' ||
                  c == ':' || c == 'x' || static_cast<unsigned char>(c) >= 0x80;
         });
}

// Content of the last marker of any sort.
std::optional<std::string> OneMarker(std::string_view s) {
  // answer, antwort, respuesta, ####, A:, boxed, and what is not ASCII.
  if (IsBare(s)) return std::nullopt;
  std::optional<Marked> best;
  const auto offer = [&best](std::optional<Marked> candidate) {
    if (candidate && (!best || candidate->at >= best->at))
      best = std::move(candidate);
  };
  // A phrase counts behind every other marker only where it names something
  // to grade; "the answer is plausible" does not.
  if (const auto spans = BoxedSpans(s); !spans.empty())
    offer(Marked{spans.back().begin, JoinLast(s, spans)});
  if (auto phrase = PhraseAnswer(s)) {
    const bool gradable =
        std::any_of(phrase->text.begin(), phrase->text.end(), IsDigit) ||
        phrase->text.size() <= 24 ||
        phrase->text.find('$') != std::string::npos ||
        phrase->text.find('(') != std::string::npos;
    if (!best || gradable) offer(std::move(phrase));
  }
  // Structured answers carry their own reasoning, with its own markers.
  if (auto tag = TagAnswer(s)) best = std::move(tag);
  if (auto json = JsonAnswer(s)) {
    if (!best || json->at >= best->at || s.find("```json") != s.npos ||
        Trim(s).substr(0, 1) == "{")
      best = std::move(json);
  }
  if (!best) return std::nullopt;
  return std::move(best->text);
}

std::string MathOf(std::string_view s) {
  std::string_view text = StripDecoration(s);
  if (const auto spans = BoxedSpans(text); !spans.empty())
    return JoinLast(text, spans);
  const auto spans = MathSpans(text);
  const bool prose = HasProse(text);
  // "... where $d$ divides 90. So there are 12 of them."
  if (prose && !spans.empty() &&
      !LastNumber(text.substr(spans.back().after)).empty())
    return LastNumber(text.substr(spans.back().after));
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
  const std::string number = LastNumber(text);
  return number.empty() ? std::string(text) : number;
}

// A standalone option name in `s`; the last one, or the first.
std::string FindOption(std::string_view s, OptionStyle style, bool last) {
  std::string found;
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
        next == ' ' && end + 1 < s.size() &&
        absl::ascii_islower(static_cast<unsigned char>(s[end + 1]))) {
      const std::string_view word = s.substr(end + 1, 3);
      if (word != "or " && word != "and" && word != "is ") continue;
    }
    if (letter && next == '=') continue;
    if (s.substr(0, i).ends_with("not ")) continue;
    found = std::string(s.substr(i, end - i));
    if (!last) return found;
  }
  return found;
}

std::optional<std::string> BooleanWord(std::string_view word) {
  if (EqualsIgnoreCase(word, "yes") || EqualsIgnoreCase(word, "true"))
    return "yes";
  if (EqualsIgnoreCase(word, "no") || EqualsIgnoreCase(word, "false"))
    return "no";
  return std::nullopt;
}

// Yes, no, true or false as the first word, or capitalised as the last.
std::string BooleanOf(std::string_view s) {
  std::string last;
  bool first = true;
  for (size_t i = 0; i < s.size();) {
    if (!IsWord(s[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < s.size() && IsWord(s[i])) ++i;
    const std::string_view word = s.substr(begin, i - begin);
    if (const auto value = BooleanWord(word)) {
      if (first) return *value;
      const bool is_value = IsUpper(word[0]) || i == s.size() || s[i] == ']' ||
                            s[i] == '.' || s[i] == '"';
      if (is_value) last = *value;
    }
    first = false;
  }
  return last;
}

std::string_view LastBracketedBoolean(std::string_view s) {
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
  return last;
}

}  // namespace

std::string_view AnswerPart(std::string_view response) {
  if (response.size() > kMaxScannedBytes)
    response.remove_prefix(response.size() - kMaxScannedBytes);
  for (std::string_view token : {"<|im_", "<|end", "<|eot", "</s>"}) {
    const size_t at = response.find(token);
    if (at != std::string_view::npos && at > 0 &&
        !Trim(response.substr(0, at)).empty())
      response = response.substr(0, at);
  }
  const size_t think = response.rfind("</think>");
  if (think != std::string_view::npos &&
      !Trim(response.substr(think + 8)).empty())
    response.remove_prefix(think + 8);
  response = Trim(response);
  constexpr std::string_view kHope = "I hope it is correct.";
  if (response.size() > kHope.size() &&
      response.substr(response.size() - kHope.size()) == kHope)
    response = Trim(response.substr(0, response.size() - kHope.size()));
  return response;
}

std::optional<std::string> MarkedAnswer(std::string_view answer_part) {
  std::optional<std::string> marked = OneMarker(answer_part);
  for (size_t pass = 1; marked && pass < kMaxPasses; ++pass) {
    auto inner = OneMarker(*marked);
    if (!inner || Trim(*inner).empty()) break;
    marked = std::move(inner);
  }
  return marked;
}

std::string ExtractLastBoxes(std::string_view response) {
  const std::string_view answer = AnswerPart(response);
  const std::vector<Span> spans = BoxedSpans(answer);
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

std::string ExtractMath(std::string_view response) {
  const std::string_view part = AnswerPart(response);
  const auto marked = MarkedAnswer(part);
  return MathOf(marked ? *marked : part);
}

std::string ExtractNumber(std::string_view response) {
  const std::string_view part = AnswerPart(response);
  if (const auto marked = MarkedAnswer(part)) {
    const std::string math = MathOf(*marked);
    const size_t equals = math.rfind('=');
    const std::string_view value =
        equals == std::string::npos ? std::string_view(math)
                                    : std::string_view(math).substr(equals + 1);
    if (std::any_of(value.begin(), value.end(), IsDigit))
      return std::string(Trim(value));
  }
  // "So **70 dollars** are left after 2 days."
  static const RE2& bold = *new RE2(R"(.*\*\*([^*\n]*\d[^*\n]*)\*\*)");
  std::string emphasised;
  if (RE2::PartialMatch(Piece(LastLine(part)), bold, &emphasised))
    return LastNumber(emphasised);
  // "1.5 \\times 10^3" and "1 500" alone; "10-3" may be a range.
  static const RE2& thousands =
      *new RE2(R"([-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?)");
  if (part.size() <= kShortAnswer && RE2::FullMatch(Piece(part), thousands))
    return std::string(part);
  return LastNumber(part);
}

std::string ExtractBoolean(std::string_view response) {
  const std::string_view part = AnswerPart(response);
  if (const auto bracketed = LastBracketedBoolean(part); !bracketed.empty())
    return *BooleanWord(bracketed);
  if (const auto marked = MarkedAnswer(part))
    if (std::string value = BooleanOf(*marked); !value.empty()) return value;
  if (std::string value = BooleanOf(LastLine(part)); !value.empty())
    return value;
  const std::string_view line = FirstLine(part);
  size_t end = 0;
  while (end < line.size() && IsLetter(line[end])) ++end;
  return BooleanWord(line.substr(0, end)).value_or("");
}

std::string ExtractChoice(std::string_view response, OptionStyle style) {
  const std::string_view part = AnswerPart(response);
  if (const auto marked = MarkedAnswer(part)) {
    // "B or C" names none.
    static const RE2& several =
        *new RE2(R"(^[\s*(]*[A-Z][\s*)]*(?:or|and|/|&)[\s*(]*[A-Z][\s*).]*$)");
    if (RE2::FullMatch(Piece(*marked), several)) return "";
    if (std::string option = FindOption(*marked, style, false); !option.empty())
      return option;
    if (marked->size() == 1 && IsLetter((*marked)[0]))
      return absl::AsciiStrToUpper(*marked);
  }
  if (part.size() == 1 && IsLetter(part[0]) && style != OptionStyle::kDigit)
    return absl::AsciiStrToUpper(AbslView(part));
  // "B. Paris is ..." begins with its option.
  static const RE2& leading = *new RE2(
      R"(^[\s*]*(?:[(\[]([A-Z]|\d{1,2})[)\]]|([A-Z]|\d{1,2})(?:[).:,*]|[^\x00-\x7f]|\s*$|\s*\n)))");
  std::string bracketed, plain;
  if (RE2::PartialMatch(Piece(part), leading, &bracketed, &plain)) {
    const std::string option = bracketed.empty() ? plain : bracketed;
    const bool digit = IsDigit(option[0]);
    if ((digit && style != OptionStyle::kLetter) ||
        (!digit && style != OptionStyle::kDigit))
      return option;
  }
  std::string_view line = LastLine(part);
  // A truncated chain ends in a long line without an answer.
  if (line.size() > 400) line.remove_prefix(line.size() - 400);
  if (std::string option = FindOption(line, style, true);
      !option.empty() && (part.size() <= 400 || style != OptionStyle::kDigit))
    return option;
  return "";
}

std::string ExtractText(std::string_view response) {
  const std::string_view part = AnswerPart(response);
  if (const auto marked = MarkedAnswer(part))
    return std::string(StripDecoration(*marked));
  if (part.size() <= kShortAnswer) return std::string(StripDecoration(part));
  return std::string(StripDecoration(LastLine(part)));
}

}  // namespace reasonwatch
