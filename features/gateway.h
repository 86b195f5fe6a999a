// SPDX-License-Identifier: Apache-2.0
// Signs that something between the client and the model, such as a gateway,
// changed the exchange: evidence for the cause of a change, never a change by
// itself.
//
// Pure; thread-safe.
#ifndef REASONWATCH_FEATURES_GATEWAY_H_
#define REASONWATCH_FEATURES_GATEWAY_H_

#include "core/intent.h"
#include "core/response.h"
#include "core/trace.h"

namespace reasonwatch {

struct Scored;

// True if `sent` wishes for other reasoning than `asked`: thinking is switched
// or left out, or effort, budget of thinking or token limit are others. One
// wish in two spellings, such as an effort that became a budget, is the same.
bool WishesDiffer(const Intent& asked, const Intent& sent);

// Sets `scored.request_changed`, if the request that was sent on is known and
// wishes for other reasoning than the client's, and `scored.reasoning_withheld`
// if the server counted reasoning of which nothing came, in a response that
// should have shown it.
void ReadGateway(const Trace& trace, const Response& response, Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_GATEWAY_H_
