// SPDX-License-Identifier: Apache-2.0
// First the closed classes, which can be listed whole: subjects, openings,
// words that want. Then the open ones that matter, which are only the usual
// members: parts of a text, verbs that make one. A word that nobody has listed
// is safe in a statement's predicate and as the manner or object of an order,
// not as the object that the problem would be.
#include "baseline/matching/frame_statement.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "baseline/matching/frame.h"
#include "baseline/matching/frame_words.h"
#include "re2/re2.h"

namespace reasonwatch {
namespace {

using Words = std::span<const SentenceWord>;
using Set = absl::flat_hash_set<std::string_view>;

// A longer sentence tells a story, which may be the problem's.
constexpr size_t kMaxWords = 28;

bool HasOneOf(Words words, const Set& any) {
  return std::any_of(words.begin(), words.end(), [&](const SentenceWord& w) {
    return any.contains(w.text);
  });
}

// Words that begin a statement: those who speak, the problem as a thing at
// hand, and times. A noun of the world may be the subject of a premise.
bool IsSubject(const SentenceWord& word) {
  static const Set& subjects =
      *new Set{"i",     "we",    "my",      "our",   "you",       "your",
               "this",  "that",  "these",   "those", "it",        "here",
               "there", "below", "above",   "today", "yesterday", "tonight",
               "both",  "none",  "neither", "now",   "everyone",  "nobody"};
  return subjects.contains(word.text) || word.kind == FrameWord::kProblem;
}

// Words that may precede a subject: interjections and words that join clauses.
bool IsOpening(const SentenceWord& word) {
  static const Set& openings =
      *new Set{"ok",      "okay",   "so",     "well",  "hey",  "hi",
               "oh",      "anyway", "um",     "hmm",   "and",  "but",
               "because", "since",  "as",     "fyi",   "btw",  "fwiw",
               "when",    "while",  "though", "sorry", "note", "thx",
               "thanks",  "also",   "hello",  "lol",   "hope", "honestly"};
  return openings.contains(word.text) || word.kind == FrameWord::kGreeting;
}

// "Got this in an interview": the subject is left out before a past form.
bool IsPastForm(const SentenceWord& word) {
  constexpr size_t kShortest = 5;  // "asked"
  return IsAny(word.text, {"got", "found", "saw", "came", "heard", "had",
                           "been", "met", "took", "stuck"}) ||
         (word.text.size() >= kShortest && word.text.ends_with("ed") &&
          !IsAny(word.text, {"embed", "exceed", "proceed", "succeed"}));
}

// The speaker wants something.
bool Wants(Words words) {
  static const Set& set = *new Set{
      "want",    "wants",   "wanted",    "need",     "needs",     "should",
      "must",    "shall",   "require",   "requires", "request",   "requests",
      "expect",  "expects", "wish",      "please",   "like",      "supposed",
      "asks",    "asking",  "looking",   "into",     "version",   "instead",
      "rather",  "demand",  "demands",   "insist",   "insists",   "would",
      "could",   "prefer",  "task",      "job",      "goal",      "aim",
      "mission", "duty",    "objective", "how",      "what",      "which",
      "why",     "whether", "many",      "much",     "everything"};
  for (size_t i = 0; i < words.size(); ++i)
    // "Any method you like".
    if (set.contains(words[i].text) &&
        !(words[i].text == "like" && i > 0 && words[i - 1].text == "you"))
      return true;
  static const Set& harmless =
      *new Set{"use",     "be",     "get",    "have",    "hand",     "know",
               "pass",    "study",  "learn",  "prepare", "practise", "practice",
               "revise",  "finish", "figure", "refresh", "see",      "win",
               "impress", "me",     "you"};
  for (size_t i = 0; i + 1 < words.size(); ++i)
    // "To" and a verb that nobody has listed.
    if (words[i].text == "to" && words[i + 1].kind == FrameWord::kUnknown &&
        !harmless.contains(words[i + 1].text) &&
        !words[i + 1].text.ends_with("ing"))
      return true;
  return false;
}

// "It is blue": may be the answer.
bool MayBeTheAnswer(Words words) {
  if (MayReportAnAnswer(words)) return true;
  for (size_t i = 0; i < words.size(); ++i)
    // "Questions with answers".
    if (words[i].kind == FrameWord::kAnswer &&
        (i == 0 || words[i - 1].text != "with"))
      return true;
  constexpr size_t kShort = 4;
  return words.size() <= kShort &&
         IsAny(words[0].text, {"it", "this", "that", "i"}) &&
         words.back().kind == FrameWord::kUnknown;
}

// "You will alphabetise": an order. "You will be given": none.
bool OrdersTheReader(Words words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (!IsAny(words[i].text, {"you", "your"})) continue;
    // As a subject only.
    if (i > 0 && !words[i].clause_begins && !IsOpening(words[i - 1])) continue;
    if (words[i].text == "your") return true;
    size_t verb = i + 1;
    if (IsAny(words[verb].text, {"may", "can", "might"})) continue;
    if (IsAny(words[verb].text, {"will", "ll"})) ++verb;
    if (verb >= words.size() ||
        !IsAny(words[verb].text, {"be", "are", "re", "have", "ve", "get", "see",
                                  "find", "were", "had"}))
      return true;
  }
  return false;
}

bool IsPerson(const SentenceWord& word) {
  static const Set& people =
      *new Set{"friend",     "friends",  "teacher",  "professor", "boss",
               "colleague",  "brother",  "sister",   "son",       "daughter",
               "nephew",     "niece",    "neighbor", "neighbour", "classmate",
               "tutor",      "coworker", "cousin",   "mate",      "buddy",
               "instructor", "coach",    "roommate", "student"};
  return people.contains(word.text);
}

// "It is from my exam", "it's a tricky one", "it came up today": of the problem
// itself. "It is a leap year" may be a premise.
bool IsOfTheProblem(Words words) {
  constexpr size_t kFewest = 3;
  if (words.size() < kFewest) return false;
  if (IsAny(words[1].text, {"came", "comes", "appeared", "keeps", "stumped",
                            "took", "bugs", "confuses", "looks", "seems"}))
    return true;
  return IsAny(words[1].text, {"is", "s", "was", "has"}) &&
         (IsAny(words[2].text, {"for", "from", "part", "my", "our", "been",
                                "late", "early", "due", "just", "only", "okay",
                                "fine", "urgent", "important", "driving"}) ||
          words.back().text == "one" || Has(words, FrameWord::kProblem));
}

bool BeginsAsStatement(Words words) {
  size_t i = 0;
  while (i < words.size() && IsOpening(words[i])) ++i;
  if (i >= words.size() || words[i].text == "now") return false;
  // "Let's start with something easy".
  if (i + 2 < words.size() && words[i].text == "let" &&
      words[i + 1].text == "s")
    return IsAny(words[i + 2].text, {"start", "begin", "go"});
  // "There are three more": may be a premise.
  if (words[i].text == "there")
    return Has(words, FrameWord::kSolve) || Has(words, FrameWord::kProblem);
  if (words[i].text == "it") return IsOfTheProblem(words.subspan(i));
  if (IsSubject(words[i]) || IsPastForm(words[i])) return true;
  // "The following is ...", "the next question was ...".
  if (!IsAny(words[i].text, {"the", "a", "another", "one", "some"}))
    return false;
  constexpr size_t kNear = 5;
  for (size_t j = i + 1; j < words.size() && j <= i + kNear; ++j)
    if (words[j].kind == FrameWord::kProblem || words[j].text == "following")
      return true;
  // "A friend of mine sent me this".
  return IsPerson(words[i + 1 < words.size() ? i + 1 : i]) &&
         HasAny(words, {"me", "us", "mine"});
}

// Each clause behind a comma begins with a subject, a preposition or a word of
// the same kind as the first; an order would begin with its verb.
bool ClausesAreStatements(Words words) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].clause_begins) continue;
    const SentenceWord& w = words[i];
    const bool harmless =
        IsSubject(w) || IsOpening(w) || IsPastForm(w) ||
        w.text.ends_with("ing") ||
        IsAny(w.text, {"in", "on", "at", "for", "from", "with", "after",
                       "before", "during", "which", "who", "where", "or", "a",
                       "an", "the", "one", "not", "just"});
    if (!harmless) return false;
  }
  return true;
}

