// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/recording_check.h"

#include "absl/strings/str_format.h"
#include "answers/final_answer.h"
#include "core/grade.h"
#include "core/scored.h"
#include "core/trace.h"
#include "daemon/recordings/recording_source.h"
#include "formats/formats.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Fewer answers can all be wrong by chance.
constexpr int64_t kFewest = 20;
// No model is put into service with so few right answers; problems that are so
// hard teach nothing either.
constexpr double kHopeless = .05;
constexpr double kPoor = .2;

double Share(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

void Count(const Response& row, const StandardEvaluator& evaluator,
           RecordingCheck& check) {
  ++check.responses;
  const Trace trace = ParseResponse(row, FormatPolicy());
  if (trace.usage.output_tokens.has_value())
    ++check.counted;
  else if (trace.has_text)
    ++check.estimated;
  if (!row.problem.has_value() || row.problem->answer.empty()) return;
  ++check.asked;
  const Scored scored = evaluator.Evaluate(row);
  check.correct += scored.grade == Grade::kCorrect;
  check.cut += trace.finish_reason == "length";
  // A wrong answer that marks itself is the model's; one that does not was
  // perhaps not found.
  const bool marked =
      trace.has_text && MarkedAnswer(AnswerPart(trace.answer)).has_value();
  check.unexpected += scored.grade != Grade::kCorrect && !marked;
}

}  // namespace

absl::StatusOr<RecordingCheck> CheckRecording(
    const std::string& path, const StandardEvaluator::AnswerGrader& grader) {
  StandardEvaluator evaluator("check");
  evaluator.SetGrader(grader);
  RecordingCheck check;
  RecordedFileSource source(path, RecordFormat::kReasonwatch);
  RW_RETURN_IF_ERROR(source.ForEach(
      [&](const Response& row) {
        Count(row, evaluator, check);
        return absl::OkStatus();
      },
      nullptr));
  return check;
}

std::string MixedLengths(const RecordingCheck& check) {
  if (check.counted == 0 || check.estimated == 0) return "";
  return absl::StrFormat(
      "the server counted the tokens of %d responses, and those of %d are "
      "estimated; the two are not comparable",
      check.counted, check.estimated);
}

std::string BrokenPassRate(const RecordingCheck& check) {
  if (check.asked < kFewest) return "";
  const double passed = Share(check.correct, check.asked);
  const double unexpected = Share(check.unexpected, check.asked);
  if (passed >= kHopeless && (passed >= kPoor || unexpected < .5)) return "";
  return absl::StrFormat(
      "only %.0f %% of %d answers are right; %.0f %% have an answer in no form "
      "that is known, and %.0f %% were cut at the token limit",
      100 * passed, check.asked, 100 * unexpected,
      100 * Share(check.cut, check.asked));
}

}  // namespace reasonwatch
