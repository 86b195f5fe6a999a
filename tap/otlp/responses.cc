// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/responses.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "tap/grpc/convert.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

// A response that Reasonwatch asked for itself has our id within the server's.
bool IsOurOwn(std::string_view id) {
  for (std::string_view before : {"", "chatcmpl-", "cmpl-", "resp_"})
    if (id.starts_with(before) && id.substr(before.size()).starts_with("rw-"))
      return true;
  return false;
}

// Calls of tools can only be read from a body.
std::string ChatBody(const ChoiceText& choice) {
  std::string message = "\"role\":\"assistant\",\"content\":";
  message += choice.content.has_value() ? JsonString(*choice.content) : "null";
  if (choice.reasoning.has_value())
    message += ",\"reasoning_content\":" + JsonString(*choice.reasoning);
  return absl::StrFormat(
      "{\"choices\":[{\"index\":0,\"message\":{%s,\"tool_calls\":[%s]}}]}",
      message, choice.tool_calls_json);
}

void SetText(ChoiceText&& choice, Response& r) {
  r.tool_calls = choice.tool_calls;
  if (!choice.finish_reason.empty())
    r.finish_reason = std::move(choice.finish_reason);
  CutLabels(r);
  if (choice.tool_calls > 0) {
    r.body = ChatBody(choice);
    r.body_type = BodyType::kJson;
    return;
  }
  r.content = std::move(choice.content);
  r.reasoning = std::move(choice.reasoning);
}

}  // namespace

void CutLabels(Response& r) {
  for (std::string* label :
       {&r.id, &r.asked_model, &r.route, &r.replica, &r.session, &r.user,
        &r.client, &r.task, &r.problem_id, &r.finish_reason,
        &r.regime.fingerprint, &r.intent.effort})
    if (label->size() > kMaxShortStringBytes)
      label->resize(utf8::Head(*label, kMaxShortStringBytes).size());
}

std::string HexOf(std::string_view bytes) {
  return absl::BytesToHexString(AbslView(bytes));
}

int64_t MemoryOfResponse(const Response& r) {
  size_t bytes = sizeof(Response) + r.content.value_or("").size() +
                 r.reasoning.value_or("").size();
  for (const std::string* text :
       {&r.id, &r.model, &r.route, &r.replica, &r.session, &r.prompt,
        &r.messages_json, &r.system_prompt, &r.body, &r.trace_id, &r.user,
        &r.client, &r.tools_json, &r.response_format_json})
    bytes += text->size();
  return static_cast<int64_t>(bytes);
}

MadeResponses MakeResponses(Observation&& o, std::string source) {
  MadeResponses made;
  Response r = std::move(o.head);
  if (r.model.empty()) {
    made.error = "missing_model";
  } else if (r.model.size() > kMaxShortStringBytes) {
    made.error = "label_too_long";
  } else if (!o.HasText() && o.failed) {
    made.error = "failed_call";
  } else if (!o.HasText() && !r.usage.output_tokens.has_value()) {
    made.error = "no_text_no_counts";
  }
  if (!made.error.empty()) return made;
  CutLabels(r);
  r.trace_id = HexOf(o.trace_id);
  if (r.id.empty() && !o.span_id.empty())
    r.id = absl::StrFormat("otlp-%s-%s", r.trace_id, HexOf(o.span_id));
  if (r.origin == Origin::kLive && IsOurOwn(r.id)) r.origin = Origin::kRescore;
  r.source = std::move(source);
  if (r.messages_json.empty() && !o.input.empty()) {
    r.messages_json = "[";
    for (const std::string& message : o.input) {
      if (r.messages_json.size() > 1) r.messages_json += ',';
      r.messages_json += message;
    }
    r.messages_json += ']';
  }
  if (!o.raw_body.empty()) {
    r.body = std::move(o.raw_body);
    r.body_type = BodyType::kJson;
  }
  if (o.choices.size() > 1 && r.body.empty()) {
    // The counts of output are of all choices together.
    r.usage.output_tokens.reset();
    r.usage.reasoning_tokens.reset();
    r.sampling.n = static_cast<int32_t>(o.choices.size());
    for (ChoiceText& choice : o.choices) {
      Response& one = made.responses.emplace_back(r);
      one.sampling.choice_index =
          static_cast<int32_t>(made.responses.size()) - 1;
      SetText(std::move(choice), one);
    }
    return made;
  }
  if (r.body.empty() && !o.choices.empty())
    SetText(std::move(o.choices.front()), r);
  made.responses.push_back(std::move(r));
  return made;
}

}  // namespace reasonwatch