// The problem, or a part of its text, as the object of an order.
bool RefersToTheProblem(Words words) {
  static const Set& pronouns =
      *new Set{"it",    "its",   "this",      "these",      "those", "them",
               "they",  "their", "he",        "she",        "his",   "her",
               "above", "below", "following", "given",      "here",  "one",
               "ones",  "each",  "every",     "everything", "all",   "same"};
  static const Set& parts =
      *new Set{"word",      "words",    "text",       "sentence", "sentences",
               "letter",    "letters",  "vowel",      "vowels",   "verb",
               "verbs",     "noun",     "nouns",      "number",   "numbers",
               "name",      "names",    "line",       "lines",    "equation",
               "equations", "quantity", "quantities", "variable", "variables",
               "unknown",   "unknowns", "phrase",     "clause",   "passage",
               "paragraph", "unit",     "units",      "value",    "values",
               "data",      "fact",     "facts",      "subject",  "character",
               "characters"};
  const bool answers =
      Has(words, FrameWord::kAnswer) || Has(words, FrameWord::kWork);
  for (size_t i = 0; i < words.size(); ++i) {
    const SentenceWord& w = words[i];
    // "All work", "each step".
    if (IsAny(w.text, {"all", "each", "every"}) && i + 1 < words.size() &&
        words[i + 1].kind == FrameWord::kWork)
      continue;
    if (pronouns.contains(w.text) || w.kind == FrameWord::kProblem) return true;
    // "That" joins clauses behind a word of the answer.
    if (w.text == "that" &&
        (i == 0 || (words[i - 1].kind != FrameWord::kForm &&
                    words[i - 1].kind != FrameWord::kUnknown)))
      return true;
    // "The irrelevant information": a thing that only the problem can hold.
    if (w.text == "the" && i + 1 < words.size() && !answers) {
      const bool adjective =
          i + 2 < words.size() && words[i + 1].kind != FrameWord::kUnknown;
      if (words[i + (adjective ? 2 : 1)].kind == FrameWord::kUnknown)
        return true;
    }
    // "The words" are those of the problem; "the final value" is the answer.
    if (parts.contains(w.text) && i > 0 &&
        IsAny(words[i - 1].text,
              {"the", "any", "no", "only", "first", "last"}) &&
        !(i > 1 && words[i - 1].text != "the" &&
          IsAny(words[i - 2].text, {"a", "single", "final"})))
      return true;
  }
  return false;
}

