// SPDX-License-Identifier: Apache-2.0
// A sentence is cut into clauses. The first word of a clause, behind words such
// as "please" and "you should", decides which rule reads it: an order by its
// verb, a statement by its subject, a phrase by its preposition.
#include "baseline/matching/frame_task.h"

#include <algorithm>
#include <span>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "baseline/matching/frame.h"
#include "baseline/matching/frame_statement.h"
#include "baseline/matching/frame_words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using Words = std::span<const SentenceWord>;
using Set = absl::flat_hash_set<std::string_view>;

constexpr size_t kMaxWords = 40;  // a longer sentence tells a story

bool IsUnknown(const SentenceWord& word) {
  return word.kind == FrameWord::kUnknown;
}

bool SpeaksOfTheAnswer(Words words) {
  return Has(words, FrameWord::kAnswer) || Has(words, FrameWord::kWork) ||
         Has(words, FrameWord::kForm);
}

bool IsPreposition(std::string_view word) {
  return IsAny(word, {"of", "for", "to", "about", "from", "with", "in", "on",
                      "as", "that", "which", "into", "by"});
}

// "If you are unsure", "but keep it short": conditions on the reader, which
// change no answer.
std::string WithoutConditions(std::string_view raw) {
  static const RE2& condition = *new RE2(
      R"((?i)(?:\bif (?:you|needed|necessary|possible|applicable|relevant|appropriate|useful|helpful|required|options|choices)\b[^,;.:]*|\bbut (?:you|i|we|please|keep|be|do|don't|give|show|not just)\b|\b(?:double|triple)[- ]check\b))");
  std::string rest(raw);
  RE2::GlobalReplace(&rest, condition, "");
  return rest;
}

// Without "please", "then", "you should", "could you", "make sure to",
// "remember to", "your task is to".
Words WithoutLead(Words words) {
  static const Set& leads = *new Set{
      "please", "kindly",  "also",  "and",  "then", "but",      "so",   "just",
      "always", "finally", "first", "next", "you",  "should",   "must", "will",
      "can",    "could",   "would", "to",   "sure", "remember", "ll",   "do",
      "now",    "ok",      "okay",  "hey",  "try",  "certain"};
  size_t i = 0;
  while (i < words.size() &&
         (leads.contains(words[i].text) ||
          (words[i].text == "make" && i + 1 < words.size() &&
           IsAny(words[i + 1].text, {"sure", "certain"}))))
    ++i;
  return words.subspan(i);
}

// A unit or notation that the answer is to have: "in furlongs", "as a
// limerick".
bool TurnsTheAnswer(Words words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (!IsAny(words[i].text, {"in", "into", "as", "like", "without"}))
      continue;
    size_t noun = i + 1;
    while (noun + 1 < words.size() &&
           IsAny(words[noun].text, {"a", "an", "the", "your", "own"}))
      ++noun;
    if (!IsUnknown(words[noun])) continue;
    // "As accurately as possible", "in your own words", "in a clear way".
    constexpr size_t kNear = 3;
    const Words behind =
        words.subspan(noun, std::min(kNear, words.size() - noun));
    if (behind.size() > 1 && behind[1].text == "as") continue;
    if (HasAny(behind, {"words", "way", "manner", "possible", "detail", "style",
                        "fashion", "order", "best"}) ||
        SpeaksOfTheAnswer(behind))
      continue;
    return true;
  }
  return false;
}

// "The second word of the puzzle", "the number of characters": not of the
// answer.
bool TakesFromTheText(Words words) {
  constexpr size_t kNear = 5;
  for (size_t i = 0; i + 2 < words.size(); ++i) {
    if (words[i].kind != FrameWord::kForm || words[i + 1].text != "of")
      continue;
    for (size_t k = i + 2; k < words.size() && k < i + kNear; ++k) {
      if (words[k].kind == FrameWord::kAnswer ||
          words[k].kind == FrameWord::kForm ||
          IsAny(words[k].text, {"correct", "right", "your"}))
        break;
      if (IsUnknown(words[k]) || words[k].kind == FrameWord::kProblem)
        return true;
    }
  }
  return false;
}

