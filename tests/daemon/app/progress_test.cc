// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <istream>
#include <sstream>

namespace reasonwatch {
namespace {

TEST(BarText, ShowsTheShareAndTheCounts) {
  EXPECT_EQ(BarText("lines", 12345, 50000),
            "[######...................] 12,345 of 50,000 lines");
  EXPECT_EQ(BarText("lines", 60000, 50000),
            "[#########################] 60,000 of 50,000 lines");
  EXPECT_EQ(BarText("rows read", 7, 0), "7 rows read");
}

TEST(Progress, IsSilentAwayFromATerminal) {
  std::ostringstream messages;
  {
    Progress progress(messages, /*on=*/false);
    EXPECT_TRUE(progress.Show("lines", 1, 2).ok());
  }
  EXPECT_EQ(messages.str(), "");
}

TEST(Progress, AnInterruptEndsTheWorkWithItsCounts) {
  std::ostringstream messages;
  Progress progress(messages, /*on=*/false);
  ASSERT_TRUE(progress.Show("lines", 1, 2000).ok());
  std::raise(SIGINT);
  const absl::Status status = progress.Show("lines", 1500, 2000);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(status.message(), "interrupted after 1,500 of 2,000 lines");
}

std::string ReadAll(std::istream& in) {
  std::string all;
  std::string line;
  while (std::getline(in, line)) all += line + "\n";
  return all;
}

TEST(LineMeter, HandsTheTextOn) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i) + "\n";
  std::istringstream from(text);
  std::ostringstream messages;
  Progress progress(messages, /*on=*/false);
  LineMeter meter(*from.rdbuf(), 3000, progress);
  std::istream in(&meter);
  EXPECT_EQ(ReadAll(in), text);
  EXPECT_TRUE(meter.status().ok());
}

TEST(LineMeter, AnInterruptCutsNoLine) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i) + "\n";
  std::istringstream from(text);
  std::ostringstream messages;
  Progress progress(messages, /*on=*/false);
  LineMeter meter(*from.rdbuf(), 3000, progress);
  std::istream in(&meter);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  std::raise(SIGTERM);
  const std::string rest = ReadAll(in);
  EXPECT_EQ(meter.status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(rest.size() + line.size() + 1, text.size());
  EXPECT_EQ(line + "\n" + rest, text.substr(0, line.size() + 1 + rest.size()));
  EXPECT_EQ(text[line.size() + rest.size()], '\n');
}

}  // namespace
}  // namespace reasonwatch
