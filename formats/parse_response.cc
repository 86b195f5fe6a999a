// SPDX-License-Identifier: Apache-2.0
// A message, read from a body or given by the tap, becomes a trace: the tap
// fills in what the body does not say, the content is split again, and the two
// splits are compared.
//
// In order: what the tap fills in, the split, signs of a broken one, the trace,
// the entry points.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "formats/api/body_error.h"
#include "formats/api/body_reader.h"
#include "formats/api/finish_reason.h"
#include "formats/formats.h"
#include "formats/parse_message.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"
#include "formats/reasoning/splitter.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// The tap's fields fill in those that the body does not have.
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

bool WasCutOff(const Response& response, std::string_view finish_reason,
               bool ended) {
  if (finish_reason.empty())
    return !ended || response.transport_end != TransportEnd::kComplete;
  return finish_reason == kFinishLength || finish_reason == kFinishAbort ||
         finish_reason == kFinishRepetition || finish_reason == kFinishError;
}

SplitResult SplitContent(const Response& response, const FormatPolicy& policy,
                         std::string_view content, bool has_reasoning,
                         std::string_view finish_reason, bool ended) {
  MarkerScanner scanner;
  scanner.Scan(content, /*final=*/true);
  FormatChoice choice =
      ChooseFormat(policy, response.model, content, scanner.hits());
  // The server knows the format; tags in the answer belong to it.
  if (has_reasoning && choice.row == nullptr) choice = PlainChoice();
  SplitRules rules;
  if (choice.row != nullptr) {
    if (!choice.row->delivered_as.empty())
      choice.row = FindFormat(choice.row->delivered_as);
    rules = RulesFor(*choice.row, response.intent.thinking);
  }
  // A server that has a field for it has taken the reasoning out already.
  if (has_reasoning) {
    rules.opened = false;
    rules.delivered = true;
  }
  // The user has read a response that stopped by itself: the server or a
  // proxy may have dropped the reasoning. One that was cut off may not have
  // come to the end of its reasoning.
  rules.cut_off = WasCutOff(response, finish_reason, ended);
  if (!rules.cut_off) rules.no_marker = TextIs::kAnswer;
  return SplitChosen(choice, rules, content, scanner);
}

// Whether a state says already that something is wrong.
bool IsBroken(MarkerState state) {
  return state == MarkerState::kUnclosed || state == MarkerState::kDoubled ||
         state == MarkerState::kStripped || state == MarkerState::kUnexpected;
}

// Markup of a tool call that the server should have read is in the answer,
// at the beginning of a line, and not as talk about it.
bool ShowsToolMarkup(std::string_view answer) {
  MarkerScanner scanner;
  scanner.Scan(answer, /*final=*/true);
  QuoteTracker quotes(answer, 0);
  return std::ranges::any_of(scanner.hits(), [&](const MarkerHit& hit) {
    return IsToolMarkup(hit.marker) && AtLineStart(answer, hit.begin) &&
           quotes.At(hit.begin, hit.end) == Quote::kNone;
  });
}

// `content` and `reasoning` are the message's own, or the response's if it
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
  trace.calls = std::move(message.calls);
  trace.dropped_bytes = response.dropped_bytes + message.dropped_bytes;
  trace.error = std::move(message.error);
  trace.has_text = content.has_value() || reasoning.has_value();
  trace.reasoning_field = std::move(message.reasoning_field);
  trace.reasoning_hidden = message.reasoning_hidden;
  trace.ended = message.ended;
  trace.other_media = message.other_media;
  trace.model = std::move(message.model);
  trace.ignored = std::move(message.ignored);
  trace.repeated = std::move(message.repeated);

  SplitResult split = SplitContent(
      response, policy,
      content.has_value() ? std::string_view(*content) : std::string_view(),
      reasoning.has_value(), trace.finish_reason, trace.ended);
  trace.format = std::move(split.format);
  trace.answer = std::move(split.answer);
  trace.marker_state = split.marker_state;
  trace.unknown_shape = std::move(split.shape);
  const bool in_text = split.reasoning.has_value();
  trace.tool_markup = split.has_tools && ShowsToolMarkup(trace.answer);
  // The server says that it stopped by itself and called nothing.
  const bool tool_leaks = trace.tool_markup && !response.body.empty() &&
                          trace.finish_reason == kFinishStop &&
                          trace.tool_calls == 0;
  // Servers that don't count reasoning send 0 beside it.
  if (in_text && !split.reasoning->empty() && trace.usage.reasoning_tokens == 0)
    trace.usage.reasoning_tokens.reset();
  if (!reasoning.has_value()) {
    trace.reasoning = std::move(split.reasoning);
    trace.source = in_text ? ReasoningSource::kInText : ReasoningSource::kNone;
    // Markers that such a source took out have not vanished from the model.
    if (response.without_reasoning_text && !in_text) {
      trace.reasoning_hidden = true;
      if (trace.marker_state == MarkerState::kAbsent)
        trace.marker_state = MarkerState::kNone;
      return trace;
    }
    const bool counted = message.usage.reasoning_tokens.value_or(0) > 0;
    trace.split_differs = in_text && counted;
    if (counted && trace.marker_state == MarkerState::kAbsent)
      trace.marker_state = MarkerState::kStripped;
    if (tool_leaks && !IsBroken(trace.marker_state))
      trace.marker_state = MarkerState::kLeaked;
    return trace;
  }

  const bool marked = in_text || split.marker_state == MarkerState::kLeaked ||
                      split.marker_state == MarkerState::kUnclosed ||
                      split.marker_state == MarkerState::kDoubled;
  trace.split_differs = marked;
  trace.marker_state =
      marked || tool_leaks ? MarkerState::kLeaked : MarkerState::kNone;
  trace.source = in_text ? ReasoningSource::kBoth : ReasoningSource::kField;
  trace.reasoning = reasoning;
  // Some servers keep the block in the content and copy it to the field.
  if (in_text &&
      ascii::Trim(*split.reasoning) != ascii::Trim(*trace.reasoning)) {
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
  none.ended = true;
  return TraceOf(response, none, response.content, response.reasoning, policy);
}

Trace ParseResponse(const Response& response, std::string_view format) {
  FormatPolicy policy;
  policy.format = std::string(format);
  return ParseResponse(response, policy);
}

std::string_view BodyErrorName(std::string_view error) {
  for (size_t i = 0; i < kBodyErrorTexts.names.size(); ++i)
    if (error.starts_with(kBodyErrorTexts.names[i]))
      return kBodyErrorNames.names[i];
  return "";
}

Trace ParseMessage(ApiMessage message, const Response& response,
                   std::string_view format) {
  FormatPolicy policy;
  policy.format = std::string(format);
  return ParseMessage(std::move(message), response, policy);
}

}  // namespace reasonwatch
