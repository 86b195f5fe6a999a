// SPDX-License-Identifier: Apache-2.0
// Tests of characters: classes of code points, decorative symbols, letters by
// script, and runs of garbage.
//
// The fast paths are tested by their definition: a count depends neither on the
// position of a text in a block nor on the way in which UTF-8 is decoded.
#include "features/symbols/symbols.h"

#include <iterator>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

CharacterCounts Count(std::string_view text) {
  return CountCharacters(text, FindCodeSpans(text));
}
int64_t Symbols(std::string_view text) { return Count(text).symbols; }
bool Garbage(std::string_view text) { return Count(text).garbage_run; }
int64_t Letters(std::string_view text, CharacterClass c) {
  return Count(text).letters[static_cast<size_t>(c)];
}
std::string Times(std::string_view what, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += what;
  return text;
}

TEST(CharacterClass, KnowsScriptsAndSymbols) {
  EXPECT_EQ(ClassOf(U'a'), CharacterClass::kLatin);
  EXPECT_EQ(ClassOf(U'é'), CharacterClass::kLatin);
  EXPECT_EQ(ClassOf(U'я'), CharacterClass::kCyrillic);
  EXPECT_EQ(ClassOf(U'中'), CharacterClass::kHan);
  EXPECT_EQ(ClassOf(U'\U00020000'), CharacterClass::kHan);
  EXPECT_EQ(ClassOf(U'カ'), CharacterClass::kKana);
  EXPECT_EQ(ClassOf(U'한'), CharacterClass::kHangul);
  EXPECT_EQ(ClassOf(U'1'), CharacterClass::kPlain);
  EXPECT_EQ(ClassOf(U'。'), CharacterClass::kPlain);
  EXPECT_EQ(ClassOf(U'∑'), CharacterClass::kPlain);
  EXPECT_EQ(ClassOf(U'→'), CharacterClass::kPlain);
  EXPECT_EQ(ClassOf(U'\U0001D465'), CharacterClass::kPlain);  // italic x
  EXPECT_EQ(ClassOf(U'😀'), CharacterClass::kEmoji);
  EXPECT_EQ(ClassOf(U'✅'), CharacterClass::kEmoji);
  EXPECT_EQ(ClassOf(U'❤'), CharacterClass::kEmoji);
  EXPECT_EQ(ClassOf(U'─'), CharacterClass::kDecorative);
  EXPECT_EQ(ClassOf(U'█'), CharacterClass::kDecorative);
  EXPECT_EQ(ClassOf(U'\uFFFD'), CharacterClass::kGarbage);
  EXPECT_EQ(ClassOf(U'\uE000'), CharacterClass::kGarbage);
  EXPECT_EQ(ClassOf(U'\x01'), CharacterClass::kGarbage);
  EXPECT_EQ(ClassOf(0x10FFFF), CharacterClass::kGarbage);
}

TEST(Symbols, EmojiAndDecorationsCount) {
  EXPECT_EQ(Symbols("Done! 🎉🚀 The answer is 42. ✅"), 3);
  EXPECT_EQ(Symbols("★☆★☆ the result ★☆"), 6);
  EXPECT_EQ(Symbols("┌──┐ box"), 4);
  EXPECT_EQ(Symbols("Great!!! Really???"), 6);
  EXPECT_EQ(Symbols("==== Answer ===="), 8);
  EXPECT_EQ(Symbols("broken \xEF\xBF\xBD text \x01"), 2);
  EXPECT_EQ(Symbols("1\xEF\xB8\x8F\xE2\x83\xA3 first"), 1);  // a keycap
}

TEST(Symbols, OrdinaryTextHasNone) {
  for (const std::string_view text :
       {"Plain text, with punctuation; and a question? Yes!",
        "x ≤ 3 ⇒ x² ∈ ℝ, ∑ aᵢ → ∞, α + β ≈ π, 90°, ±1, △ABC ⊥ ℓ",
        "- one\n- two\n* three\n• four\n▪ five\n■ six\n",
        "# Title\n\n---\n\n## Part\n\n***\n\n======\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "```\nprint('=' * 20)  # ==== not ==== shown !!!! 😀\n```",
        "他说：「好的。」《书名》、……——！？", "これは「テスト」です。〜・※",
        "Name: ________ Page ....... 7", "A♠ K♥ then ♔e1 and F♯ on ⚀⚁",
        "© 2024 Example™, 5 € or £3", "Wait... what? Hmm... OK!!"})
    EXPECT_EQ(Symbols(text), 0) << text;
}

