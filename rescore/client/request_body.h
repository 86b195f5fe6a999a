// A SampleRequest as the body of an OpenAI-compatible server's request. Pure.
#ifndef REASONWATCH_RESCORE_CLIENT_REQUEST_BODY_H_
#define REASONWATCH_RESCORE_CLIENT_REQUEST_BODY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/ports.h"

namespace reasonwatch {

enum class ServerKind : uint8_t { kUnknown, kVllm, kSglang, kLlamaCpp };

std::string_view ServerKindName(ServerKind kind);

// What is asked beyond the request, and what the server can't take.
struct RequestExtras {
  ServerKind server = ServerKind::kUnknown;
  std::string model;         // as the server calls it
  std::string id;            // "rw-..."
  bool priority = false;     // the lowest, where the kind has priorities
  bool prompt_text = false;  // vLLM: tell the rendered prompt
  int n = 1;
};

// "chat/completions" for messages, "completions" for a prompt. The body says
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
