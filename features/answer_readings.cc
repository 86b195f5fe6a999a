// SPDX-License-Identifier: Apache-2.0
#include "features/answer_readings.h"

#include <cmath>

#include "core/scored.h"
#include "features/rubric/rubric.h"

namespace reasonwatch {

void ReadAnswer(const AnswerTexts& texts, Scored& scored) {
  const AnswerChain chain = ReadAnswerChain(texts);
  scored.reading(Feature::kAnswerNotInChain) = chain.not_in_chain;
  scored.reading(Feature::kAnswerContradictsChain) = chain.contradicts_chain;
  scored.reading(Feature::kContradictoryAnswers) = chain.contradictory_answers;
  // ReadTrace() looks for marked answers only, so a leading verdict is added
  // here.
  float& direct = scored.reading(Feature::kDirectAnswer);
  if (chain.leads) {
    direct = 1;
  } else if (std::isnan(direct) && !std::isnan(chain.contradictory_answers)) {
    direct = 0;
  }
  const Rubric rubric = ReadRubric(chain);
  scored.reading(Feature::kRubricSelfContained) = rubric.self_contained;
  scored.reading(Feature::kRubricConnected) = rubric.connected;
  scored.reading(Feature::kRubricFollows) = rubric.follows;
  scored.reading(Feature::kRubricLow) = rubric.low;
}

}  // namespace reasonwatch
