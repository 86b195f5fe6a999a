// SPDX-License-Identifier: Apache-2.0
#include "util/ascii.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "util/utf8.h"

namespace reasonwatch {
namespace {

template <typename Class>
std::string All(Class is) {
  std::string all;
  for (int u = 0; u < 256; ++u)
    if (is(static_cast<char>(u))) all += static_cast<char>(u);
  return all;
}

TEST(Ascii, ClassesHoldTheseBytesAndNoOthers) {
  EXPECT_EQ(All(ascii::IsDigit), "0123456789");
  EXPECT_EQ(All(ascii::IsUpper), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  EXPECT_EQ(All(ascii::IsLower), "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(All(ascii::IsLetter), All(ascii::IsUpper) + All(ascii::IsLower));
  EXPECT_EQ(All(ascii::IsAlnum), All(ascii::IsDigit) + All(ascii::IsLetter));
  EXPECT_EQ(All(ascii::IsSpace), "\t\n\v\f\r ");
  EXPECT_EQ(All(ascii::IsTextSpace), "\t\n\r ");
  EXPECT_EQ(All(ascii::IsBeyond).size(), 128U);
}

TEST(Ascii, OnlyLettersChangeCase) {
  for (int u = 0; u < 256; ++u) {
    const char c = static_cast<char>(u);
    const char lower = ascii::Lower(c);
    EXPECT_EQ(ascii::IsUpper(c), lower != c) << u;
    EXPECT_EQ(lower, ascii::IsUpper(c) ? c + 32 : c) << u;
  }
  EXPECT_TRUE(ascii::EqualsIgnoringCase("No \xC3\x84", "nO \xC3\x84"));
  EXPECT_FALSE(ascii::EqualsIgnoringCase("\xC3\x84", "\xC3\xA4"));
  EXPECT_FALSE(ascii::EqualsIgnoringCase("no", "not"));
  EXPECT_FALSE(ascii::EqualsIgnoringCase("@", "`"));
}

TEST(Ascii, TrimTakesItsOwnSpaceOnly) {
  EXPECT_EQ(ascii::Trim("\f\v a b \r\n"), "a b");
  EXPECT_EQ(ascii::TrimText("\f a b\t\v \n"), "\f a b\t\v");
  EXPECT_EQ(ascii::Trim(" \n"), "");
  EXPECT_EQ(ascii::TrimText(""), "");
}

TEST(Utf8, CutsAtCharacters) {
  constexpr std::string_view kText = "a\xC3\xA4\xE2\x82\xAC";  // a, ä, €
  EXPECT_EQ(utf8::Head(kText, 6), kText);
  EXPECT_EQ(utf8::Head(kText, 5), "a\xC3\xA4");
  EXPECT_EQ(utf8::Head(kText, 2), "a");
  EXPECT_EQ(utf8::Head(kText, 0), "");
  EXPECT_EQ(utf8::Tail(kText, 7), kText);
  EXPECT_EQ(utf8::Tail(kText, 5), kText.substr(1));
  EXPECT_EQ(utf8::Tail(kText, 4), "\xE2\x82\xAC");
  EXPECT_EQ(utf8::Tail(kText, 2), "");
}

}  // namespace
}  // namespace reasonwatch
