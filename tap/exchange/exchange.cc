// SPDX-License-Identifier: Apache-2.0
// The request fills in the wishes, the headers the names, the response's head
// its id and model; the body goes on as it is.
//
// In order: headers, labels and their bounds, the response, the whole.
#include "tap/exchange/exchange.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "tap/exchange/event_frames.h"
#include "tap/exchange/json.h"
#include "tap/exchange/paths.h"
#include "tap/exchange/request.h"
#include "tap/exchange/response_head.h"
#include "tap/repair_utf8.h"
#include "util/ascii.h"
#include "util/json.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kOwnId = "rw-";
constexpr std::string_view kUnnamed = "unnamed";
constexpr int32_t kFirstError = 400;  // statuses from here on are errors

Origin OriginOfHeader(std::string_view value) {
  if (value == "canary") return Origin::kCanary;
  if (value == "selftest") return Origin::kSelftest;
  return Origin::kRescore;
}

// The trace id of a W3C traceparent: version-TRACE-span-flags.
std::string_view TraceIdOf(std::string_view traceparent) {
  constexpr size_t kBegin = 3;    // behind "00-"
  constexpr size_t kLength = 32;  // 16 bytes in hexadecimal
  if (traceparent.size() < kBegin + kLength) return {};
  const std::string_view id = traceparent.substr(kBegin, kLength);
  return std::ranges::all_of(id, ascii::IsAlnum) ? id : std::string_view();
}

void SetFirst(std::string& to, std::string_view value) {
  if (to.empty()) to = std::string(value);
}

void ReadHeaders(const HttpHeaders& headers, Response& r) {
  const auto of = [&headers](std::string_view name) {
    return HeaderOf(headers, name);
  };
  for (std::string_view name :
       {"x-request-id", "request-id", "x-client-request-id"})
    SetFirst(r.request_id, of(name));
  SetFirst(r.trace_id, TraceIdOf(of("traceparent")));
  SetFirst(r.client, of("user-agent"));
  SetFirst(r.route, of("x-reasonwatch-route"));
  SetFirst(r.replica, of("x-reasonwatch-replica"));
  SetFirst(r.task, of("x-reasonwatch-task"));
  for (std::string_view name :
       {"x-reasonwatch-session", "x-session-id", "session-id", "session_id",
        "x-conversation-id", "x-litellm-session-id", "x-openwebui-chat-id",
        "x-claude-code-session-id"})
    SetFirst(r.session, of(name));
  for (std::string_view name : {"x-user-id", "x-openwebui-user-id"})
    SetFirst(r.user, of(name));
  if (const std::string_view origin = of("x-reasonwatch-origin");
      !origin.empty())
    r.origin = OriginOfHeader(origin);
}

void Bound(std::string& label) {
  RepairUtf8(label);
  if (label.size() > kMaxLabelBytes)
    label = std::string(utf8::Head(label, kMaxLabelBytes));
}

absl::Status BoundLabels(Response& r) {
  if (r.model.size() > kMaxLabelBytes || r.asked_model.size() > kMaxLabelBytes)
    return absl::InvalidArgumentError("label_too_long");
  for (std::string* label :
       {&r.model, &r.asked_model, &r.id, &r.route, &r.replica, &r.session,
        &r.trace_id, &r.task, &r.request_id, &r.user, &r.client})
    Bound(*label);
  return absl::OkStatus();
}

void ReadResponse(HttpExchange& exchange, Response& r) {
  r.http_status = std::max(exchange.status, 0);
  r.time = exchange.start;
  r.end_time = exchange.end;
  r.transport_end = exchange.transport_end;
  r.dropped_bytes = exchange.dropped_bytes;
  r.body_type = BodyTypeOf(HeaderOf(exchange.response_headers, "content-type"),
                           exchange.response_body);
  if (r.body_type == BodyType::kSse) r.streamed = true;
  if (ascii::Trim(exchange.response_body) == "null") {
    r.transport_end = TransportEnd::kClientAbort;
  } else if (r.transport_end != TransportEnd::kComplete &&
             r.dropped_bytes == 0 &&
             HoldsItsEnd(exchange.response_body, r.body_type)) {
    r.transport_end = TransportEnd::kComplete;
  }
  r.body = std::move(exchange.response_body);
}

