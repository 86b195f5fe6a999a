// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/log.h"

#include <gtest/gtest.h>

#include <string>

namespace reasonwatch {
namespace {

TEST(Logfmt, QuotesWhatASpaceOrAnEqualsSignWouldCut) {
  EXPECT_EQ(Logfmt("ready", {}), "event=ready");
  EXPECT_EQ(Logfmt("x", {{"a", "plain-1/2"},
                         {"b", "two words"},
                         {"c", ""},
                         {"d", "k=v"},
                         {"e", "say \"no\" \\ yes"}}),
            "event=x a=plain-1/2 b=\"two words\" c=\"\" d=\"k=v\" "
            "e=\"say \\\"no\\\" \\\\ yes\"");
}

TEST(Logfmt, KeepsOneEventInOneLineWithoutControlCharacters) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  for (const std::string& value :
       {std::string("a\nevent=forged"), std::string("\x1b[31mred"),
        std::string("\x01"), std::string("del\x7f"), all}) {
    for (char c : Logfmt("x", {{"model", value}})) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20);
      EXPECT_NE(c, 0x7f);
    }
  }
  EXPECT_EQ(Logfmt("x", {{"model", "a\nevent=forged"}}),
            "event=x model=\"a event=forged\"");
}

TEST(Logfmt, CutsLongValues) {
  EXPECT_LT(Logfmt("x", {{"error", std::string(100000, 'e')}}).size(), 600u);
}

TEST(StartLog, RefusesLevelsItDoesNotKnow) {
  EXPECT_TRUE(StartLog("debug").ok());
  EXPECT_TRUE(StartLog("info").ok());
  const absl::Status status = StartLog("loud");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("loud"), std::string::npos);
}

}  // namespace
}  // namespace reasonwatch
