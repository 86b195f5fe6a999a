// SPDX-License-Identifier: Apache-2.0
// Readings that compare an answer with the chain of thought before it.
#ifndef REASONWATCH_FEATURES_ANSWER_READINGS_H_
#define REASONWATCH_FEATURES_ANSWER_READINGS_H_

#include "answers/chain.h"

namespace reasonwatch {

struct Scored;

// Fills kAnswerNotInChain, kAnswerContradictsChain, kContradictoryAnswers and
// the rubric's readings; fills kDirectAnswer too if a verdict ("Yes.",
// "False.") precedes its reasons. Call it only for responses that were not cut
// off. Pure, thread-safe, linear time.
void ReadAnswer(const AnswerTexts& texts, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_ANSWER_READINGS_H_
