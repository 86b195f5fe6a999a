// The readings that ask whether the answer comes of its chain.
#ifndef REASONWATCH_FEATURES_ANSWER_READINGS_H_
#define REASONWATCH_FEATURES_ANSWER_READINGS_H_

#include "core/scored.h"
#include "features/answer/answer_chain.h"

namespace reasonwatch {

// Fills kAnswerNotInChain, kAnswerContradictsChain, kContradictoryAnswers and
// the rubric's readings, and kDirectAnswer where a verdict comes before its
// reasons. For responses that were not cut. Pure, thread-safe, linear time.
void ReadAnswer(const AnswerTexts& texts, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_ANSWER_READINGS_H_
