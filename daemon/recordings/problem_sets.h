// SPDX-License-Identifier: Apache-2.0
// Problem sets as they are published, to problems of the baseline.
//
//   gsm8k   {"question", "answer": "... #### 42"}
//   math    {"problem", "answer", "unique_id"?}            (MATH-500)
//   aime    {"problem" | "question", "answer", "id"?}, or CSV with these
//   choice  {"question", "options" | "choices", "answer"}  (MMLU and the like):
//           options as a list, an object by letter, or {"label", "text"};
//           answer as a letter, as an index from 0 or as the option's text
//   csv     a header with prompt | question | problem and answer; id and
//           answer_kind if there are any
//   export  the output of `baseline export`
// Each takes `family`, else `subject` or `category`, if it is there.
// Keys are looked up without regard to case.
#ifndef REASONWATCH_DAEMON_RECORDINGS_PROBLEM_SETS_H_
#define REASONWATCH_DAEMON_RECORDINGS_PROBLEM_SETS_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

enum class BaselineFormat : uint8_t {
  kAuto,
  kResponses,  // recorded responses
  kOpenAiBatch,
  kLiteLlm,
  kGsm8k,
  kMath,
  kAime,
  kChoice,
  kCsv,
  kExport
};
// Responses, of which each also teaches the reference; no problem set.
constexpr bool HoldsResponses(BaselineFormat format) {
  return format == BaselineFormat::kResponses ||
         format == BaselineFormat::kOpenAiBatch ||
         format == BaselineFormat::kLiteLlm;
}
// InvalidArgument names the known ones.
absl::StatusOr<BaselineFormat> ParseBaselineFormat(std::string_view name);
std::string_view BaselineFormatName(BaselineFormat format);

// By the first line that is not empty; InvalidArgument if it fits none.
absl::StatusOr<BaselineFormat> GuessBaselineFormat(std::string_view line);

// Reads problem after problem. Not thread-safe.
class ProblemReader {
 public:
  // `format` is neither kAuto nor one of responses; kAime reads both of its
  // forms.
  static std::unique_ptr<ProblemReader> Make(BaselineFormat format,
                                             std::istream& in);
  virtual ~ProblemReader() = default;
  // False at the end. InvalidArgument: this one can't be understood, the next
  // call goes on behind it; DataLoss: the rest can't be read. Digest and model
  // are left to the caller; regimes are set for kExport only.
  virtual absl::StatusOr<bool> Next(std::vector<ImportedProblem>& problem) = 0;
  // Line at which the latest one began, from 1.
  virtual int64_t line() const = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_PROBLEM_SETS_H_
