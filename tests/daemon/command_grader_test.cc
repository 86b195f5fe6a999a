#include "daemon/grader/command_grader.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

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

class CommandGraderTest : public testing::Test {
 protected:
  // As the daemon does at its start.
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

TEST_F(CommandGraderTest, AsksTheSameProcessLineByLine) {
  CommandGrader grader(
      Options("n=0; while read -r line; do n=$((n+1)); case \"$line\" in "
              "*'\"answer\":\"42\"'*) echo '{\"grade\":\"correct\"}';; "
              "*) [ $n -ge 3 ] && echo '{\"grade\":\"ungradable\"}' || "
              "echo '{\"grade\":\"incorrect\"}';; esac; done"));
  EXPECT_EQ(*Ask(grader, "42"), Grade::kCorrect);
  EXPECT_EQ(*Ask(grader, "41"), Grade::kIncorrect);
  EXPECT_EQ(*Ask(grader, "41"), Grade::kUngradable);
}

TEST_F(CommandGraderTest, TellsApartWhatWentWrong) {
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

TEST_F(CommandGraderTest, StopsASlowOneAndStartsItAgainAFewTimes) {
  CommandGraderOptions options = Options("sleep 600");
  options.timeout = absl::Milliseconds(50);
  options.restarts = 2;
  CommandGrader grader(options);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(absl::IsDeadlineExceeded(Ask(grader, "42").status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Ask(grader, "42").status()));
}

TEST_F(CommandGraderTest, RunsUnderLimitsAndWithoutOurEnvironment) {
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

TEST_F(CommandGraderTest, SendsLargeAndHostileAnswers) {
  CommandGrader grader(
      Options("while read -r line; do echo '{\"grade\":\"incorrect\"}'; done"));
  EXPECT_EQ(*Ask(grader, std::string(1 << 20, 'x')), Grade::kIncorrect);
  EXPECT_EQ(*Ask(grader, "a\nb\xff\"\\"), Grade::kIncorrect);
}

}  // namespace
}  // namespace reasonwatch
