#include "baseline/matching/problem_text.h"

#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "core/strings.h"
#include "re2/re2.h"

namespace reasonwatch {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Sentences that are taken off one end of a prompt.
constexpr int kMaxStripped = 64;

// Left alone by NFKC.
constexpr Pair kFolded[] = {
    {"\xe2\x80\x98", "'"},  {"\xe2\x80\x99", "'"},  {"\xe2\x80\x9b", "'"},
    {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""}, {"\xe2\x80\x9e", "\""},
    {"\xe2\x80\x90", "-"},  {"\xe2\x80\x91", "-"},  {"\xe2\x80\x92", "-"},
    {"\xe2\x80\x93", "-"},  {"\xe2\x80\x94", "-"},  {"\xe2\x88\x92", "-"},
    {"\xe2\x80\x8b", ""},   {"\xe2\x80\x8c", ""},   {"\xe2\x80\x8d", ""},
    {"\xef\xbb\xbf", ""},   {"\xc2\xad", ""},       {"\xe2\x81\x84", "/"},
    {"\xe3\x80\x82", "."},  {"\xe3\x80\x81", ","},  {"\xc3\x97", "*"},
};

bool IsAscii(std::string_view s) {
  return std::none_of(s.begin(), s.end(),
                      [](char c) { return (c & '\x80') != 0; });
}
bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' ||
         c == '\v';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLetter(char c) { return IsUpper(c) || (c >= 'a' && c <= 'z'); }

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

std::string_view Trim(std::string_view s) {
  while (!s.empty() && IsSpace(s.front())) s.remove_prefix(1);
  while (!s.empty() && IsSpace(s.back())) s.remove_suffix(1);
  return s;
}

// [begin, end) of the last match; npos where there is none.
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

// What a chat template puts round the last user message.
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
      R"(|(?m:^\s*###\s*(?:Instruction|User|Human|Input)\s*:?)|(?m:^\s*(?:Human|User)\s*:))");
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

// "Answer:", alone or with the first words of an answer, on the last line.
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