// "Write a limerick", "haiku": asks for a text of another kind.
bool MakesAText(Words words) {
  static const Set& making = *new Set{
      "write",   "compose", "draft",   "create",  "make",    "produce",
      "give",    "provide", "tell",    "draw",    "invent",  "generate",
      "craft",   "build",   "design",  "sketch",  "send",    "say",
      "sing",    "print",   "output",  "return",  "show",    "do",
      "perform", "render",  "deliver", "offer",   "present", "suggest",
      "propose", "imagine", "suppose", "pretend", "stop",    "act",
      "be",      "count",   "name",    "predict", "turn"};
  bool makes = making.contains(words[0].text);
  for (size_t i = 1; i < words.size(); ++i)  // "trying to write a limerick"
    makes =
        makes || (words[i - 1].text == "to" && making.contains(words[i].text));
  // "Give me a limerick of the answer".
  for (size_t i = 1; makes && i + 2 < words.size(); ++i)
    if (IsAny(words[i].text, {"a", "an"}) &&
        words[i + 1].kind == FrameWord::kUnknown &&
        IsAny(words[i + 2].text, {"of", "about", "from"}))
      return true;
  // The reasoning and the answer are no other text.
  return makes &&
         std::none_of(words.begin(), words.end(), [](const SentenceWord& w) {
           return w.kind == FrameWord::kWork || w.kind == FrameWord::kAnswer;
         });
}