// "Answer the question below", "solve it by any method"; "solve for y" and
// "read the poem" have another object.
bool IsOrderToAnswer(Words words) {
  if (words[0].kind != FrameWord::kSolve && words[0].text != "answer")
    return false;
  if (words.size() == 1) return true;
  const std::string& next = words[1].text;
  if (IsAny(next, {"is", "was", "are", "equals", "should", "must", "will"}))
    return false;  // "answer" is the subject
  if (TakesFromTheText(words)) return false;
  if (IsAny(next, {"a", "an", "another", "for", "to", "some", "only"}))
    return IsAny(next, {"to", "for"}) && words.size() > 2 &&
           (words[2].kind == FrameWord::kProblem ||
            IsAny(words[2].text, {"the", "this", "me", "us"})) &&
           (words.size() == 3 || Has(words, FrameWord::kProblem) ||
            IsAny(words[2].text, {"me", "us"}));
  if (IsUnknown(words[1]) && !next.ends_with("ly") && next != "correctly")
    return false;
  // A noun of its own would be another text.
  if (IsAny(next, {"the", "this", "these", "my", "every", "each"}))
    return Has(words, FrameWord::kProblem) || SpeaksOfTheAnswer(words) ||
           IsAny(words.back().text, {"following", "below", "above", "one"});
  return !TurnsTheAnswer(words.subspan(1));
}

// "Give me a detailed explanation", "use the following format": the object is
// the answer, the work or a form, and no noun comes before it.
bool IsOrderOfForm(Words words) {
  static const Set& verbs =
      *new Set{"use",   "follow", "devise", "carry",     "ensure", "keep",
               "make",  "verify", "check",  "double",    "end",    "begin",
               "start", "limit",  "avoid",  "structure", "state",  "break"};
  if (words[0].kind != FrameWord::kGive && words[0].kind != FrameWord::kFind &&
      !verbs.contains(words[0].text))
    return false;
  if (TakesFromTheText(words)) return false;
  // "Use LaTeX for any maths", "double check before replying".
  const bool known =
      std::none_of(words.begin() + 1, words.end(), [](const SentenceWord& w) {
        return IsUnknown(w) && !w.text.ends_with("ing");
      });
  if (known && (!Has(words, FrameWord::kProblem) ||
                HasAny(words, {"math", "maths", "mathematics"})))
    return true;
  for (size_t i = 1; i < words.size(); ++i) {
    const FrameWord kind = words[i].kind;
    if (kind == FrameWord::kAnswer || kind == FrameWord::kWork ||
        kind == FrameWord::kForm)
      return !TurnsTheAnswer(words.subspan(i)) &&
             !HasAny(words, {"its", "his", "her", "their", "them"});
    if (i > 1 && IsPreposition(words[i].text)) return false;
  }
  return false;
}

bool IsOrderToThink(Words words) {
  return words[0].kind == FrameWord::kWork &&
         !HasAny(words, {"of", "up", "like"}) && !TurnsTheAnswer(words);
}

// Is something wanted that is not known to be the answer?
bool WantsSomethingElse(Words words) {
  static const Set& wanting =
      *new Set{"want",  "wants",   "need",    "needs",     "like",
               "love",  "prefer",  "require", "requires",  "expect",
               "wish",  "looking", "asking",  "wondering", "trying",
               "going", "have",    "has",     "supposed"};
  static const Set& harmless =
      *new Set{"understand", "know",  "learn",  "be",     "see",   "make",
               "get",        "thank", "ask",    "check",  "have",  "start",
               "find",       "pass",  "finish", "submit", "turn",  "tip",
               "you",        "me",    "do",     "help",   "figure"};
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (!wanting.contains(words[i].text)) continue;
    size_t next = i + 1;
    const bool has = IsAny(words[i].text, {"have", "has"});
    if (has && words[next].text != "to") continue;
    while (next + 1 < words.size() &&
           (IsAny(words[next].text, {"to", "actually", "really", "you", "for",
                                     "if", "could", "would", "not", "just"}) ||
            words[next].text.ends_with("ly")))
      ++next;
    const SentenceWord& w = words[next];
    const bool known =
        w.kind == FrameWord::kSolve || w.kind == FrameWord::kGive ||
        w.kind == FrameWord::kCourtesy || w.kind == FrameWord::kAnswer ||
        w.kind == FrameWord::kWork || w.kind == FrameWord::kFind ||
        harmless.contains(w.text) ||
        IsAny(w.text,
              {"this", "it", "that", "your", "some", "any", "an", "the"});
    if (!known) return true;
    // "It by noon", not "it in verse".
    if (IsAny(w.text, {"this", "it", "that"}) && next + 1 < words.size() &&
        !IsAny(words[next + 1].text,
               {"by", "for", "before", "asap", "today", "tonight", "tomorrow",
                "soon", "quickly", "urgently", "now", "first", "please"}))
      return true;
    if (IsAny(w.text, {"your", "some", "any", "an", "the"}) &&
        !(next + 1 < words.size() &&
          (SpeaksOfTheAnswer(words.subspan(next, 2)) ||
           words[next + 1].kind == FrameWord::kCourtesy)))
      return true;
  }
  return false;
}

