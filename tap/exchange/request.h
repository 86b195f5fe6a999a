// SPDX-License-Identifier: Apache-2.0
// The body of a request to an LLM server, as the fields of a response.
//
// Pure; safe to call from several threads with parsers of their own.
#ifndef REASONWATCH_TAP_EXCHANGE_REQUEST_H_
#define REASONWATCH_TAP_EXCHANGE_REQUEST_H_

#include <simdjson.h>

#include <string_view>

#include "core/intent.h"
#include "core/response.h"

namespace reasonwatch {

// Reads every field that exchange.h names into `r`. Messages of any API are
// kept in OpenAI's chat form, tools and the form of the answer too, so that
// nobody behind a tap needs to know the others. Values of a wrong kind are left
// out. `r.asked_model` is set if the body names a model. Returns false if the
// body holds nothing that asks a model for text.
bool ReadRequestBody(const simdjson::dom::object& body, Response& r);

// The same for the wishes and the sampling alone: for records that repeat
// those, and for the request that a gateway sent on. What `r` has already is
// kept if the body says nothing of it.
void ReadRequestParameters(const simdjson::dom::object& body, Response& r);

// How the last of `/think` and `/no_think` in a prompt or system prompt
// switches thinking: as its first or last word, as models are trained to read
// it. kUnstated without one.
Thinking ThinkingSwitch(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_REQUEST_H_
