#include "features/symbols/symbols.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

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

// However the text lies relative to the blocks of eight bytes.
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
