// Readings of what a text is like: its language, its symbols, its repetitions.
#ifndef REASONWATCH_FEATURES_TEXT_READINGS_H_
#define REASONWATCH_FEATURES_TEXT_READINGS_H_

#include <string_view>

#include "core/response.h"
#include "core/scored.h"
#include "core/trace.h"
#include "features/prompt.h"

namespace reasonwatch {

// Fills expected_language, answer_language and the readings language_mismatch,
// minority_script, symbol_density, garbage_run, exact_period and
// shingle_recurrence. A response without text leaves them as they are, one
// without letters has no language and no minority script. `prompt` is the
// request's own text, of which scripts are no surprise in the answer. Linear
// in the text, mostly bounded. Pure.
void ReadTextQuality(const Trace& trace, const PromptText& prompt,
                     const Intent& intent, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_TEXT_READINGS_H_
