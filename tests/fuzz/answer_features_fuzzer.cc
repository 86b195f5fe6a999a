// SPDX-License-Identifier: Apache-2.0
// Reads answers, rubric and habits of any bytes. The first zero byte ends the
// reasoning, the next one the answer and the final answer.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "answers/quantities.h"
#include "core/scored.h"
#include "features/answer_readings.h"
#include "features/habits/habits.h"

namespace {

std::string_view NextPart(std::string_view& rest) {
  const size_t end = rest.find('\0');
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  reasonwatch::AnswerTexts texts;
  texts.reasoning = NextPart(rest);
  texts.answer = NextPart(rest);
  texts.final_answer = NextPart(rest);
  texts.question = rest;
  reasonwatch::Scored scored;
  reasonwatch::ReadAnswer(texts, scored);
  using reasonwatch::Feature;
  for (Feature f :
       {Feature::kAnswerNotInChain, Feature::kAnswerContradictsChain,
        Feature::kContradictoryAnswers, Feature::kRubricLow}) {
    const float value = scored.reading(f);
    if (!std::isnan(value) && value != 0 && value != 1) std::abort();
  }
  for (Feature f : {Feature::kRubricSelfContained, Feature::kRubricConnected,
                    Feature::kRubricFollows}) {
    const float value = scored.reading(f);
    if (!std::isnan(value) && !(value >= 0 && value <= 2)) std::abort();
  }
  // Each number must be equal to itself.
  reasonwatch::Quantity q;
  if (reasonwatch::NextQuantity(texts.answer, 0, q) && std::isfinite(q.value) &&
      !reasonwatch::HoldsQuantity(texts.answer, q))
    std::abort();
  // Each mined phrase must be found in its own text.
  const std::vector<std::string_view> traces(reasonwatch::kMinHabitTraces,
                                             texts.answer);
  const reasonwatch::HabitProfile habits(reasonwatch::MineHabits(traces));
  const auto known = habits.habits().size();
  const uint64_t all = (uint64_t{1} << known) - 1;
  if (texts.answer.size() < 1024 && habits.Find(texts.answer) != all)
    std::abort();
  const auto parsed = reasonwatch::HabitProfile::Parse(texts.reasoning);
  if (parsed.ok() &&
      !reasonwatch::HabitProfile::Parse(parsed->Serialize()).ok())
    std::abort();
  return 0;
}
