// SPDX-License-Identifier: Apache-2.0
// Texts are compared in steps, from the strictest on: normalised, as a date or
// time, as numbers or a list of numbers, word by word, and last as a sentence
// that ends in the gold answer. Below: dates and times, lists, words, and the
// functions of the header.
#include "answers/same_text.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "answers/dates.h"
#include "answers/languages.h"
#include "answers/math.h"
#include "answers/same_formula.h"
#include "answers/words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::Lower;
using ascii::Trim;

// A sentence around a gold answer; longer texts hold anything.
constexpr size_t kMaxSentence = 400;
constexpr size_t kMaxTokens = 512;  // bounds the comparison of pairs

// Without one layer of quotes that both ends carry.
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
  if (IsSpace(s[0])) return 1;
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

bool HasDigit(std::string_view s) {
  return std::any_of(s.begin(), s.end(), IsDigit);
}

std::string WithoutSpaces(std::string_view s) {
  std::string out(s);
  std::erase(out, ' ');
  return out;
}

bool StatesFormula(std::string_view gold, std::string_view answer) {
  const size_t equals = answer.rfind('=');
  // "48*15-72-24 = 624" still states the formula.
  if (equals != std::string_view::npos) answer = answer.substr(0, equals);
  if (!IsPlainFormula(gold) || !IsPlainFormula(answer)) return false;
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

// A word, number or sign of a text.
struct Token {
  std::string text;
  size_t begin = 0;
  size_t end = 0;
};

bool IsWordByte(char c) { return IsAlnum(c) || IsBeyond(c) || c == '_'; }

// The content of a text: its words and numbers, and the signs that are no
// punctuation. LaTeX's commands for text and dollar signs are none.
std::vector<Token> Tokens(std::string_view s) {
  std::vector<Token> tokens;
  const bool latex = s.find('\\') != std::string_view::npos ||
                     s.find('$') != std::string_view::npos;
  for (size_t i = 0; i < s.size() && tokens.size() < kMaxTokens;) {
    const char c = s[i];
    if (latex && c == '\\') {
      bool skipped = false;
      for (std::string_view command :
           {"\\textbf", "\\textit", "\\text", "\\mathrm", "\\mathbf", "\\mbox",
            "\\boxed", "\\,", "\\ ", "\\;"}) {
        if (s.substr(i, command.size()) != command) continue;
        i += command.size();
        skipped = true;
        break;
      }
      if (skipped) continue;
    }
    if (IsSpace(c) || c == ',' || c == ';' || c == ':' || c == '!' ||
        c == '?' || c == '"' || c == '`' || c == '\'' ||
        (latex && (c == '$' || c == '{' || c == '}'))) {
      ++i;
      continue;
    }
    const bool sign = c == '-' && i + 1 < s.size() && IsDigit(s[i + 1]) &&
                      (i == 0 || !IsWordByte(s[i - 1]));
    if ((c == '.' && !(i + 1 < s.size() && IsDigit(s[i + 1]))) ||
        (c == '-' && !sign && i > 0 && i + 1 < s.size() && IsLetter(s[i - 1]) &&
         IsLetter(s[i + 1]))) {
      ++i;
      continue;
    }
    Token token;
    token.begin = i;
    if (sign || c == '.') {
      token.text += c;
      ++i;
    }
    if (i < s.size() && IsWordByte(s[i])) {
      // "3.5" and "1,234" are one token, and so is "don't".
      while (i < s.size()) {
        const bool inside =
            i + 1 < s.size() && i > token.begin &&
            ((IsDigit(s[i - 1]) && IsDigit(s[i + 1]) &&
              (s[i] == '.' || s[i] == ',' || s[i] == ':')) ||
             (IsLetter(s[i - 1]) && IsLetter(s[i + 1]) && s[i] == '\''));
        if (!IsWordByte(s[i]) && !inside) break;
        if (inside && s[i] == ',') {
          ++i;  // of thousands, or of a list that is written without spaces
          token.text += ',';
        } else {
          i += languages::AppendLower(s, i, token.text);
        }
      }
    } else if (token.text.empty()) {
      token.text += c;
      ++i;
    }
    token.end = i;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool IsBracket(const Token& token) {
  return token.text.size() == 1 && std::string_view("()[]{}").find(
                                       token.text[0]) != std::string_view::npos;
}

bool SameToken(const Token& a, const Token& b) {
  if (a.text == b.text) return true;
  return IsPlainNumber(a.text) && IsPlainNumber(b.text) &&
         a.text.find(':') == std::string::npos && MathEqual(a.text, b.text);
}

std::vector<Token> WithoutArticle(std::vector<Token> tokens) {
  if (tokens.size() > 1 && (tokens[0].text == "the" || tokens[0].text == "a" ||
                            tokens[0].text == "an"))
    tokens.erase(tokens.begin());
  return tokens;
}

// Equal word by word. Brackets count if both have them.
bool SameTokens(std::vector<Token> a, std::vector<Token> b) {
  if (std::none_of(a.begin(), a.end(), IsBracket) !=
      std::none_of(b.begin(), b.end(), IsBracket)) {
    std::erase_if(a, IsBracket);
    std::erase_if(b, IsBracket);
  }
  return !a.empty() &&
         std::equal(a.begin(), a.end(), b.begin(), b.end(), SameToken);
}

// The place in `text` at which the tokens of `wanted` begin for the last time,
// text.size() if there is none.
size_t LastPlace(const std::vector<Token>& text,
                 const std::vector<Token>& wanted) {
  if (wanted.empty() || wanted.size() > text.size()) return text.size();
  for (size_t at = text.size() - wanted.size() + 1; at-- > 0;)
    if (std::equal(wanted.begin(), wanted.end(),
                   text.begin() + static_cast<ptrdiff_t>(at), SameToken))
      return at;
  return text.size();
}

// "H₂O" as "H2O".
std::string WithoutIndices(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s.substr(i).starts_with("\xe2\x82") && i + 2 < s.size() &&
        static_cast<unsigned char>(s[i + 2]) <= 0x89) {
      out += static_cast<char>(s[i + 2] - '\x80' + '0');
      i += 2;
    } else {
      out += s[i];
    }
  }
  return out;
}

// The items of "red, green and blue".
std::vector<Token> WithoutConjunctions(std::vector<Token> tokens) {
  constexpr size_t kFewest = 4;  // with the conjunction
  if (tokens.size() < kFewest) return tokens;
  std::erase_if(tokens, [](const Token& token) {
    for (std::string_view word :
         {"and", "und", "et", "y", "e", "en", "och", "og", "и", "і", "ve",
          "dan", "và", "&", "和", "と", "및"})
      if (token.text == word) return true;
    return false;
  });
  return tokens;
}

// A text of a script without spaces, without the words that close a sentence:
// "東京です。"
std::string_view WithoutEnding(std::string_view s) {
  while (!s.empty() && (s.back() == '.' || IsSpace(s.back())))
    s.remove_suffix(1);
  for (std::string_view ending :
       {"です", "でした", "である", "だ", "입니다", "이다", "예요", "이에요"})
    if (s.size() > ending.size() && s.ends_with(ending))
      return s.substr(0, s.size() - ending.size());
  return s;
}

// Is the gold, of a script without spaces, within the answer?
bool HoldsUnspaced(std::string_view answer, std::string_view gold) {
  gold = Trim(gold);
  return !gold.empty() && std::all_of(gold.begin(), gold.end(), IsBeyond) &&
         static_cast<unsigned char>(gold[0]) >= 0xE1 &&
         answer.find(gold) != std::string_view::npos;
}

// A word without the marks on its letters: "são" as "s?o".
std::string WithoutAccents(std::string_view word) {
  std::string out;
  for (char c : word)
    if (!IsBeyond(c)) {
      out += c;
    } else if (out.empty() || out.back() != '?') {
      out += '?';
    }
  return out;
}

// Equal but for marks on letters: each "?" of one is any letter of the other.
bool SameButForAccents(std::string_view a, std::string_view b) {
  const std::string x = WithoutAccents(a);
  const std::string y = WithoutAccents(b);
  if (x.size() != y.size() || x == y) return x == y && a == b;
  size_t letters = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] != y[i] && x[i] != '?' && y[i] != '?') return false;
    letters += x[i] == y[i];
  }
  return letters * 2 >= x.size();
}