TEST(Garbage, RunsThatNoWriterMakes) {
  EXPECT_TRUE(Garbage("!!!!!!!!!"));
  EXPECT_TRUE(Garbage("The answer is !!!!!!!!!!!!!!!!"));
  EXPECT_TRUE(
      Garbage("???"
              "////////////////"));
  EXPECT_TRUE(Garbage("text \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
  EXPECT_TRUE(Garbage("bytes \xFF\xFE\xFF\xFE\xFF"));
  EXPECT_TRUE(Garbage(Times("a", 40)));
  EXPECT_TRUE(Garbage(Times("。", 40)));
  EXPECT_TRUE(Garbage(Times("啊", 64)));
  EXPECT_TRUE(Garbage("x" + Times("0", 300)));
  EXPECT_TRUE(Garbage("a" + Times("\n", 200)));
}

TEST(Garbage, WhatPeopleWrite) {
  for (const std::string& text :
       {std::string("Wow!!! No way?!?!"), "10^100 = 1" + Times("0", 100),
        Times("-", 80) + "\n", Times("=", 80) + "\n", "Name " + Times("_", 60),
        "Contents " + Times(".", 70) + " 3", std::string("Aaaaaargh, hmmmmm"),
        "```\n" + Times("/", 78) + "\n```", "│" + Times("─", 60) + "│",
        std::string("def f():\n                                return 1")})
    EXPECT_FALSE(Garbage(text)) << text;
}

TEST(Letters, AreCountedByScript) {
  const std::string text =
      "Let us say 你好 to everyone, с приветом, and take α, β and Ω.";
  EXPECT_EQ(Letters(text, CharacterClass::kHan), 2);
  EXPECT_EQ(Letters(text, CharacterClass::kCyrillic), 9);
  EXPECT_EQ(Letters(text, CharacterClass::kGreek), 0);  // variables
  EXPECT_EQ(Letters("η λέξη", CharacterClass::kGreek), 4);
  EXPECT_EQ(Letters("abc def", CharacterClass::kLatin), 6);
}

// The counts do not depend on the position of the text in the blocks of eight
// bytes.
TEST(Letters, BlocksMakeNoDifference) {
  const std::string unit = "ab, C9!!! é😀\nzz 中 ==== q====w  \t[x] ";
  const CharacterCounts one = Count(unit);
  for (int pad = 0; pad < 16; ++pad) {
    const std::string text =
        std::string(static_cast<size_t>(pad), ';') + "\n" + unit;
    if (pad >= 4) continue;  // those are a run of their own
    const CharacterCounts padded = Count(text);
    EXPECT_EQ(padded.symbols, one.symbols) << pad;
    EXPECT_EQ(padded.letters, one.letters) << pad;
    EXPECT_EQ(padded.characters, one.characters + pad + 1) << pad;
  }
}

int64_t CharactersOf(std::string_view text) {
  int64_t n = 0;
  for (size_t i = 0; i < text.size(); i += CharacterAt(text, i).size) ++n;
  return n;
}

TEST(Letters, AnyBytesAreCountedOnce) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 400, '\0');
    const unsigned kinds = 1 + random() % 256;
    for (char& c : text) c = static_cast<char>(random() % kinds);
    const CharacterCounts counts = Count(text);
    EXPECT_EQ(counts.characters, CharactersOf(text));
    int64_t latin = 0;
    for (size_t i = 0; i < text.size();) {
      const Character c = CharacterAt(text, i);
      latin += ClassOf(c.code_point) == CharacterClass::kLatin;
      i += c.size;
    }
    EXPECT_EQ(counts.letters[static_cast<size_t>(CharacterClass::kLatin)],
              latin);
  }
}

