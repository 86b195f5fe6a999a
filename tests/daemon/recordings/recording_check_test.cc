// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/recording_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "core/response.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

// Writes `count` responses to problems whose answer is 12 and checks them.
RecordingCheck Check(int count,
                     const std::function<void(int, Response&)>& edit) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("recording_check_test_" + std::to_string(getpid()));
  {
    std::ofstream out(path);
    for (int i = 0; i < count; ++i) {
      Response r;
      r.id = "r" + std::to_string(i);
      r.model = "m";
      r.prompt = "What is 3 times 4?";
      r.content = "The answer is 12.";
      r.problem = Problem{"p", "12", AnswerKind::kNumber, ""};
      edit(i, r);
      out << WriteRecorded(r) << "\n";
    }
  }
  const auto check = CheckRecording(path.string(), nullptr);
  std::filesystem::remove(path);
  EXPECT_TRUE(check.ok()) << check.status();
  return check.value_or(RecordingCheck());
}

TEST(RecordingCheck, FindsNothingInAHealthyRecording) {
  const RecordingCheck check = Check(50, [](int i, Response& r) {
    if (i % 3 == 0) r.content = "The answer is 13.";
  });
  EXPECT_EQ(check.asked, 50);
  EXPECT_EQ(check.correct, 33);
  EXPECT_EQ(BrokenPassRate(check), "");
  EXPECT_EQ(MixedLengths(check), "");
}

TEST(RecordingCheck, SaysThatAPassRateLooksBroken) {
  const RecordingCheck check = Check(50, [](int i, Response& r) {
    if (i > 0) r.content = "As an assistant I would rather not say so.";
  });
  EXPECT_EQ(check.unexpected, 49);
  EXPECT_THAT(BrokenPassRate(check),
              HasSubstr("only 2 % of 50 answers are right; 98 % have an answer "
                        "in no form that is known"));
}

TEST(RecordingCheck, AHardSetIsNotBroken) {
  // One in eight is right, and every answer says which it is.
  const RecordingCheck check = Check(48, [](int i, Response& r) {
    if (i % 8 != 0) r.content = "The answer is 13.";
  });
  EXPECT_EQ(BrokenPassRate(check), "");
}

TEST(RecordingCheck, FewAnswersShowNothing) {
  const RecordingCheck check =
      Check(10, [](int, Response& r) { r.content = "Who knows."; });
  EXPECT_EQ(BrokenPassRate(check), "");
}

TEST(RecordingCheck, CountedAndEstimatedLengthsAreNotMixed) {
  const auto counted = [](int i, Response& r) {
    if (i % 2 == 0) r.usage.output_tokens = 9;
  };
  EXPECT_THAT(MixedLengths(Check(6, counted)),
              HasSubstr("the tokens of 3 responses, and those of 3 are"));
  EXPECT_EQ(MixedLengths(
                Check(6, [](int, Response& r) { r.usage.output_tokens = 9; })),
            "");
}

}  // namespace
}  // namespace reasonwatch
