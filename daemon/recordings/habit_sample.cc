// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/habit_sample.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace reasonwatch {

// Twice as many as are mined, because some of them are graded incorrect.
HabitSample::HabitSample(size_t responses)
    : responses_(responses),
      wanted_(std::min(responses, 2 * kMaxHabitTraces)) {}

bool HabitSample::WantsNext() {
  if (taken_ >= wanted_ || seen_++ != taken_ * responses_ / wanted_)
    return false;
  ++taken_;
  return true;
}

void HabitSample::Add(Grade grade, const Trace& trace) {
  if (!trace.has_text) return;
  std::string text =
      trace.reasoning.value_or("").substr(0, kMaxHabitTraceBytes);
  text += '\n';
  text.append(trace.answer, 0, kMaxHabitTraceBytes);
  (grade == Grade::kCorrect ? solved_ : ungraded_).push_back(std::move(text));
}

HabitProfile HabitSample::Mine() const {
  std::vector<std::string_view> texts(solved_.begin(), solved_.end());
  if (solved_.size() < kMinHabitTraces)
    texts.insert(texts.end(), ungraded_.begin(), ungraded_.end());
  return HabitProfile(MineHabits(texts));
}

}  // namespace reasonwatch
