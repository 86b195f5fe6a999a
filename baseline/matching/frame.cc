// SPDX-License-Identifier: Apache-2.0
// A sentence is wrapping if every word of it belongs to the vocabulary of
// answering and its verbs have the answer as their object, not the problem.
// First the tests of one sentence, then texts and the whole frame, from which
// frame_template.h takes the structure off before.
#include "baseline/matching/frame.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "baseline/matching/frame_aside.h"
#include "baseline/matching/frame_remark.h"
#include "baseline/matching/frame_sentence.h"
#include "baseline/matching/frame_settle.h"
#include "baseline/matching/frame_statement.h"
#include "baseline/matching/frame_task.h"
#include "baseline/matching/frame_template.h"
#include "baseline/matching/frame_words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsAlnum;
using ascii::IsBeyond;
using ascii::IsLetter;
using ascii::Trim;
using Words = std::vector<SentenceWord>;

// A longer text around a problem is a document, not its wrapping.
constexpr size_t kMaxFrame = 4096;
// Longer sentences than that do not say how to answer.
constexpr size_t kMaxInstruction = 400;
// A sentence that gives a role has at most so many words.
constexpr size_t kMaxPersona = 24;
// Words that a negation governs.
constexpr size_t kNegated = 4;
// Bytes of a label ("Question 12:").
constexpr size_t kMaxLabel = 40;

re2::StringPiece Piece(std::string_view s) { return {s.data(), s.size()}; }

std::string LowerAscii(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) c = ascii::Lower(c);
  return lower;
}

bool IsNoun(FrameWord kind) {
  return kind == FrameWord::kProblem || kind == FrameWord::kAnswer ||
         kind == FrameWord::kWork || kind == FrameWord::kForm;
}

// "Do not solve", "don't give the answer"; "do not explain" is the form.
bool NegatesTheAnswer(const Words& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].kind != FrameWord::kNot) continue;
    const size_t end = std::min(words.size(), i + 1 + kNegated);
    for (size_t j = i + 1; j < end && !words[j].clause_begins; ++j) {
      const FrameWord kind = words[j].kind;
      if (kind == FrameWord::kWork || kind == FrameWord::kForm) break;
      if (IsAny(words[j].text, {"explain", "just", "only"})) break;
      if (kind == FrameWord::kSolve || kind == FrameWord::kAnswer ||
          kind == FrameWord::kFind || kind == FrameWord::kProblem)
        return true;
    }
  }
  return false;
}

// The noun that a verb at `i` has as its object: the next one, else the one
// before it, as in languages with the verb at the end. Null if there is none.
const SentenceWord* ObjectOf(const Words& words, size_t i) {
  for (size_t j = i + 1; j < words.size(); ++j)
    if (IsNoun(words[j].kind)) return &words[j];
  for (size_t j = i; j-- > 0;)
    if (IsNoun(words[j].kind)) return &words[j];
  return nullptr;
}

bool IsUnitOfText(std::string_view word) {
  return IsAny(word, {"number", "word", "line", "sentence", "sentences",
                      "field", "key", "letter", "object"});
}

bool NamesOptions(const Words& words) {
  return std::any_of(words.begin(), words.end(), [](const SentenceWord& w) {
    return IsAny(w.text, {"option", "choice", "options", "choices"});
  });
}

// Verbs that ask for the answer or its form are wrapping, the same ones that
// ask for the problem are not ("write the question").
FrameVerdict ReadVerbs(const Words& words) {
  const bool answers =
      Has(words, FrameWord::kAnswer) || Has(words, FrameWord::kSolve);
  FrameVerdict verdict = FrameVerdict::kWrapping;
  for (size_t i = 0; i < words.size(); ++i) {
    const FrameWord kind = words[i].kind;
    if (kind != FrameWord::kGive && kind != FrameWord::kFind) continue;
    // "Do not explain" is about the form.
    if (i > 0 && words[i - 1].kind == FrameWord::kNot) continue;
    const SentenceWord* object = ObjectOf(words, i);
    if (object == nullptr) {
      // "Could you tell me:" has the problem behind it.
      const bool alone =
          Has(words, FrameWord::kSolve) || words[i].text == "tell";
      if (!alone) verdict = FrameVerdict::kUnsure;
    } else if (object->kind == FrameWord::kProblem) {
      return FrameVerdict::kForeign;
    } else if ((object->kind == FrameWord::kForm && !answers &&
                IsUnitOfText(object->text) &&
                !Has(words, FrameWord::kProblem) && !NamesOptions(words)) ||
               (kind == FrameWord::kFind && object->kind == FrameWord::kWork &&
                words[i].text != "provide")) {
      verdict = FrameVerdict::kUnsure;
    }
  }
  return verdict;
}

