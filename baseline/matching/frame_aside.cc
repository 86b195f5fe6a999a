// SPDX-License-Identifier: Apache-2.0
// The grammar decides, not the vocabulary: a statement of the writer's has the
// writer or the reader as its subject and no word that wants something; an
// order about the manner has a verb of speaking and no object in the problem.
#include "baseline/matching/frame_aside.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>

#include "baseline/matching/frame.h"
#include "baseline/matching/frame_statement.h"
#include "baseline/matching/frame_words.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using Words = std::span<const SentenceWord>;

// A longer sentence tells a story, which may be the problem's.
constexpr size_t kMaxWords = 24;

// The problem as the object of an order: "it", "the text below".
bool PointsAtTheProblem(Words words) {
  for (size_t i = 1; i < words.size(); ++i)
    if (words[i].text == "text" && words[i - 1].text != "plain") return true;
  return Has(words, FrameWord::kProblem) || words[0].text == "text" ||
         HasAny(words, {"it", "this", "that", "these", "those", "them",
                        "following", "above", "below", "passage", "paragraph",
                        "everything", "one"});
}

// "I want", "we should": a statement that is an order.
bool Wants(Words words) {
  if (HasAny(words, {"want",    "wants",   "need",    "needs",    "needed",
                     "like",    "prefer",  "should",  "must",     "shall",
                     "would",   "could",   "require", "requires", "required",
                     "request", "expect",  "expects", "expected", "wish",
                     "hope",    "let",     "please",  "supposed", "told",
                     "looking", "trying",  "try",     "into",     "version",
                     "love",    "asking",  "rather",  "demand",   "demands",
                     "insist",  "insists", "allowed", "instead",  "going"}))
    return true;
  for (size_t i = 0; i + 1 < words.size(); ++i)
    // "To" and a verb that nobody has listed.
    if (words[i].text == "to" && words[i + 1].kind == FrameWord::kUnknown)
      return true;
  return false;
}

// "I was asked this in an interview", "my daughter has this homework".
bool IsOfTheWriter(Words words, std::string_view problem) {
  return IsAny(words[0].text, {"i", "we", "my", "our"}) && !Wants(words) &&
         !MayReportAnAnswer(words) && !Has(words, FrameWord::kAnswer) &&
         !Has(words, FrameWord::kSolve) && !Has(words, FrameWord::kLanguage) &&
         !SpeaksInPerson(problem);
}

// "This is for my exam", "here is a question from my textbook".
bool Presents(Words words, std::string_view problem) {
  if (words.size() < 3 || !IsAny(words[0].text, {"this", "here"}) ||
      !IsAny(words[1].text, {"is", "s", "comes", "was"}))
    return false;
  return HasAny(words, {"my", "our", "me", "us"}) &&
         !HasAny(words, {"want", "need", "into", "version", "should", "must",
                         "like", "would"}) &&
         !Has(words, FrameWord::kAnswer) && !Has(words, FrameWord::kLanguage) &&
         !SpeaksInPerson(problem);
}

// "Your answer will be graded automatically": its fate, in the passive voice.
bool IsOfTheAnswer(Words words) {
  return words.size() >= 4 && words[0].text == "your" &&
         words[1].kind == FrameWord::kAnswer &&
         IsAny(words[2].text, {"will", "is", "gets"}) &&
         std::all_of(words.begin() + 2, words.end(), [](const auto& w) {
           return w.kind == FrameWord::kFiller || w.text.ends_with("ed") ||
                  IsAny(w.text, {"by", "against", "be"});
         });
}

// "Think like a mathematician", "answer as Holmes would", "be rigorous".
bool IsManner(Words words) {
  if (words.size() < 2) return false;
  const std::string& verb = words[0].text;
  const std::string& next = words[1].text;
  if (IsAny(verb, {"be", "stay", "remain"}))
    return !HasAny(words, {"to", "in", "into", "of"});
  const bool thinks = IsAny(verb, {"think", "reason", "work", "proceed"});
  const bool speaks =
      IsAny(verb, {"speak", "talk", "answer", "respond", "reply", "act",
                   "behave", "write", "format", "explain"});
  // "In furlongs" would be another answer.
  constexpr size_t kUnit = 3;
  if (next == "in" && words.size() == kUnit &&
      words[2].kind == FrameWord::kUnknown)
    return false;
  // Somebody else's thing would be another object: "with its colour".
  if ((!thinks && !speaks) || HasAny(words, {"its", "his", "her", "their"}))
    return false;
  return IsAny(next, {"like", "as", "in", "with", "without", "using", "at"}) ||
         (thinks && IsAny(next, {"out", "aloud", "through", "by"}));
}

// Arithmetic on an answer; each other verb leaves it as it is.
bool IsArithmetic(std::string_view verb) {
  return IsAny(
      verb,
      {"square", "cube",      "halve",     "double",   "triple",   "invert",
       "negate", "increment", "decrement", "shift",    "scale",    "multiply",
       "divide", "add",       "subtract",  "increase", "decrease", "raise",
       "flip",   "swap",      "hide",      "omit",     "withhold", "forget",
       "skip",   "truncate",  "floor",     "convert",  "mirror",   "switch",
       "alter"});
}

