// SPDX-License-Identifier: Apache-2.0
// Three steps make a prompt comparable. NormalizeUnicode() gives characters one
// spelling. ProblemCore() takes the wrapping off, from both ends, until nothing
// more comes off; a sentence goes only if frame.h finds nothing but wrapping in
// it. TokenizeProblem() makes words, numbers and signs, each with a hash of
// itself and one of its part in the skeleton. Each step has its regular
// expressions and word lists before it.
#include "baseline/matching/problem_text.h"

#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "baseline/matching/frame.h"
#include "re2/re2.h"
#include "util/ascii.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

using ascii::IsBeyond;
using ascii::IsDigit;
using ascii::IsLetter;
using ascii::IsSpace;
using ascii::IsUpper;
using ascii::Trim;

using Pair = std::pair<std::string_view, std::string_view>;

// Passes over a prompt, each of which may take a label and a sentence off each
// end: more than any prompt has, but a bound on hostile ones.
constexpr int kMaxStripped = 64;

// Characters that NFKC leaves alone.
constexpr Pair kFolded[] = {
    {"\xe2\x80\x98", "'"},  {"\xe2\x80\x99", "'"},  {"\xe2\x80\x9b", "'"},
    {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""}, {"\xe2\x80\x9e", "\""},
    {"\xe2\x80\x90", "-"},  {"\xe2\x80\x91", "-"},  {"\xe2\x80\x92", "-"},
    {"\xe2\x80\x93", "-"},  {"\xe2\x80\x94", "-"},  {"\xe2\x88\x92", "-"},
    {"\xe2\x80\x8b", ""},   {"\xe2\x80\x8c", ""},   {"\xe2\x80\x8d", ""},
    {"\xef\xbb\xbf", ""},   {"\xc2\xad", ""},       {"\xe2\x81\x84", "/"},
    {"\xe3\x80\x82", "."},  {"\xe3\x80\x81", ","},  {"\xc3\x97", "*"},
    {"\xc2\xab", "\""},     {"\xc2\xbb", "\""},     {"\xe2\x80\xb9", "\""},
    {"\xe2\x80\xba", "\""}, {"\xe3\x80\x8c", "\""}, {"\xe3\x80\x8d", "\""},
    {"\xe3\x80\x8e", "\""}, {"\xe3\x80\x8f", "\""}, {"\xe3\x80\x8a", "\""},
    {"\xe3\x80\x8b", "\""}, {"\xe3\x80\x90", "["},  {"\xe3\x80\x91", "]"},
};

bool IsAscii(std::string_view s) {
  return std::none_of(s.begin(), s.end(), IsBeyond);
}
re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

// [begin, end) of the last match; npos if there is none.
std::pair<size_t, size_t> LastMatch(const RE2& pattern, std::string_view s) {
  std::pair<size_t, size_t> last{std::string_view::npos,
                                 std::string_view::npos};
  re2::StringPiece match;
  for (size_t at = 0;
       at <= s.size() &&
       pattern.Match(Piece(s), at, s.size(), RE2::UNANCHORED, &match, 1);) {
    const auto begin = static_cast<size_t>(match.data() - s.data());
    last = {begin, begin + match.size()};
    at = begin + std::max<size_t>(match.size(), 1);
  }
  return last;
}

// The last user message without the chat template around it.
std::string_view WithoutChatTemplate(std::string_view s) {
  const bool marked = s.find("<|") != std::string_view::npos ||
                      s.find("of_role|>") != std::string_view::npos ||
                      s.find("[INST]") != std::string_view::npos ||
                      s.find("_of_turn>") != std::string_view::npos ||
                      s.find("###") != std::string_view::npos ||
                      s.find("Human:") != std::string_view::npos ||
                      s.find("User:") != std::string_view::npos ||
                      s.find("USER:") != std::string_view::npos;
  if (!marked) return s;
  static const RE2& user = *new RE2(
      R"(<\|im_start\|>\s*user(?:\s*<\|im_sep\|>)?|<\|(?:start_header_id|header_start)\|>\s*user\s*<\|(?:end_header_id|header_end)\|>)"
      R"(|<\|start_of_role\|>\s*user\s*<\|end_of_role\|>|<\|USER_TOKEN\|>|\bUSER:)"
      R"(|<\|start\|>user(?:<\|message\|>)?|<\|(?:user|User)\|>|<｜User｜>)"
      R"(|\[INST\](?:\s*<<SYS>>(?s:.*?)<</SYS>>)?|<start_of_turn>\s*user)"
      R"(|(?m:^\s*###\s*(?:Instruction|User|Human)\s*:?)|(?m:^\s*(?:Human|User)\s*:))");
  static const RE2& end = *new RE2(
      R"(<\|(?:im_end|eot_id|eot|end|endoftext|end_of_text|eom_id|END_OF_TURN_TOKEN|assistant|Assistant)\|>|\bASSISTANT:|<｜Assistant｜>|\[/INST\]|<end_of_turn>)"
      R"(|</s>|(?m:^\s*###\s*(?:Response|Assistant|Output)\s*:?)|(?m:^\s*Assistant\s*:))");
  const size_t begin = LastMatch(user, s).second;
  if (begin == std::string_view::npos) return s;
  std::string_view message = s.substr(begin);
  re2::StringPiece match;
  if (end.Match(Piece(message), 0, message.size(), RE2::UNANCHORED, &match, 1))
    message =
        message.substr(0, static_cast<size_t>(match.data() - message.data()));
  return Trim(message).empty() ? s : message;
}

