// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/split_lines.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "daemon/recordings/bad_lines.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

using nlohmann::json;

// Why the row can't be used; empty = it can.
std::string_view ProblemWith(const json& row) {
  if (row.is_discarded()) return "not JSON";
  if (!row.is_object()) return "not an object";
  auto is_string = [&row](const char* key) {
    return row.contains(key) && row[key].is_string();
  };
  auto is_flag = [&row](const char* key) {
    return !row.contains(key) || row[key].is_null() || row[key].is_boolean();
  };
  if (!is_string("format")) return "\"format\" is not a string";
  if (!is_string("text")) return "\"text\" is not a string";
  if (row.contains("model") && !row["model"].is_null() && !is_string("model"))
    return "\"model\" is not a string";
  if (!is_flag("thinking")) return "\"thinking\" is not a boolean";
  if (!is_flag("streaming")) return "\"streaming\" is not a boolean";
  return "";
}

bool FlagOf(const json& row, const char* key) {
  return row.contains(key) && row[key].is_boolean() && row[key].get<bool>();
}

struct Request {
  FormatPolicy policy;
  std::string text;
  std::string model;
  Thinking thinking = Thinking::kUnstated;
};

using PolicyOf = std::function<FormatPolicy(const std::string&)>;

Request RequestOf(const json& row, const PolicyOf& policy_of) {
  Request request;
  request.text = row["text"].get<std::string>();
  if (row.contains("model") && row["model"].is_string())
    request.model = row["model"].get<std::string>();
  request.policy = policy_of(request.model);
  const auto format = row["format"].get<std::string>();
  if (format != "auto") request.policy.format = format;
  if (row.contains("thinking") && row["thinking"].is_boolean())
    request.thinking = FlagOf(row, "thinking") ? Thinking::kOn : Thinking::kOff;
  return request;
}

bool StreamsLike(const Request& request, const SplitResult& whole) {
  // Every cut of a text of usual length takes a second; longer ones would take
  // the square of it.
  constexpr size_t kEveryCutBytes = size_t{16} << 10;
  constexpr size_t kCuts = 4096;  // spread over the longer text
  const std::string_view text = request.text;
  const size_t step = text.size() <= kEveryCutBytes ? 1 : text.size() / kCuts;
  for (size_t cut = 0; cut <= text.size(); cut += step) {
    StreamSplitter splitter(request.policy, request.model, request.thinking);
    splitter.Feed(text.substr(0, cut));
    splitter.Feed(text.substr(cut));
    if (splitter.Finish() != whole) return false;
  }
  return true;
}

}  // namespace

absl::Status RunSplit(
    const std::function<FormatPolicy(const std::string&)>& policy_of,
    std::istream& in, std::ostream& out, std::ostream& diagnostics) {
  int64_t number = 0;
  int64_t used = 0;
  BadLines bad(diagnostics, "line ");
  int64_t first_unequal = 0;
  std::string line;
  while (std::getline(in, line)) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    json row = json::parse(line, nullptr, /*allow_exceptions=*/false);
    const std::string_view problem = ProblemWith(row);
    if (!problem.empty()) {
      bad.Add(number, problem);
      continue;
    }
    const Request request = RequestOf(row, policy_of);
    const SplitResult result = SplitText(request.policy, request.model,
                                         request.thinking, request.text);
    if (FlagOf(row, "streaming") && first_unequal == 0 &&
        !StreamsLike(request, result))
      first_unequal = number;
    row["reasoning"] =
        result.reasoning.has_value() ? json(*result.reasoning) : json(nullptr);
    row["content"] = result.answer;
    row["format"] = result.format;
    row["state"] = std::string(MarkerStateName(result.marker_state));
    out << row.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
    ++used;
  }
  out.flush();
  bad.Finish();
  if (!out) return absl::InternalError("can't write the output");
  if (bad.count() > 0)
    diagnostics << absl::StrFormat("%d bad lines skipped\n", bad.count());
  if (first_unequal > 0)
    return absl::InternalError(absl::StrFormat(
        "line %d: the streamed text is split differently", first_unequal));
  if (used == 0 && bad.count() > 0)
    return absl::InvalidArgumentError("no usable line");
  return absl::OkStatus();
}

}  // namespace reasonwatch
