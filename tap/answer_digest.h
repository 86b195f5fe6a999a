// SPDX-License-Identifier: Apache-2.0
// The answer of a response, by which it is known again if it comes by another
// way under another id.
#ifndef REASONWATCH_TAP_ANSWER_DIGEST_H_
#define REASONWATCH_TAP_ANSWER_DIGEST_H_

#include <cstdint>

#include "core/response.h"

namespace reasonwatch {

// The same for a body, and for the texts that somebody took out of it; white
// space at the ends does not count, nor does the reasoning, which some ways
// lose. 0 if there is no answer. Reads the whole body. Pure; thread-safe.
uint64_t AnswerDigest(const Response& response);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_ANSWER_DIGEST_H_
