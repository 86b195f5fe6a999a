// SPDX-License-Identifier: Apache-2.0
// A reading is made once, as a JSON object; for a person the same object is
// printed line by line, so that both forms always say the same.
#include "daemon/recordings/read_lines.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "core/scored.h"
#include "daemon/recordings/bad_lines.h"
#include "features/counts.h"
#include "features/ending.h"
#include "tap/jsonl/recorded.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

std::string_view SourceName(ReasoningSource source) {
  switch (source) {
    case ReasoningSource::kInText:
      return "text";
    case ReasoningSource::kField:
      return "field";
    case ReasoningSource::kBoth:
      return "both";
    case ReasoningSource::kNone:
      break;
  }
  return "none";
}

Json Reading(const Scored& scored, Feature feature) {
  const float value = scored.reading(feature);
  return std::isnan(value) ? Json(nullptr) : Json(value != 0);
}

Json TraceJson(const Response& response, const FormatPolicy& policy) {
  const Trace trace = ParseResponse(response, policy);
  const OwnCounts own = EstimateCounts(trace);
  Scored scored;
  ReadEnding(trace, response, scored);
  Json json;
  json["reasoning"] = OrNull(trace.reasoning);
  json["answer"] = trace.answer;
  json["state"] = MarkerStateName(trace.marker_state);
  json["source"] = SourceName(trace.source);
  json["field"] = trace.reasoning_field;
  json["format"] = trace.format;
  json["finish"] = trace.finish_reason;
  json["tool_calls"] = trace.tool_calls;
  json["in"] = OrNull(trace.usage.input_tokens);
  json["out"] = OrNull(trace.usage.output_tokens);
  json["rt"] = OrNull(trace.usage.reasoning_tokens);
  json["own_out"] = OrNull(own.output);
  json["own_rt"] = OrNull(own.reasoning);
  json["counts_agree"] = OrNull(CountsAgree(trace));
  json["hidden"] = trace.reasoning_hidden;
  json["split_differs"] = trace.split_differs;
  json["has_text"] = trace.has_text;
  json["other_media"] = trace.other_media;
  json["ended"] = trace.ended;
  json["f_cut_in_transport"] = Reading(scored, Feature::kCutInTransport);
  json["f_stop_empty"] = Reading(scored, Feature::kStopEmpty);
  json["f_reasoning_without_answer"] =
      Reading(scored, Feature::kReasoningWithoutAnswer);
  json["error"] = trace.error;
  json["ignored"] = trace.ignored;
  json["repeated"] = trace.repeated;
  json["fingerprint"] = trace.regime.fingerprint;
  json["model"] = trace.model;
  return json;
}

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A line a key; a long text is cut in the middle, as its ends say most.
void Print(const Response& response, const Json& trace, std::ostream& out) {
  constexpr size_t kMostShown = 600;  // bytes; half a screen
  if (!response.id.empty()) out << "id          " << response.id << '\n';
  for (const auto& [key, value] : trace.items()) {
    std::string shown = Dumped(value);
    if (shown.size() > kMostShown) {
      const size_t whole = shown.size();
      shown = absl::StrFormat("%s … %s (%d bytes)",
                              utf8::Head(shown, kMostShown / 2),
                              utf8::Tail(shown, kMostShown / 2), whole);
    }
    out << absl::StrFormat("%-12s%s\n", key.size() < 12 ? key : key + " ",
                           shown);
  }
}

}  // namespace

void WriteReading(const Response& response, const FormatPolicy& policy,
                  std::ostream& out) {
  Print(response, TraceJson(response, policy), out);
}

absl::Status RunRead(const FormatPolicyOfModel& policy_of, bool as_text,
                     std::istream& in, std::ostream& out,
                     std::ostream& diagnostics) {
  RecordedReader reader;
  BadLines bad(diagnostics, "line ");
  int64_t used = 0;
  std::string line;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const absl::StatusOr<Response> response = reader.Parse(line);
    Json row = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!response.ok()) {
      bad.Add(number, StdView(response.status().message()));
      continue;
    }
    if (!row.is_object()) {
      bad.Add(number, "not a JSON object");
      continue;
    }
    const Json trace = TraceJson(*response, policy_of(response->model));
    if (as_text) {
      if (used > 0) out << '\n';
      Print(*response, trace, out);
      // One at a time, for who types or pipes them.
      out.flush();
    } else {
      row["trace"] = trace;
      out << Dumped(row) << '\n';
    }
    ++used;
  }
  out.flush();
  bad.Finish();
  if (!out) return absl::InternalError("can't write the output");
  if (used == 0 && bad.count() > 0)
    return absl::InvalidArgumentError("no usable line");
  return absl::OkStatus();
}

}  // namespace reasonwatch
