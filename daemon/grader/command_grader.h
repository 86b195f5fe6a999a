// A grader of the operator's own: a command that reads one JSON object a line
// and answers with one.
//
//   in   {"problem_id", "gold", "answer", "answer_kind"}
//   out  {"grade": "correct" | "incorrect" | "ungradable"}
//
// The command runs in a process group of its own with limits on processor time,
// memory and open files, without new privileges, without our file descriptors
// and environment, and dies with us. It is asked by commands, never
// by the worker that judges live traffic: a slow grader must not slow that.
#ifndef REASONWATCH_DAEMON_GRADER_COMMAND_GRADER_H_
#define REASONWATCH_DAEMON_GRADER_COMMAND_GRADER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "core/response.h"
#include "core/scored.h"

namespace reasonwatch {

struct CommandGraderOptions {
  std::string command;                        // for /bin/sh -c
  absl::Duration timeout = absl::Seconds(5);  // of one answer
  int64_t cpu_seconds = 600;                  // of the process
  int64_t memory_bytes = int64_t{1} << 30;    // address space
  int32_t restarts = 8;  // after a crash or a timeout, in all
};

// Thread-safe; one answer at a time.
class CommandGrader {
 public:
  explicit CommandGrader(CommandGraderOptions options);
  ~CommandGrader();  // kills the process group
  CommandGrader(const CommandGrader&) = delete;
  CommandGrader& operator=(const CommandGrader&) = delete;

  // DeadlineExceeded: no answer in time. Unavailable: the process ended or
  // can't be started. InvalidArgument: what it wrote is no grade.
  // ResourceExhausted: it was restarted too often and stays off. The process is
  // stopped after each of these, as a late answer would be taken for the next.
  absl::StatusOr<Grade> Ask(std::string_view problem_id, AnswerKind kind,
                            std::string_view gold, std::string_view answer);

 private:
  absl::Status Start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Stop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::string> Exchange(const std::string& line)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CommandGraderOptions options_;
  Mutex mutex_;
  pid_t pid_ ABSL_GUARDED_BY(mutex_) = -1;
  int in_ ABSL_GUARDED_BY(mutex_) = -1;   // to the process
  int out_ ABSL_GUARDED_BY(mutex_) = -1;  // from it
  int32_t starts_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_GRADER_COMMAND_GRADER_H_