// "The last word of the question": a part of the problem's text.
bool AsksForItsText(const Words& words) {
  constexpr size_t kNear = 3;  // "of the question"
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].kind != FrameWord::kForm || !IsUnitOfText(words[i].text))
      continue;
    for (size_t j = i + 1; j < words.size() && j <= i + kNear; ++j) {
      if (words[j].clause_begins || (words[j].kind != FrameWord::kFiller &&
                                     words[j].kind != FrameWord::kProblem))
        break;
      if (words[j].kind == FrameWord::kProblem && words[i + 1].text == "of")
        return true;
    }
  }
  return false;
}

// "Only write the first step": a part of the way instead of the answer.
bool AsksForAPart(const Words& words) {
  const bool only =
      std::any_of(words.begin(), words.end(), [](const SentenceWord& w) {
        return IsAny(w.text, {"only", "just", "nur", "seulement", "solo",
                              "sólo", "apenas", "only", "только", "tylko"});
      });
  if (only && Has(words, FrameWord::kWork) && Has(words, FrameWord::kGive) &&
      !Has(words, FrameWord::kAnswer) && !Has(words, FrameWord::kSolve) &&
      !Has(words, FrameWord::kNot))
    return true;
  // "Answer with a question."
  for (size_t i = 0; i + 3 < words.size(); ++i)
    if ((words[i].kind == FrameWord::kSolve ||
         words[i].kind == FrameWord::kAnswer) &&
        words[i + 1].text == "with" &&
        IsAny(words[i + 2].text, {"a", "another"}) &&
        words[i + 3].kind == FrameWord::kProblem)
      return true;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].text != "step") continue;
    if (i == 0 || !IsAny(words[i - 1].text, {"each", "every", "per", "a"}))
      return true;
  }
  return false;
}

// A list's number or "Question 12", "Task 3 of 10".
bool IsNumberLabel(const FrameSentence& sentence) {
  static const RE2& counted = *new RE2(
      R"((?i)(?:current |next |last )?(\pL+) \(?\d+ ?(?:of|/) ?\d+\)?[.:]?)");
  if (std::string noun; RE2::FullMatch(Piece(sentence.raw), counted, &noun))
    return FrameWordOf(LowerAscii(noun)) == FrameWord::kProblem;
  constexpr int kMaxNumbers = 3;  // "Exercise 4.2.1"
  if (sentence.numbers < 1 || sentence.numbers > kMaxNumbers ||
      !sentence.ends_in_number || sentence.question)
    return false;
  constexpr size_t kMaxWords = 2;  // "Question 3"
  if (sentence.words.size() > kMaxWords || sentence.raw.size() > kMaxLabel)
    return false;
  // A number alone is a list's only if nothing else is in the line.
  if (sentence.words.empty() && sentence.numbers > 1) return false;
  return std::all_of(
      sentence.words.begin(), sentence.words.end(), [](const SentenceWord& w) {
        return w.kind == FrameWord::kProblem || w.kind == FrameWord::kRole;
      });
}

bool IsSingleLetter(const SentenceWord& word) {
  return word.text.size() == 1 && IsLetter(word.text[0]);
}

// "GPT4 Correct Assistant:": whose turn is next.
bool IsRoleLabel(const FrameSentence& sentence) {
  constexpr size_t kMaxWords = 4;  // "GPT4 Correct Assistant" and one more
  const Words& words = sentence.words;
  if (words.empty() || words.size() > kMaxWords || !sentence.raw.ends_with(':'))
    return false;
  // "Person B:"
  const size_t last = words.size() > 1 && IsSingleLetter(words.back())
                          ? words.size() - 2
                          : words.size() - 1;
  return words[last].kind == FrameWord::kRole;
}