// Behind worked examples ("Question: ... Answer: ...") only the last question.
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
    if ((s[i] & '\x80') == 0) {
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
    } while (i < s.size() && (s[i] & '\xc0') == '\x80');
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
    if ((composed[i] & '\x80') == 0) {
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

bool ChangesTheAnswer(std::string_view sentence) {
  static const RE2& changes_the_answer = *new RE2(
      R"([+=^%]|\$\s*[a-z0-9]|(?i)\b(?:round(?:ed|ing)?|nearest|instead|twice|doubled?|tripled?|half|halved|halves|sum|product|difference|ratio|remainder|modulo|mod|multipl\w+|divid\w+|add(?:ed|ing)?\b.{0,20}\bto|subtract\w*|plus|minus|times|squared|cubed|percent\w*|dozens?|seconds|minutes|hours|days|weeks|months|years|cents|dollars|euros|pounds|(?:kilo|centi|milli)?(?:met(?:er|re)s|grams|lit(?:er|re)s)|inches|feet|miles|degrees|radians|opposite|revers\w+|negat\w+|except|ignor\w+|disregard\w*|suppos\w*|assum\w*|but|replac\w*|swap\w*|unless|significant|decimal places|for (?:her|his|their|him|them|two|three|four|five|six|seven|eight|nine|ten))\b)"
      R"(|如果|假设|但|四舍五入|两倍|一半|加上|减去|乘以|除以|gerundet|runde|doppelt|hälfte|minuten|stunden|redonde|minutos|horas|arrondi|округл)");
  return RE2::PartialMatch(Piece(sentence), changes_the_answer);
}

bool IsInstruction(std::string_view sentence) {
  sentence = Trim(sentence);
  if (sentence.empty()) return true;
  if (sentence.size() > 400) return false;
  if (sentence.back() == '?' || sentence.back() == '\x9f') return false;
  // A number that is not a place in an example ("\boxed{}") is a condition.
  if (std::any_of(sentence.begin(), sentence.end(), IsDigit)) return false;
  static const RE2& speaks_of_answering = *new RE2(
      R"((?i)step[- ]by[- ]step|\bsteps?\b.{0,40}\breason|\breason(?:ing)?\b.{0,40}\bsteps?|\\boxed|final answer|<answer>|</?think>)"
      R"(|\bthink\b.{0,20}\b(?:carefully|hard|through|aloud|first|before)|\bshow (?:all )?your (?:work|reasoning|steps)|\bexplain your (?:reasoning|answer|steps))"
      R"(|^(?:please |now |kindly )*(?:solve|answer|work out|consider|read|complete|look at) (?:the |this |these |carefully the )*(?:following|below|given|next|question|problem|exercise|task|math)\b)"
      R"(|^you are (?:an?|the)\b.{0,60}\b(?:assistant|tutor|teacher|expert|professor|mathematician|scientist|engineer|programmer|solver|ai|model|bot|helper|student|specialist|analyst|instructor|genius|logician|champion|agent)s?\b|^act as\b)"
      R"(|^let'?s (?:think|reason|solve|work|go)(?: (?:this|it|the problem|through|about|out|on|carefully|together|slowly|logically|first|now))*[.!:]?$|^take a deep breath)"
      R"(|\b(?:give|provide|put|place|return|write|output|state|enclose|wrap|end|finish|respond|reply|answer)\b.{0,60}\b(?:final|your|the|only|just|with|in|as|inside|within|between)\b.{0,40}\b(?:answer|result|json|box|boxed|tags?|letter|option|format|response|brackets?)\b)"
      R"(|^(?:answer|respond|reply) (?:only )?(?:with|in|using)\b|\boutput format\b|\bjson (?:object|format)\b)"
      R"(|^be (?:very )?(?:concise|brief|careful|precise|thorough)(?:(?:,| and) (?:concise|brief|careful|precise|thorough|accurate))*(?: (?:in|with) your \w+)?[.!:]?$)"
      R"(|^do not (?:explain|output|include (?:any |an |the )?(?:explanations?|reasoning|steps|units?|text|other|additional|extra)\b)|^no explanation)"
      R"(|^here is (?:a|the|my|your) (?:question|problem|task|exercise)|^(?:thanks|thank you|good luck)\b)"
      R"(|请.{0,24}(?:推理|思考|回答|解答|解决|作答|给出)|一步一步|逐步|最终答案|schritt für schritt|paso a paso|étape par étape|пошагово|шаг за шагом|ステップ)");
  return RE2::PartialMatch(Piece(sentence), speaks_of_answering) &&
         !ChangesTheAnswer(sentence);
}

bool SpeaksOfIt(std::string_view sentence, std::string_view problem) {
  // Of answering, whatever the problem is.
  static const auto& general = *new absl::flat_hash_set<std::string_view>{
      "about",     "after",     "also",      "answer",   "answers",
      "before",    "below",     "between",   "boxed",    "box",
      "brief",     "carefully", "careful",   "choice",   "choose",
      "concise",   "correct",   "decimal",   "detail",   "each",
      "exact",     "exam",      "exercise",  "explain",  "expression",
      "final",     "find",      "finally",   "first",    "following",
      "form",      "format",    "fraction",  "from",     "give",
      "given",     "have",      "hello",     "help",     "here",
      "homework",  "inside",    "integer",   "into",     "json",
      "just",      "letter",    "line",      "math",     "must",
      "name",      "number",    "only",      "option",   "options",
      "output",    "please",    "problem",   "problems", "provide",
      "puzzle",    "question",  "questions", "quiz",     "reason",
      "reasoning", "response",  "result",    "return",   "sentence",
      "should",    "show",      "simplest",  "single",   "solution",
      "solve",     "stating",   "step",      "steps",    "task",
      "test",      "thank",     "thanks",    "that",     "their",
      "them",      "then",      "there",     "these",    "think",
      "this",      "through",   "using",     "value",    "with",
      "within",    "word",      "work",      "would",    "write",
      "your"};
  for (size_t i = 0; i < sentence.size();) {
    if (!IsLetter(sentence[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < sentence.size() && IsLetter(sentence[i])) ++i;
    std::string_view word = sentence.substr(begin, i - begin);
    const bool command = begin > 0 && sentence[begin - 1] == '\\';
    if (word.size() < 4 || command || general.contains(Lower(word))) continue;
    if (word.back() == 's') word.remove_suffix(1);
    if (problem.find(word) != std::string_view::npos) return true;
  }
  return false;
}

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
    if (last.size() < core.size() && IsInstruction(last)) {
      shorter = Trim(core.substr(0, core.size() - last.size()));
      if (!SpeaksOfIt(last, shorter)) {
        core = shorter;
        changed = true;
      }
    }
    const std::string_view first = FirstSentence(core);
    if (first.size() < core.size() && IsInstruction(first)) {
      shorter = Trim(core.substr(first.size()));
      if (!SpeaksOfIt(first, shorter)) {
        core = shorter;
        changed = true;
      }
    }
  }
  return core;
}

namespace {

constexpr uint32_t kNumber = 1;
constexpr uint32_t kName = 2;

uint32_t Hash32(std::string_view s, uint64_t seed) {
  const auto h = static_cast<uint32_t>(StableHash(s, seed) >> 32);
  return h < 16 ? h + 16 : h;  // small values are placeholders
}

// Capitalised, and yet no name.
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

// Han, kana, Hangul and what is written without spaces like them.
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
    } else if (IsLetter(c) || (c & '\x80') != 0) {
      if ((c & '\x80') != 0) {
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
      while (i < s.size() && (IsLetter(s[i]) || (s[i] & '\x80') != 0)) {
        if ((s[i] & '\x80') != 0) {
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
      ++i;
      // Marks that wrappings add or lose.
      if (c == '.' || c == ',' || c == ';' || c == '?' || c == '"') continue;
      if (c == '*' && i < s.size() && s[i] == '*') {
        ++i;
        continue;
      }
      const uint32_t hash = Hash32(s.substr(begin, 1), 11);
      put(begin, i, hash, hash);
    }
  }
  return tokens;
}

}  // namespace reasonwatch
