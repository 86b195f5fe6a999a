// SPDX-License-Identifier: Apache-2.0
// Messages as Envoy sends them, for tests of the ext_proc tap.
#ifndef REASONWATCH_TESTS_TAP_EXT_PROC_MESSAGES_H_
#define REASONWATCH_TESTS_TAP_EXT_PROC_MESSAGES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envoy/service/ext_proc/v3/external_processor.pb.h"

namespace reasonwatch {

using ExtProcMessage = envoy::service::ext_proc::v3::ProcessingRequest;
using HeaderList = std::vector<std::pair<std::string, std::string>>;

inline void AddHeaders(const HeaderList& headers,
                       envoy::service::ext_proc::v3::HttpHeaders& into) {
  for (const auto& [key, value] : headers) {
    auto& header = *into.mutable_headers()->add_headers();
    header.set_key(key);
    header.set_raw_value(value);
  }
}

inline ExtProcMessage Observed() {
  ExtProcMessage message;
  message.set_observability_mode(true);
  return message;
}

inline ExtProcMessage RequestHeaders(
    const HeaderList& more = {},
    const std::string& path = "/v1/chat/completions", bool end = false) {
  ExtProcMessage message = Observed();
  auto& headers = *message.mutable_request_headers();
  AddHeaders({{":method", "POST"}, {":path", path}, {"x-request-id", "q-1"}},
             headers);
  AddHeaders(more, headers);
  headers.set_end_of_stream(end);
  return message;
}

inline ExtProcMessage RequestBody(std::string_view body, bool end = false) {
  ExtProcMessage message = Observed();
  message.mutable_request_body()->set_body(std::string(body));
  message.mutable_request_body()->set_end_of_stream(end);
  return message;
}

inline ExtProcMessage ResponseHeaders(const HeaderList& more = {},
                                      bool end = false,
                                      const std::string& status = "200") {
  ExtProcMessage message = Observed();
  auto& headers = *message.mutable_response_headers();
  AddHeaders({{":status", status}}, headers);
  AddHeaders(more, headers);
  headers.set_end_of_stream(end);
  return message;
}

inline ExtProcMessage ResponseBody(std::string_view body, bool end = false) {
  ExtProcMessage message = Observed();
  message.mutable_response_body()->set_body(std::string(body));
  message.mutable_response_body()->set_end_of_stream(end);
  return message;
}

inline ExtProcMessage ResponseTrailers() {
  ExtProcMessage message = Observed();
  message.mutable_response_trailers();
  return message;
}

inline const std::string kAskedBody =
    R"({"model":"m","messages":[{"role":"user","content":"2+2?"}]})";
inline const std::string kAnswerBody =
    R"({"id":"c-1","model":"m","choices":[{"index":0,"message":{"role":)"
    R"("assistant","content":"4"},"finish_reason":"stop"}]})";
inline const HeaderList kJson = {{"content-type", "application/json"}};
inline const HeaderList kEvents = {{"content-type", "text/event-stream"}};

// One event of a chat stream.
inline std::string ChatEvent(std::string_view text, bool stop = false) {
  return R"(data: {"id":"c-1","model":"m","choices":[{"index":0,"delta":)"
         R"({"content":")" +
         std::string(text) + R"("},"finish_reason":)" +
         (stop ? R"("stop")" : "null") + "}]}\n\n";
}
inline constexpr std::string_view kDone = "data: [DONE]\n\n";

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_TAP_EXT_PROC_MESSAGES_H_
