#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "core/strings.h"
#include "formats/api/body_reader.h"
#include "formats/api/finish_reason.h"
#include "formats/formats.h"
#include "formats/parse_message.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"
#include "formats/reasoning/splitter.h"

namespace reasonwatch {
namespace {

std::string_view Trimmed(std::string_view text) {
  return StdView(absl::StripAsciiWhitespace(AbslView(text)));
}

// What the tap said fills in what the body did not.
void Complete(const Response& response, ApiMessage& message) {
  if (message.finish_reason.empty())
    message.finish_reason = std::string(FinishReasonOf(response.finish_reason));
  const auto complete = [](std::optional<int64_t>& count,
                           const std::optional<int64_t>& said) {
    if (!count.has_value()) count = said;
  };
  complete(message.usage.input_tokens, response.usage.input_tokens);
  complete(message.usage.output_tokens, response.usage.output_tokens);
  complete(message.usage.reasoning_tokens, response.usage.reasoning_tokens);
  message.tool_calls = std::max(message.tool_calls, response.tool_calls);
  Regime regime = response.regime;
  if (regime.fingerprint.empty())
    regime.fingerprint = std::move(message.regime.fingerprint);
  if (regime.weights_version.empty())
    regime.weights_version = std::move(message.regime.weights_version);
  message.regime = std::move(regime);
}

bool WasCutOff(const Response& response, std::string_view finish_reason) {
  if (finish_reason.empty())
    return response.transport_end != TransportEnd::kComplete;
  return finish_reason == kFinishLength || finish_reason == kFinishAbort ||
         finish_reason == kFinishRepetition || finish_reason == kFinishError;
}

SplitResult SplitContent(const Response& response, const FormatPolicy& policy,
                         std::string_view content, bool has_reasoning,
                         std::string_view finish_reason) {
  MarkerScanner scanner;
  scanner.Scan(content, /*final=*/true);
  FormatChoice choice =
      ChooseFormat(policy, response.model, content, scanner.hits());
  // The server knows the format; tags in the answer are what was asked for.
  if (has_reasoning && choice.row == nullptr) choice = PlainChoice();
  SplitRules rules;
  if (choice.row != nullptr) {
    if (!choice.row->delivered_as.empty())
      choice.row = FindFormat(choice.row->delivered_as);
    rules = RulesFor(*choice.row, response.intent.thinking);
  }
  // A server that has a field for it has taken the reasoning out already.
  if (has_reasoning) rules.opened = false;
  // A response that stopped by itself is what the user read: the server or a
  // proxy may have dropped the reasoning. One that was cut off may not have
  // come to the end of its reasoning.
  rules.cut_off = WasCutOff(response, finish_reason);
  if (!rules.cut_off) rules.no_marker = TextIs::kAnswer;
  return SplitChosen(choice, rules, content, scanner);
}

// `content` and `reasoning` are the message's own, or the response's where it
// has no body: those are not copied.
Trace TraceOf(const Response& response, ApiMessage& message,
              const std::optional<std::string>& content,
              const std::optional<std::string>& reasoning,
              const FormatPolicy& policy) {
  Complete(response, message);
  Trace trace;
  trace.finish_reason = std::move(message.finish_reason);
  trace.usage = message.usage;
  trace.regime = std::move(message.regime);
  trace.tool_calls = message.tool_calls;
  trace.dropped_bytes = response.dropped_bytes + message.dropped_bytes;
  trace.error = std::move(message.error);
  trace.has_text = content.has_value() || reasoning.has_value();
  trace.reasoning_field = std::move(message.reasoning_field);
  trace.reasoning_hidden = message.reasoning_hidden;

  SplitResult split = SplitContent(
      response, policy,
      content.has_value() ? std::string_view(*content) : std::string_view(),
      reasoning.has_value(), trace.finish_reason);
  trace.format = std::move(split.format);
  trace.answer = std::move(split.answer);
  trace.marker_state = split.marker_state;
  trace.unknown_shape = std::move(split.shape);
  const bool in_text = split.reasoning.has_value();
  // Servers that don't count reasoning send 0 beside it.
  if (in_text && !split.reasoning->empty() && trace.usage.reasoning_tokens == 0)
    trace.usage.reasoning_tokens.reset();
  if (!reasoning.has_value()) {
    trace.reasoning = std::move(split.reasoning);
    trace.source = in_text ? ReasoningSource::kInText : ReasoningSource::kNone;
    const bool counted = message.usage.reasoning_tokens.value_or(0) > 0;
    trace.split_differs = in_text && counted;
    if (counted && trace.marker_state == MarkerState::kAbsent)
      trace.marker_state = MarkerState::kStripped;
    return trace;
  }

  const bool marked = in_text || split.marker_state == MarkerState::kLeaked ||
                      split.marker_state == MarkerState::kUnclosed ||
                      split.marker_state == MarkerState::kDoubled;
  trace.split_differs = marked;
  trace.marker_state = marked ? MarkerState::kLeaked : MarkerState::kNone;
  trace.source = in_text ? ReasoningSource::kBoth : ReasoningSource::kField;
  trace.reasoning = reasoning;
  // Some servers keep the block in the content and copy it to the field.
  if (in_text && Trimmed(*split.reasoning) != Trimmed(*trace.reasoning)) {
    if (!trace.reasoning->empty()) trace.reasoning->push_back('\n');
    trace.reasoning->append(*split.reasoning);
  }
  return trace;
}

}  // namespace

Trace ParseMessage(ApiMessage message, const Response& response,
                   const FormatPolicy& policy) {
  const std::optional<std::string> content = std::move(message.content);
  const std::optional<std::string> reasoning = std::move(message.reasoning);
  return TraceOf(response, message, content, reasoning, policy);
}

Trace ParseResponse(const Response& response, const FormatPolicy& policy) {
  if (!response.body.empty()) {
    BodyReader reader(response.body_type, response.sampling.choice_index);
    reader.Feed(response.body);
    return ParseMessage(reader.Finish(), response, policy);
  }
  ApiMessage none;
  return TraceOf(response, none, response.content, response.reasoning, policy);
}

Trace ParseResponse(const Response& response, std::string_view format) {
  FormatPolicy policy;
  policy.format = std::string(format);
  return ParseResponse(response, policy);
}

std::string_view BodyErrorName(std::string_view error) {
  if (error.empty()) return "";
  if (error.starts_with("server error")) return "server_error";
  if (error == "malformed JSON") return "malformed_body";
  if (error == "too large") return "body_too_large";
  return error == "no known API" ? "unknown_api" : "absent_choice";
}

Trace ParseMessage(ApiMessage message, const Response& response,
                   std::string_view format) {
  FormatPolicy policy;
  policy.format = std::string(format);
  return ParseMessage(std::move(message), response, policy);
}

}  // namespace reasonwatch