// "### Output": a heading of known words.
bool IsHeading(const FrameSentence& sentence) {
  constexpr size_t kMaxWords = 3;
  return sentence.raw.starts_with('#') && !sentence.question &&
         sentence.numbers == 0 && !sentence.words.empty() &&
         sentence.words.size() <= kMaxWords &&
         std::all_of(sentence.words.begin(), sentence.words.end(),
                     [](const SentenceWord& w) {
                       return w.kind != FrameWord::kUnknown &&
                              w.kind != FrameWord::kAbout &&
                              w.kind != FrameWord::kLanguage &&
                              w.kind != FrameWord::kNot;
                     });
}

// Options to answer with ("A, B, C or D") stay letters, if there are several;
// the same letter alone would be an answer.
bool OnlyKnownWords(const FrameSentence& sentence) {
  const Words& words = sentence.words;
  const auto letters =
      std::count_if(words.begin(), words.end(), [](const SentenceWord& w) {
        return IsSingleLetter(w) && w.kind == FrameWord::kUnknown;
      });
  const bool options = letters != 1 && (Has(words, FrameWord::kForm) ||
                                        Has(words, FrameWord::kAnswer));
  return std::all_of(words.begin(), words.end(), [&](const SentenceWord& w) {
    return w.kind != FrameWord::kUnknown || (options && IsSingleLetter(w)) ||
           (w.text == "x" && Has(words, FrameWord::kAnswer));
  });
}

std::string LowerOf(const Words& words) {
  std::string lower;
  for (const SentenceWord& w : words) {
    if (!lower.empty() && !IsBeyond(lower.back())) lower += ' ';
    lower += w.text;
  }
  return lower;
}

// "You are an expert in ...": any words, as long as they say nothing about
// this problem or how well to solve it.
bool GivesARole(const FrameSentence& sentence, std::string_view problem) {
  const Words& words = sentence.words;
  if (words.size() > kMaxPersona || sentence.question ||
      Has(words, FrameWord::kNot))
    return false;
  std::string_view raw = sentence.raw;
  while (!raw.empty() && !IsAlnum(raw.front()) && !IsBeyond(raw.front()))
    raw.remove_prefix(1);
  // "system", of a template, may stand in front.
  const bool system = words.size() > 1 && words[0].kind == FrameWord::kRole;
  if (PersonaBeginning(LowerAscii(raw)) == 0 &&
      PersonaBeginning(LowerOf(words)) == 0 &&
      !(system &&
        PersonaBeginning(LowerOf(Words(words.begin() + 1, words.end()))) > 0))
    return false;
  static const RE2& experience = *new RE2(
      R"((?i)(?:\b\d+\+? )?\b(?:years?|decades?)'? (?:of )?(?:\w+ ){0,2}(?:experience|practice|teaching|research))");
  // "As a limerick:" is no role.
  if (sentence.raw.ends_with(':') && words[0].text == "as") return false;
  static const RE2& contrast = *new RE2(R"(\bbut\b)");
  static const RE2& named = *new RE2(R"(\p{Lu}\pL*[ -]?\d+(?:\.\d+)?)");
  std::string rest(raw);
  RE2::GlobalReplace(&rest, contrast, "");
  const int known = RE2::GlobalReplace(&rest, experience, "") +
                    RE2::GlobalReplace(&rest, named, "");
  return sentence.numbers <= known && !ChangesTheAnswer(rest) &&
         !SpeaksOfIt(rest, problem);
}

// A greeting may have a name: "Hello Claude, I hope you are well".
bool Greets(const FrameSentence& sentence) {
  constexpr size_t kMaxWords = 9;  // "Hello dear Claude, I hope you are well"
  constexpr auto kMaxNames = 2;    // a first and a last one
  const Words& words = sentence.words;
  if (std::count_if(words.begin(), words.end(), [](const SentenceWord& w) {
        return w.kind == FrameWord::kUnknown;
      }) > kMaxNames)
    return false;
  return !words.empty() && words.size() <= kMaxWords && !sentence.question &&
         sentence.numbers == 0 && Has(words, FrameWord::kGreeting) &&
         std::all_of(words.begin(), words.end(), [&](const SentenceWord& w) {
           return w.kind == FrameWord::kGreeting ||
                  w.kind == FrameWord::kFiller ||
                  w.kind == FrameWord::kCourtesy ||
                  (w.kind == FrameWord::kUnknown && w.capital &&
                   &w != &words.front());
         });
}