// "Verify your answer by a second method", "organise your thoughts".
bool IsOfTheWork(Words words) {
  return words.size() >= 3 && words[1].text == "your" &&
         !IsArithmetic(words[0].text) &&
         (words[2].kind == FrameWord::kAnswer ||
          words[2].kind == FrameWord::kWork ||
          IsAny(words[2].text,
                {"work", "thoughts", "time", "approach", "method",
                 "calculation", "calculations", "best", "brain", "knowledge",
                 "expertise", "message", "reply", "output", "post"}));
}

// "I'll tip you $200 for a correct answer": its reward.
bool IsReward(std::string_view raw) {
  static const RE2& reward = *new RE2(
      R"((?i)\W*(?:(?:i|we)(?:'ll| will| can| would|'m going to| am going to|'re going to)|you(?:'ll| will)) (?:tip|pay|give|get|earn|win|receive|reward|donate|be (?:fined|paid|rewarded|penali[sz]ed|punished))\b(?: you| to| for| up| an?| with)*\s*[$€£]?\s?[\d,.]*\s?(?:dollars?|euros?|pounds?|points?|k|usd|eur|tip|bonus|cookie|treat|reward)?(?:,? (?:if|for|when|as|in case)\b[\w ',]{0,60})?\W*)");
  return RE2::FullMatch(re2::StringPiece(raw.data(), raw.size()), reward);
}

// "Do not use a calculator", "avoid jargon".
bool IsForbidden(Words words) {
  size_t i = 0;
  while (i < words.size() && (words[i].kind == FrameWord::kNot ||
                              IsAny(words[i].text, {"do", "t", "please"})))
    ++i;
  if (i + 1 >= words.size()) return false;
  const bool negated = Has(words.first(i), FrameWord::kNot);
  return (negated &&
          IsAny(
              words[i].text,
              {"use",       "look",      "search",    "rush",        "worry",
               "hurry",     "hesitate",  "overthink", "hallucinate", "consult",
               "apologize", "apologise", "rely",      "google",      "browse",
               "mention",   "ramble",    "digress",   "joke",        "chat",
               "elaborate", "stall",     "speculate", "swear",       "panic",
               "stress",    "say",       "reveal",    "disclose"})) ||
         (i == 0 && words[i].text == "avoid");
}

// "If you are unsure, say so".
bool IsAdviceToTheReader(Words words) {
  return words.size() > 3 && words[0].text == "if" && words[1].text == "you" &&
         IsAny(words[2].text, {"are", "re", "can", "cannot", "do", "don", "get",
                               "feel", "find", "run", "know", "think"}) &&
         !HasAny(words, {"write", "give", "show", "use"});
}

// "You have 10 minutes", "use at most 100 words": limits of the answer.
bool IsLimit(std::string_view raw) {
  static const RE2& limit = *new RE2(
      R"((?i)\W*(?:you(?:'ve| have| will have| get)(?: only| just| about| exactly)?(?: got)? [\w.-]+ (?:seconds?|minutes?|hours?)(?: left| in total)?(?: (?:to|for) (?:solve|answer|think|finish|this|it|complete)\b[\w ]{0,20})?|(?:please )?(?:use|write|answer in|limit yourself to|aim for|keep it (?:to|under)|stay)(?: at most| no more than| fewer than| less than| under| up to| exactly| about)? [\w.-]+ (?:words?|sentences?|characters?|tokens?|lines?|paragraphs?)(?: (?:or (?:less|fewer)|at most|max(?:imum)?))?)\W*)");
  return RE2::FullMatch(re2::StringPiece(raw.data(), raw.size()), limit);
}

}  // namespace

bool IsAside(const FrameSentence& sentence, std::string_view problem) {
  if (sentence.question || sentence.words.empty() ||
      sentence.words.size() > kMaxWords ||
      Has(sentence.words, FrameWord::kAbout))
    return false;
  if (IsLimit(sentence.raw) || IsReward(sentence.raw)) return true;
  if (sentence.numbers > 0 || SpeaksOfIt(sentence.raw, problem)) return false;
  Words words = sentence.words;
  while (words.size() > 1 &&
         IsAny(words[0].text, {"note", "please", "also", "and", "so", "kindly",
                               "remember", "then", "first", "always", "just"}))
    words = words.subspan(1);
  // "No preamble": a thing of style that is not wanted.
  if (words.size() >= 2 && words.size() <= 3 && words[0].text == "no" &&
      words.back().kind == FrameWord::kUnknown)
    return true;
  if (IsAdviceToTheReader(words)) return !PointsAtTheProblem(words);
  // "Be brief but complete".
  if (words.size() <= 5 && words[0].text == "be" && IsManner(words))
    return !PointsAtTheProblem(words);
  if (ChangesTheAnswer(sentence.raw)) return false;
  if (IsOfTheWriter(words, problem) || Presents(words, problem) ||
      IsOfTheAnswer(words))
    return true;
  // "Don't overthink it": nothing is done to it.
  if (IsForbidden(words) && words.size() <= 4 && words.back().text == "it" &&
      !HasAny(words, {"use", "mention", "search", "google", "look"}))
    return true;
  return (IsManner(words) || IsForbidden(words) || IsOfTheWork(words)) &&
         !PointsAtTheProblem(words);
}

}  // namespace reasonwatch
