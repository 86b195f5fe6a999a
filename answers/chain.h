// SPDX-License-Identifier: Apache-2.0
// The stated answer against the chain that it should follow from.
//
// The chain is the reasoning if there is one; else the text before the answer,
// or behind it if the answer comes first ("No. ... so 7 is prime"). Rules, not
// a model: if they do not fit, the reading is kNoReading, so a reading of 1
// means that the text says so in words. Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_CHAIN_H_
#define REASONWATCH_ANSWERS_CHAIN_H_

#include <cstdint>
#include <string_view>

#include "core/feature.h"

namespace reasonwatch {

struct AnswerTexts {
  std::string_view question;  // the prompt; "" = not known
  std::string_view reasoning;
  std::string_view answer;        // as the user reads it
  std::string_view final_answer;  // as the text marks it, "" = it does not
};

// The part of the chain that holds the stated answer.
enum class AnswerSupport : uint8_t {
  kUnknown,    // no answer, no chain, or unsure
  kNone,       // no part
  kEarlier,    // a part, but not the end
  kConclusion  // in the last steps
};

struct AnswerChain {
  // The chain of the response and the answer it was compared with, views into
  // AnswerTexts; empty if there is none.
  std::string_view chain;
  std::string_view stated;
  bool leads = false;  // a verdict that comes before its reasons
  AnswerSupport support = AnswerSupport::kUnknown;
  float not_in_chain = kNoReading;           // Feature::kAnswerNotInChain
  float contradicts_chain = kNoReading;      // kAnswerContradictsChain
  float contradictory_answers = kNoReading;  // kContradictoryAnswers
};

// Linear in the texts; each reading is 0, 1 or kNoReading.
AnswerChain ReadAnswerChain(const AnswerTexts& texts);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_CHAIN_H_
