// The stated answer against the chain that it should come of.
//
// The chain is the reasoning where there is one; else the text before the
// answer, or behind it where the answer comes first ("No. ... so 7 is prime").
// Rules, not a model: where they do not fit, the reading is kNoReading, so a
// reading of 1 means that the text says so in words. Pure, thread-safe, linear.
#ifndef REASONWATCH_FEATURES_ANSWER_ANSWER_CHAIN_H_
#define REASONWATCH_FEATURES_ANSWER_ANSWER_CHAIN_H_

#include <cstdint>
#include <string_view>

#include "core/scored.h"

namespace reasonwatch {

struct AnswerTexts {
  std::string_view question;  // the prompt; "" = not known
  std::string_view reasoning;
  std::string_view answer;        // what the user reads
  std::string_view final_answer;  // as the text marks it, "" = it does not
};

// Where the stated answer stands in the chain.
enum class AnswerSupport : uint8_t {
  kUnknown,    // no answer, no chain, or unsure
  kNone,       // nowhere
  kEarlier,    // somewhere, but not where the chain ends
  kConclusion  // in the last steps
};

struct AnswerChain {
  // The chain of the response and the answer it was compared with, views into
  // AnswerTexts; empty where there is none.
  std::string_view chain;
  std::string_view stated;
  bool leads = false;  // a verdict that comes before its reasons
  AnswerSupport support = AnswerSupport::kUnknown;
  float not_in_chain = kNoReading;           // Feature::kAnswerNotInChain
  float contradicts_chain = kNoReading;      // kAnswerContradictsChain
  float contradictory_answers = kNoReading;  // kContradictoryAnswers
};

AnswerChain ReadAnswerChain(const AnswerTexts& texts);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_ANSWER_ANSWER_CHAIN_H_
