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
}

SplitResult SplitContent(const Response& response, std::string_view format,
                         std::string_view content, bool has_reasoning,
                         std::string_view finish_reason) {
  MarkerScanner scanner;
  scanner.Scan(content, /*final=*/true);
  const FormatRow* row =
      ChooseFormat(format, response.model, content, scanner.hits());
  SplitRules rules;
  if (row != nullptr) {
    if (!row->delivered_as.empty()) row = FindFormat(row->delivered_as);
    rules = RulesFor(*row, response.intent.thinking);
  }
  // A server that has a field for it has taken the reasoning out already.
  if (has_reasoning) rules.opened = false;
  // A response that stopped by itself is what the user read: the server or a
  // proxy may have dropped the reasoning.
  if (finish_reason != kFinishLength) rules.no_marker = TextIs::kAnswer;
  return SplitWith(row, rules, content, scanner.hits());
}

// `content` and `reasoning` are the message's own, or the response's where it
// has no body: those are not copied.
Trace TraceOf(const Response& response, ApiMessage& message,
              const std::optional<std::string>& content,
              const std::optional<std::string>& reasoning,
              std::string_view format) {
  Complete(response, message);
  Trace trace;
  trace.finish_reason = std::move(message.finish_reason);
  trace.usage = message.usage;
  trace.tool_calls = message.tool_calls;
  trace.dropped_bytes = response.dropped_bytes + message.dropped_bytes;
  trace.error = std::move(message.error);
  trace.has_text = content.has_value() || reasoning.has_value();
  trace.reasoning_field = std::move(message.reasoning_field);
  trace.reasoning_hidden = message.reasoning_hidden;

  SplitResult split = SplitContent(
      response, format,
      content.has_value() ? std::string_view(*content) : std::string_view(),
      reasoning.has_value(), trace.finish_reason);
  trace.format = std::move(split.format);
  trace.answer = std::move(split.answer);
  trace.marker_state = split.marker_state;
  const bool in_text = split.reasoning.has_value();
  // Servers that don't count reasoning send 0 beside it.
  if (in_text && !split.reasoning->empty() && trace.usage.reasoning_tokens == 0)
    trace.usage.reasoning_tokens.reset();
  if (!reasoning.has_value()) {
    trace.reasoning = std::move(split.reasoning);
    trace.source = in_text ? ReasoningSource::kInText : ReasoningSource::kNone;
    trace.split_differs =
        in_text && message.usage.reasoning_tokens.value_or(0) > 0;
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
                   std::string_view format) {
  const std::optional<std::string> content = std::move(message.content);
  const std::optional<std::string> reasoning = std::move(message.reasoning);
  return TraceOf(response, message, content, reasoning, format);
}

Trace ParseResponse(const Response& response, std::string_view format) {
  if (!response.body.empty()) {
    BodyReader reader(response.body_type, response.sampling.choice_index);
    reader.Feed(response.body);
    return ParseMessage(reader.Finish(), response, format);
  }
  ApiMessage none;
  return TraceOf(response, none, response.content, response.reasoning, format);
}

}  // namespace reasonwatch
