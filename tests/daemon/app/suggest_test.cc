// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kNames = {"replay", "read", "baseline", "serve"};

TEST(Nearest, FindsTheFewestChangedLetters) {
  EXPECT_EQ(Nearest("repaly", kNames), "replay");
  EXPECT_EQ(Nearest("raed", kNames), "read");
  EXPECT_EQ(Nearest("server", kNames), "serve");
  EXPECT_EQ(Nearest("base", kNames), "baseline");  // its beginning
}

TEST(Nearest, IsNothingForAnotherWord) {
  EXPECT_EQ(Nearest("dashboard", kNames), "");
  EXPECT_EQ(Nearest("x", kNames), "");
  EXPECT_EQ(Nearest("", kNames), "");
}

class UnknownCommands : public ::testing::Test {
 protected:
  UnknownCommands() {
    app_.add_subcommand("serve", "")->add_option("--config", config_);
    app_.add_subcommand("baseline", "")->add_subcommand("import", "");
  }
  CLI::App app_;
  std::string config_;
};

TEST_F(UnknownCommands, AreNamedWithTheNearestOnEachLevel) {
  EXPECT_THAT(UnknownCommand(app_, {"sreve"}),
              HasSubstr("the nearest is 'reasonwatch serve'"));
  EXPECT_THAT(UnknownCommand(app_, {"baseline", "imprt"}),
              HasSubstr("the nearest is 'reasonwatch baseline import'"));
  EXPECT_THAT(UnknownCommand(app_, {"dashboard"}),
              HasSubstr("there are serve, baseline"));
}

TEST_F(UnknownCommands, KnownOnesAndOptionsAreNotTouched) {
  EXPECT_EQ(UnknownCommand(app_, {"serve", "--config", "sreve"}), "");
  EXPECT_EQ(UnknownCommand(app_, {"serve", "other"}), "");
  EXPECT_EQ(UnknownCommand(app_, {"baseline", "--help"}), "");
  EXPECT_EQ(UnknownCommand(app_, {"--version"}), "");
  EXPECT_EQ(UnknownCommand(app_, {}), "");
}

}  // namespace
}  // namespace reasonwatch
