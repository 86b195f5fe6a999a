// SPDX-License-Identifier: Apache-2.0
// Thinking, limits and sampling in the spellings of all servers.
//
// Pure; thread-safe.
#ifndef REASONWATCH_TAP_EXCHANGE_WISHES_H_
#define REASONWATCH_TAP_EXCHANGE_WISHES_H_

#include <simdjson.h>

#include "core/response.h"

namespace reasonwatch {

// Changes what the body states of `r.intent`, `r.sampling`, `r.streamed`,
// `r.context_window` and `r.without_reasoning_text`. A switch that is stated as
// a field wins over one that follows from a budget or an effort.
void ReadWishes(const simdjson::dom::object& body, Response& r);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_WISHES_H_
