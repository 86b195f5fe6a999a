// SPDX-License-Identifier: Apache-2.0
// A SampleRequest as the body of an OpenAI-compatible server's request. Pure.
#ifndef REASONWATCH_RESCORE_CLIENT_REQUEST_BODY_H_
#define REASONWATCH_RESCORE_CLIENT_REQUEST_BODY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/model_client.h"

namespace reasonwatch {

enum class ServerKind : uint8_t { kUnknown, kVllm, kSglang, kLlamaCpp };

std::string_view ServerKindName(ServerKind kind);

// Fields of the body that depend on the server, beyond the request.
struct RequestExtras {
  ServerKind server = ServerKind::kUnknown;
  std::string model;         // as the server calls it
  std::string id;            // "rw-..."
  bool priority = false;     // the lowest, if the kind has priorities
  bool prompt_text = false;  // vLLM: return the rendered prompt
  int n = 1;
  // Members of an object ("\"top_k\": 20"), added behind all others; "" = none.
  std::string body;
};

// The members of a JSON object that goes into each request; "" for "".
// InvalidArgument: it is no object, or has a member that Reasonwatch sets.
absl::StatusOr<std::string> ExtraMembers(std::string_view json);

// "chat/completions" for messages, "completions" for a prompt. The body has
// every sampling field that is not NaN. InvalidArgument: neither or both, or
// messages that are not a JSON array, or numbers out of range.
struct RequestBody {
  std::string path;
  std::string json;
};
absl::StatusOr<RequestBody> BuildRequestBody(const SampleRequest& request,
                                             const RequestExtras& extras);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_REQUEST_BODY_H_
