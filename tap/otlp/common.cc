// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "tap/otlp/conventions.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

Origin OriginNamed(std::string_view name) {
  if (name == "canary") return Origin::kCanary;
  if (name == "selftest") return Origin::kSelftest;
  if (name == "live" || name.empty()) return Origin::kLive;
  return Origin::kRescore;
}

}  // namespace

void ReadCommon(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  Response& r = o.head;
  o.service = a.Text({"service.name"});
  r.client = o.service;
  r.session = a.Text({"reasonwatch.session", "gen_ai.conversation.id",
                      "session.id", "langfuse.session.id",
                      "traceloop.association.properties.session_id"});
  r.user = a.Text({"user.id", "enduser.id", "langfuse.user.id",
                   "traceloop.association.properties.user_id"});
  r.route = a.Text({"reasonwatch.route"});
  r.task = a.Text({"reasonwatch.task"});
  r.problem_id = a.Text({"reasonwatch.problem_id"});
  r.origin = OriginNamed(a.Text({"reasonwatch.origin"}));
  r.replica = a.Text({"reasonwatch.replica"});
  if (r.replica.empty()) {
    r.replica = a.Text({"server.address"});
    if (const auto port = a.Count({"server.port"}); port && !r.replica.empty())
      r.replica += absl::StrFormat(":%d", *port);
  }
  int32_t status = 0;
  const std::string error = a.Text({"error.type"});
  if (const auto code =
          a.Count({"http.response.status_code", "http.status_code"});
      code && *code >= 100 && *code < 600) {
    status = static_cast<int32_t>(*code);
  } else if (!absl::SimpleAtoi(error, &status) || status < 100 ||
             status > 599) {
    status = 0;
  }
  r.http_status = status;
  if (!error.empty()) o.failed = true;
  // How the languages name a call that its caller gave up.
  for (std::string_view cancelled :
       {"CancelledError", "GeneratorExit", "AbortError", "context canceled"})
    if (error.find(cancelled) != std::string::npos)
      r.transport_end = TransportEnd::kClientAbort;
}

std::string ToolsInChatForm(std::string_view json,
                            simdjson::dom::parser& parser) {
  simdjson::dom::array tools;
  if (json.empty() || ParseJson(parser, json).get(tools) != simdjson::SUCCESS)
    return "";
  std::string out;
  for (const simdjson::dom::element& entry : tools) {
    simdjson::dom::object tool;
    simdjson::dom::element part;
    if (entry.get(tool) != simdjson::SUCCESS) continue;
    if (!out.empty()) out += ',';
    if (tool["function"].get(part) == simdjson::SUCCESS ||
        tool["name"].get(part) != simdjson::SUCCESS)
      out += simdjson::minify(entry);
    else
      out += absl::StrFormat("{\"type\":\"function\",\"function\":%s}",
                             std::string(simdjson::minify(entry)));
  }
  return out.empty() ? "" : "[" + out + "]";
}

}  // namespace reasonwatch
