// SPDX-License-Identifier: Apache-2.0
// The calls of tools in a response, against the tools that were offered.
//
// Pure, thread-safe; linear in the calls, and in the text of the tools for a
// response that calls one.
#ifndef REASONWATCH_FEATURES_FORM_TOOL_CALLS_H_
#define REASONWATCH_FEATURES_FORM_TOOL_CALLS_H_

#include "core/response.h"
#include "core/trace.h"
#include "features/prompt.h"

namespace reasonwatch {

struct Scored;

// Fills kToolCallInvalid, if a tool is called: the arguments of a call are no
// JSON object, miss a required key, have a wrong type, or belong to a tool that
// was not offered. Calls that are only counted are not known to be invalid.
// Fills kToolMarkup (markup of a format, or a name with its arguments under it)
// and kToolCalled for every response with a
// text, but kToolCalled not if the request is known and offers no tool; fills
// kClaimedWork if tools were offered and the last message is not a tool's. A
// response that was cut off says nothing.
void ReadToolCalls(const Trace& trace, const Response& response,
                   const PromptText& prompt, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_FORM_TOOL_CALLS_H_
