// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/exit_status.h"

#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

TEST(ExitStatus, FollowsTheError) {
  EXPECT_EQ(ExitStatusOf(absl::OkStatus()), ExitStatus::kDone);
  EXPECT_EQ(ExitStatusOf(absl::NotFoundError("")), ExitStatus::kUnreadable);
  EXPECT_EQ(ExitStatusOf(absl::InvalidArgumentError("")),
            ExitStatus::kUnreadable);
  EXPECT_EQ(ExitStatusOf(absl::DataLossError("")), ExitStatus::kUnreadable);
  EXPECT_EQ(ExitStatusOf(absl::UnavailableError("")), ExitStatus::kCannotTell);
  EXPECT_EQ(ExitStatusOf(absl::FailedPreconditionError("")),
            ExitStatus::kCannotTell);
  EXPECT_EQ(ExitStatusOf(absl::DeadlineExceededError("")),
            ExitStatus::kCannotTell);
  EXPECT_EQ(ExitStatusOf(absl::InternalError("")), ExitStatus::kInternal);
  EXPECT_EQ(ExitStatusOf(absl::UnknownError("")), ExitStatus::kInternal);
}

TEST(ExitStatus, UsageIsToldFromAnInputThatCannotBeRead) {
  const absl::Status usage = UsageError("--in and --out are the same file");
  EXPECT_EQ(usage.message(), "--in and --out are the same file");
  EXPECT_EQ(ExitStatusOf(usage), ExitStatus::kUsage);
}

TEST(ExitStatus, NumbersAreThoseThatScriptsRelyOn) {
  EXPECT_EQ(static_cast<int>(ExitStatus::kDone), 0);
  EXPECT_EQ(static_cast<int>(ExitStatus::kWorse), 1);
  EXPECT_EQ(static_cast<int>(ExitStatus::kReplayFailed), 1);
  EXPECT_EQ(static_cast<int>(ExitStatus::kCannotTell), 2);
  EXPECT_EQ(static_cast<int>(ExitStatus::kUnreadable), 3);
  EXPECT_EQ(static_cast<int>(ExitStatus::kUsage), 64);
  EXPECT_EQ(static_cast<int>(ExitStatus::kInternal), 70);
}

}  // namespace
}  // namespace reasonwatch
