// SPDX-License-Identifier: Apache-2.0
#include "answers/command/live_grader.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/types.h>

#include <csignal>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace reasonwatch {
namespace {

bool WaitFor(const std::function<bool()>& condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > limit) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

// A grader with all that it was answered.
struct Rig {
  explicit Rig(const std::string& command,
               absl::Duration timeout = absl::Seconds(10), int64_t records = 64)
      : grader(Options(command, timeout, records)) {
    EXPECT_TRUE(grader.Start().ok());
  }
  LiveGraderOptions Options(const std::string& command, absl::Duration timeout,
                            int64_t records) {
    LiveGraderOptions options;
    options.command.command = command;
    options.command.timeout = timeout;
    options.command.restarts = -1;
    options.command.first_rest = absl::Seconds(1);
    options.records = records;
    options.on_failure = [this](const absl::Status& why) {
      MutexLock lock(mutex);
      failures.push_back(why);
    };
    return options;
  }
  bool Offer(const std::string& answer) {
    return grader.Offer({"p", AnswerKind::kNumber, "42", answer},
                        [this](Grade grade) {
                          MutexLock lock(mutex);
                          grades.push_back(grade);
                        });
  }
  std::vector<Grade> Grades() {
    MutexLock lock(mutex);
    return grades;
  }
  // The next grade that comes.
  Grade Ask(const std::string& answer) {
    const size_t before = Grades().size();
    EXPECT_TRUE(Offer(answer));
    EXPECT_TRUE(WaitFor([&] { return Grades().size() > before; }));
    return Grades().back();
  }
  int64_t Count(const std::string& result) {
    return grader.Answers().at(result);
  }

  Mutex mutex;
  std::vector<Grade> grades;
  std::vector<absl::Status> failures;
  LiveGrader grader;
};

constexpr char kGood[] =
    "while read -r l; do case \"$l\" in *'\"answer\":\"42\"'*) "
    "echo '{\"grade\":\"correct\"}';; *die*) kill -9 $$;; "
    "*hang*) sleep 600;; *noise*) echo 'well, yes';; "
    "*) echo '{\"grade\":\"incorrect\"}';; esac; done";

TEST(LiveGrader, AnswersInTheOrderOfTheOffers) {
  Rig rig(kGood);
  for (const char* answer : {"42", "41", "42"}) EXPECT_TRUE(rig.Offer(answer));
  ASSERT_TRUE(WaitFor([&] { return rig.Grades().size() == 3; }));
  EXPECT_EQ(rig.Grades(),
            (std::vector<Grade>{Grade::kCorrect, Grade::kIncorrect,
                                Grade::kCorrect}));
  EXPECT_EQ(rig.Count("graded"), 3);
  EXPECT_EQ(rig.grader.starts(), 1);
}

TEST(LiveGrader, WhatItFailsOnIsUngradableAndCountedAndItStartsAgain) {
  Rig rig(kGood, absl::Milliseconds(500));
  EXPECT_EQ(rig.Ask("42"), Grade::kCorrect);
  EXPECT_EQ(rig.Ask("hang"), Grade::kUngradable);
  EXPECT_EQ(rig.Ask("42"), Grade::kCorrect);
  EXPECT_EQ(rig.Ask("noise"), Grade::kUngradable);
  EXPECT_EQ(rig.Ask("42"), Grade::kCorrect);
  // Asked again on a fresh process, which the answer kills too.
  EXPECT_EQ(rig.Ask("die"), Grade::kUngradable);
  EXPECT_EQ(rig.Ask("42"), Grade::kCorrect);
  EXPECT_EQ(rig.Count("graded"), 4);
  EXPECT_EQ(rig.Count("timeout"), 1);
  EXPECT_EQ(rig.Count("garbage"), 1);
  EXPECT_EQ(rig.Count("ended"), 1);
  EXPECT_EQ(rig.grader.starts(), 5);
  MutexLock lock(rig.mutex);
  EXPECT_EQ(rig.failures.size(), 3u);
}

TEST(LiveGrader, OneThatEndsBetweenAnswersCostsNone) {
  Rig rig("read -r l; echo '{\"grade\":\"correct\"}'");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.Ask("42"), Grade::kCorrect);
  EXPECT_EQ(rig.Count("graded"), 3);
  EXPECT_EQ(rig.Count("ended"), 0);
  EXPECT_EQ(rig.grader.starts(), 3);
}

TEST(LiveGrader, RestsAfterFailuresInARow) {
  Rig rig("exit 1");
  EXPECT_EQ(rig.Ask("1"), Grade::kUngradable);
  EXPECT_EQ(rig.Ask("1"), Grade::kUngradable);
  EXPECT_EQ(rig.Count("ended"), 2);
  // Left alone now: the answers go by at once, and no process is started.
  EXPECT_EQ(rig.Ask("1"), Grade::kUngradable);
  EXPECT_EQ(rig.Count("resting"), 1);
  EXPECT_EQ(rig.grader.starts(), 2);
  absl::SleepFor(absl::Milliseconds(1200));
  EXPECT_EQ(rig.Ask("1"), Grade::kUngradable);
  EXPECT_EQ(rig.Count("ended"), 3);
}

TEST(LiveGrader, AFullQueueRefusesAndWhatWaitedTooLongIsNotAsked) {
  Rig rig("sleep 600", absl::Milliseconds(300), /*records=*/3);
  EXPECT_TRUE(rig.Offer("1"));
  int refused = 0;
  for (int i = 0; i < 10; ++i) refused += !rig.Offer("1");
  EXPECT_GE(refused, 6);
  EXPECT_EQ(rig.Count("queue_full"), refused);
  ASSERT_TRUE(WaitFor([&] {
    return rig.Grades().size() == static_cast<size_t>(11 - refused);
  }));
  EXPECT_GE(rig.Count("stale"), 1);
  for (Grade grade : rig.Grades()) EXPECT_EQ(grade, Grade::kUngradable);
}

TEST(LiveGrader, EndsAtOnceWhateverTheCommandDoes) {
  Rig rig("sleep 600", absl::Seconds(60));
  EXPECT_TRUE(rig.Offer("1"));
  EXPECT_TRUE(WaitFor([&] { return rig.grader.starts() == 1; }));
  const absl::Time began = absl::Now();
  rig.grader.Stop();
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));
  EXPECT_FALSE(rig.Offer("1"));
  EXPECT_TRUE(rig.Grades().empty());
}

// The one way in which the start fails: the system gives no thread.
TEST(LiveGrader, AStartWithoutAThreadIsAnError) {
  pthread_attr_t usual, huge;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_attr_init(&huge), 0);
  constexpr size_t kNoMachineHas = size_t{1} << 50;
  if (pthread_attr_setstacksize(&huge, kNoMachineHas) != 0 ||
      pthread_setattr_default_np(&huge) != 0)
    GTEST_SKIP() << "the C library refuses such a stack";
  LiveGraderOptions options;
  options.command.command = "cat";
  LiveGrader grader(std::move(options));
  const absl::Status status = grader.Start();
  pthread_setattr_default_np(&usual);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_NE(status.message().find("the grader's thread"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace reasonwatch
