// SPDX-License-Identifier: Apache-2.0
#include "answers/command/command_grader.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "absl/time/clock.h"

namespace reasonwatch {
namespace {

CommandGraderOptions Options(std::string command) {
  CommandGraderOptions options;
  options.command = std::move(command);
  options.timeout = absl::Seconds(10);
  return options;
}

absl::StatusOr<Grade> Ask(CommandGrader& grader, const std::string& answer) {
  return grader.Ask("p1", AnswerKind::kNumber, "42", answer);
}

TEST(CommandGrader, AsksTheSameProcessLineByLine) {
  CommandGrader grader(
      Options("n=0; while read -r line; do n=$((n+1)); case \"$line\" in "
              "*'\"answer\":\"42\"'*) echo '{\"grade\":\"correct\"}';; "
              "*) [ $n -ge 3 ] && echo '{\"grade\":\"ungradable\"}' || "
              "echo '{\"grade\":\"incorrect\"}';; esac; done"));
  EXPECT_EQ(*Ask(grader, "42"), Grade::kCorrect);
  EXPECT_EQ(*Ask(grader, "41"), Grade::kIncorrect);
  EXPECT_EQ(*Ask(grader, "41"), Grade::kUngradable);
}

TEST(CommandGrader, TellsApartWhatWentWrong) {
  CommandGrader gone(Options("exit 3"));
  EXPECT_TRUE(absl::IsUnavailable(Ask(gone, "42").status()));
  CommandGrader missing(Options("/no/such/grader"));
  EXPECT_TRUE(absl::IsUnavailable(Ask(missing, "42").status()));
  CommandGrader chatty(Options("while read -r l; do echo well; done"));
  EXPECT_TRUE(absl::IsInvalidArgument(Ask(chatty, "42").status()));
  CommandGrader twice(Options("read -r l; printf '{}\\n{}\\n'; sleep 60"));
  EXPECT_TRUE(absl::IsInvalidArgument(Ask(twice, "42").status()));
  CommandGrader endless(Options("read -r l; yes | tr -d '\\n'"));
  EXPECT_TRUE(absl::IsInvalidArgument(Ask(endless, "42").status()));
}

// A stale line would be taken for the answer to the next question.
TEST(CommandGrader, TakesNoAnswerToAnotherQuestion) {
  CommandGrader late(
      Options("read -r l; echo '{\"grade\":\"correct\"}'; sleep 0.2; "
              "echo '{\"grade\":\"correct\"}'; sleep 60"));
  EXPECT_TRUE(Ask(late, "42").ok());
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_TRUE(absl::IsInvalidArgument(Ask(late, "41").status()));
  // More than a socket holds, and the command reads none of it.
  CommandGrader hasty(
      Options("head -c 1 > /dev/null; echo '{\"grade\":\"correct\"}'; "
              "sleep 60"));
  EXPECT_TRUE(
      absl::IsInvalidArgument(Ask(hasty, std::string(8 << 20, 'x')).status()));
}

TEST(CommandGrader, IsCancelledFromAnotherThread) {
  CommandGraderOptions options = Options("sleep 600");
  options.timeout = absl::Seconds(60);
  CommandGrader grader(options);
  const absl::Time began = absl::Now();
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(100));
    grader.Cancel();
  });
  EXPECT_TRUE(absl::IsCancelled(Ask(grader, "42").status()));
  EXPECT_LT(absl::Now() - began, absl::Seconds(10));
  EXPECT_TRUE(absl::IsCancelled(Ask(grader, "42").status()));
  other.join();
}

TEST(CommandGrader, StopsASlowOneAndStartsItAgainAFewTimes) {
  CommandGraderOptions options = Options("sleep 600");
  options.timeout = absl::Milliseconds(50);
  options.restarts = 2;
  CommandGrader grader(options);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(absl::IsDeadlineExceeded(Ask(grader, "42").status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Ask(grader, "42").status()));
}

TEST(CommandGrader, RunsUnderLimitsAndWithoutOurEnvironment) {
  setenv("REASONWATCH_SECRET", "key", 1);
  CommandGraderOptions options = Options(
      "read -r l; [ -z \"$REASONWATCH_SECRET\" ] && [ \"$(ulimit -n)\" = 64 ] "
      "&& [ \"$(ulimit -v)\" = 262144 ] && [ \"$(ulimit -t)\" = 7 ] && "
      "echo '{\"grade\":\"correct\"}'");
  options.memory_bytes = int64_t{256} << 20;
  options.cpu_seconds = 7;
  CommandGrader grader(options);
  const auto grade = Ask(grader, "42");
  ASSERT_TRUE(grade.ok()) << grade.status();
  EXPECT_EQ(*grade, Grade::kCorrect);
}

TEST(CommandGrader, SendsLargeAndHostileAnswers) {
  CommandGrader grader(
      Options("while read -r line; do echo '{\"grade\":\"incorrect\"}'; done"));
  EXPECT_EQ(*Ask(grader, std::string(1 << 20, 'x')), Grade::kIncorrect);
  EXPECT_EQ(*Ask(grader, "a\nb\xff\"\\"), Grade::kIncorrect);
}

}  // namespace
}  // namespace reasonwatch