// "Anna Schmidt", "P. Moore": who signs below a closing line.
bool IsName(const FrameSentence& sentence) {
  constexpr size_t kMaxNames = 3;
  const Words& words = sentence.words;
  return !sentence.question && sentence.numbers == 0 &&
         words.size() <= kMaxNames &&
         std::all_of(words.begin(), words.end(), [](const SentenceWord& w) {
           return w.capital && w.kind != FrameWord::kAbout &&
                  w.kind != FrameWord::kSolve && w.kind != FrameWord::kNot;
         });
}

// "Could you solve this?", but not "Is this the answer?".
bool IsRequestToSolve(const Words& words) {
  if (words.empty() ||
      IsAny(words.front().text, {"is", "are", "was", "does", "ist", "est", "es",
                                 "è", "é", "czy", "это"}))
    return false;
  // "Ready?"
  if (words.size() == 1) return words.front().kind == FrameWord::kFiller;
  // "Any ideas?"
  if (words.front().text == "any") return words.size() <= 3;
  // "Do you know the answer?", as "what is the answer?": not the question.
  if (words.size() > 2 && words[1].text == "you" && words[2].text == "know")
    return Has(words, FrameWord::kAnswer);
  if (words.front().text == "what")
    return Has(words, FrameWord::kAnswer) && !Has(words, FrameWord::kProblem);
  return Has(words, FrameWord::kCourtesy) || Has(words, FrameWord::kSolve);
}

// "Kannst du mir dabei helfen?": a word of help in any language but English,
// whose grammar says more, and few words that no row knows.
bool AsksForHelp(const FrameSentence& sentence) {
  constexpr size_t kMaxWords = 9;
  constexpr auto kMaxUnknown = 2;
  constexpr size_t kLongest = 9;  // in bytes; longer ones are verbs and nouns
  const Words& words = sentence.words;
  if (words.size() > kMaxWords || sentence.numbers > 0 ||
      !Has(words, FrameWord::kCourtesy) || Has(words, FrameWord::kNot) ||
      Has(words, FrameWord::kGive) || Has(words, FrameWord::kFind) ||
      Has(words, FrameWord::kLanguage) ||
      std::any_of(words.begin(), words.end(), [](const SentenceWord& w) {
        return IsAny(w.text, {"help", "please", "me", "i", "we", "my", "our"});
      }))
    return false;
  const auto unknown = std::count_if(
      words.begin(), words.end(),
      [](const SentenceWord& w) { return w.kind == FrameWord::kUnknown; });
  return unknown <= kMaxUnknown &&
         std::all_of(words.begin(), words.end(), [](const SentenceWord& w) {
           return w.kind != FrameWord::kUnknown || w.text.size() <= kLongest;
         });
}

FrameVerdict ReadKnownWords(const FrameSentence& sentence) {
  const Words& words = sentence.words;
  if (NegatesTheAnswer(words) || AsksForItsText(words))
    return FrameVerdict::kForeign;
  if (words.size() == 1 && words[0].text == "note")
    return FrameVerdict::kWrapping;  // of a sentence of its own
  // "I want to know why you ask."
  for (size_t i = 1; i < words.size(); ++i)
    if (words[i].text == "why" &&
        IsAny(words[i - 1].text, {"know", "wonder", "wondering", "ask"}))
      return FrameVerdict::kUnsure;
  const FrameVerdict verbs = ReadVerbs(words);
  if (verbs != FrameVerdict::kWrapping) return verbs;
  if (AsksForAPart(words)) return FrameVerdict::kUnsure;
  const bool answers =
      Has(words, FrameWord::kSolve) || Has(words, FrameWord::kAnswer) ||
      Has(words, FrameWord::kWork) || Has(words, FrameWord::kGive);
  if (Has(words, FrameWord::kLanguage) && !answers)
    return FrameVerdict::kUnsure;
  if (sentence.question && !IsRequestToSolve(words))
    return FrameVerdict::kForeign;
  const bool says =
      std::any_of(words.begin(), words.end(), [](const SentenceWord& w) {
        return w.kind != FrameWord::kFiller && w.kind != FrameWord::kNot;
      });
  constexpr size_t kMaxFillers = 4;  // more of them may be a request
  return says || (words.size() <= kMaxFillers && !Has(words, FrameWord::kNot))
             ? FrameVerdict::kWrapping
             : FrameVerdict::kUnsure;
}

