// SPDX-License-Identifier: Apache-2.0
// Computes whether the chain comes to the stated answer. A response states an
// answer (marked, a short whole answer, or a verdict that comes first); its
// chain comes to a conclusion; each kind of answer has its own comparison:
// numbers, options, texts, verdicts. Below in that order: the words of a
// conclusion, the four comparisons, the choice of the statements and the chain
// to compare.
#include "answers/chain.h"

#include <algorithm>
#include <optional>

#include "answers/claims.h"
#include "answers/marks.h"
#include "answers/quantities.h"
#include "answers/statements.h"
#include "answers/words.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::TrimText;
using claims::kConclusionBytes;
using statements::Bare;
using statements::ChoiceOf;
using statements::HoldsNumber;
using statements::HoldsParts;
using statements::HoldsText;
using statements::IsNumberLike;
using statements::IsPhrase;
using statements::kMaxStated;
using statements::MayBeCounted;
using statements::SameStatement;
using statements::SharesWord;
using words::Find;
using words::FindLast;
using words::HasWord;
using words::IsOneOf;
using words::LastBytes;
using words::SentenceBefore;
using words::StartsWith;
using words::WordAfter;

constexpr size_t kNone = std::string_view::npos;
// Bytes of the last steps, which the answer should follow from.
constexpr size_t kLastSteps = 320;
// A text with fewer bytes than this before its answer has no chain: it is a
// lead like "The answer is".
constexpr size_t kMinChain = 24;
// The answer to a computation is looked for in the last three sentences that
// hold numbers, of the last eight in all: closing words hold none.
constexpr int kSentencesRead = 8;
constexpr int kSentencesWithNumbers = 3;  // a step, its check, the result
// Boxes with fewer bytes between them are the parts of one answer.
constexpr size_t kMinBetweenBoxes = 80;

bool Concludes(std::string_view sentence) {
  for (size_t i = 0; i < sentence.size();)
    if (IsOneOf(WordAfter(sentence, i),
                {"so", "therefore", "thus", "hence", "total", "conclude",
                 "altogether", "consequently", "finally"}))
      return true;
  return false;
}

// Does a sentence name an operation and not its result? "The cost is 40 + 120."
// ends a chain that is sound all the same.
bool LeavesOpen(std::string_view sentence) {
  const auto has_operator = [](std::string_view text) {
    for (std::string_view sign : {"+", " - ", "*", "\xC3\x97", "/", "\xC3\xB7",
                                  "\\times", "\\cdot", "%", " x "})
      if (Find(text, sign) != kNone) return true;
    for (size_t i = 0; i < text.size();) {
      const std::string_view word = WordAfter(text, i);
      for (std::string_view stem :
           {"add", "sum", "multipl", "divi", "subtract", "product", "combin",
            "differ", "times", "percent", "calculat", "together", "convert",
            "round", "twice", "half", "double", "triple"})
        if (StartsWith(word, stem)) return true;
    }
    return false;
  };
  // The result begins behind the last sign or word that brings one.
  size_t result = 0;
  if (const size_t equals = sentence.rfind('='); equals != kNone)
    result = equals + 1;
  for (std::string_view sign : {"\xE2\x89\x88", "\\approx"})
    if (const size_t at = sentence.rfind(sign); at != kNone)
      result = std::max(result, at + sign.size());
  for (size_t i = result; i < sentence.size();)
    if (IsOneOf(WordAfter(sentence, i),
                {"is", "are", "be", "was", "gives", "give", "giving", "get",
                 "gets", "equals", "equal", "makes", "leaves", "leaving",
                 "yields", "results", "resulting"}))
      result = i;
  Quantity any;
  const std::string_view rest = sentence.substr(result);
  if (result > 0 && NextQuantity(rest, 0, any)) return has_operator(rest);
  return has_operator(sentence);
}

