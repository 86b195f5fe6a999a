// SPDX-License-Identifier: Apache-2.0
// `reasonwatch compare`: two recordings of the same problems, pair by pair.
//
// A problem is known by its id, else by its prompt; several responses to one
// are averaged first, so that a problem counts once however often it was asked.
//   lengths  geometric mean of the ratios, Student's t interval of log2
//   markers  exact McNemar test over the problems whose share moved, by Holm
//   grades   difference of pass rates, interval of Bonett and Price (2012),
//            exact McNemar test
#ifndef REASONWATCH_DAEMON_RECORDINGS_COMPARE_H_
#define REASONWATCH_DAEMON_RECORDINGS_COMPARE_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/response.h"
#include "daemon/recordings/recording_source.h"
#include "evaluator/standard_evaluator.h"

namespace reasonwatch {

enum class CompareVerdict : uint8_t {
  kNoChange,      // nothing moved by more than chance and the floors allow
  kNotRegressed,  // something did, and it is not for the worse
  kRegressed,
  kCannotTell  // B has fewer answers to judge than A, or none
};
// "no_change", "not_regressed", "regressed", "cannot_tell".
std::string_view CompareVerdictName(CompareVerdict verdict);

// One paired quantity.
struct PairedChange {
  std::string name;  // "pass_rate", "output_tokens", or a marker's reading
  std::string unit;  // "points" (difference of rates) or "ratio"
  int64_t pairs = 0;
  double before = 0;  // mean rate, or geometric mean of tokens
  double after = 0;
  double change = 0;  // unit
  double low = 0;     // 95 % interval
  double high = 0;
  double p = 1;          // two-sided
  bool notable = false;  // past chance (1 %) and past the floor
  bool worse = false;    // counts for the verdict `regressed`
};

// A problem whose grades differ: a response of each side, with what came of all
// of them.
struct ChangedProblem {
  std::string problem;  // its id, else the digest of its prompt
  struct Side {
    int64_t answers = 0, graded = 0, correct = 0;
    std::string answer;  // the final answer, else the response's end; short
  };
  Side a, b;
};

struct CompareOptions {
  double min_drop = .02;  // of the pass rate that is a regression
  // Answers that B may grade fewer than A and still be judged.
  int64_t max_ungraded = 0;
  // In place of the built-in grader; may be null.
  StandardEvaluator::AnswerGrader grader{};
  RecordFormat from = RecordFormat::kReasonwatch;  // of both files
  OnRows on_rows{};  // while rows are read and compared; may be null
};

struct CompareReport {
  int64_t rows_a = 0, rows_b = 0;
  int64_t bad_lines = 0;
  int64_t pairs = 0;                       // problems in both
  int64_t only_a = 0, only_b = 0;          // problems in one of them
  int64_t graded_a = 0, graded_b = 0;      // answers that were graded
  int64_t answered_a = 0, answered_b = 0;  // responses with any text
  // The smallest fall of the pass rate that pairs as many as these could have
  // shown, if no problem had risen; nothing = none at all.
  std::optional<double> smallest_loss;
  std::vector<PairedChange> changes;
  // Falls first, then those that only one side graded, then rises; by problem.
  std::vector<ChangedProblem> problems;
  CompareVerdict verdict = CompareVerdict::kNoChange;
  std::string reason;  // one sentence
};

// FailedPrecondition if fewer than 8 problems are in both.
absl::StatusOr<CompareReport> CompareResponses(const std::vector<Response>& a,
                                               const std::vector<Response>& b,
                                               const CompareOptions& options);

// Reads both files; bad lines go to `messages` with their number.
absl::StatusOr<CompareReport> CompareFiles(const std::string& a,
                                           const std::string& b,
                                           const CompareOptions& options,
                                           std::ostream& messages);

std::string CompareText(const CompareReport& report);
std::string CompareJson(const CompareReport& report);
// One test case a quantity, a failure for each that is worse, an error if it
// can't be told.
std::string CompareJunit(const CompareReport& report);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_COMPARE_H_
