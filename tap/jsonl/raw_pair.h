// SPDX-License-Identifier: Apache-2.0
// A row that holds the raw bodies of a request and of its response.
#ifndef REASONWATCH_TAP_JSONL_RAW_PAIR_H_
#define REASONWATCH_TAP_JSONL_RAW_PAIR_H_

#include <simdjson.h>

#include <array>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/response.h"

namespace reasonwatch {

// The keys of such a row beside those of a recorded response. Bodies are JSON
// or the text of it, the response's may be server-sent events; headers are
// objects of texts. `sent_request` is the body that a gateway sent on, and
// `served_by` the provider and model behind it; `request_cut` says that the
// request was too long to be sent, and `dropped_before` how many rows the
// sender lost before this one.
inline constexpr std::array<std::string_view, 11> kRawPairKeys = {
    "request",   "response",    "request_headers", "response_headers",
    "path",      "method",      "status",          "sent_request",
    "served_by", "request_cut", "dropped_before"};

// True if the row has a key for a body of either kind; it may be null.
bool IsRawPair(const simdjson::dom::object& row);

// True if the row itself is the body of a response: with `choices`,
// `candidates`, or a response's `output`, which no recorded response has.
bool IsBareBody(const simdjson::dom::object& row);

// The response with this body, and the model and id that it names. `body` is
// the text of `row`.
Response ReadBareBody(const simdjson::dom::object& row, std::string_view body);

// Reads the bodies (tap/exchange/exchange.h). InvalidArgument names the key
// that is wrong, or says why this is no exchange with an LLM.
absl::StatusOr<Response> ReadRawPair(const simdjson::dom::object& row,
                                     TransportEnd transport_end);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_JSONL_RAW_PAIR_H_
