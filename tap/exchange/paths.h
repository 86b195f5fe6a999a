// SPDX-License-Identifier: Apache-2.0
// The path of a request: whether it asks an LLM, and the model that it names.
//
// Pure; thread-safe.
#ifndef REASONWATCH_TAP_EXCHANGE_PATHS_H_
#define REASONWATCH_TAP_EXCHANGE_PATHS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace reasonwatch {

enum class PathKind : uint8_t { kLlm, kOther, kUnknown };

// By the last words of the path, whatever comes before them: gateways mount
// APIs anywhere. `path` may have a query.
PathKind KindOfPath(std::string_view path);

// The model in a path of Gemini, Bedrock, Triton, KServe or Azure; "" = none.
std::string ModelInPath(std::string_view path);

// True if the path itself asks for a stream.
bool PathStreams(std::string_view path);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_PATHS_H_
