#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "core/strings.h"
#include "formats/api/chat_completions.h"
#include "formats/formats.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"
#include "formats/reasoning/splitter.h"

namespace reasonwatch {
namespace {

std::string_view Trimmed(std::string_view text) {
  return StdView(absl::StripAsciiWhitespace(AbslView(text)));
}

// What the tap said, completed and overruled by what the body says.
ChatMessage MessageOf(const Response& response) {
  ChatMessage message;
  if (!response.body.empty()) {
    message = ParseChatCompletion(response.body, response.body_type,
                                  response.sampling.choice_index);
  } else {
    message.content = response.content;
    message.reasoning = response.reasoning;
  }
  if (message.finish_reason.empty())
    message.finish_reason = response.finish_reason;
  auto complete = [](std::optional<int64_t>& count,
                     const std::optional<int64_t>& said) {
    if (!count.has_value()) count = said;
  };
  complete(message.usage.input_tokens, response.usage.input_tokens);
  complete(message.usage.output_tokens, response.usage.output_tokens);
  complete(message.usage.reasoning_tokens, response.usage.reasoning_tokens);
  message.tool_calls = std::max(message.tool_calls, response.tool_calls);
  return message;
}

SplitResult SplitContent(const Response& response, std::string_view format,
                         const ChatMessage& message) {
  const std::string_view content =
      message.content.has_value() ? *message.content : std::string_view();
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
  if (message.reasoning.has_value()) rules.opened = false;
  // A response that stopped by itself is what the user read: the server or a
  // proxy may have dropped the reasoning.
  if (message.finish_reason != "length") rules.no_marker = TextIs::kAnswer;
  return SplitWith(row, rules, content, scanner.hits());
}

}  // namespace

Trace ParseResponse(const Response& response, std::string_view format) {
  ChatMessage message = MessageOf(response);
  Trace trace;
  trace.finish_reason = std::move(message.finish_reason);
  message.finish_reason = trace.finish_reason;
  trace.usage = message.usage;
  trace.tool_calls = message.tool_calls;
  trace.dropped_bytes = response.dropped_bytes;
  trace.error = std::move(message.error);
  trace.has_text = message.content.has_value() || message.reasoning.has_value();

  SplitResult split = SplitContent(response, format, message);
  trace.format = std::move(split.format);
  trace.answer = std::move(split.answer);
  trace.marker_state = split.marker_state;
  const bool in_text = split.reasoning.has_value();
  if (!message.reasoning.has_value()) {
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
  trace.reasoning = std::move(message.reasoning);
  // Some servers keep the block in the content and copy it to the field.
  if (in_text && Trimmed(*split.reasoning) != Trimmed(*trace.reasoning)) {
    if (!trace.reasoning->empty()) trace.reasoning->push_back('\n');
    trace.reasoning->append(*split.reasoning);
  }
  return trace;
}

}  // namespace reasonwatch
