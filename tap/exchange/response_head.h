// SPDX-License-Identifier: Apache-2.0
// The names in a response's body and its end: what a tap needs to know of it
// before anybody reads it.
//
// Pure; thread-safe.
#ifndef REASONWATCH_TAP_EXCHANGE_RESPONSE_HEAD_H_
#define REASONWATCH_TAP_EXCHANGE_RESPONSE_HEAD_H_

#include <string>
#include <string_view>

#include "core/response.h"

namespace reasonwatch {

struct ResponseHead {
  std::string id;     // "" = the body has none
  std::string model;  // "" = the body does not say
};

// Reads the first document of a body that says one or the other; looks no
// farther than the first events of a stream.
ResponseHead ReadResponseHead(std::string_view body);

// By the content-type, or by the first bytes if it says neither.
BodyType BodyTypeOf(std::string_view content_type, std::string_view body);

// True if the body holds the end that its API gives a response: `[DONE]`,
// `message_stop`, `response.completed` and the like, a last NDJSON line with
// `"done": true`, or a whole JSON document.
bool HoldsItsEnd(std::string_view body, BodyType type);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_RESPONSE_HEAD_H_
