// SPDX-License-Identifier: Apache-2.0
#include "features/prompt.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/response.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

PromptText OfMessages(const char* json) {
  Response r;
  r.messages_json = json;
  return ReadPrompt(r);
}

TEST(ReadPrompt, TakesTheLastUserMessage) {
  const PromptText p = OfMessages(
      R"([{"role":"system","content":"Be brief."},
          {"role":"user","content":"first"},
          {"role":"assistant","content":"answer"},
          {"role":"user","content":"second"}])");
  EXPECT_EQ(p.system, "Be brief.");
  EXPECT_EQ(p.user, "second");
  EXPECT_EQ(p.user_turns, 2);
  EXPECT_FALSE(p.tool_turn);
}

TEST(ReadPrompt, JoinsTextPartsAndPassesOverOthers) {
  const PromptText p = OfMessages(
      R"([{"role":"developer","content":[{"type":"text","text":"Sys"}]},
          {"role":"user","content":[{"type":"text","text":"one "},
            {"type":"image_url","image_url":{"url":"x"}},
            {"type":"text","text":"two"}]}])");
  EXPECT_EQ(p.system, "Sys");
  EXPECT_EQ(p.user, "one two");
}

TEST(ReadPrompt, SeesThatAToolSpokeLast) {
  EXPECT_TRUE(OfMessages(R"([{"role":"user","content":"q"},
      {"role":"assistant","content":null},{"role":"tool","content":"42"}])")
                  .tool_turn);
}

TEST(ReadPrompt, UnreadableMessagesLeaveTheUserEmpty) {
  for (const char* json : {"{", "3", "[1, null, \"x\"]", "[{\"role\":7}]",
                           "{\"role\":\"user\",\"content\":\"x\"}"}) {
    EXPECT_EQ(OfMessages(json).user, "") << json;
  }
}

TEST(ReadPrompt, PlainPromptsPassAsTheyAre) {
  Response r;
  r.prompt = "What is 2 + 3?";
  r.system_prompt = "Be brief.";
  EXPECT_EQ(ReadPrompt(r).user, r.prompt);
  EXPECT_EQ(ReadPrompt(r).system, r.system_prompt);
}

TEST(PromptBoundaries, StandAfterLinesAndSentences) {
  const std::string prompt = "One. Two!\n\nThree: four";
  std::vector<std::string> beginnings;
  for (size_t end : PromptBoundaries(prompt))
    beginnings.push_back(prompt.substr(0, end));
  EXPECT_EQ(beginnings, (std::vector<std::string>{"One. ", "One. Two!\n\n",
                                                  "One. Two!\n\nThree: "}));
  EXPECT_EQ(PromptBoundaries(std::string(1000, '.') + " x").size(), 1u);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a. ";
  EXPECT_EQ(PromptBoundaries(many).size(), 32u);
  EXPECT_TRUE(PromptBoundaries("").empty());
}

constexpr char kPrefix[] = "You are a careful tutor. Think first.\nProblem: ";

TEST(SharedPrefix, IsTheLongestThatMostPromptsBeginWith) {
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i)
    texts.push_back((i < 20 ? kPrefix : "Hello. ") +
                    std::string("How many are ") + std::to_string(i) + "?");
  std::vector<std::string_view> prompts(texts.begin(), texts.end());
  EXPECT_EQ(SharedPrefix(prompts), kPrefix);
  EXPECT_EQ(SharedPrefix({prompts.begin(), prompts.begin() + 19}), "");
  EXPECT_EQ(SharedPrefix({prompts.begin() + 10, prompts.end()}), "");
}

TEST(PrefixProfile, TakesTheWholePrefixOrWhatIsLeftOfIt) {
  const PrefixProfile profile{kPrefix};
  const std::string whole = std::string(kPrefix) + "2 + 2?";
  const auto stripped = profile.Strip(whole);
  EXPECT_EQ(stripped.rest, "2 + 2?");
  EXPECT_NE(stripped.prefix_digest, 0u);
  const std::string tail = "Think first.\nProblem: 2 + 2?";
  EXPECT_EQ(profile.Strip(tail).rest, "2 + 2?");
  EXPECT_EQ(profile.Strip(tail).prefix_digest, 0u);
  const std::string other = "Tell me. 2 + 2?";
  EXPECT_EQ(profile.Strip(other).rest, other);
  EXPECT_EQ(PrefixProfile().Strip(other).rest, other);
}

TEST(PrefixProfile, ADigestAloneKnowsTheWholePrefix) {
  const std::string whole = std::string(kPrefix) + "2 + 2?";
  const uint64_t digest = PrefixProfile(kPrefix).Strip(whole).prefix_digest;
  const PrefixProfile restored = PrefixProfile::FromDigest(digest);
  EXPECT_EQ(restored.Strip(whole).rest, "2 + 2?");
  EXPECT_EQ(restored.Strip(whole).prefix_digest, digest);
  EXPECT_TRUE(PrefixProfile::FromDigest(0).empty());
}

TEST(ProblemDigest, IgnoresWhiteSpaceOnly) {
  EXPECT_EQ(ProblemDigest("a  b\n c "), ProblemDigest(" a b c"));
  EXPECT_NE(ProblemDigest("a b c"), ProblemDigest("a b d"));
  EXPECT_NE(ProblemDigest("ab"), ProblemDigest("a b"));
  EXPECT_EQ(ProblemDigest(" \n\t"), 0u);
  EXPECT_NE(ProblemIdDigest("x"), ProblemDigest("x"));
  EXPECT_EQ(ProblemIdDigest(""), 0u);
}

size_t Shared(const std::vector<uint16_t>& a, const std::vector<uint16_t>& b) {
  std::vector<uint16_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::back_inserter(both));
  return both.size();
}

TEST(PromptTerms, AreSortedUniqueAndBounded) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "w" + std::to_string(i * 7919) + "x ";
  const auto terms = PromptTerms(text);
  EXPECT_LE(terms.size(), 64u);
  EXPECT_GT(terms.size(), 50u);
  EXPECT_TRUE(std::is_sorted(terms.begin(), terms.end()));
  EXPECT_EQ(std::adjacent_find(terms.begin(), terms.end()), terms.end());
  EXPECT_LT(terms.back(), 4096);
  EXPECT_TRUE(PromptTerms("").empty());
}

TEST(PromptTerms, NumbersCountByTheirLengthAndLettersWithoutCase) {
  const auto a = PromptTerms("Anna has 17 apples and 4 pears.");
  EXPECT_EQ(a, PromptTerms("anna HAS 23 apples and 9 pears."));
  EXPECT_NE(a, PromptTerms("Anna has 1723 apples and 4 pears."));
}

TEST(PromptTerms, SharedWordsAreSharedTerms) {
  const auto a = PromptTerms("How many apples has Anna");
  const auto b = PromptTerms("How many melons has Boris");
  EXPECT_GE(Shared(a, b), 3u);
  EXPECT_LT(Shared(a, b), a.size());
}

TEST(TaskKind, FollowsItsRules) {
  EXPECT_EQ(TaskKind("Write def f(x):"), "code");
  EXPECT_EQ(TaskKind("Which?\nA) one\nB) two"), "choice");
  EXPECT_EQ(TaskKind("Translate into French: hello"), "translation");
  EXPECT_EQ(TaskKind("Extract the names."), "extraction");
  EXPECT_EQ(TaskKind("How many days are in a week?"), "mathematics");
  EXPECT_EQ(TaskKind("Tell me of Rome."), "other");
}

}  // namespace
}  // namespace reasonwatch
