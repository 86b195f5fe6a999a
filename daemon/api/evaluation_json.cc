// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/evaluation_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "core/version.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kEventName[] = "gen_ai.evaluation.result";

Json Attribute(const char* key, Json value) {
  return {{"key", key}, {"value", std::move(value)}};
}

void AddText(const char* key, const std::string& text, Json& attributes) {
  if (!text.empty())
    attributes.push_back(Attribute(key, {{"stringValue", text}}));
}

bool IsTraceId(const std::string& id) {
  return id.size() == 32 &&
         std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return absl::ascii_isxdigit(c); }) &&
         id.find_first_not_of('0') != std::string::npos;
}

Json RecordOf(const EvaluationEvent& e) {
  // 64-bit numbers are strings in the JSON of protocol buffers.
  const std::string time = std::to_string(absl::ToUnixNanos(e.time));
  Json record = {{"timeUnixNano", time},
                 {"observedTimeUnixNano", time},
                 {"severityNumber", 9},  // INFO
                 {"eventName", kEventName}};
  if (IsTraceId(e.trace_id))
    record["traceId"] = absl::AsciiStrToLower(e.trace_id);
  Json attributes = Json::array();
  // For collectors of before `eventName`.
  AddText("event.name", kEventName, attributes);
  AddText("gen_ai.evaluation.name", e.name, attributes);
  if (std::isfinite(e.score))
    attributes.push_back(
        Attribute("gen_ai.evaluation.score.value", {{"doubleValue", e.score}}));
  AddText("gen_ai.evaluation.score.label", e.label, attributes);
  AddText("gen_ai.evaluation.explanation", e.explanation, attributes);
  AddText("gen_ai.response.id", e.response_id, attributes);
  AddText("gen_ai.request.model", e.model, attributes);
  AddText("reasonwatch.route", e.route, attributes);
  AddText("reasonwatch.incident.id", e.incident, attributes);
  record["attributes"] = attributes;
  return record;
}

}  // namespace

std::string EvaluationsJson(const std::vector<EvaluationEvent>& events) {
  Json records = Json::array();
  for (const EvaluationEvent& event : events)
    records.push_back(RecordOf(event));
  Json resource = Json::array();
  AddText("service.name", "reasonwatch", resource);
  AddText("service.version", kVersion, resource);
  const Json scope_logs = {
      {"scope", {{"name", "reasonwatch"}, {"version", kVersion}}},
      {"logRecords", records}};
  const Json json = {
      {"resourceLogs",
       Json::array({{{"resource", {{"attributes", resource}}},
                     {"scopeLogs", Json::array({scope_logs})}}})}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reasonwatch
