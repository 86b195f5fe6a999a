// SPDX-License-Identifier: Apache-2.0
// The messages of a request in OpenAI's chat form.
//
// Pure; thread-safe.
#ifndef REASONWATCH_TAP_EXCHANGE_MESSAGES_H_
#define REASONWATCH_TAP_EXCHANGE_MESSAGES_H_

#include <simdjson.h>

#include "core/response.h"

namespace reasonwatch {

// Sets `messages_json`, or `prompt` for APIs that have one text, and
// `system_prompt` where it is apart from the messages. Texts of a user come
// through whole; pictures, calls and the reasoning of earlier turns do not if
// the API is not OpenAI's chat. A turn that only carries the results of tools
// gets the role "tool". Returns false if there is nothing of the kind.
bool ReadMessages(const simdjson::dom::object& body, Response& r);

// Reads `/think` and its like from the system prompt and the messages, in their
// order; see ThinkingSwitch().
Thinking SwitchInMessages(const simdjson::dom::object& body, const Response& r);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_MESSAGES_H_
