// SPDX-License-Identifier: Apache-2.0
#include "util/json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reasonwatch {
namespace {

// Under UBSan this test is about the null pointer of an empty view as well.
TEST(ParseJson, RefusesEmptyText) {
  simdjson::dom::parser parser;
  EXPECT_EQ(ParseJson(parser, std::string_view()).error(), simdjson::EMPTY);
  EXPECT_EQ(ParseJson(parser, "").error(), simdjson::EMPTY);
}

TEST(ParseJson, ReadsNothingBehindTheView) {
  const std::string text = "[1, 2]]]]";
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  ASSERT_EQ(ParseJson(parser, std::string_view(text).substr(0, 6)).get(list),
            simdjson::SUCCESS);
  EXPECT_EQ(list.size(), 2U);
  EXPECT_NE(ParseJson(parser, text).error(), simdjson::SUCCESS);
}

}  // namespace
}  // namespace reasonwatch