// "Consider the problem, list the given facts, and then solve it": the words
// that look at the problem come before an order to solve it, which ends the
// sentence.
bool LooksAtItFirst(const FrameSentence& sentence) {
  const Words& words = sentence.words;
  if (sentence.question || sentence.numbers > 0 || words.size() < 4)
    return false;
  size_t end = words.size();
  while (end > 0 && (words[end - 1].kind == FrameWord::kFiller ||
                     words[end - 1].kind == FrameWord::kProblem ||
                     words[end - 1].kind == FrameWord::kWork))
    --end;
  constexpr size_t kOrder = 3;  // "solve the problem"
  if (end == 0 || words.size() - end > kOrder ||
      words[end - 1].kind != FrameWord::kSolve ||
      !(words[end - 1].clause_begins ||
        IsAny(words[end - 2].text, {"and", "then"})))
    return false;
  return std::all_of(words.begin(), words.end(), [](const SentenceWord& w) {
    return (w.kind != FrameWord::kAbout && w.kind != FrameWord::kNot) ||
           IsAny(w.text, {"list", "understand", "analyze", "analyse", "restate",
                          "outline", "review", "discuss", "paraphrase",
                          "rephrase", "summarize", "summarise", "identify"});
  });
}

FrameVerdict Read(FrameSentence& sentence, std::string_view problem) {
  if (sentence.foreign_tag) return FrameVerdict::kForeign;
  if (IsNumberLabel(sentence) || IsHeading(sentence) || IsKnownRemark(sentence))
    return FrameVerdict::kWrapping;
  SettleWords(sentence.words);
  if (Has(sentence.words, FrameWord::kAbout))
    return LooksAtItFirst(sentence) ? FrameVerdict::kWrapping
                                    : FrameVerdict::kForeign;
  if (Greets(sentence)) return FrameVerdict::kWrapping;
  if (sentence.numbers == 0 && OnlyKnownWords(sentence))
    if (const FrameVerdict verdict = ReadKnownWords(sentence);
        verdict != FrameVerdict::kUnsure)
      return verdict;
  if (GivesARole(sentence, problem) || IsAside(sentence, problem) ||
      IsStatement(sentence, problem) || IsDateLine(sentence, problem) ||
      IsLeadIn(sentence) || AsksForHelp(sentence) || IsOrderToSolve(sentence) ||
      IsOrderOfManner(sentence, problem) || IsRemark(sentence, problem) ||
      IsSlot(sentence) || ServesTheTask(sentence, problem))
    return FrameVerdict::kWrapping;
  // A verb that nobody has listed, with the problem as its object, may ask for
  // anything, and is not to be learnt.
  const Words& words = sentence.words;
  const bool acts_on_it =
      Has(words, FrameWord::kProblem) && !Has(words, FrameWord::kSolve) &&
      !Has(words, FrameWord::kAnswer) && !Has(words, FrameWord::kWork);
  return sentence.question || acts_on_it || ChangesTheAnswer(sentence.raw)
             ? FrameVerdict::kForeign
             : FrameVerdict::kUnsure;
}

// A number alone behind the problem may be its answer.
enum class Side : uint8_t { kBefore, kAfter };

FrameVerdict ReadText(std::string_view text, std::string_view problem,
                      Side side) {
  FrameVerdict worst = FrameVerdict::kWrapping;
  if (Trim(text).empty()) return worst;
  if (text.size() > kMaxFrame) return FrameVerdict::kUnsure;
  bool closed = false;  // "Best regards,"
  for (FrameSentence& sentence : ReadSentences(text)) {
    if (side == Side::kAfter && closed && IsName(sentence)) continue;
    closed |= Greets(sentence);
    if (side == Side::kAfter && sentence.words.empty() && sentence.numbers > 0)
      worst = std::max(worst, FrameVerdict::kUnsure);
    if (side == Side::kAfter && IsRoleLabel(sentence)) continue;
    worst = std::max(worst, Read(sentence, problem));
    if (worst == FrameVerdict::kForeign) break;
  }
  return worst;
}

