// SPDX-License-Identifier: Apache-2.0
// One HTTP exchange with an LLM server, as a response: for every tap that sees
// requests and responses as they passed on the wire.
//
// Pure; safe to call from several threads.
#ifndef REASONWATCH_TAP_EXCHANGE_EXCHANGE_H_
#define REASONWATCH_TAP_EXCHANGE_EXCHANGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/response.h"

namespace reasonwatch {

// Names in lower case, in the order of the wire.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first header with this name, "" if there is none.
std::string_view HeaderOf(const HttpHeaders& headers, std::string_view name);

// The bodies are decoded: no content-encoding is left (content_decoder.h).
struct HttpExchange {
  std::string method = "POST";
  std::string path;  // as requested, with its query; "" = unknown
  HttpHeaders request_headers;
  HttpHeaders response_headers;
  std::string request_body;
  std::string response_body;
  int32_t status = 0;                       // 0 = unknown
  absl::Time start = absl::InfinitePast();  // the request's first byte
  absl::Time end = absl::InfinitePast();    // the response's last byte
  TransportEnd transport_end = TransportEnd::kComplete;
  int64_t dropped_bytes = 0;  // cut from the response by the tap's limit
};

struct ReadExchange {
  Response response;
  int64_t bytes = 0;           // memory that the response holds
  int64_t repaired_texts = 0;  // bodies with bytes that were no UTF-8
  // True if the request's body was empty, cut or not a JSON object: then only
  // its headers and its path were read.
  bool request_unread = false;
  // Why frames of the response's body were left out, one constant word of
  // event_frames.h; "" = none were. Their bytes are in dropped_bytes.
  std::string frame_error;
};

// Reads what the client asked (model, messages, thinking, effort, limits,
// sampling, tools, form of the answer, session, user) in the spellings of
// OpenAI's chat completions, completions and Responses, of Anthropic, Gemini,
// Bedrock, Cohere, Ollama, llama.cpp, SGLang, TGI and Triton, and hands the
// response's body on as it is. `response.model` is the model asked for, or the
// body's if the client named none, or "unnamed".
//
// Its headers: x-request-id, traceparent, user-agent, the usual session
// headers, and x-reasonwatch-{origin,route,replica,session,task}. With the
// first of these, or with an id that begins with "rw-", it is not live.
//
// A body of AWS' event frames becomes a line of JSON for each (event_frames.h).
//
// A response whose body holds its API's own end is complete, however the
// connection ended; the body `null` means that the client went away.
//
// Fails with a message that is one constant word, fit for TapIntake:
// NotFound if this is no exchange with an LLM ("not_a_post", "other_path",
// "no_llm_request"), InvalidArgument if it can't be used ("no_response_body",
// "label_too_long").
absl::StatusOr<ReadExchange> ReadHttpExchange(HttpExchange exchange);

// Why an exchange with this request line is none with an LLM: one of the
// NotFound words above. "" if it may be one; only the bodies of an unknown path
// can say more. For a tap that wants to keep no bodies in vain.
std::string_view SkippedRequest(std::string_view method, std::string_view path);

// Texts and labels that `response` holds, in bytes.
int64_t MemoryOf(const Response& response);

// The longest label (model, route, replica, ids) of an exchange; ids, sessions,
// users and clients are cut, a longer model is an error.
inline constexpr size_t kMaxLabelBytes = 1024;

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_EXCHANGE_H_
