// SPDX-License-Identifier: Apache-2.0
// A grader of the operator's own: a command that reads one JSON object a line
// and answers with one.
//
//   in   {"problem_id", "gold", "answer", "answer_kind"}
//   out  {"grade": "correct" | "incorrect" | "ungradable"}
//
// The command runs in a process group of its own with limits on processor time,
// memory and open files, without new privileges, without our file descriptors
// and environment, and dies with the thread that started it. Ask() waits, so
// live traffic goes through live_grader.h.
#ifndef REASONWATCH_ANSWERS_COMMAND_COMMAND_GRADER_H_
#define REASONWATCH_ANSWERS_COMMAND_COMMAND_GRADER_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/grade.h"
#include "core/problem.h"
#include "util/mutex.h"

namespace reasonwatch {

struct CommandGraderOptions {
  std::string command;                        // for /bin/sh -c
  absl::Duration timeout = absl::Seconds(5);  // of one answer
  int64_t cpu_seconds = 600;                  // of one process, in all
  int64_t memory_bytes = int64_t{1} << 30;    // address space
  // After a crash or a timeout, in all; < 0: without end.
  int32_t restarts = 8;
  // From the second failure in a row on it is left alone for this long, twice
  // as long after each further one, until it answers again.
  absl::Duration first_rest = absl::ZeroDuration();
  absl::Duration longest_rest = absl::Minutes(5);
};

// A question to a grader. Holds text of a response, so it is dropped as soon as
// it is answered.
struct GradingQuestion {
  std::string problem_id;
  AnswerKind kind = AnswerKind::kUnknown;
  std::string gold;    // "" = nothing is asked
  std::string answer;  // at most its last kMaxAskedBytes
};
// The end of an answer holds its result.
inline constexpr size_t kMaxAskedBytes = 64 << 10;

// Thread-safe; one answer at a time.
class CommandGrader {
 public:
  explicit CommandGrader(CommandGraderOptions options);
  ~CommandGrader();  // kills the process group
  CommandGrader(const CommandGrader&) = delete;
  CommandGrader& operator=(const CommandGrader&) = delete;

  // DeadlineExceeded: no answer in time. Unavailable: the process ended or
  // can't be started. InvalidArgument: it wrote something else than a grade.
  // ResourceExhausted: it rests, or was restarted too often and stays off.
  // Cancelled: Cancel() was called. The process is stopped after each of these,
  // as a late answer would be taken for the next. One that ended after an
  // earlier answer is started anew and asked once more.
  absl::StatusOr<Grade> Ask(std::string_view problem_id, AnswerKind kind,
                            std::string_view gold, std::string_view answer);

  // Ends an Ask() under way within 100 ms, and refuses later ones.
  void Cancel() { cancelled_ = true; }
  // Processes that were started.
  int64_t starts() const { return starts_; }

 private:
  absl::Status Start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Stop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Grade> AskOnce(const std::string& line, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::string> Exchange(const std::string& line,
                                       absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CommandGraderOptions options_;
  Mutex mutex_;
  pid_t pid_ ABSL_GUARDED_BY(mutex_) = -1;
  int in_ ABSL_GUARDED_BY(mutex_) = -1;                // to the process
  int out_ ABSL_GUARDED_BY(mutex_) = -1;               // from it
  bool has_answered_ ABSL_GUARDED_BY(mutex_) = false;  // this process
  int32_t failures_ ABSL_GUARDED_BY(mutex_) = 0;       // in a row
  absl::Time not_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::atomic<int64_t> starts_ = 0;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_COMMAND_COMMAND_GRADER_H_
