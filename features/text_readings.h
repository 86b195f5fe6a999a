// SPDX-License-Identifier: Apache-2.0
// Readings of a text as such: its language, its symbols, its repetitions.
#ifndef REASONWATCH_FEATURES_TEXT_READINGS_H_
#define REASONWATCH_FEATURES_TEXT_READINGS_H_

#include <string_view>

#include "core/intent.h"
#include "core/trace.h"
#include "features/prompt.h"

namespace reasonwatch {

struct Scored;

// Fills expected_language, answer_language and the readings language_mismatch,
// minority_script, symbol_density, garbage_run, exact_period,
// shingle_recurrence, the two of the reasoning's language, those of damage
// (features/damage), words_doubled, answer_twice, ends_mid_sentence and
// code_stub. Set Scored::lower_bound before. A response without text leaves the
// readings as they are; a text without letters has no language and no minority
// script. `prompt` is the request's own text: scripts that occur in it are
// expected in the answer. Linear in the text; language and repetition read
// bounded samples. Pure.
void ReadTextQuality(const Trace& trace, const PromptText& prompt,
                     const Intent& intent, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_TEXT_READINGS_H_