// "Here's another one", "I think I know the answer", "you have access to a
// calculator": the writer or the reader is the subject.
bool IsTalk(Words words) {
  static const Set& subjects = *new Set{"i",     "we",  "my", "our",  "here",
                                        "there", "you", "it", "this", "that"};
  if (!subjects.contains(words[0].text) || words.size() < 2) return false;
  if (HasAny(words, {"he", "she", "they", "his", "her", "their", "more", "less",
                     "fewer", "also", "instead", "why", "whether", "who",
                     "what", "which"}))
    return false;
  const std::string& first = words[0].text;
  const std::string& verb = words[1].text;
  // "It is blue", "there are nine left": may be an answer or a premise.
  if (IsAny(first, {"it", "this", "that"}) || first == "there")
    return IsAny(verb, {"is", "s", "was", "are"}) &&
           (SpeaksOfTheAnswer(words) || Has(words, FrameWord::kProblem) ||
            Has(words, FrameWord::kCourtesy)) &&
           !(first != "there" && IsUnknown(words.back()));
  if (first == "you")
    return IsAny(verb, {"are", "re", "have", "ve", "may", "can", "might", "do",
                        "don", "will"}) &&
           (words.size() < 3 || !IsAny(verb, {"may", "can", "might", "will"}) ||
            !IsUnknown(words[2]) || IsAny(words[2].text, {"use", "take"}));
  return !WantsSomethingElse(words);
}

// "The last line of your response should be of the form": the answer's form.
bool IsOfTheForm(Words words) {
  if (!IsAny(words[0].text, {"the", "your", "a", "an", "each", "every", "any",
                             "all", "no", "only"}) ||
      !SpeaksOfTheAnswer(words))
    return false;
  if (HasAny(words, {"equals", "was", "were", "not"})) return false;
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (!IsAny(words[i].text, {"is", "are", "be"})) continue;
    size_t next = i + 1;
    while (next + 1 < words.size() &&
           IsAny(words[next].text, {"a", "an", "the", "only", "just", "in"}))
      ++next;
    constexpr size_t kBehind = 3;
    const Words complement =
        words.subspan(next, std::min(kBehind, words.size() - next));
    if (IsUnknown(complement[0]) && !complement[0].text.ends_with("ed") &&
        !SpeaksOfTheAnswer(complement))
      return false;
  }
  constexpr size_t kNear = 6;
  return SpeaksOfTheAnswer(words.first(std::min(kNear, words.size()))) &&
         !TurnsTheAnswer(words);
}

// "Before answering", "with your reasoning", "when finished".
bool IsPhrase(Words words) {
  constexpr size_t kMost = 6;
  return words.size() <= kMost &&
         IsAny(words[0].text,
               {"before", "after", "when", "while", "with", "for", "by", "at",
                "on", "because", "since", "once", "otherwise", "such", "if"}) &&
         (SpeaksOfTheAnswer(words) || Has(words, FrameWord::kSolve) ||
          Has(words, FrameWord::kCourtesy) || Has(words, FrameWord::kProblem) ||
          (words.size() == 2 &&
           (words[1].text.ends_with("ed") || words[1].text.ends_with("ing"))));
}

bool IsHarmless(Words clause) {
  const bool says = std::any_of(clause.begin(), clause.end(), IsUnknown);
  if (!says) return true;
  const Words order = WithoutLead(clause);
  if (!order.empty() &&
      (IsOrderToAnswer(order) || IsOrderOfForm(order) || IsOrderToThink(order)))
    return true;
  Words talk = clause;
  while (talk.size() > 1 &&
         IsAny(talk[0].text, {"and", "but", "so", "ok", "okay", "well",
                              "because", "since", "as", "though"}))
    talk = talk.subspan(1);
  return IsTalk(talk) || IsOfTheForm(clause) || IsPhrase(clause) ||
         (!order.empty() && (IsOfTheForm(order) || IsPhrase(order)));
}