// "mt" of "mount", "dr" of "doctor": its first and its last letter.
bool IsAbbreviation(std::string_view part, std::string_view word) {
  return part.size() == 2 && word.size() > 2 && IsLetter(part[0]) &&
         part.front() == word.front() && part.back() == word.back();
}

// The same name with other parts or marks: too near to the gold for a word
// against it.
bool MayBeSame(const std::vector<Token>& want, const std::vector<Token>& got) {
  if (want.empty() || want.size() > got.size()) return false;
  const auto same = [](const Token& a, const Token& b) {
    return SameToken(a, b) || SameButForAccents(a.text, b.text) ||
           IsAbbreviation(b.text, a.text) || IsAbbreviation(a.text, b.text);
  };
  if (want.size() == got.size() &&
      std::equal(want.begin(), want.end(), got.begin(), same))
    return true;
  // A middle name.
  size_t next = 0;
  for (const Token& token : got)
    if (next < want.size() && same(want[next], token)) ++next;
  return want.size() > 1 && next == want.size();
}

// Does the sentence say that the answer is `wanted`, which it holds at token
// `at`? "It is Paris, on the Seine." does; "It is near Paris" does not.
bool Says(std::string_view sentence, const std::vector<Token>& text, size_t at,
          size_t count) {
  if (languages::Denies(sentence)) return false;
  // "Of" is "or" in Dutch.
  const bool english = languages::IsEnglish(sentence);
  for (size_t i = 0; i < sentence.size(); ++i)
    if ((IsLetter(sentence[i]) || IsBeyond(sentence[i])) &&
        languages::AlternativeAt(sentence, i, english) > 1)
      return false;
  // Behind it the clause ends.
  if (at + count < text.size()) {
    const std::string_view rest = sentence.substr(text[at + count - 1].end);
    if (rest.find_first_of(",;.(!") != 0 && !rest.starts_with(" (") &&
        !rest.starts_with(" because ") && !rest.starts_with(" since ") &&
        !rest.starts_with("\"") && !rest.starts_with("\n"))
      return false;
    // "Paris, London": a list.
    if (rest[0] == ',' && text.size() - at - count <= 2) return false;
  }
  if (at == 0) return true;
  size_t before = at - 1;
  const auto is_article = [&text](size_t i) {
    return text[i].text == "the" || text[i].text == "a" || text[i].text == "an";
  };
  if (before > 0 && is_article(before)) --before;
  const Token& word = text[before];
  if (word.text.ends_with("'s")) return true;  // "it's"
  if (languages::CopulaAt(sentence, word.begin) == word.end - word.begin)
    return true;
  // "will be"
  if (before > 0 && languages::CopulaAt(sentence, text[before - 1].begin) ==
                        word.end - text[before - 1].begin)
    return true;
  return sentence.substr(word.end, 1) == ":" || word.text == "called" ||
         word.text == "named" || word.text == "in" || word.text == "on" ||
         word.text == "at";
}