const Set& Copulas() {
  static const Set& set = *new Set{"is", "was", "are", "were", "equals"};
  return set;
}

// The answer as something else, a part of it, or none.
bool LeavesTheAnswerOut(Words words) {
  static const Set& partial = *new Set{
      "nothing",  "whether", "without", "stop",  "only",   "just", "instead",
      "opposite", "never",   "not",     "don",   "base",   "ok",   "okay",
      "silent",   "silence", "blank",   "empty", "refuse", "if",   "unless",
      "equals",   "means",   "before",  "until", "when",   "were"};
  const bool answers = Has(words, FrameWord::kAnswer);
  for (size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i].text == "no" && words[i + 1].kind != FrameWord::kUnknown)
      return true;  // "give no answer"
  return std::any_of(words.begin(), words.end(), [&](const SentenceWord& w) {
    return partial.contains(w.text) && !(answers && w.text == "only");
  });
}

// "All animals are immortal": a premise has a subject of its own.
bool BeginsWithANoun(Words words) {
  if (!IsAny(words[0].text,
             {"the",     "a",     "an",     "all",      "every",     "each",
              "some",    "any",   "many",   "most",     "several",   "another",
              "other",   "there", "nobody", "everyone", "everybody", "somebody",
              "someone", "now",   "then",   "today",    "yesterday", "later",
              "both",    "after", "before"}))
    return false;
  constexpr size_t kNear = 4;
  for (size_t i = 1; i < words.size() && i <= kNear; ++i)
    if (words[i].kind == FrameWord::kAnswer ||
        words[i].kind == FrameWord::kRole || words[i].kind == FrameWord::kForm)
      return false;
  return true;
}

bool IsDateWord(const SentenceWord& word) {
  static const Set& words = *new Set{
      "today",   "date",     "current",  "currently", "now",       "time",
      "it",      "is",       "s",        "the",       "of",        "knowledge",
      "cutoff",  "cut",      "off",      "training",  "data",      "day",
      "year",    "month",    "monday",   "tuesday",   "wednesday", "thursday",
      "friday",  "saturday", "sunday",   "january",   "february",  "march",
      "april",   "may",      "june",     "july",      "august",    "september",
      "october", "november", "december", "jan",       "feb",       "mar",
      "apr",     "jun",      "jul",      "aug",       "sep",       "sept",
      "oct",     "nov",      "dec",      "mon",       "tue",       "wed",
      "thu",     "fri",      "sat",      "sun",       "st",        "nd",
      "rd",      "th",       "am",       "pm",        "utc",       "gmt",
      "and",     "at",       "on",       "z",         "t",         "your",
      "in",      "last",     "update",   "updated"};
  return words.contains(word.text);
}

// Behind "the student must": an order, to whomever it is given.
Words WithoutReader(Words words) {
  static const Set& readers = *new Set{
      "student",     "students",     "candidate", "candidates", "solver",
      "assistant",   "model",        "responder", "contestant", "contestants",
      "participant", "participants", "examinee",  "respondent", "examinees"};
  constexpr size_t kLead = 3;
  if (words.size() <= kLead ||
      !IsAny(words[0].text, {"the", "a", "each", "every", "all"}) ||
      !readers.contains(words[1].text) ||
      !IsAny(words[2].text, {"must", "should", "will", "shall", "may"}))
    return words;
  return words.subspan(kLead);
}

}  // namespace

bool IsStatement(const FrameSentence& sentence, std::string_view problem) {
  const Words words = sentence.words;
  constexpr size_t kFewest = 3;  // fewer words may be a label or an answer
  if (sentence.question || words.size() < kFewest || words.size() > kMaxWords ||
      sentence.numbers > 0 || !IsAscii(words) ||
      Has(words, FrameWord::kAbout) || Has(words, FrameWord::kLanguage) ||
      HasAny(words, {"more", "less", "fewer", "extra", "also", "too"}))
    return false;
  return BeginsAsStatement(words) && ClausesAreStatements(words) &&
         !Wants(words) && !OrdersTheReader(words) && !MayBeTheAnswer(words) &&
         !SpeaksInPerson(problem) && !SpeaksOfIt(sentence.raw, problem) &&
         !ChangesTheAnswer(sentence.raw);
}

