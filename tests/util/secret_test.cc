// SPDX-License-Identifier: Apache-2.0
#include "util/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SecretTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(std::string_view text) {
    const std::string path = folder_ + "/secret";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  const std::string folder_ =
      ::testing::TempDir() + "rw-secret-" + std::to_string(::getpid());
};

TEST_F(SecretTest, DropsTheLineEndsBehindItAndNothingElse) {
  EXPECT_EQ(*ReadSecret(Write("key")), "key");
  EXPECT_EQ(*ReadSecret(Write("key\n")), "key");
  EXPECT_EQ(*ReadSecret(Write("key\r\n")), "key");
  EXPECT_EQ(*ReadSecret(Write(" a\nb \n")), " a\nb ");
}

TEST_F(SecretTest, TheErrorNamesTheFileAndTheReason) {
  const auto absent = ReadSecret(folder_ + "/absent").status();
  EXPECT_EQ(absent.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(absent.message()), HasSubstr("/absent"));
  const auto in_folder = ReadSecret(folder_).status();
  EXPECT_EQ(in_folder.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(in_folder.message()), HasSubstr("folder"));
  for (const char* nothing : {"", "\n", "\r\n\n"}) {
    const std::string path = Write(nothing);
    const auto empty = ReadSecret(path).status();
    EXPECT_EQ(empty.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(empty.message()), HasSubstr(path));
    EXPECT_THAT(std::string(empty.message()), HasSubstr("empty"));
  }
}

TEST_F(SecretTest, ReadsNoMoreThanTheBound) {
  EXPECT_TRUE(ReadSecret(Write(std::string(kMaxSecretBytes, 'k'))).ok());
  const auto longer =
      ReadSecret(Write(std::string(kMaxSecretBytes + 1, 'k'))).status();
  EXPECT_EQ(longer.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(longer.message()), Not(HasSubstr("kkk")));
  EXPECT_FALSE(ReadSecret("/dev/zero").ok());
}

TEST(SameSecret, ComparesAllBytes) {
  EXPECT_TRUE(SameSecret("", ""));
  EXPECT_TRUE(SameSecret("token", "token"));
  EXPECT_FALSE(SameSecret("token", "tokem"));
  EXPECT_FALSE(SameSecret("Token", "token"));
  EXPECT_FALSE(SameSecret("token", "token "));
  EXPECT_FALSE(SameSecret(std::string_view("a\0b", 3), "a"));
}

}  // namespace
}  // namespace reasonwatch
