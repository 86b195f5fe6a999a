// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/safe_output.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>

#include "util/plain_text.h"

namespace reasonwatch {
namespace {

// `text` through the buffer, in pieces of random lengths.
std::string Passed(const std::string& text, bool terminal, unsigned seed = 1) {
  std::ostringstream out;
  SafeBuffer buffer(out.rdbuf(), terminal);
  std::ostream stream(&buffer);
  std::mt19937 random(seed);
  for (size_t at = 0; at < text.size();) {
    const size_t n = 1 + random() % 5;
    stream << text.substr(at, n);
    at += n;
  }
  stream.flush();
  return out.str();
}

TEST(SafeOutput, KeepsTextLinesAndTabs) {
  const std::string text = "a\tb\nä 漢 🎉 c\n";
  EXPECT_EQ(Passed(text, false), text);
  EXPECT_EQ(Passed(text, true), text);
}

TEST(SafeOutput, LeavesNothingThatActsOnATerminal) {
  const std::string evil =
      "\x1b]0;title\x07\x1b[2J\x1b[31;1;4;5;7;9mred \xc2\x9b"
      "31m \xe2\x80\xae"
      "abc\xe2\x81\xa6 \xd8\x9c \x7f \b\v";
  for (unsigned seed = 0; seed < 50; ++seed) {
    const std::string shown = Passed(evil, true, seed);
    for (size_t at = 0; at < shown.size(); ++at)
      EXPECT_EQ(ActingCharacter(std::string_view(shown).substr(at)), 0u)
          << at << " of " << shown;
    // A file keeps bytes that may be data, without the controls of ASCII.
    const std::string kept = Passed(evil, false, seed);
    EXPECT_EQ(kept.find('\x1b'), std::string::npos);
    EXPECT_NE(kept.find("\xe2\x80\xae"), std::string::npos);
  }
}

TEST(SafeOutput, PassesOurColoursToTerminalsOnly) {
  const std::string coloured = "\x1b[1;31mred\x1b[0m \x1b[2mfaint\x1b[0m\n";
  for (unsigned seed = 0; seed < 50; ++seed)
    EXPECT_EQ(Passed(coloured, true, seed), coloured);
  EXPECT_EQ(Passed(coloured, false).find('\x1b'), std::string::npos);
}

TEST(PlainText, PutsAMarkForEachActingCharacter) {
  EXPECT_EQ(PlainText("plain ä 漢"), "plain ä 漢");
  EXPECT_EQ(PlainText("a\x1b[0m\n\xc2\x85\xe2\x80\xa8z"), "a?[0m???z");
  EXPECT_EQ(PlainText(""), "");
  // Bytes that are cut off stay as they are.
  EXPECT_EQ(PlainText("\xe2\x80"), "\xe2\x80");
}

}  // namespace
}  // namespace reasonwatch
