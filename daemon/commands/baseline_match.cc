#include "daemon/commands/baseline_match.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "baseline/matching/problem_index.h"
#include "core/response.h"
#include "daemon/pipeline/import_baseline.h"
#include "features/prompt.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxLineBytes = size_t{16} << 20;
constexpr int kMaxJsonDepth = 64;

std::string_view MatchName(MatchKind kind) {
  switch (kind) {
    case MatchKind::kExact:
      return "exact";
    case MatchKind::kNear:
      return "near";
    case MatchKind::kNone:
      break;
  }
  return "none";
}

// "" where the row was matched, else what is wrong with it.
std::string MatchRow(const std::string& line, const ProblemIndex& index,
                     const std::map<uint64_t, std::string>& ids,
                     std::string* matched, MatchKind* kind) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    return depth < kMaxJsonDepth;
  };
  Json row = Json::parse(line, shallow, /*allow_exceptions=*/false);
  if (!row.is_object()) return "not a JSON object";
  Response response;
  if (const auto it = row.find("prompt"); it != row.end() && it->is_string()) {
    response.prompt = it->get<std::string>();
  } else if (const auto messages = row.find("messages");
             messages != row.end() && messages->is_array()) {
    response.messages_json =
        messages->dump(-1, ' ', false, Json::error_handler_t::replace);
  } else {
    return "no \"prompt\" and no \"messages\"";
  }
  const Match match = index.FindByText(ReadPrompt(response).user);
  *kind = match.kind;
  row["match"] = MatchName(match.kind);
  const auto id = ids.find(match.problem);
  row["problem_id"] = id == ids.end() ? Json(nullptr) : Json(id->second);
  row["distance"] =
      match.kind == MatchKind::kNone ? Json(nullptr) : Json(match.distance);
  *matched = row.dump(-1, ' ', false, Json::error_handler_t::replace);
  return "";
}

}  // namespace

absl::Status RunBaselineMatch(const std::string& baseline, std::istream& in,
                              std::ostream& out, std::ostream& errors,
                              MatchCounts* counts) {
  *counts = {};
  auto file =
      ReadRecordedFile(baseline, [&](int64_t number, std::string_view error) {
        ++counts->bad_lines;
        errors << baseline << " line " << number << ": " << error << '\n';
      });
  if (!file.ok()) return file.status();
  ProblemIndex index;
  std::map<uint64_t, std::string> ids;
  for (const Response& row : file->rows) {
    if (!row.problem.has_value()) continue;
    const std::string prompt = ReadPrompt(row).user;
    const uint64_t digest = ProblemDigest(prompt);
    if (digest == 0) continue;
    if (index.Add(digest, {row.problem->answer, row.problem->answer_kind},
                  prompt))
      ids.emplace(digest, row.problem->id);
  }
  index.Build();
  if (!index.has_text())
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: no row has a problem and a prompt", baseline));
  counts->problems = static_cast<int64_t>(index.size());

  std::string line, matched;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    MatchKind kind = MatchKind::kNone;
    const std::string error = line.size() > kMaxLineBytes
                                  ? "line over 16 MiB"
                                  : MatchRow(line, index, ids, &matched, &kind);
    if (!error.empty()) {
      ++counts->bad_lines;
      errors << "line " << number << ": " << error << '\n';
      continue;
    }
    out << matched << '\n';
    ++counts->rows;
    counts->exact += kind == MatchKind::kExact;
    counts->near += kind == MatchKind::kNear;
  }
  out.flush();
  if (!out) return absl::DataLossError("cannot write the matched rows");
  if (counts->rows == 0) return absl::InvalidArgumentError("no usable row");
  return absl::OkStatus();
}

}  // namespace reasonwatch
