// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/grade_lines.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "answers/grading.h"
#include "daemon/recordings/bad_lines.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

// Longer than any recorded answer, and far deeper than any row: bad input must
// not take all memory or the whole stack.
constexpr size_t kMaxLineBytes = size_t{16} << 20;
constexpr int kMaxJsonDepth = 64;

// A number or a truth value is taken as it is written.
std::optional<std::string> TextOf(const Json& row, const char* key) {
  const auto it = row.find(key);
  if (it == row.end() || it->is_structured()) return std::nullopt;
  if (it->is_null()) return "";
  return it->is_string() ? it->get<std::string>() : it->dump();
}

// "" if the row was graded, else the reason why not.
std::string GradeRow(std::string_view line, const GradeFunction& grader,
                     std::string* graded) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    return depth < kMaxJsonDepth;
  };
  Json row = Json::parse(line, shallow, /*allow_exceptions=*/false);
  if (!row.is_object()) return "not a JSON object";
  const auto gold = TextOf(row, "gold");
  const auto answer = TextOf(row, "answer");
  if (!gold) return "no \"gold\"";
  if (!answer) return "no \"answer\"";
  AnswerKind kind = AnswerKind::kUnknown;
  if (const auto name = TextOf(row, "answer_kind"); name && !name->empty()) {
    kind = ParseAnswerKind(*name);
    if (kind == AnswerKind::kUnknown) return "unknown \"answer_kind\"";
  }
  Grade grade = Grade::kUngradable;
  if (grader) {
    const auto asked =
        grader(TextOf(row, "id").value_or(""), kind, *gold, *answer);
    if (!asked.ok()) return std::string(asked.status().message());
    grade = *asked;
  } else {
    grade = GradeAnswer(kind, *gold, *answer);
  }
  // Three grades; the reason of an ungradable one is a field of its own.
  const bool judged = grade == Grade::kCorrect || grade == Grade::kIncorrect;
  row["grade"] = GradeName(judged ? grade : Grade::kUngradable);
  if (grade == Grade::kNoAnswer || grade == Grade::kRefused)
    row["reason"] = GradeName(grade);
  *graded = row.dump(-1, ' ', false, Json::error_handler_t::replace);
  return "";
}

}  // namespace

absl::Status RunGrade(std::istream& in, std::ostream& out, std::ostream& errors,
                      GradeCounts* counts, const GradeFunction& grader) {
  *counts = {};
  BadLines bad(errors, "line ");
  std::string line, graded;
  for (int64_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string error = line.size() > kMaxLineBytes
                                  ? "line over 16 MiB"
                                  : GradeRow(line, grader, &graded);
    if (!error.empty()) {
      bad.Add(number, error);
      continue;
    }
    out << graded << '\n';
    ++counts->graded;
  }
  out.flush();
  bad.Finish();
  counts->bad_lines = bad.count();
  if (!out) return absl::InternalError("cannot write the graded rows");
  if (counts->graded == 0) return absl::InvalidArgumentError("no usable row");
  return absl::OkStatus();
}

}  // namespace reasonwatch
