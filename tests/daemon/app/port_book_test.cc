// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/port_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

PortBook::Source SourceOf(const std::string& port, const bool& accepting) {
  return [port, &accepting] {
    PortCounts counts;
    counts.port = port;
    counts.accepting = accepting;
    return std::vector<PortCounts>{counts};
  };
}

TEST(PortBookTest, NamesThePortThatAcceptsNothing) {
  PortBook book;
  const bool always = true;
  bool otlp = true;
  book.Add("http", SourceOf("http", always));
  book.Add("tap.otlp", SourceOf("otlp", otlp));
  EXPECT_EQ(book.All().size(), 2u);
  EXPECT_TRUE(book.Accepting().ok());
  otlp = false;
  EXPECT_EQ(book.Accepting().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(book.Accepting().message()),
              ::testing::HasSubstr("port otlp"));
  book.Remove("tap.otlp");
  EXPECT_TRUE(book.Accepting().ok());
  EXPECT_EQ(book.All().size(), 1u);
}

}  // namespace
}  // namespace reasonwatch
