// SPDX-License-Identifier: Apache-2.0
// A question is turned into the predicate that it asks for, and the sentences
// of the chain are searched from the last one back for a claim that has the
// predicate's head, a verb of being before it and a known subject before that.
// Rules over words; whatever they do not fit is no claim.
#include "answers/claims.h"

#include <algorithm>

#include "answers/statements.h"
#include "answers/words.h"
#include "util/ascii.h"

namespace reasonwatch::claims {
namespace {

using ascii::EqualsIgnoringCase;
using ascii::IsLetter;
using words::FindLast;
using words::IsOneOf;
using words::LastBytes;
using words::SentenceBefore;
using words::WordAfter;
using words::WordBefore;

constexpr size_t kNone = std::string_view::npos;
// A claim is looked for in so many sentences from the end.
constexpr int kMaxSentences = 24;
// Adverbs and articles between a predicate and its verb: "is thus not also a".
constexpr int kMaxWordsBack = 6;
// A predicate is a noun or an adjective; more is a clause.
constexpr size_t kMinHead = 3;
constexpr size_t kMaxPredicate = 48;  // bytes

// The predicate of a question, read behind its verb at `at`.
std::optional<Predicate> PredicateOf(std::string_view sentence, size_t at) {
  Predicate asked;
  std::string_view previous;
  bool article = false;
  size_t phrase_begin = kNone;
  std::string_view last;
  std::string_view before_last;
  for (size_t i = at; i < sentence.size();) {
    const std::string_view word = WordAfter(sentence, i);
    if (word.empty()) break;
    // A question that is turned round already.
    if (IsOneOf(word, {"not", "isn't", "or", "it"})) return std::nullopt;
    if (IsOneOf(word, {"a", "an"}) && !previous.empty()) {
      asked.subject = previous;
      article = true;
      phrase_begin = kNone;
    } else if (article && phrase_begin == kNone) {
      phrase_begin = static_cast<size_t>(word.data() - sentence.data());
      asked.head = word;
    }
    before_last = last;
    last = word;
    previous = word;
  }
  if (article && phrase_begin != kNone) {
    asked.phrase = statements::Bare(sentence.substr(phrase_begin));
    while (asked.phrase.ends_with('?')) asked.phrase.remove_suffix(1);
  } else if (!article && before_last.data() != nullptr && !last.empty()) {
    asked.phrase = last;
    asked.head = last;
    asked.subject = before_last;
  }
  if (asked.head.size() < kMinHead || asked.phrase.size() > kMaxPredicate ||
      asked.subject.empty() || !IsLetter(asked.head[0]))
    return std::nullopt;
  return asked;
}

// The place of the first word that makes the rest of a sentence a condition or
// a task; the end if there is none.
size_t FindCondition(std::string_view sentence) {
  for (size_t i = 0; i < sentence.size();) {
    const std::string_view word = WordAfter(sentence, i);
    if (IsOneOf(word, {"if", "whether", "unless", "suppose", "assume",
                       "assuming", "would", "could", "might", "may", "check",
                       "prove", "asks", "question"}))
      return i - word.size();
  }
  return sentence.size();
}

// Does the sentence say "is" or "is not" before `at`, the place of the
// predicate? Goes back over article, adverbs and negation to the verb, then to
// the subject.
std::optional<bool> SaidBefore(std::string_view sentence, size_t at,
                               const Predicate& asked) {
  size_t end = at;
  bool negated = false;
  for (int step = 0; step < kMaxWordsBack; ++step) {
    const std::string_view word = WordBefore(sentence, end);
    if (word.empty()) break;
    if (IsOneOf(word,
                {"a", "an", "the", "indeed", "also", "itself", "in", "fact",
                 "therefore", "thus", "actually", "definitely", "only"}))
      continue;
    if (IsOneOf(word, {"not", "never", "neither"})) {
      negated = !negated;
      continue;
    }
    const bool is_not = IsOneOf(word, {"isn't", "aren't", "wasn't", "weren't"});
    if (!is_not && !IsOneOf(word, {"is", "are", "was", "were"})) break;
    negated = negated != is_not;
    // The subject, or one left out after a conjunction.
    const std::string_view subject = WordBefore(sentence, end);
    const bool known =
        subject.empty() || EqualsIgnoringCase(subject, asked.subject) ||
        IsOneOf(subject, {"it", "this", "that", "they", "number", "and", "but",
                          "therefore", "so", "thus", "hence"});
    return known ? std::optional<bool>(!negated) : std::nullopt;
  }
  return std::nullopt;
}

// The claim of `sentence` about the predicate: true, false, or none.
std::optional<bool> ClaimOf(std::string_view sentence, const Predicate& asked) {
  std::optional<bool> claim;
  std::optional<size_t> condition;
  for (size_t i = 0; i < sentence.size();) {
    const std::string_view head = WordAfter(sentence, i);
    if (!EqualsIgnoringCase(head, asked.head)) continue;
    const auto at = static_cast<size_t>(head.data() - sentence.data());
    // "prime factors" is another word's adjective; the head alone is enough
    // only at the end of its clause.
    size_t next = at + head.size();
    const std::string_view rest = sentence.substr(next);
    const std::string_view tail = asked.phrase.substr(asked.head.size());
    const bool whole = EqualsIgnoringCase(rest.substr(0, tail.size()), tail);
    if (!whole && !rest.empty() && rest[0] == ' ' && rest.size() > 1 &&
        IsLetter(rest[1])) {
      const std::string_view follower = WordAfter(sentence, next);
      if (!IsOneOf(follower, {"and", "because", "since", "as", "so"})) continue;
    }
    const auto says = SaidBefore(sentence, at, asked);
    if (!says.has_value()) continue;
    if (!condition.has_value()) condition = FindCondition(sentence);
    if (at <= *condition) claim = says;
  }
  return claim;
}

}  // namespace

std::optional<Predicate> AskedPredicate(std::string_view question) {
  question = LastBytes(question, kConclusionBytes);
  size_t begin = question.size();
  while (begin > 0) {
    const size_t mark = FindLast(question, '?', begin - 1);
    if (mark == kNone) break;
    begin = mark;
    std::string_view sentence = SentenceBefore(question, begin);
    // "Say: is 7 a prime number"
    const size_t colon = sentence.rfind(": ");
    if (colon != kNone) sentence.remove_prefix(colon + 2);
    size_t at = 0;
    const std::string_view verb = WordAfter(sentence, at);
    if (!IsOneOf(verb, {"is", "are", "was", "were"})) continue;
    return PredicateOf(sentence, at);
  }
  return std::nullopt;
}

std::optional<bool> ConcludedVerdict(std::string_view chain,
                                     const Predicate& asked) {
  const std::string_view tail = LastBytes(chain, kConclusionBytes);
  size_t end = tail.size();
  for (int i = 0; i < kMaxSentences && end > 0; ++i) {
    const auto claim = ClaimOf(SentenceBefore(tail, end), asked);
    if (claim.has_value()) return claim;
  }
  return std::nullopt;
}

}  // namespace reasonwatch::claims
