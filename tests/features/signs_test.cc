// SPDX-License-Identifier: Apache-2.0
// The smaller signs of a fault: refusals, citations, stubs of code, answers to
// another question, names of models, ends of sentences, texts that are doubled.
#include <cmath>
#include <random>
#include <string>
#include <string_view>

#include "core/scored.h"
#include "features/citations.h"
#include "features/code_stubs.h"
#include "features/ending.h"
#include "features/prompt_overlap.h"
#include "features/refusal.h"
#include "features/repetition/repetition.h"
#include "features/served_model.h"
#include "features/text_readings.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

class Draws : public ::testing::Test {
 protected:
  size_t Below(size_t n) { return random_() % n; }
  std::string Word(size_t least = 3) {
    std::string word;
    for (size_t n = least + Below(6); n > 0; --n)
      word += static_cast<char>('a' + Below(26));
    return word;
  }
  std::string Words(size_t n, size_t least = 3) {
    std::string text;
    for (size_t i = 0; i < n; ++i) text += (i > 0 ? " " : "") + Word(least);
    return text;
  }

 private:
  std::mt19937 random_{5};
};

using Refusals = Draws;

TEST_F(Refusals, AreKnownInTheirBeginningOrBehindAReason) {
  for (std::string_view text :
       {"I\u2019m sorry, but I can\u2019t help with that.",
        "I don't have access to that, so I'm unable to continue.",
        "Es tut mir leid, aber dabei kann ich nicht helfen.",
        "D\u00e9sol\u00e9, je ne peux pas r\u00e9pondre \u00e0 cette demande.",
        "Lo siento, no puedo ayudar con eso.",
        "Infelizmente, n\u00e3o posso ajudar com isso.",
        "Purtroppo non posso aiutarti.", "Helaas, daar kan ik niet bij helpen.",
        "Tyv\u00e4rr, jag kan inte hj\u00e4lpa till med det.",
        "Valitettavasti en voi auttaa t\u00e4ss\u00e4.",
        "Niestety nie mog\u0119 pom\u00f3c w tej sprawie.",
        "Omlouv\u00e1m se, s t\u00edm nemohu pomoci.",
        "\u00dczg\u00fcn\u00fcm, bu konuda yard\u0131mc\u0131 olamam.",
        "Maaf, saya tidak dapat membantu.",
        "\u041a \u0441\u043e\u0436\u0430\u043b\u0435\u043d\u0438\u044e, \u044f "
        "\u043d\u0435 \u043c\u043e\u0433\u0443 \u043f\u043e\u043c\u043e\u0447"
        "\u044c.",
        "\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u63d0\u4f9b\u8fd9\u4e2a\u3002",
        "\u7533\u3057\u8a33\u3042\u308a\u307e\u305b\u3093\u304c\u3001\u304a"
        "\u7b54\u3048\u3067\u304d\u307e\u305b\u3093\u3002",
        "\uc8c4\uc1a1\ud569\ub2c8\ub2e4. \ub3c4\uc640\ub4dc\ub9b4 \uc218 "
        "\uc5c6\uc2b5\ub2c8\ub2e4."})
    EXPECT_TRUE(Declines(text)) << text;
}

TEST_F(Refusals, AreNotFoundInAnswers) {
  for (int i = 0; i < 200; ++i)
    EXPECT_FALSE(Declines(Words(3 + Below(60)) + "."));
  for (std::string_view text :
       {"I can help with that: add the two numbers.",
        "The lock is unable to turn, because the spring is gone.",
        "Dabei kann ich dir helfen: addiere beide.",
        "Daar kan ik je mee helpen.", "42", ""})
    EXPECT_FALSE(Declines(text)) << text;
  // An answer of some length answers, whatever its first words are.
  EXPECT_FALSE(Declines("I can't help with all of it. " + Words(300)));
}

using Citations = Draws;

Scored Cited(std::string answer, std::string prompt) {
  Trace trace;
  trace.has_text = true;
  trace.answer = std::move(answer);
  PromptText text;
  text.user = std::move(prompt);
  Scored scored;
  ReadCitations(trace, text, scored);
  return scored;
}

