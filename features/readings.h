// SPDX-License-Identifier: Apache-2.0
// From a trace to numbers: lengths, markers, marks of form.
#ifndef REASONWATCH_FEATURES_READINGS_H_
#define REASONWATCH_FEATURES_READINGS_H_

#include <cstdint>
#include <string_view>

#include "core/trace.h"

namespace reasonwatch {

struct Scored;

// Fills the readings of length, form and markers from a trace. `final_answer`
// is the answer as the text marks it, "" if it does not. Reads the text once
// and searches it a few times; linear in its length. Pure.
void ReadTrace(const Trace& trace, std::string_view final_answer,
               Scored& scored);

// Estimates the tokens of a text if its server counted none: a quarter of its
// ASCII bytes plus two thirds of its other code points. Within about 20 % for
// English.
int64_t EstimateTokens(std::string_view text);

// Counts sentences; a line without an end of its own counts as one. Stops at
// `limit`.
int CountSentences(std::string_view text, int limit);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_READINGS_H_
