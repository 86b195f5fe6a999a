// SPDX-License-Identifier: Apache-2.0
// The operator's own grader beside live traffic: a bounded queue and a thread
// that asks the command. Nothing that offers a question ever waits.
//
// A question that the command does not answer is ungradable, and never graded
// by the built-in grader in its place: the two differ on some answers, so a
// grader that dies would look like a model that has changed.
#ifndef REASONWATCH_ANSWERS_COMMAND_LIVE_GRADER_H_
#define REASONWATCH_ANSWERS_COMMAND_LIVE_GRADER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "answers/command/command_grader.h"
#include "util/mutex.h"

namespace reasonwatch {

struct LiveGraderOptions {
  CommandGraderOptions command;
  int64_t records = 1024;  // that wait
  int64_t bytes = int64_t{16} << 20;
  // Called by the thread with each failure, which never holds a text. May be
  // null.
  std::function<void(const absl::Status&)> on_failure;
};

class LiveGrader {
 public:
  explicit LiveGrader(LiveGraderOptions options);
  ~LiveGrader();  // Stop()
  LiveGrader(const LiveGrader&) = delete;
  LiveGrader& operator=(const LiveGrader&) = delete;

  // ResourceExhausted: no thread is to be had.
  absl::Status Start();

  // Thread-safe; never waits. `done` is called once by the grader's thread, and
  // must not wait; never after Stop(). False: the queue is full, and it won't
  // be called.
  bool Offer(GradingQuestion question, std::function<void(Grade)> done);

  // From the offer on, an answer has come or never will; whoever waits longer
  // has met a thread that hangs in the kernel.
  absl::Duration longest_wait() const {
    return 2 * options_.command.timeout + absl::Seconds(1);
  }

  // Ends the process and the thread, and drops the questions that wait.
  // Idempotent.
  void Stop();

  // Number of answers by their outcome: graded, timeout, ended, garbage,
  // resting, stale (waited for longer than one may take), queue_full.
  std::map<std::string, int64_t> Answers() const;
  int64_t starts() const { return command_.starts(); }

 private:
  struct Waiting {
    GradingQuestion question;
    std::function<void(Grade)> done;
    absl::Time offered;
    int64_t bytes = 0;
  };
  void Run();
  void Count(std::string_view result);

  const LiveGraderOptions options_;
  CommandGrader command_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, int64_t> answers_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// The outcome that a status of Ask() is counted as; "graded" if it is OK.
std::string_view GradingResultName(const absl::Status& status);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_COMMAND_LIVE_GRADER_H_
