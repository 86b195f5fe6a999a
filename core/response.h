// SPDX-License-Identifier: Apache-2.0
// A model response as a tap saw it, before anything was interpreted.
//
// Plain value, no invariants. Text is UTF-8 once a tap has checked it. Times
// are absl::InfinitePast() when the source did not say.
#ifndef REASONWATCH_CORE_RESPONSE_H_
#define REASONWATCH_CORE_RESPONSE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "core/intent.h"
#include "core/origin.h"
#include "core/problem.h"
#include "core/regime.h"
#include "core/usage.h"

namespace reasonwatch {

enum class BodyType : uint8_t { kNone, kJson, kSse };
enum class TransportEnd : uint8_t { kComplete, kClientAbort, kUpstreamReset };
// The caller's opinion of the answer.
enum class CallerVerdict : uint8_t { kNone, kCorrect, kIncorrect };

struct Response {
  std::string id;
  absl::Time time = absl::InfinitePast();      // the request's start
  absl::Time end_time = absl::InfinitePast();  // the last byte
  std::string model;                           // the only required field
  std::string route;
  std::string replica;
  std::string session;
  int32_t turn = 0;  // from 1; 0 = unknown
  Origin origin = Origin::kLive;

  std::string prompt;         // or
  std::string messages_json;  // OpenAI chat form
  std::string system_prompt;

  std::optional<std::string> content;
  std::optional<std::string> reasoning;  // absent = not delivered apart
  std::string body;                      // raw API body instead of the two
  BodyType body_type = BodyType::kNone;
  std::string finish_reason;
  Usage usage;
  Intent intent;
  Sampling sampling;
  Regime regime;
  int32_t http_status = 0;  // 0 = unknown
  TransportEnd transport_end = TransportEnd::kComplete;
  int32_t tool_calls = 0;
  bool streamed = false;
  int64_t dropped_bytes = 0;  // text cut by a tap's size limit

  std::string problem_id;
  CallerVerdict verdict = CallerVerdict::kNone;
  std::optional<Problem> problem;
  std::string trace_id;
  std::string task;            // the caller's hint, "" = none
  int64_t context_window = 0;  // tokens, 0 = unknown

  // The way it came in, e.g. "ext_proc" or "otlp/openinference"; set by the
  // tap, one of a few names.
  std::string source;
  // True if this source never delivers the text of reasoning: then its absence
  // says nothing.
  bool without_reasoning_text = false;
  std::string request_id;   // the HTTP exchange's x-request-id
  std::string asked_model;  // the model that the client named, "" = unknown
  std::string user;
  std::string client;                // the client's program, e.g. a user agent
  std::string tools_json;            // the tools offered, an array with schemas
  std::string response_format_json;  // the form of answer that was asked for
  // The intent that a gateway sent on to the server, if it was seen too;
  // `intent` is the client's.
  std::optional<Intent> sent_intent;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_RESPONSE_H_
