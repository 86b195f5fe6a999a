// SPDX-License-Identifier: Apache-2.0
// How a response ended: with an answer, empty, or cut off.
//
// Pure, thread-safe; linear in the blanks at most.
#ifndef REASONWATCH_FEATURES_ENDING_H_
#define REASONWATCH_FEATURES_ENDING_H_

#include <optional>
#include <string_view>

#include "core/finish.h"
#include "core/response.h"
#include "core/trace.h"

namespace reasonwatch {

struct Scored;

// Maps the names that servers give a finish reason to one enum. A name that is
// not listed is kOther, an empty one kUnstated.
Finish FinishOf(std::string_view finish_reason);

// True if text at the end is missing, so that its absence proves nothing about
// the response. A spent thinking budget is no such loss: the answer still
// follows.
bool WasCut(const Trace& trace, TransportEnd transport_end);

// Does an answer of at least a line of prose end within a sentence, a bracket
// or a fence? Absent if its end could be whole without a full stop: a short
// line, an item of a list, a row of a table. `open_fence`: a code fence has no
// end.
std::optional<bool> EndsMidSentence(std::string_view answer, bool open_fence);

// Fills Scored::finish, kStopEmpty, kReasoningWithoutAnswer and
// kCutInTransport. Leaves the last three alone if the client went away, because
// the client itself caused the cut, and the middle two for a tool call, which
// needs no answer.
void ReadEnding(const Trace& trace, const Response& response, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_ENDING_H_