bool IsOrderOfManner(const FrameSentence& sentence, std::string_view problem) {
  const Words words = WithoutReader(sentence.words);
  constexpr size_t kFewest = 3;  // an order without an object has the problem
  if (sentence.question || words.size() < kFewest || words.size() > kMaxWords ||
      sentence.numbers > 0 || !IsAscii(words) ||
      Has(words, FrameWord::kAbout) || Has(words, FrameWord::kLanguage) ||
      sentence.raw.ends_with(':') || sentence.raw.ends_with('-'))
    return false;
  Words order = words;
  while (order.size() > kFewest &&
         (IsOpening(order[0]) ||
          IsAny(order[0].text, {"please", "always", "kindly", "first"})))
    order = order.subspan(1);
  if (IsSubject(order[0]) || BeginsWithANoun(order) || IsPastForm(order[0]) ||
      order[1].text == "for")
    return false;
  // "Answer in furlongs".
  if (order[1].text == "in" && order.size() == kFewest &&
      order[2].kind == FrameWord::kUnknown)
    return false;
  // "Square your answer", "the answer is blue".
  if (order[1].text == "your" && Has(order, FrameWord::kAnswer) &&
      Has(order.first(kFewest), FrameWord::kAnswer))
    return false;
  if (IsAny(order[0].text, {"the", "a", "an"}) && HasOneOf(order, Copulas()))
    return false;
  // The second word begins the object or a phrase of manner; an order that
  // ends there would have the problem as its object.
  const bool has_object =
      IsAny(order[1].text,
            {"a",        "an",   "the", "any", "no",    "your", "me",
             "yourself", "with", "in",  "as",  "at",    "by",   "on",
             "off",      "up",   "out", "all", "every", "each", "from"}) ||
      order[1].text.ends_with("ly") || order[1].kind != FrameWord::kUnknown ||
      order.size() > kFewest;
  return has_object && !MakesAText(order) && !RefersToTheProblem(order) &&
         !LeavesTheAnswerOut(order) && !MayReportAnAnswer(order) &&
         !SpeaksOfIt(sentence.raw, problem) && !ChangesTheAnswer(sentence.raw);
}

bool IsOrderToSolve(const FrameSentence& sentence) {
  const Words words = sentence.words;
  if (sentence.question || sentence.numbers > 0 || words.size() > kMaxWords ||
      Has(words, FrameWord::kAbout) || Has(words, FrameWord::kNot) ||
      ChangesTheAnswer(sentence.raw) || MayReportAnAnswer(words))
    return false;
  if (!IsAscii(words)) {
    // No grammar is known here: an answer, its way or solving is spoken of,
    // and most of the words are known.
    const auto unknown = static_cast<size_t>(std::count_if(
        words.begin(), words.end(),
        [](const SentenceWord& w) { return w.kind == FrameWord::kUnknown; }));
    constexpr size_t kKnownForEach = 2;
    return (Has(words, FrameWord::kSolve) || Has(words, FrameWord::kAnswer) ||
            Has(words, FrameWord::kWork)) &&
           unknown * (kKnownForEach + 1) <= words.size();
  }
  for (size_t i = 0; i + 1 < words.size(); ++i)
    if (IsAny(words[i].text, {"solve", "tackle", "attempt", "solving"}) &&
        (i == 0 || words[i].clause_begins ||
         IsAny(words[i - 1].text,
               {"and", "then", "please", "you", "kindly", "before", "by"})))
      // "Solve for y".
      return !Has(words, FrameWord::kLanguage) &&
             !(words[i + 1].text == "for" && i + 2 < words.size() &&
               words[i + 2].kind == FrameWord::kUnknown);
  return false;
}