// True if this is a request to a model.
bool ReadRequest(const HttpExchange& exchange, ReadExchange& read) {
  Response& r = read.response;
  r.asked_model = ModelInPath(exchange.path);
  r.streamed = r.streamed || PathStreams(exchange.path);
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object body;
  const std::string_view text = exchange.request_body;
  read.request_unread = ParseJson(parser, text).get(body) != simdjson::SUCCESS;
  const bool asks = !read.request_unread && ReadRequestBody(body, r);
  const PathKind kind = KindOfPath(exchange.path);
  // A tap that knows no path sees the same requests.
  return asks || kind == PathKind::kLlm;
}

// Bedrock streams binary frames.
void OpenFrames(HttpExchange& exchange, ReadExchange& read) {
  if (!HasEventFrames(HeaderOf(exchange.response_headers, "content-type")))
    return;
  read.response.streamed = true;
  EventFrames frames;
  std::string lines;
  absl::Status status = frames.Feed(exchange.response_body, lines);
  if (status.ok()) status = frames.Finish();
  exchange.response_body = std::move(lines);
  // Bytes behind the tap's limit are missing, and counted already.
  const bool cut_by_limit = exchange.dropped_bytes > 0;
  exchange.dropped_bytes += frames.dropped_bytes();
  if (status.ok() || cut_by_limit) return;
  read.frame_error = std::string(status.message());
  if (exchange.transport_end == TransportEnd::kComplete)
    exchange.transport_end = TransportEnd::kUpstreamReset;
}

}  // namespace

std::string_view HeaderOf(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::string_view SkippedRequest(std::string_view method,
                                std::string_view path) {
  if (method != "POST") return "not_a_post";
  if (!path.empty() && KindOfPath(path) == PathKind::kOther)
    return "other_path";
  return "";
}

absl::StatusOr<ReadExchange> ReadHttpExchange(HttpExchange exchange) {
  if (const std::string_view why =
          SkippedRequest(exchange.method, exchange.path);
      !why.empty())
    return absl::NotFoundError(AbslView(why));
  ReadExchange read;
  OpenFrames(exchange, read);
  read.repaired_texts += RepairUtf8(exchange.request_body);
  read.repaired_texts += RepairUtf8(exchange.response_body);
  if (!ReadRequest(exchange, read))
    return absl::NotFoundError("no_llm_request");
  // An answer that never came says nothing of the model, unless the client did
  // not wait for it or the server says that it failed.
  if (exchange.response_body.empty() && exchange.status < kFirstError &&
      exchange.transport_end == TransportEnd::kComplete)
    return absl::InvalidArgumentError("no_response_body");

  Response& r = read.response;
  ResponseHead head = ReadResponseHead(exchange.response_body);
  r.id = std::move(head.id);
  SetFirst(r.model, r.asked_model);
  SetFirst(r.model, head.model);
  SetFirst(r.model, kUnnamed);
  ReadHeaders(exchange.request_headers, r);
  SetFirst(r.request_id, HeaderOf(exchange.response_headers, "x-request-id"));
  // A request's id may be that of a whole session of an agent, so it names a
  // response together with its text only.
  if (r.id.empty() && !r.request_id.empty())
    r.id = absl::StrFormat("%s-%08x", r.request_id,
                           StableHash(exchange.response_body) >> 32);
  if (r.origin == Origin::kLive &&
      (r.id.starts_with(kOwnId) || r.request_id.starts_with(kOwnId)))
    r.origin = Origin::kRescore;
  ReadResponse(exchange, r);
  if (absl::Status s = BoundLabels(r); !s.ok()) return s;
  read.bytes = MemoryOf(r);
  return read;
}

int64_t MemoryOf(const Response& r) {
  size_t bytes = sizeof(Response);
  for (const std::string* text : {&r.id,
                                  &r.model,
                                  &r.route,
                                  &r.replica,
                                  &r.session,
                                  &r.prompt,
                                  &r.messages_json,
                                  &r.system_prompt,
                                  &r.body,
                                  &r.finish_reason,
                                  &r.problem_id,
                                  &r.trace_id,
                                  &r.task,
                                  &r.source,
                                  &r.request_id,
                                  &r.asked_model,
                                  &r.user,
                                  &r.client,
                                  &r.tools_json,
                                  &r.response_format_json})
    bytes += text->size();
  bytes += (r.content ? r.content->size() : 0) +
           (r.reasoning ? r.reasoning->size() : 0);
  if (r.problem.has_value()) bytes += r.problem->answer.size();
  return static_cast<int64_t>(bytes);
}

}  // namespace reasonwatch
