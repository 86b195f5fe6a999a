// SPDX-License-Identifier: Apache-2.0
// The requests that a way sends before its question, so that the server is in
// the state in which the failure came. Their answers are not read.
//
// Pure.
#ifndef REASONWATCH_RESCORE_WAYS_REQUESTS_BEFORE_H_
#define REASONWATCH_RESCORE_WAYS_REQUESTS_BEFORE_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/model_client.h"
#include "core/response.h"

namespace reasonwatch {

// In the order in which they are sent; empty for most ways. `question`: the
// problem as it was recorded; `request`: the question's own request. Each wants
// a few tokens of output.
//
//   warm  the same messages, with a last one that begins like the question's
//   aba   the question itself, then a long talk about something else
//
// InvalidArgument: messages that are not an array of JSON.
absl::StatusOr<std::vector<SampleRequest>> RequestsBefore(
    std::string_view way, const Response& question,
    const SampleRequest& request);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_WAYS_REQUESTS_BEFORE_H_