bool MayReportAnAnswer(Words words) {
  static const Set& reports = *new Set{
      "say",       "says",     "said",     "claim",     "claims",   "claimed",
      "thinks",    "believe",  "believes", "believed",  "answered", "replied",
      "wrote",     "guessed",  "suggests", "suggested", "argues",   "argued",
      "reckon",    "reckons",  "meant",    "means",     "told",     "decided",
      "concluded", "zero",     "two",      "three",     "four",     "five",
      "six",       "seven",    "eight",    "nine",      "ten",      "eleven",
      "twelve",    "thirteen", "fourteen", "fifteen",   "sixteen",  "seventeen",
      "eighteen",  "nineteen", "twenty",   "thirty",    "forty",    "fifty",
      "sixty",     "seventy",  "eighty",   "ninety",    "hundred",  "thousand",
      "million",   "twice"};
  if (HasOneOf(words, reports)) return true;
  // A name behind the first word.
  static const Set& calendar =
      *new Set{"monday",   "tuesday", "wednesday", "thursday", "friday",
               "saturday", "sunday",  "christmas", "easter",   "fyi",
               "ai",       "gcse",    "sat",       "gre"};
  for (size_t i = 1; i < words.size(); ++i)
    if (words[i].capital && words[i].kind == FrameWord::kUnknown &&
        !calendar.contains(words[i].text) &&
        // The place at which it was found.
        !IsAny(words[i - 1].text, {"on", "from", "at", "via"}))
      return true;
  return false;
}

bool IsLeadIn(const FrameSentence& sentence) {
  const Words words = sentence.words;
  constexpr size_t kMost = 5;
  if (sentence.numbers > 0 || sentence.question || words.size() < 2 ||
      words.size() > kMost || !IsAscii(words) ||
      !(sentence.raw.ends_with(':') || sentence.raw.ends_with('-')) ||
      Has(words, FrameWord::kAbout) || Has(words, FrameWord::kLanguage) ||
      Has(words, FrameWord::kNot) || ChangesTheAnswer(sentence.raw))
    return false;
  // "For my own curiosity:"
  if (IsAny(words[0].text, {"for", "from"}))
    return std::none_of(words.begin() + 1, words.end(), [](const auto& w) {
      return w.kind == FrameWord::kAnswer || w.capital;
    });
  // "Honest question:"
  constexpr size_t kAdjectives = 3;
  size_t end = words.size();  // "dumb question maybe, but:"
  while (end > 1 && IsAny(words[end - 1].text,
                          {"maybe", "perhaps", "probably", "but", "though"}))
    --end;
  return words[end - 1].kind == FrameWord::kProblem && end <= kAdjectives &&
         !HasAny(words, {"this", "the", "that", "my", "your", "these"});
}

bool SpeaksInPerson(std::string_view problem) {
  static const RE2& person =
      *new RE2(R"((?i)\b(?:i|i'm|my|me|we|our|us|you|your)\b)");
  return RE2::PartialMatch(re2::StringPiece(problem.data(), problem.size()),
                           person);
}

bool IsDateLine(const FrameSentence& sentence, std::string_view problem) {
  static const RE2& dates = *new RE2(
      R"((?i)\b(?:today|yesterday|tomorrow|date|days?|weeks?|months?|years?|hours?|old|age|ago|born|until|since|calendar|century|decade|when|leap|clock|now|current\w*|january|february|march|april|may|june|july|august|september|october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b)");
  // "Knowledge cutoff:" has its date behind it.
  const bool named = std::any_of(
      sentence.words.begin(), sentence.words.end(), [](const SentenceWord& w) {
        return IsAny(w.text, {"cutoff", "date", "today", "cut"});
      });
  static const RE2& date = *new RE2(R"(\d{4}-\d{2}(?:-\d{2})?\.?)");
  if (sentence.words.empty() &&
      RE2::FullMatch(re2::StringPiece(sentence.raw.data(), sentence.raw.size()),
                     date))
    return true;
  return (sentence.numbers > 0 || named) && !sentence.question &&
         !sentence.words.empty() &&
         std::all_of(sentence.words.begin(), sentence.words.end(),
                     IsDateWord) &&
         !RE2::PartialMatch(re2::StringPiece(problem.data(), problem.size()),
                            dates);
}

}  // namespace reasonwatch
