// `reasonwatch compare`: two recordings of the same problems, pair by pair.
//
// A problem is known by its id, else by its prompt; several responses to one
// are averaged first, so that a problem counts once however often it was asked.
//   lengths  geometric mean of the ratios, Student's t interval of log2
//   markers  exact McNemar test over the problems whose share moved, by Holm
//   grades   difference of pass rates, interval of Bonett and Price (2012),
//            exact McNemar test
#ifndef REASONWATCH_DAEMON_COMMANDS_COMPARE_H_
#define REASONWATCH_DAEMON_COMMANDS_COMPARE_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/response.h"
#include "daemon/pipeline/standard_evaluator.h"

namespace reasonwatch {

enum class CompareVerdict : uint8_t {
  kNoChange,      // nothing moved by more than chance and the floors allow
  kNotRegressed,  // something did, and it is not for the worse
  kRegressed
};
// "no_change", "not_regressed", "regressed".
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

struct CompareOptions {
  double min_drop = .02;  // of the pass rate that is a regression
  // In place of the built-in grader; may be null.
  StandardEvaluator::AnswerGrader grader{};
};

struct CompareReport {
  int64_t rows_a = 0, rows_b = 0;
  int64_t bad_lines = 0;
  int64_t pairs = 0;               // problems in both
  int64_t only_a = 0, only_b = 0;  // problems in one of them
  std::vector<PairedChange> changes;
  CompareVerdict verdict = CompareVerdict::kNoChange;
  std::string reason;  // one sentence
};

// InvalidArgument where under 8 problems are in both.
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
// One test case a quantity, a failure for each that is worse.
std::string CompareJunit(const CompareReport& report);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_COMPARE_H_
