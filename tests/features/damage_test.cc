// SPDX-License-Identifier: Apache-2.0
// Sound texts are drawn at random and damaged in one way; the damage is found,
// and the sound text has none.
#include "features/damage/damage.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

class Texts : public ::testing::Test {
 protected:
  size_t Below(size_t n) { return random_() % n; }
  std::string Word() {
    std::string word;
    for (size_t n = 3 + Below(7); n > 0; --n)
      word += static_cast<char>('a' + Below(26));
    return word;
  }
  // Words with commas, full stops, numbers, line breaks.
  std::string Sound(size_t words) {
    std::string text;
    for (size_t i = 0; i < words; ++i) {
      text += Below(9) == 0 ? std::to_string(Below(900)) : Word();
      const size_t dice = Below(12);
      text += dice == 0 ? ".  " : dice == 1 ? ", " : dice == 2 ? "\n" : " ";
    }
    return text;
  }
  // Puts a piece behind a word, `times` times, at random places.
  std::string With(std::string_view what, size_t times) {
    std::string text = Sound(20 + Below(60));
    for (size_t i = 0; i < times; ++i) {
      size_t at = text.find(' ', Below(text.size() / 2));
      text.insert(at, what);
    }
    return text;
  }
  static Damage Of(std::string_view text) {
    return FindDamage(text, FindCodeSpans(text));
  }

 private:
  std::mt19937 random_{7};
};

TEST_F(Texts, OfSoundProseHaveNoDamage) {
  for (int i = 0; i < 300; ++i) {
    const std::string text = Sound(Below(200));
    const Damage d = Of(text);
    EXPECT_EQ(d.joined + d.doubled_spaces + d.escapes + d.broken + d.markers, 0)
        << text;
    EXPECT_EQ(d.bytes, static_cast<int64_t>(text.size()));
    int64_t letters = 0;
    int64_t gaps = 0;
    for (char c : text) {
      letters += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
      gaps += c == ' ' || c == '\n';
    }
    EXPECT_EQ(d.letters, letters);
    EXPECT_EQ(d.gaps, gaps);
  }
}

TEST_F(Texts, WithBrokenCharactersSayHowMany) {
  for (std::string_view what :
       {"\xC3\x83\xC2\xA9", "\xC3\x82\xC2\xB0", "\xC3\xA2\xE2\x82\xAC",
        "\xC3\xB0\xC5\xB8", "\xEF\xBF\xBD", "\x08", "\xC3\x90\xC2\xBF"})
    for (size_t times : {1, 2, 5}) {
      const std::string text = With(what, times);
      EXPECT_EQ(Of(text).broken, static_cast<int64_t>(times)) << text;
    }
  // Sound: French before a guillemet, German, Chinese, Turkish, Portuguese.
  for (std::string_view sound :
       {"le caf\u00e9\u00a0\u00bb", "f\u00e4hrt gro\u00df \u00fcber",
        "\u706b\u8f66\uff0c\u79bb\u5f00\u3002", "da\u011f \u0131\u015f\u0131k",
        "MA\u00c7\u00c3 S\u00c3O"})
    EXPECT_EQ(Of(With(sound, 3)).broken, 0) << sound;
}

TEST_F(Texts, WithMarkersOfATokenizer) {
  for (std::string_view what : {"\u0120", "\u010a", "\u2581"}) {
    const Damage d = Of(With(what, 4));
    EXPECT_EQ(d.markers, 4);
    EXPECT_TRUE(d.beyond_ascii);
  }
}

TEST_F(Texts, WithEscapes) {
  for (std::string_view what :
       {"\\n\\n", "\\nThe", "\\\"", "\\u00e9", " &amp;", " &#39;", " &lt;"})
    EXPECT_GE(Of(With(what, 3)).escapes, 3) << what;
  for (std::string_view sound :
       {" \\nu", " \\neq 3", " \\frac{1}{2}", " R&D", " a & b", " \\underline"})
    EXPECT_EQ(Of(With(sound, 3)).escapes, 0) << sound;
  // Programs escape for good reasons.
  const std::string code = "Here:\n```c\nputs(\"a\\n\\n\\\"b\\\"\");\n```\nSo.";
  EXPECT_EQ(Of(code).escapes, 0);
  EXPECT_LT(Of(code).bytes, static_cast<int64_t>(code.size()));
}

TEST_F(Texts, WithSpacesLostOrDoubled) {
  EXPECT_EQ(Of("He has 40crates with30 each.").joined, 2);
  EXPECT_EQ(Of("The 3rd of 16GB, x2, /srv/abc12.py, a_name12, #abc12").joined,
            0);
  EXPECT_EQ(Of("two  words and  again").doubled_spaces, 2);
  EXPECT_EQ(Of("End.  Next\n  indented | a  | b").doubled_spaces, 0);
}

// The place of a sign in its block, and the end of the text, change nothing.
TEST_F(Texts, FindTheSameAtEveryOffset) {
  const std::string signs =
      "x40crates 12words  two \\n\\n &amp; \xC3\x83\xC2\xA9 \xEF\xBF\xBD ";
  const auto count = [](const Damage& d) {
    return d.joined + d.doubled_spaces + d.escapes + d.broken;
  };
  const int64_t alone = count(Of(signs));
  EXPECT_EQ(alone, 1 + 1 + 2 + 1 + 2);
  for (size_t before = 0; before < 40; ++before)
    for (size_t after = 0; after < 20; ++after)
      EXPECT_EQ(
          count(Of(std::string(before, '.') + signs + std::string(after, '.'))),
          alone)
          << before << " " << after;
}

TEST_F(Texts, OfAnyBytesAreReadOnce) {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    std::string text(random() % 300, ' ');
    for (char& c : text) c = static_cast<char>(random());
    const Damage d = Of(text);
    EXPECT_LE(d.broken + d.escapes + d.joined + d.markers + d.doubled_spaces,
              static_cast<int64_t>(text.size()));
  }
}

}  // namespace
}  // namespace reasonwatch