void CompareNumber(std::string_view written, const Quantity& stated,
                   std::string_view chain, AnswerChain& result) {
  const std::string_view tail = LastBytes(chain, kConclusionBytes);
  // An answer that the chain announces counts before anything else.
  size_t at = 0;
  Quantity announced;
  const std::string_view phrase = marks::LastStatement(tail, at);
  const bool explicit_answer =
      !phrase.empty() && IsNumberLike(Bare(phrase), announced);
  if (explicit_answer) {
    const bool same = SameQuantity(announced, stated);
    if (same) {
      result.contradicts_chain = 0;
      result.not_in_chain = 0;
      result.support = AnswerSupport::kConclusion;
      return;
    }
    // Unless the stated number comes after the announced one.
    if (!HoldsNumber(tail.substr(at), stated)) {
      const bool earlier = HoldsNumber(chain, stated);
      result.contradicts_chain = 1;
      result.not_in_chain = earlier ? 0.0F : 1.0F;
      result.support = earlier ? AnswerSupport::kEarlier : AnswerSupport::kNone;
      return;
    }
  }
  // The last sentences that hold numbers.
  size_t end = tail.size();
  int with_numbers = 0;
  bool concluded = false;
  bool open = false;
  for (int i = 0;
       i < kSentencesRead && end > 0 && with_numbers < kSentencesWithNumbers;
       ++i) {
    const std::string_view sentence = SentenceBefore(tail, end);
    const bool here = HoldsNumber(sentence, stated);
    Quantity any;
    if (here) {
      result.contradicts_chain = 0;
      result.not_in_chain = 0;
      result.support = AnswerSupport::kConclusion;
      return;
    }
    // LeavesOpen() is slow: ask it of the last two sentences, and of earlier
    // ones only until a number was found.
    if (i < 2 || with_numbers == 0) open = open || LeavesOpen(sentence);
    if (!NextQuantity(sentence, 0, any)) continue;
    ++with_numbers;
    concluded =
        concluded || (with_numbers == 1 &&
                      (Concludes(sentence) || sentence.find('=') != kNone));
  }
  if (with_numbers == 0) return;
  const bool anywhere =
      HoldsNumber(chain, stated) || HoldsParts(chain, written);
  result.support = anywhere ? AnswerSupport::kEarlier : AnswerSupport::kNone;
  if (anywhere) {
    result.not_in_chain = 0;
  } else if (open || MayBeCounted(stated)) {
    result.support = AnswerSupport::kUnknown;
  } else {
    result.not_in_chain = 1;
  }
  if (concluded && !open && !anywhere && !MayBeCounted(stated))
    result.contradicts_chain = 1;
}

void CompareChoice(char stated, std::string_view chain, AnswerChain& result) {
  const std::string_view tail = LastBytes(chain, kConclusionBytes);
  size_t at = 0;
  char announced = ChoiceOf(marks::LastStatement(tail, at));
  if (announced == 0) {
    // "Therefore, option (C) is correct."
    size_t end = tail.size();
    for (int i = 0; i < 2 && end > 0 && announced == 0; ++i) {
      const std::string_view sentence = SentenceBefore(tail, end);
      for (std::string_view name : {"ption ", "hoice "}) {
        const size_t hit = Find(sentence, name);
        if (hit == kNone) continue;
        const char found = ChoiceOf(sentence.substr(hit + name.size()));
        const bool denied = HasWord(sentence, "not") ||
                            HasWord(sentence, "incorrect") ||
                            HasWord(sentence, "wrong");
        // Several are weighed against each other.
        if (!denied && Find(sentence, name, hit + 1) == kNone)
          announced = found;
      }
    }
  }
  if (announced == 0) return;
  const bool same = announced == stated;
  result.contradicts_chain = same ? 0.0F : 1.0F;
  result.not_in_chain = result.contradicts_chain;
  result.support = same ? AnswerSupport::kConclusion : AnswerSupport::kNone;
}

void CompareText(std::string_view stated, std::string_view chain,
                 AnswerChain& result) {
  if (HoldsText(LastBytes(chain, kLastSteps), stated)) {
    result.contradicts_chain = 0;
    result.not_in_chain = 0;
    result.support = AnswerSupport::kConclusion;
    return;
  }
  const std::string_view tail = LastBytes(chain, kConclusionBytes);
  size_t at = 0;
  const std::string_view announced = Bare(marks::LastStatement(tail, at));
  const bool phrase = IsPhrase(stated);
  if (HoldsText(chain, stated)) {
    result.not_in_chain = 0;
    result.support = AnswerSupport::kEarlier;
  }
  // A text that is made rather than found (a word spelt backwards, a ladder of
  // words) need not be in its chain; an answer that the chain announces must.
  if (!phrase || !IsPhrase(announced) || tail.size() - at >= kLastSteps) return;
  const bool same =
      SharesWord(announced, stated) || SharesWord(stated, announced);
  result.contradicts_chain = same ? 0.0F : 1.0F;
  if (!same && result.support == AnswerSupport::kUnknown) {
    result.not_in_chain = 1;
    result.support = AnswerSupport::kNone;
  }
}

void CompareVerdict(bool stated, const AnswerTexts& texts,
                    AnswerChain& result) {
  std::optional<bool> announced;
  if (const auto asked = claims::AskedPredicate(texts.question))
    announced = claims::ConcludedVerdict(result.chain, *asked);
  if (!announced.has_value()) {
    size_t at = 0;
    const std::string_view phrase = Bare(
        marks::LastStatement(LastBytes(result.chain, kConclusionBytes), at));
    size_t end = 0;
    announced = marks::VerdictOf(WordAfter(phrase, end));
  }
  if (!announced.has_value()) return;
  result.contradicts_chain = *announced == stated ? 0.0F : 1.0F;
  result.not_in_chain = result.contradicts_chain;
  result.support =
      *announced == stated ? AnswerSupport::kConclusion : AnswerSupport::kNone;
}

