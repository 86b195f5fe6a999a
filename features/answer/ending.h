// How a response ended: whole, empty, cut off.
//
// Pure, thread-safe, constant time.
#ifndef REASONWATCH_FEATURES_ANSWER_ENDING_H_
#define REASONWATCH_FEATURES_ANSWER_ENDING_H_

#include <string_view>

#include "core/response.h"
#include "core/scored.h"
#include "core/trace.h"

namespace reasonwatch {

// The many names that servers give the same reason.
Finish FinishOf(std::string_view finish_reason);

// Was text lost at the end, so that nothing can be said of what may have
// stood there? A spent thinking budget is no loss: the answer follows it.
bool WasCut(const Trace& trace, TransportEnd transport_end);

// Fills Scored::finish, kStopEmpty, kReasoningWithoutAnswer and
// kCutInTransport. A tool call needs no answer; a client that goes away cuts
// what it would have got, so of that nothing is said.
void ReadEnding(const Trace& trace, const Response& response, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_ANSWER_ENDING_H_
