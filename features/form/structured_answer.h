// SPDX-License-Identifier: Apache-2.0
// An answer that should be JSON.
//
// Pure, thread-safe; linear in the answer and, for an answer in JSON, in a
// bounded part of the prompt for each of a few keys.
#ifndef REASONWATCH_FEATURES_FORM_STRUCTURED_ANSWER_H_
#define REASONWATCH_FEATURES_FORM_STRUCTURED_ANSWER_H_

#include "core/response.h"
#include "core/trace.h"
#include "features/prompt.h"

namespace reasonwatch {

struct Scored;

// JSON is asked for by the request's response format, or by a prompt that
// speaks of JSON. Fills
//   kFormBroken if the format asks for JSON (broken: the answer does not parse,
//     or breaks the schema), or if the answer begins like JSON or has a fence
//     of it (broken: that does not parse);
//   kJsonAnswer if JSON is asked for in either way: the whole answer is JSON;
//   kJsonKeysUnasked if the prompt speaks of JSON, no schema is given and the
//     answer is an object: one of its keys does not occur in the prompt.
// A response that was cut off or calls a tool says nothing.
void ReadStructuredAnswer(const Trace& trace, const Response& response,
                          const PromptText& prompt, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_FORM_STRUCTURED_ANSWER_H_
