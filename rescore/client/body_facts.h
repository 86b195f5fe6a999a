// SPDX-License-Identifier: Apache-2.0
// The few facts that the client itself needs of an answer's body. The answer is
// kept whole, and the Evaluator reads it like a live response. Pure,
// thread-safe, linear in the body.
#ifndef REASONWATCH_RESCORE_CLIENT_BODY_FACTS_H_
#define REASONWATCH_RESCORE_CLIENT_BODY_FACTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace reasonwatch {

struct BodyFacts {
  bool sse = false;
  int choices = 0;
  std::string model;          // "" = not in the body
  std::string fingerprint;    // system_fingerprint; "" = not in the body
  std::string prompt_text;    // vLLM's rendered prompt; "" = not in the body
  int64_t prompt_tokens = 0;  // usage.prompt_tokens; 0 = not in the body
};

// Failures: error_in_200, truncated_stream (some choice has no finish reason
// and there is no [DONE]), bad_body. The body itself shows whether it is a
// stream, not the request: servers answer errors, and some gateways everything,
// without streaming.
absl::StatusOr<BodyFacts> ReadBodyFacts(std::string_view body);

// Whether an answer that calls itself `got` may be that of `asked`: equal, or a
// dated version of it, or the same without the owner before the last slash.
// An empty name fits any.
bool IsSameModel(std::string_view asked, std::string_view got);

// The error's type or code if that is one word; never its message, which may
// quote the prompt.
std::string ErrorKind(std::string_view body);

// Whether the error says that the server has no model of the name asked for.
bool BlamesModel(std::string_view body);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_BODY_FACTS_H_