// Does a clause begin here? Behind a comma, or a word that joins clauses, in
// front of a verb or a subject.
bool BeginsClause(Words words, size_t i) {
  if (words[i].clause_begins) return true;
  if (!IsAny(words[i].text, {"and", "then", "but", "so", "because", "before",
                             "after", "when", "while"}) ||
      i + 1 >= words.size())
    return false;
  const SentenceWord& next = words[i + 1];
  return next.kind == FrameWord::kSolve || next.kind == FrameWord::kGive ||
         next.kind == FrameWord::kWork || next.text.ends_with("ing") ||
         IsAny(next.text, {"i", "you", "we", "it", "use", "carry", "keep",
                           "end", "begin", "check", "verify"});
}

// A word of help, greeting or answering in a language whose grammar is not
// known here, and at least as many words that are known as are not.
bool ServesInAnyLanguage(Words words) {
  if (Has(words, FrameWord::kNot)) return false;
  // "Écris un programme qui résout cela": another thing is to be written.
  for (size_t i = 0; i + 2 < words.size(); ++i)
    if (words[i].kind == FrameWord::kGive &&
        (IsUnknown(words[i + 1]) ||
         (words[i + 1].kind == FrameWord::kFiller && IsUnknown(words[i + 2]))))
      return false;
  const auto unknown =
      static_cast<size_t>(std::count_if(words.begin(), words.end(), IsUnknown));
  const bool answers =
      Has(words, FrameWord::kSolve) || Has(words, FrameWord::kCourtesy) ||
      (Has(words, FrameWord::kAnswer) &&
       (Has(words, FrameWord::kGive) || Has(words, FrameWord::kProblem)));
  constexpr size_t kFew = 3;
  return (answers && unknown <= std::max(kFew, words.size() / 2)) ||
         (Has(words, FrameWord::kGreeting) && unknown <= 2);
}

}  // namespace

bool ServesTheTask(const FrameSentence& sentence, std::string_view problem) {
  const Words words = sentence.words;
  if (words.size() < 2 || words.size() > kMaxWords || sentence.numbers > 0 ||
      Has(words, FrameWord::kAbout) || Has(words, FrameWord::kLanguage) ||
      ChangesTheAnswer(WithoutConditions(sentence.raw)) ||
      SpeaksOfIt(sentence.raw, problem))
    return false;
  if (!IsAscii(words)) return ServesInAnyLanguage(words);
  const bool reports = MayReportAnAnswer(words) && words[0].text != "you";
  if (sentence.question || reports || SpeaksInPerson(problem)) return false;
  // Known words have been read already.
  if (std::none_of(words.begin(), words.end(), IsUnknown)) return false;
  const bool denies = Has(words, FrameWord::kNot);
  if (denies &&
      (Has(words, FrameWord::kAnswer) || Has(words, FrameWord::kSolve)))
    return false;
  size_t begin = 0;
  for (size_t i = 1; i <= words.size(); ++i) {
    if (i < words.size() && !BeginsClause(words, i)) continue;
    if (!IsHarmless(words.subspan(begin, i - begin))) return false;
    begin = i;
  }
  // Something must speak of the task or of the two who talk.
  return SpeaksOfTheAnswer(words) || Has(words, FrameWord::kSolve) ||
         Has(words, FrameWord::kProblem) || Has(words, FrameWord::kCourtesy) ||
         IsAny(words[0].text, {"i", "we", "my", "you", "here"}) ||
         HasAny(words, {"check"});
}

bool IsSlot(const FrameSentence& sentence) {
  static const RE2& key =
      *new RE2(R"([{,\s]*(?:"?[\w.-]{1,24}"?\s*,\s*)?"[\w -]{1,40}"\s*:)");
  if (Has(sentence.words, FrameWord::kAbout)) return false;
  if (sentence.words.size() == 1 && sentence.raw.ends_with(':') &&
      sentence.words[0].kind == FrameWord::kGive)
    return true;
  return RE2::FullMatch(
      re2::StringPiece(sentence.raw.data(), sentence.raw.size()), key);
}

}  // namespace reasonwatch
