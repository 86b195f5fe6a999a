// Trace to numbers.
#ifndef REASONWATCH_FEATURES_READINGS_H_
#define REASONWATCH_FEATURES_READINGS_H_

#include <cstdint>
#include <string_view>

#include "core/scored.h"
#include "core/trace.h"

namespace reasonwatch {

// Fills Scored::readings from a trace. `final_answer` is the answer as the
// text marks it ("" = it does not). One pass over the text and a few searches;
// linear in its length. Pure.
void ReadTrace(const Trace& trace, std::string_view final_answer,
               Scored& scored);

// Tokens of a text whose server counted none: a quarter of its ASCII bytes and
// two thirds of its other code points. Right to about 20 % for English.
int64_t EstimateTokens(std::string_view text);

// Sentences, counting lines without an end of their own; stops at `limit`.
int CountSentences(std::string_view text, int limit);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_READINGS_H_