TEST_F(Citations, AreComparedWithTheSourcesOfThePrompt) {
  for (int i = 0; i < 200; ++i) {
    const size_t sources = 2 + Below(8);
    std::string prompt = "Answer from these.\n";
    for (size_t n = 1; n <= sources; ++n)
      prompt += "[" + std::to_string(n) + "] " + Words(6) + "\n";
    const size_t cited = 1 + Below(2 * sources);
    const std::string number = std::to_string(cited);
    const std::string forms[] = {"[" + number + "]", "[1, " + number + "]",
                                 "[^" + number + "]",
                                 "\u3010" + number + "\u3011"};
    const Scored s = Cited(Words(5) + " " + forms[Below(4)] + ".", prompt);
    EXPECT_EQ(s.reading(Feature::kCitations), 1);
    EXPECT_EQ(s.reading(Feature::kCitationUnknown), cited > sources ? 1 : 0);
    const Scored none = Cited(Words(5) + " [a] [x1].", prompt);
    EXPECT_EQ(none.reading(Feature::kCitations), 0);
    EXPECT_TRUE(std::isnan(none.reading(Feature::kCitationUnknown)));
  }
  // Without sources nobody asked for any; code has indices.
  EXPECT_TRUE(
      std::isnan(Cited("See [1].", "Why?").reading(Feature::kCitations)));
  EXPECT_EQ(Cited("So:\n```py\nprint(a[1])\n```\n", "[1] A source.")
                .reading(Feature::kCitations),
            0);
}

bool Stub(std::string_view code) {
  const std::string text =
      "Here it is:\n```python\n" + std::string(code) + "\n```\nThat is all.";
  return HasCodeStub(text, FindCodeSpans(text));
}

TEST(CodeStubs, AreCommentsInPlaceOfCode) {
  for (std::string_view stub :
       {"def f():\n    # ... rest of the implementation goes here\n    pass",
        "void f() {\n  // Your code here\n}", "a = 1\n...\nb = 2",
        "/* existing code unchanged */\nint x;",
        "<!-- rest of the page -->\n<p>"})
    EXPECT_TRUE(Stub(stub)) << stub;
  for (std::string_view whole :
       {"def f(x):\n    # add the two\n    return x + 2",
        "const f = (...args) => args;\nf(1);", "#include <vector>\nint x;",
        "for x in y:\n    pass"})
    EXPECT_FALSE(Stub(whole)) << whole;
  EXPECT_FALSE(HasCodeStub("# rest of the story\nNo code at all.", {}));
  const std::string data = "```json\n{\"a\": 1}\n```";
  EXPECT_FALSE(HasCode(data, FindCodeSpans(data)));
}

using Overlap = Draws;

TEST_F(Overlap, AnAnswerSpeaksOfItsOwnQuestion) {
  int missed = 0;
  int wrong = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string question = "Please explain " + Words(5, 7) + " with " +
                                 std::to_string(100 + Below(900)) + "?";
    const std::string other = Words(30, 6) + ".";
    // A word of the question, anywhere among others.
    std::string own = Words(Below(20), 6) + " ";
    const size_t at = question.find(' ', 8 + Below(12)) + 1;
    own += question.substr(at, question.find(' ', at) - at) + " " + Words(9, 6);
    wrong += IsOffPrompt(question, "", own) != false;
    wrong += IsOffPrompt(question, own, other) != false;
    missed += IsOffPrompt(question, other, other) == false;
  }
  // Words share a slot by chance: 60 of 4,096 with five each.
  EXPECT_LT(missed, 45);
  // A word may share the slot of a general one: 36 of 4,096.
  EXPECT_LT(wrong, 2 * 300 * 3 / 100);
}

TEST_F(Overlap, NeedsWordsToCompare) {
  EXPECT_FALSE(IsOffPrompt("Why?", "", Words(20)).has_value());
  EXPECT_FALSE(IsOffPrompt(Words(9, 7), "", "Yes.").has_value());
  EXPECT_FALSE(
      IsOffPrompt("Please answer the question", "", Words(20)).has_value());
}