// The sentence or line that ends `s` (last) or begins it.
std::string_view LastSentence(std::string_view s) {
  size_t begin = s.size();
  while (begin > 0) {
    const char c = s[begin - 1];
    if (c == '\n') break;
    if (begin < s.size() && IsSpace(s[begin]) &&
        (c == '.' || c == '?' || c == '!') && begin != s.size())
      break;
    --begin;
  }
  return s.substr(begin);
}
std::string_view FirstSentence(std::string_view s) {
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\n') return s.substr(0, i + 1);
    if ((s[i] == '.' || s[i] == '?' || s[i] == '!' || s[i] == ':') &&
        i + 1 < s.size() && IsSpace(s[i + 1]))
      return s.substr(0, i + 1);
  }
  return s;
}

const RE2& QuestionLabel() {
  static const RE2& label = *new RE2(
      R"((?i)^[\s*#]*(?:question|problem|exercise|task|query|q|frage|aufgabe|pregunta|problema|问题|题目|問題)\s*(?:\d{1,3}|#\d{1,3})?\s*[*]*\s*[:：.)][*\s]*)");
  return label;
}

// Without a last line "Answer:", alone or with the first words of an answer.
std::string_view WithoutAnswerLabel(std::string_view s) {
  static const RE2& label = *new RE2(
      R"((?i)^[\s*#]*(?:(?:final |your )?(?:answer|solution|response)|a|antwort|respuesta|答案|解答|答)\s*[*]*\s*[:：][*\s]*(?:let'?s think step by step[.:]?)?[\s]*$)");
  const std::string_view trimmed = Trim(s);
  const size_t newline = trimmed.rfind('\n');
  const std::string_view line =
      newline == std::string_view::npos ? trimmed : trimmed.substr(newline + 1);
  if (line.size() > 80 || !RE2::FullMatch(Piece(line), label)) return s;
  return newline == std::string_view::npos ? std::string_view()
                                           : trimmed.substr(0, newline);
}

// The last question behind worked examples ("Question: ... Answer: ...").
std::string_view LastQuestion(std::string_view s) {
  static const RE2& question = *new RE2(
      R"((?im)^[ \t*#]*(?:question|problem|exercise|q|frage|pregunta|问题|题目|問題)\s*(?:\d{1,3})?\s*[*]*\s*[:：][ \t*]*)");
  static const RE2& answered = *new RE2(
      R"((?im)^[ \t*#]*(?:answer|solution|a|response|antwort|respuesta|答案|解答|答)\s*[*]*\s*[:：]\s*\S)");
  const auto [begin, end] = LastMatch(question, s);
  if (begin == std::string_view::npos || begin == 0) return s;
  if (!RE2::PartialMatch(Piece(s.substr(0, begin)), answered)) return s;
  const std::string_view rest = s.substr(end);
  return Trim(rest).empty() ? s : rest;
}

