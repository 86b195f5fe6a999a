// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/match_lines.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "baseline/matching/frame_book.h"
#include "baseline/matching/problem_index.h"
#include "core/match.h"
#include "core/response.h"
#include "daemon/recordings/bad_lines.h"
#include "daemon/recordings/recording_source.h"
#include "features/prompt.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// Longer than any recorded answer, and far deeper than any row: bad input must
// not take all memory or the whole stack.
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

// The prompt of a row: its object in `row` and its user's words. "" on success,
// else the reason why not.
std::string ReadRow(const std::string& line, Json* row, std::string* prompt) {
  if (line.size() > kMaxLineBytes) return "line over 16 MiB";
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    return depth < kMaxJsonDepth;
  };
  *row = Json::parse(line, shallow, /*allow_exceptions=*/false);
  if (!row->is_object()) return "not a JSON object";
  Response response;
  if (const auto it = row->find("prompt");
      it != row->end() && it->is_string()) {
    response.prompt = it->get<std::string>();
  } else if (const auto messages = row->find("messages");
             messages != row->end() && messages->is_array()) {
    response.messages_json =
        messages->dump(-1, ' ', false, Json::error_handler_t::replace);
  } else {
    return "no \"prompt\" and no \"messages\"";
  }
  *prompt = ReadPrompt(response).user;
  return "";
}

bool IsBlank(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

// Learns the frames that several problems of the file share, and goes back to
// its beginning. A stream that can't go back (a pipe) teaches them as it is
// matched.
void LearnFrames(std::istream& in, const ProblemIndex& index,
                 FrameBook& frames) {
  const auto begin = in.tellg();
  if (begin == std::istream::pos_type(-1)) {
    in.clear();
    return;
  }
  std::string line, prompt;
  Json row;
  while (std::getline(in, line))
    if (!IsBlank(line) && ReadRow(line, &row, &prompt).empty())
      index.FindAndLearn(prompt, frames);
  in.clear();
  in.seekg(begin);
}

// "" if the row was matched, else the reason why not.
std::string MatchRow(const std::string& line, const ProblemIndex& index,
                     const std::map<uint64_t, std::string>& ids,
                     FrameBook& frames, std::string* matched, MatchKind* kind) {
  Json row;
  std::string prompt;
  std::string error = ReadRow(line, &row, &prompt);
  if (!error.empty()) return error;
  const Match match = index.FindAndLearn(prompt, frames);
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
  BadLines bad_of_baseline(errors, baseline + " line ");
  auto file =
      ReadRecordedFile(baseline, [&](int64_t number, std::string_view error) {
        bad_of_baseline.Add(number, error);
      });
  bad_of_baseline.Finish();
  counts->bad_lines = bad_of_baseline.count();
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

  FrameBook frames;
  LearnFrames(in, index, frames);
  BadLines bad(errors, "line ");
  std::string line, matched;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (IsBlank(line)) continue;
    MatchKind kind = MatchKind::kNone;
    const std::string error =
        MatchRow(line, index, ids, frames, &matched, &kind);
    if (!error.empty()) {
      bad.Add(number, error);
      continue;
    }
    out << matched << '\n';
    ++counts->rows;
    counts->exact += kind == MatchKind::kExact;
    counts->near += kind == MatchKind::kNear;
  }
  out.flush();
  bad.Finish();
  counts->bad_lines += bad.count();
  if (!out) return absl::InternalError("cannot write the matched rows");
  if (counts->rows == 0) return absl::InvalidArgumentError("no usable row");
  return absl::OkStatus();
}

}  // namespace reasonwatch