TEST_F(Overlap, ReadsScriptsWithoutSpaces) {
  const std::string question =
      "\u8bf7\u89e3\u91ca\u706b\u8f66\u4e3a\u4ec0\u4e48\u665a\u70b9";
  EXPECT_EQ(IsOffPrompt(question, "",
                        "\u56e0\u4e3a\u5929\u6c14\uff0c\u706b\u8f66\u5728\u96ea"
                        "\u4e2d\u51cf\u901f\u884c\u9a76\u3002"),
            false);
}

TEST(ServedModels, AreTheSameButForOwnerDateAndVersion) {
  constexpr std::pair<const char*, const char*> kSame[] = {
      {"gpt-4o", "gpt-4o-2024-08-06"},
      {"Qwen/Qwen3-32B", "qwen3-32b"},
      {"/models/qwen3-32b.gguf", "Qwen3-32B"},
      {"claude-x", "claude-x-latest"},
      {"heron-r2", "heron-r2-v3"},
      {"a.b", "a-b"}};
  for (const auto& [asked, served] : kSame)
    EXPECT_TRUE(MayBeSameModel(asked, served)) << asked << " " << served;
  constexpr std::pair<const char*, const char*> kOthers[] = {
      {"gpt-4o", "gpt-4o-mini"},
      {"qwen3-32b", "qwen3-32b-fp8"},
      {"qwen3-32b", "qwen3-8b"},
      {"qwen3-32b", "qwen3-32bx"},
      {"alpha", "beta"}};
  for (const auto& [asked, served] : kOthers)
    EXPECT_FALSE(MayBeSameModel(asked, served)) << asked << " " << served;
}

using Ends = Draws;

TEST_F(Ends, OfSentencesAreSeen) {
  for (int i = 0; i < 200; ++i) {
    const std::string line = Words(20 + Below(20));
    EXPECT_EQ(EndsMidSentence(line + ".", false), false);
    EXPECT_EQ(EndsMidSentence(line + "!\n", false), false);
    EXPECT_EQ(EndsMidSentence(line, false), true);
    EXPECT_EQ(EndsMidSentence(line + ",", false), true);
    EXPECT_EQ(EndsMidSentence(line + ".", true), true);
    // Lists and short lines may do without.
    EXPECT_FALSE(EndsMidSentence(line + ":\n- " + line, false).has_value());
    EXPECT_FALSE(EndsMidSentence(line + ".\n\nx = 5", false).has_value());
  }
  EXPECT_FALSE(EndsMidSentence("42", false).has_value());
  std::string chinese;
  for (int i = 0; i < 20; ++i) chinese += "\u706b\u8f66";
  EXPECT_EQ(EndsMidSentence(chinese, false), true);
  EXPECT_EQ(EndsMidSentence(chinese + "\u3002", false), false);
}

using Doubles = Draws;

TEST_F(Doubles, OfATextAndOfItsWordsAreSeen) {
  for (int i = 0; i < 200; ++i) {
    const std::string text = Words(12 + Below(90)) + ".";
    EXPECT_FALSE(FindRepetition(text).twice) << text;
    EXPECT_TRUE(FindRepetition(text + "\n\n" + text).twice) << text;
    EXPECT_TRUE(FindRepetition(text + " " + text + " end").twice) << text;
    EXPECT_FALSE(FindRepetition(text + "\n\n" + Words(40)).twice);
    EXPECT_EQ(FindRepetition(text).doubled, 0u);
    EXPECT_EQ(FindRepetition("the the " + text + " of of of").doubled, 3u);
  }
}

TEST_F(Doubles, WordsMustRecurOften) {
  const auto doubled = [](std::string text) {
    Trace trace;
    trace.has_text = true;
    trace.answer = std::move(text);
    Scored scored;
    ReadTextQuality(trace, {}, {}, scored);
    return scored.reading(Feature::kWordsDoubled);
  };
  EXPECT_EQ(doubled(Words(300)), 0);
  EXPECT_EQ(doubled("that that " + Words(300)), 0);
  std::string stutter;
  for (int i = 0; i < 60; ++i) {
    const std::string word = Word();
    stutter += word + " " + (i % 20 == 0 ? word + " " : "");
  }
  EXPECT_EQ(doubled(stutter), 1);
}

}  // namespace
}  // namespace reasonwatch
