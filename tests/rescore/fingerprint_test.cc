// SPDX-License-Identifier: Apache-2.0
#include "rescore/canaries/fingerprint.h"

#include <gtest/gtest.h>

#include <random>

namespace reasonwatch {
namespace {

std::vector<FingerprintRun> Runs(double shift, double noise, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<FingerprintRun> runs;
  for (int r = 0; r < kFingerprintRuns; ++r) {
    FingerprintRun& run = runs.emplace_back();
    for (int i = 0; i < 16; ++i)
      run.push_back(-.1 * i + shift * (i % 3) + noise * normal(random));
  }
  return runs;
}

TEST(Fingerprint, FindsOtherWeightsAndNotItsOwnNoise) {
  EXPECT_LE(FingerprintPValue(Runs(0, 0, 1), Runs(.01, 0, 2)),
            kFingerprintError);
  EXPECT_LE(FingerprintPValue(Runs(0, .01, 1), Runs(.05, .01, 2)),
            kFingerprintError);
  EXPECT_EQ(FingerprintPValue(Runs(0, 0, 1), Runs(0, 0, 2)), 1);
  int news = 0;
  for (uint64_t i = 0; i < 400; ++i)
    news += FingerprintPValue(Runs(0, .05, 2 * i + 10),
                              Runs(0, .05, 2 * i + 11)) <= .05;
  EXPECT_LE(news, 36);
}

TEST(Fingerprint, ComparesNothingWithWhatIsAbsentOrOfAnotherShape) {
  EXPECT_EQ(FingerprintPValue({}, Runs(0, 0, 1)), 1);
  EXPECT_EQ(FingerprintPValue({{1, 2}}, {{1}}), 1);
}

TEST(Fingerprint, ReadsChatAndCompletions) {
  const auto chat = ReadLogprobs(
      R"({"choices":[{"logprobs":{"content":[{"token":"a","logprob":-0.5},)"
      R"({"token":"b","logprob":-1e9}]}}]})");
  ASSERT_TRUE(chat.ok()) << chat.status();
  EXPECT_EQ(*chat, (FingerprintRun{-.5, -20, 0, 0}));
  const auto completions = ReadLogprobs(
      R"({"choices":[{"logprobs":{"token_logprobs":[null,-1,-2,-3,-4,-5]}}]})");
  ASSERT_TRUE(completions.ok()) << completions.status();
  EXPECT_EQ(*completions, (FingerprintRun{-1, -2, -3, -4}));
  for (const char* none : {"", "{}", "[]", R"({"choices":[]})",
                           R"({"choices":[{"logprobs":null}]})",
                           R"({"choices":[{"logprobs":{"content":[]}}]})"})
    EXPECT_FALSE(ReadLogprobs(none).ok()) << none;
}

TEST(Fingerprint, IsPrintedAndReadBack) {
  const std::vector<FingerprintRun> runs = {{-.5, 0}, {-1.25, -20}};
  const auto again = ParseFingerprint(PrintFingerprint(runs));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, runs);
  EXPECT_FALSE(ParseFingerprint("").ok());
  EXPECT_FALSE(ParseFingerprint("1 x").ok());
  EXPECT_FALSE(ParseFingerprint("nan").ok());
}

}  // namespace
}  // namespace reasonwatch