// Do the last two boxes that are not parts of one answer state the same?
std::optional<bool> SameBoxes(std::string_view text) {
  marks::Span last;
  std::optional<bool> same;
  for (auto box = marks::NextPlainBox(text, 0); box.has_value();
       box = marks::NextPlainBox(text, box->content)) {
    // Parts of one answer are side by side; "(a)", "(b)" name parts, and so do
    // "part" and "question", found here without their first letters.
    if (!last.Content(text).empty() &&
        box->begin - last.end > kMinBetweenBoxes) {
      const std::string_view between =
          text.substr(last.end, box->begin - last.end);
      const bool parts = between.find("\n(") != kNone ||
                         Find(between, "art ") != kNone ||
                         Find(between, "uestion ") != kNone;
      if (!parts) same = SameStatement(last.Content(text), box->Content(text));
    }
    last = *box;
  }
  return same;
}

// Returns the text that serves as the chain if there is no reasoning: the part
// of the answer before the stated one, or after it if that comes first.
std::string_view ChainAround(std::string_view answer, std::string_view stated) {
  const size_t place = FindLast(answer, stated);
  if (place == kNone) return {};
  // The answer with its mark is no part of the chain: back to the mark, and
  // over the phrase that brings it.
  const std::string_view before = answer.substr(0, place);
  size_t sentence_begin = before.size();
  const std::string_view lead = SentenceBefore(before, sentence_begin);
  const bool derives = lead.find('=') != kNone;
  // "x = 4 + 5 = \boxed{9}": the last step brings the answer itself.
  const std::string_view chain =
      derives ? answer.substr(0, place + stated.size())
              : TrimText(before.substr(0, sentence_begin));
  // JSON may give the answer first.
  if (chain.size() < kMinChain &&
      answer.size() - place > stated.size() + kMinChain)
    return TrimText(answer.substr(place + stated.size()));
  return chain;
}

// A response whose answer is yes or no, first, last, or both.
AnswerChain ReadVerdict(const AnswerTexts& texts, std::string_view answer,
                        std::string_view reasoning, std::optional<bool> leading,
                        size_t leading_end, std::optional<bool> closing) {
  AnswerChain result;
  result.leads = leading.has_value();
  result.stated =
      leading.has_value() ? answer.substr(0, leading_end) : texts.final_answer;
  result.contradictory_answers =
      leading.has_value() && closing.has_value() && *leading != *closing ? 1.0F
                                                                         : 0.0F;
  result.chain = !reasoning.empty()    ? reasoning
                 : leading.has_value() ? TrimText(answer.substr(leading_end))
                                       : answer;
  if (result.chain.size() < kMinChain) {
    result.chain = {};
    return result;
  }
  CompareVerdict(leading.has_value() ? *leading : *closing, texts, result);
  return result;
}

}  // namespace

AnswerChain ReadAnswerChain(const AnswerTexts& texts) {
  AnswerChain result;
  const std::string_view answer = TrimText(texts.answer);
  if (answer.empty()) return result;
  const std::string_view reasoning = TrimText(texts.reasoning);

  size_t leading_end = 0;
  const auto leading = marks::LeadingVerdict(answer, leading_end);
  const std::string_view marked = Bare(texts.final_answer);
  size_t word_end = 0;
  std::optional<bool> closing = marks::VerdictOf(WordAfter(marked, word_end));
  if (!closing.has_value() || word_end < marked.size())
    closing = marks::LastChosenVerdict(LastBytes(answer, kConclusionBytes));
  if (leading.has_value() || closing.has_value())
    return ReadVerdict(texts, answer, reasoning, leading, leading_end, closing);

  // A short answer without a mark is its own.
  std::string_view stated = marked;
  if (stated.empty() && !reasoning.empty() && answer.size() <= kMaxStated)
    stated = Bare(answer);
  if (stated.empty() || stated.size() > kMaxStated) {
    if (!reasoning.empty()) result.chain = reasoning;
    return result;
  }
  result.stated = stated;
  const auto same_boxes = SameBoxes(LastBytes(answer, kConclusionBytes));
  result.contradictory_answers = same_boxes.value_or(true) ? 0.0F : 1.0F;
  if (reasoning.empty()) {
    result.chain = ChainAround(answer, stated);
  } else {
    result.chain = reasoning;
    size_t at = 0;
    const std::string_view announced =
        marks::LastStatement(LastBytes(answer, kConclusionBytes), at);
    if (!SameStatement(announced, stated).value_or(true))
      result.contradictory_answers = 1;
  }
  if (result.chain.size() < kMinChain) {
    result.chain = {};
    return result;
  }

  Quantity quantity;
  if (const char choice = ChoiceOf(stated); choice != 0) {
    CompareChoice(choice, result.chain, result);
  } else if (IsNumberLike(stated, quantity)) {
    CompareNumber(stated, quantity, result.chain, result);
  } else {
    CompareText(stated, result.chain, result);
  }
  return result;
}

}  // namespace reasonwatch