// NFKC turns "10²" into "102" and "1½" into "11/2", which are other numbers.
std::string WithRaisedMarks(std::string_view s) {
  constexpr Pair kRaised[] = {{"\xc2\xb9", "^"},     {"\xc2\xb2", "^"},
                              {"\xc2\xb3", "^"},     {"\xc2\xbc", " "},
                              {"\xc2\xbd", " "},     {"\xc2\xbe", " "},
                              {"\xe2\x81\xb0", "^"}, {"\xe2\x81\xb1", "^"},
                              {"\xe2\x81\xbb", "^"}, {"\xe2\x81\xbf", "^"}};
  std::string out;
  out.reserve(s.size() + 16);
  bool raised = false;
  for (size_t i = 0; i < s.size();) {
    if (!IsBeyond(s[i])) {
      raised = false;
      out += s[i++];
      continue;
    }
    const std::string_view rest = s.substr(i);
    std::string_view mark;
    for (const auto& [character, put] : kRaised)
      if (rest.starts_with(character)) mark = put;
    // Superscript 4 to 9, subscripts, and the other fractions.
    if (rest.size() >= 3 && rest.starts_with("\xe2\x81") && rest[2] >= '\xb4' &&
        rest[2] <= '\xb9')
      mark = "^";
    if (rest.size() >= 3 && rest.starts_with("\xe2\x82") && rest[2] <= '\x89')
      mark = "_";
    if (rest.size() >= 3 && rest.starts_with("\xe2\x85") && rest[2] >= '\x90' &&
        rest[2] <= '\x9e')
      mark = " ";
    if (!mark.empty() && !raised) out += mark;
    raised = !mark.empty();
    do {
      out += s[i++];
    } while (i < s.size() && utf8::IsContinuation(s[i]));
  }
  return out;
}

}  // namespace

std::string NormalizeUnicode(std::string_view text) {
  std::string out;
  if (IsAscii(text)) return std::string(text);
  const std::string raised = WithRaisedMarks(text);
  text = raised;
  UErrorCode status = U_ZERO_ERROR;
  static const icu::Normalizer2* nfkc =
      icu::Normalizer2::getNFKCInstance(status);
  std::string composed;
  if (nfkc != nullptr && U_SUCCESS(status)) {
    icu::StringByteSink<std::string> sink(&composed);
    nfkc->normalizeUTF8(
        0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
        sink, nullptr, status);
  }
  if (nfkc == nullptr || U_FAILURE(status)) composed = std::string(text);
  out.reserve(composed.size());
  for (size_t i = 0; i < composed.size();) {
    if (!IsBeyond(composed[i])) {
      out += composed[i++];
      continue;
    }
    const std::string_view rest = std::string_view(composed).substr(i);
    const auto* fold = std::find_if(
        std::begin(kFolded), std::end(kFolded), [&](const Pair& pair) {
          return rest.substr(0, pair.first.size()) == pair.first;
        });
    if (fold != std::end(kFolded)) {
      out += fold->second;
      i += fold->first.size();
    } else {
      out += composed[i++];
    }
  }
  return out;
}

