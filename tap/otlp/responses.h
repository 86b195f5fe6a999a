// SPDX-License-Identifier: Apache-2.0
// A joined observation as responses, one a choice.
#ifndef REASONWATCH_TAP_OTLP_RESPONSES_H_
#define REASONWATCH_TAP_OTLP_RESPONSES_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/response.h"
#include "tap/otlp/observation.h"

namespace reasonwatch {

struct MadeResponses {
  std::vector<Response> responses;
  // Why there are none: "missing_model", "label_too_long", "failed_call" (an
  // error of the server, without text) or "no_text_no_counts"; "" = there are.
  std::string_view error;
};

// An observation without an id gets one of its trace and span.
MadeResponses MakeResponses(Observation&& observation, std::string source);

// Cuts ids and other short strings to kMaxShortStringBytes of
// tap/grpc/convert.h; not the model's name.
void CutLabels(Response& r);

// The memory that a response holds.
int64_t MemoryOfResponse(const Response& r);

// Bytes as lower-case hex.
std::string HexOf(std::string_view bytes);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_RESPONSES_H_
