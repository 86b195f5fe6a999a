// SPDX-License-Identifier: Apache-2.0
// The judgement of one response, as it is told to an OpenTelemetry collector.
#ifndef REASONWATCH_CORE_EVALUATION_EVENT_H_
#define REASONWATCH_CORE_EVALUATION_EVENT_H_

#include <string>

#include "absl/time/time.h"

namespace reasonwatch {

struct EvaluationEvent {
  absl::Time time = absl::InfinitePast();  // of the judgement
  std::string name;                        // "correctness", or a signal
  double score = 0;         // correctness: 1 or 0; a signal: its effect
  std::string label;        // "correct", "incorrect", "opened", "closed"
  std::string explanation;  // "" = none
  std::string response_id;  // "" = not known
  std::string trace_id;     // as the tap gave it
  std::string model;
  std::string route;
  std::string incident;  // "" = of a graded response
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_EVALUATION_EVENT_H_