// Compares CharacterAt(), which is fast, with a plain decoder of UTF-8.
TEST(Characters, AreReadAsUtf8IsReadElsewhere) {
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    std::string text(1 + random() % 6, '\0');
    for (char& c : text) {
      // Lead bytes, continuation bytes and their neighbours.
      constexpr unsigned char kBytes[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90,
                                          0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2,
                                          0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                          0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
      c = static_cast<char>(kBytes[random() % std::size(kBytes)]);
    }
    size_t skip = 0;
    const size_t length = Utf8CharacterLength(text, skip);
    const Character read = CharacterAt(text, 0);
    EXPECT_EQ(read.size, length == 0 ? skip : length);
    if (length == 0) {
      EXPECT_EQ(read.code_point, U'\uFFFD');
    } else {
      const char32_t c = read.code_point;
      EXPECT_EQ(length, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
      EXPECT_EQ(static_cast<unsigned char>(text[length - 1]) & 0x3F, c & 0x3F);
    }
  }
  EXPECT_EQ(CharacterAt("\xF0\x9F\x98\x80", 0).code_point, U'😀');
  EXPECT_EQ(CharacterAt("é", 0).code_point, U'é');
}

TEST(CharacterClass, KnowsEveryPlane) {
  EXPECT_EQ(ClassOf(0x00030000), CharacterClass::kHan);
  EXPECT_EQ(ClassOf(0x00040000), CharacterClass::kGarbage);  // unassigned
  EXPECT_EQ(ClassOf(0x000E0100), CharacterClass::kPlain);    // a selector
  EXPECT_EQ(ClassOf(0x000E01F0), CharacterClass::kGarbage);
  EXPECT_EQ(ClassOf(0x000F0000), CharacterClass::kGarbage);  // private use
  EXPECT_EQ(ClassOf(0xFFFFFFFF), CharacterClass::kGarbage);
}

// Text before a line changes nothing in the line, at any position in the
// blocks.
TEST(Symbols, PlaceMakesNoDifference) {
  const std::string_view pieces[] = {"a",  "!", "é", "中", "😀", " ",   "=",
                                     "\n", "`", "1", "★",  "α", "\xFF"};
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i)
      text +=
          Times(pieces[random() % std::size(pieces)],
                random() % 4 == 0 ? static_cast<int>(1 + random() % 30) : 1);
    const CharacterCounts alone = Count("\n" + text);
    for (size_t pad = 1; pad < 36; ++pad) {
      std::string before;
      for (size_t i = 0; i < pad; ++i) before += "xy"[i % 2];
      const CharacterCounts counts = Count(before + "\n" + text);
      ASSERT_EQ(counts.symbols, alone.symbols) << pad << text;
      ASSERT_EQ(counts.garbage_run, alone.garbage_run) << pad << text;
      ASSERT_EQ(counts.characters,
                alone.characters + static_cast<int64_t>(pad));
      ASSERT_EQ(counts.letters[static_cast<size_t>(CharacterClass::kGreek)],
                alone.letters[static_cast<size_t>(CharacterClass::kGreek)]);
    }
  }
}

TEST(Letters, VariablesWithFiguresBetweenAreNoGreekWord) {
  EXPECT_EQ(Letters("α + 12345678901234567890 = β, so 2 β = 1234567890123456 γ",
                    CharacterClass::kGreek),
            0);
}

TEST(Garbage, BlanksMayBeManyButNotHundreds) {
  for (int before = 0; before < 20; ++before) {
    const std::string line = Times("x", before);
    EXPECT_FALSE(Garbage(line + Times(" ", 480) + "y")) << before;
    EXPECT_TRUE(Garbage(line + Times(" ", 500) + "y")) << before;
  }
}

TEST(Garbage, IsFoundBehindALongText) {
  const std::string text = Times("The train leaves at nine. ", 10'000);
  EXPECT_TRUE(Garbage(text + Times("\uFFFD", 4)));
  EXPECT_FALSE(Garbage(text + Times("\uFFFD", 3)));
  // A single run of garbage does not end the count.
  EXPECT_EQ(Count(Times("\uFFFD", 4) + text).characters,
            4 + static_cast<int64_t>(text.size()));
}

TEST(Garbage, WhatIsNoTextIsNotReadToItsEnd) {
  std::mt19937 random(4);
  std::string noise(1 << 20, ' ');
  for (char& c : noise) c = static_cast<char>(random() % 256);
  const CharacterCounts counts = Count(noise);
  EXPECT_TRUE(counts.garbage_run);
  EXPECT_LT(counts.characters, 1 << 17);
  const CharacterCounts part = Count(noise.substr(0, 1 << 14));
  const auto share = [](const CharacterCounts& c) {
    return static_cast<double>(c.symbols) / static_cast<double>(c.characters);
  };
  EXPECT_NEAR(share(counts), share(part), .02);
}

TEST(CodeSpans, FencesAndWhatTheyHold) {
  const std::string text =
      "a\n```python\nx\n```\nb ``` c\n```json\n{}\n```\n```\nopen";
  const auto spans = FindCodeSpans(text);
  ASSERT_EQ(spans.size(), 3);
  EXPECT_EQ(spans[0].begin, 2);
  EXPECT_FALSE(spans[0].prose);
  EXPECT_TRUE(spans[1].prose);
  EXPECT_TRUE(spans[2].unlabelled);
  EXPECT_EQ(spans[2].end, text.size());
  EXPECT_LE(FindCodeSpans(Times("```\n", 1000)).size(), 64);
}

}  // namespace
}  // namespace reasonwatch