// "3 to 5" as "3:5".
std::string AsRatio(const std::string& s) {
  static const RE2& ratio =
      *new RE2(R"((\d+(?:\.\d+)?) ?(?:to|zu|à|a|:|∶) ?(\d+(?:\.\d+)?))");
  std::string a, b;
  return RE2::FullMatch(s, ratio, &a, &b) ? a + ":" + b : "";
}

Grade GradeIf(bool correct) {
  return correct ? Grade::kCorrect : Grade::kIncorrect;
}

bool StrictlyEqual(std::string_view gold, std::string_view answer,
                   const std::string& a, const std::string& b) {
  if (a == b) return true;
  // "7 kg" and "7kg"
  if (HasDigit(a) && WithoutSpaces(a) == WithoutSpaces(b)) return true;
  if (IsPlainNumber(a) && IsPlainNumber(b)) return MathEqual(a, b);
  if (a.find(',') != std::string::npos && SameNumberList(a, b)) return true;
  if (const auto number = NumberWithUnit(a);
      !number.empty() && IsPlainNumber(b))
    return MathEqual(number, b);
  if (gold.find('$') != std::string_view::npos ||
      gold.find('\\') != std::string_view::npos)
    return MathEqual(gold, answer);
  return StatesFormula(Trim(gold), Trim(answer));
}

}  // namespace

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
    out += Lower(s[i++]);
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

bool IsPlainFormula(std::string_view s) {
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

bool IsDateOrTime(std::string_view s) {
  const std::string text = NormalizeText(s);
  return DateOf(text).has_value() || TimeOf(text).has_value() ||
         !AsRatio(text).empty();
}

Grade CompareTexts(std::string_view gold_text, std::string_view answer_text) {
  const std::string gold = WithoutIndices(gold_text);
  const std::string answer = WithoutIndices(answer_text);
  const std::string a = NormalizeText(gold);
  const std::string b = NormalizeText(answer);
  if (a == b) return Grade::kCorrect;
  if (const auto date = DateOf(a)) return CompareDates(*date, b);
  if (const auto time = TimeOf(a))
    if (const auto grade = CompareTimes(*time, b)) return *grade;
  if (const std::string ratio = AsRatio(a); !ratio.empty())
    if (const std::string other = AsRatio(b); !other.empty())
      return GradeIf(ratio == other);
  if (StrictlyEqual(gold, answer, a, b)) return Grade::kCorrect;
  const std::vector<Token> want = WithoutArticle(Tokens(gold));
  const std::vector<Token> got = WithoutArticle(Tokens(answer));
  if (SameTokens(want, got)) return Grade::kCorrect;
  if (SameTokens(WithoutConjunctions(want), WithoutConjunctions(got)))
    return Grade::kCorrect;
  if (answer.size() > kMaxSentence) return Grade::kIncorrect;
  const std::string_view unspaced = WithoutEnding(answer);
  if (unspaced.size() < answer.size() && NormalizeText(unspaced) == a)
    return Grade::kCorrect;
  const size_t at = LastPlace(got, want);
  if (at == got.size())
    return MayBeSame(want, got) || HoldsUnspaced(answer, gold)
               ? Grade::kUngradable
               : Grade::kIncorrect;
  return Says(answer, got, at, want.size()) ? Grade::kCorrect
                                            : Grade::kUngradable;
}

bool HoldsWords(std::string_view text, std::string_view wanted) {
  const std::vector<Token> tokens = Tokens(text);
  return LastPlace(tokens, Tokens(wanted)) < tokens.size();
}

}  // namespace reasonwatch