namespace {

std::string Lower(std::string_view word) {
  std::string lower(word);
  for (char& c : lower)
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace

std::string_view ProblemCore(std::string_view normalized) {
  std::string_view core = Trim(WithoutChatTemplate(normalized));
  core = Trim(LastQuestion(core));
  bool changed = true;
  for (int pass = 0; changed && pass < kMaxStripped; ++pass) {
    changed = false;
    std::string_view shorter = Trim(WithoutAnswerLabel(core));
    if (!shorter.empty() && shorter.size() < core.size()) {
      core = shorter;
      changed = true;
    }
    re2::StringPiece rest = Piece(core);
    if (RE2::Consume(&rest, QuestionLabel()) && !rest.empty()) {
      shorter = Trim({rest.data(), rest.size()});
      if (!shorter.empty()) {
        core = shorter;
        changed = true;
      }
    }
    const std::string_view last = LastSentence(core);
    if (last.size() < core.size()) {
      shorter = Trim(core.substr(0, core.size() - last.size()));
      if (IsInstruction(last, shorter)) {
        core = shorter;
        changed = true;
      }
    }
    const std::string_view first = FirstSentence(core);
    if (first.size() < core.size()) {
      shorter = Trim(core.substr(first.size()));
      if (IsInstruction(first, shorter)) {
        core = shorter;
        changed = true;
      }
    }
  }
  return core;
}

namespace {

// Placeholders of the skeleton; Hash32() gives neither.
constexpr uint32_t kNumber = 1;
constexpr uint32_t kName = 2;  // of a person or a place

uint32_t Hash32(std::string_view s, uint64_t seed) {
  const auto h = static_cast<uint32_t>(StableHash(s, seed) >> 32);
  return h < 16 ? h + 16 : h;  // small values are placeholders
}

// Is the word capitalised at the beginning of a sentence, and yet no name?
bool StartsSentences(const std::string& lower) {
  static const auto& words = *new absl::flat_hash_set<std::string>{
      "a",         "after",     "all",       "also",    "although", "among",
      "an",        "and",       "another",   "answer",  "are",      "as",
      "assume",    "assuming",  "at",        "because", "before",   "both",
      "but",       "by",        "calculate", "can",     "compute",  "consider",
      "could",     "determine", "did",       "do",      "does",     "during",
      "each",      "eight",     "either",    "eleven",  "evaluate", "every",
      "express",   "find",      "first",     "five",    "for",      "four",
      "from",      "given",     "half",      "he",      "her",      "here",
      "his",       "how",       "however",   "i",       "if",       "in",
      "is",        "it",        "its",       "last",    "let",      "many",
      "most",      "my",        "next",      "nine",    "no",       "not",
      "now",       "of",        "on",        "once",    "one",      "only",
      "or",        "other",     "our",       "over",    "per",      "prove",
      "question",  "seven",     "she",       "show",    "simplify", "since",
      "six",       "so",        "solve",     "some",    "suppose",  "ten",
      "than",      "that",      "the",       "their",   "then",     "there",
      "these",     "they",      "this",      "those",   "three",    "to",
      "today",     "together",  "twelve",    "twice",   "two",      "under",
      "until",     "using",     "was",       "we",      "were",     "what",
      "when",      "where",     "which",     "while",   "who",      "whose",
      "why",       "will",      "with",      "within",  "without",  "write",
      "yesterday", "you",       "your"};
  return words.contains(lower);
}

bool IsNumberWord(const std::string& lower) {
  static const auto& words = *new absl::flat_hash_set<std::string>{
      "one",      "two",      "three",   "four",    "five",      "six",
      "seven",    "eight",    "nine",    "ten",     "eleven",    "twelve",
      "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
      "nineteen", "twenty",   "thirty",  "forty",   "fifty",     "sixty",
      "seventy",  "eighty",   "ninety",  "hundred", "thousand"};
  return words.contains(lower);
}

// Han, kana, Hangul and other characters that are written without spaces.
bool IsIdeograph(std::string_view character) {
  if (character.size() == 4)
    return static_cast<uint8_t>(character[0]) == 0xf0 &&
           static_cast<uint8_t>(character[1]) >= 0xa0;
  if (character.size() != 3) return false;
  const uint32_t c = (static_cast<uint32_t>(character[0]) & 0x0fu) << 12 |
                     (static_cast<uint32_t>(character[1]) & 0x3fu) << 6 |
                     (static_cast<uint32_t>(character[2]) & 0x3fu);
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff);
}

bool BeginsLine(std::string_view s, size_t i) {
  while (i > 0 && (s[i - 1] == ' ' || s[i - 1] == '\t')) --i;
  return i == 0 || s[i - 1] == '\n';
}

// Is the dollar sign at `i` one of a pair round a formula, and not of money? A
// closing one touches the text before it.
bool IsFormulaSign(std::string_view s, size_t i) {
  constexpr size_t kMaxFormula = 256;  // bytes
  const auto closes = [s](size_t at) {
    return at > 0 && !IsSpace(s[at - 1]) && s[at - 1] != '$' &&
           (at + 1 == s.size() ||
            (!IsDigit(s[at + 1]) && !IsLetter(s[at + 1])));
  };
  if (closes(i)) {
    const size_t from = i > kMaxFormula ? i - kMaxFormula : 0;
    const std::string_view before = s.substr(from, i - from);
    const size_t open = before.rfind('$');
    return open != std::string_view::npos &&
           before.find('\n', open) == std::string_view::npos;
  }
  const std::string_view behind = s.substr(i + 1, kMaxFormula);
  const size_t next = behind.find('$');
  return next != std::string_view::npos && next > 0 &&
         behind.substr(0, next).find('\n') == std::string_view::npos &&
         closes(i + 1 + next);
}

// Bytes of markup at `i` that wrappings add or lose and that belong to no
// formula: punctuation, emphasis, quotation and headings, formatting tags, the
// brackets of an option's letter. 0: a sign.
size_t MarkupAt(std::string_view s, size_t i) {
  const char c = s[i];
  if (c == '.' || c == ',' || c == ';' || c == '?' || c == '"' || c == '`')
    return 1;
  if (c == '*' && i + 1 < s.size() && s[i + 1] == '*') return 2;
  if (c == '$' && i + 1 < s.size() && s[i + 1] == '$') return 2;
  if (c == '$' && IsFormulaSign(s, i)) return 1;
  if (c == '\\' && i + 1 < s.size() &&
      std::string_view("()[]").find(s[i + 1]) != std::string_view::npos)
    return 2;
  if ((c == '>' || c == '#') && BeginsLine(s, i)) return 1;
  if (c == '#' && i > 0 && s[i - 1] == '#') return 1;
  if (c == '<') {
    constexpr std::string_view kTags[] = {
        "<br>",  "<br/>",  "<br />", "<p>",      "</p>",      "<b>",
        "</b>",  "<i>",    "</i>",   "<em>",     "</em>",     "<li>",
        "</li>", "<div>",  "</div>", "<strong>", "</strong>", "<ul>",
        "</ul>", "<span>", "</span>"};
    for (std::string_view tag : kTags)
      if (s.substr(i).starts_with(tag)) return tag.size();
  }
  const auto is_option = [&](size_t at) {
    return at < s.size() && s[at] >= 'A' && s[at] <= 'J';
  };
  if (c == '(' && BeginsLine(s, i) && is_option(i + 1) && i + 2 < s.size() &&
      s[i + 2] == ')')
    return 1;
  if ((c == ')' || c == ':') && i > 0 && is_option(i - 1)) {
    const size_t open = i > 1 && s[i - 2] == '(' ? i - 2 : i - 1;
    if (BeginsLine(s, open)) return 1;
  }
  return 0;
}

}  // namespace

std::vector<ProblemToken> TokenizeProblem(std::string_view s) {
  std::vector<ProblemToken> tokens;
  tokens.reserve(s.size() / 4);
  const auto put = [&](size_t begin, size_t end, uint32_t hash,
                       uint32_t skeleton) {
    tokens.push_back({hash, skeleton, static_cast<uint32_t>(begin),
                      static_cast<uint32_t>(end)});
  };
  std::string lower;
  for (size_t i = 0; i < s.size();) {
    const char c = s[i];
    const size_t begin = i;
    if (IsSpace(c)) {
      ++i;
    } else if (IsDigit(c) ||
               (c == '.' && i + 1 < s.size() && IsDigit(s[i + 1]) &&
                (i == 0 || !IsLetter(s[i - 1])))) {
      ++i;  // ".5" is not "5"
      while (i < s.size() &&
             (IsDigit(s[i]) || ((s[i] == '.' || s[i] == ',') &&
                                i + 1 < s.size() && IsDigit(s[i + 1]))))
        ++i;
      put(begin, i, Hash32(s.substr(begin, i - begin), 11), kNumber);
    } else if (IsLetter(c) || IsBeyond(c)) {
      if (IsBeyond(c)) {
        size_t skip = 0;
        size_t length = Utf8CharacterLength(s.substr(i), skip);
        if (length == 0) length = std::max<size_t>(skip, 1);
        if (IsIdeograph(s.substr(i, length))) {
          i += length;
          const uint32_t hash = Hash32(s.substr(begin, length), 11);
          put(begin, i, hash, hash);
          continue;
        }
      }
      while (i < s.size() && (IsLetter(s[i]) || IsBeyond(s[i]))) {
        if (IsBeyond(s[i])) {
          size_t skip = 0;
          size_t length = Utf8CharacterLength(s.substr(i), skip);
          if (length == 0) length = std::max<size_t>(skip, 1);
          if (IsIdeograph(s.substr(i, length))) break;
          i += length;
        } else {
          ++i;
        }
      }
      const std::string_view word = s.substr(begin, i - begin);
      lower = Lower(word);
      const bool command = begin > 0 && s[begin - 1] == '\\';
      // One letter is a variable or an option.
      const bool name = IsUpper(c) && word.size() > 1 && !command &&
                        !IsUpper(word[1]) && !StartsSentences(lower);
      put(begin, i, Hash32(word, 11),
          IsNumberWord(lower) && !command ? kNumber
          : name                          ? kName
                                          : Hash32(lower, 11));
    } else {
      const size_t markup = MarkupAt(s, i);
      i += std::max<size_t>(markup, 1);
      if (markup > 0) continue;
      const uint32_t hash = Hash32(s.substr(begin, 1), 11);
      put(begin, i, hash, hash);
    }
  }
  return tokens;
}

}  // namespace reasonwatch