// "Suggest three follow-up questions.\n\nUser: ...": the request of a program
// about a conversation that it shows. Templates begin with a mark instead.
bool AsksAboutTheTalk(std::string_view preamble, std::string_view problem) {
  preamble = Trim(preamble);
  if (preamble.empty() || preamble.size() > kMaxFrame || !IsLetter(preamble[0]))
    return false;
  std::vector<FrameSentence> sentences = ReadSentences(preamble);
  if (sentences.empty() || sentences[0].words.empty() ||
      sentences[0].words[0].kind == FrameWord::kRole ||
      IsAny(sentences[0].words[0].text,
            {"you", "your", "the", "this", "a", "an", "i", "we", "below",
             "following", "act"}))
    return false;
  return Read(sentences[0], problem) == FrameVerdict::kForeign;
}

}  // namespace

bool ChangesTheAnswer(std::string_view sentence) {
  static const RE2& changes_the_answer = *new RE2(
      R"([+^%]|[^=]=[^=]|\$\s*[a-z0-9]|(?i)\b(?:round(?:ed|ing)|round (?:to|up|down|off|the|your|my|it|all|each|any|every|answers?|numbers?|results?|both)|nearest|instead|twice|doubled?|tripled?|half|halved|halves|sum|product|difference|ratio|remainder|modulo|mod|multipl\w+|divid\w+|add(?:ed|ing)?\b.{0,20}\bto|subtract\w*|plus|minus|times|squared|cubed|percent\w*|dozens?|seconds|minutes|hours|days|weeks|months|years|cents|dollars|euros|pounds|(?:kilo|centi|milli)?(?:met(?:er|re)s|grams|lit(?:er|re)s)|inches|feet|miles|degrees|radians|opposite|revers\w+|negat\w+|base|binary|octal|hexadecimal|roman|digits? of|(?:first|last) digits?|except|ignor\w+|disregard\w*|suppos\w*|assum\w*|but|replac\w*|swap\w*|unless|if|significant|decimal places|for (?:her|his|their|him|them|two|three|four|five|six|seven|eight|nine|ten))\b)"
      R"(|如果|假设|但|四舍五入|两倍|一半|加上|减去|乘以|除以|gerundet|runde|doppelt|hälfte|minuten|stunden|redonde|minutos|horas|arrondi|округл)");
  return RE2::PartialMatch(Piece(sentence), changes_the_answer);
}

bool SpeaksOfIt(std::string_view sentence, std::string_view problem) {
  // Words of answering, whatever the problem is.
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
    if (word.size() < 4 || command || general.contains(LowerAscii(word)))
      continue;
    if (word.back() == 's') word.remove_suffix(1);
    for (size_t at = problem.find(word); at != std::string_view::npos;
         at = problem.find(word, at + 1))
      if (at == 0 || !IsLetter(problem[at - 1])) return true;
  }
  return false;
}

FrameVerdict ReadSentence(std::string_view sentence, std::string_view problem) {
  return ReadText(sentence, problem, Side::kAfter);
}

bool IsInstruction(std::string_view sentence, std::string_view problem) {
  if (sentence.size() > kMaxInstruction) return false;
  bool instructs = false;
  for (FrameSentence& part : ReadSentences(sentence)) {
    if (Read(part, problem) != FrameVerdict::kWrapping) return false;
    const Words& words = part.words;
    instructs |=
        Has(words, FrameWord::kSolve) || Has(words, FrameWord::kAnswer) ||
        Has(words, FrameWord::kWork) || Has(words, FrameWord::kGreeting) ||
        Has(words, FrameWord::kCourtesy) || GivesARole(part, problem);
  }
  return instructs;
}

FrameReading ReadFrame(std::string_view before, std::string_view problem,
                       std::string_view after) {
  if (TouchesFormula(before, problem, after))
    return {FrameVerdict::kForeign, FrameVerdict::kForeign};
  const std::string_view whole = before;
  before = BehindUserMark(before);
  if (AsksAboutTheTalk(whole.substr(0, whole.size() - before.size()), problem))
    return {FrameVerdict::kForeign, FrameVerdict::kForeign};
  DropExamples(before, after);
  std::string kept_before, kept_after;
  before = WithoutMetadata(before, problem, kept_before);
  after = WithoutMetadata(after, problem, kept_after);
  FrameReading reading;
  reading.after = ReadText(after, problem, Side::kAfter);
  if (reading.after != FrameVerdict::kForeign)
    reading.before = ReadText(before, problem, Side::kBefore);
  return reading;
}

}  // namespace reasonwatch
