// A model response as a tap saw it, before anything was interpreted.
//
// Plain value, no invariants. Text is UTF-8 once a tap has checked it. Times
// are absl::InfinitePast() when the source did not say.
#ifndef REASONWATCH_CORE_RESPONSE_H_
#define REASONWATCH_CORE_RESPONSE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace reasonwatch {

enum class Origin : uint8_t { kLive, kCanary, kRescore, kSelftest };
enum class BodyType : uint8_t { kNone, kJson, kSse };
enum class TransportEnd : uint8_t { kComplete, kClientAbort, kUpstreamReset };
enum class AnswerKind : uint8_t {
  kUnknown,
  kBoolean,
  kNumber,
  kMath,
  kChoice,
  kText
};
// What the caller says of the answer.
enum class CallerVerdict : uint8_t { kNone, kCorrect, kIncorrect };
enum class Thinking : uint8_t { kUnstated, kOn, kOff };

struct Usage {
  std::optional<int64_t> input_tokens;
  std::optional<int64_t> output_tokens;
  std::optional<int64_t> reasoning_tokens;
  bool operator==(const Usage&) const = default;
};

// What the request asked for.
struct Intent {
  std::string effort;  // "", "none", "minimal", "low", "medium", "high"
  Thinking thinking = Thinking::kUnstated;
  int64_t max_tokens = 0;      // 0 = not stated
  std::string asked_language;  // BCP 47, "" = not stated
};

struct Sampling {
  std::optional<double> temperature;
  std::optional<double> top_p;
  int32_t n = 1;             // choices asked for
  int32_t choice_index = 0;  // which of them this is
};

// What served the response. Equal regimes are comparable.
struct Regime {
  std::string fingerprint;
  std::string weights_version;
  std::string template_hash;
  std::string engine;
  bool operator==(const Regime&) const = default;
};

// The problem that the caller says this request asks.
struct Problem {
  std::string id;
  std::string answer;  // gold; "" = none
  AnswerKind answer_kind = AnswerKind::kUnknown;
  std::string family{};  // what it is of: "algebra", "rates"; "" = not said
};

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
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_RESPONSE_H_
