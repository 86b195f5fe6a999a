// SPDX-License-Identifier: Apache-2.0
// Is a recording fit to be the golden reference? It is learnt for good, so
// whatever looks broken is said before.
#ifndef REASONWATCH_DAEMON_RECORDINGS_RECORDING_CHECK_H_
#define REASONWATCH_DAEMON_RECORDINGS_RECORDING_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "evaluator/standard_evaluator.h"

namespace reasonwatch {

struct RecordingCheck {
  int64_t responses = 0;
  int64_t asked = 0;    // of them, those to a problem with an expected answer
  int64_t correct = 0;  // of `asked`
  int64_t unexpected = 0;  // of `asked`: no answer in any form that is known
  int64_t cut = 0;         // of `asked`: ended at the token limit
  int64_t counted = 0;     // lengths that the server counted
  int64_t estimated = 0;   // lengths that are estimated from the text
};

// Reads the recorded responses at `path`, grading as `grader` does (null = the
// built-in one). Errors as ReadRecordedFile().
absl::StatusOr<RecordingCheck> CheckRecording(
    const std::string& path, const StandardEvaluator::AnswerGrader& grader);

// Why the recording must not be learnt: counted and estimated lengths would be
// mixed. "" if they are not.
std::string MixedLengths(const RecordingCheck& check);

// Why its pass rate looks like a fault of the recording and not of the model:
// under 5 % of the answers are right, or under 20 % and most are in no form
// that is known. "" if it does not, or if fewer than 20 were asked.
std::string BrokenPassRate(const RecordingCheck& check);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_RECORDING_CHECK_H_
