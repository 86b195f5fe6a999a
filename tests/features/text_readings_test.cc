// SPDX-License-Identifier: Apache-2.0
#include "features/text_readings.h"

#include <cmath>
#include <string>

#include "core/scored.h"
#include "features/language/languages.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

constexpr char kEnglish[] =
    "The train leaves the station at nine, so it has been on its way for two "
    "hours when the second one starts from the other town. ";
constexpr char kGerman[] =
    "Der Zug verlässt den Bahnhof um neun Uhr und ist also seit zwei Stunden "
    "unterwegs, wenn der zweite losfährt. ";

Scored Read(std::string answer, std::string prompt = "",
            std::string reasoning = "", std::string asked = "") {
  Trace trace;
  trace.has_text = true;
  trace.answer = std::move(answer);
  if (!reasoning.empty()) trace.reasoning = std::move(reasoning);
  PromptText text;
  text.user = std::move(prompt);
  Intent intent;
  intent.asked_language = std::move(asked);
  Scored scored;
  ReadTextQuality(trace, text, intent, scored);
  return scored;
}

float Mismatch(const Scored& s) {
  return s.reading(Feature::kLanguageMismatch);
}
float Minority(const Scored& s) { return s.reading(Feature::kMinorityScript); }

TEST(LanguageMismatch, ComparesWhatWasAskedWithWhatCame) {
  EXPECT_EQ(Mismatch(Read(kEnglish, kEnglish)), 0);
  EXPECT_EQ(Mismatch(Read(kGerman, kEnglish)), 1);
  EXPECT_EQ(Mismatch(Read(kGerman, std::string(kEnglish) + "Reply in German.")),
            0);
  EXPECT_EQ(Mismatch(Read(kEnglish, "", "", "de")), 1);
  const Scored s = Read(kGerman, kEnglish);
  EXPECT_EQ(LanguageTag(s.expected_language), "en");
  EXPECT_EQ(LanguageTag(s.answer_language), "de");
}

TEST(LanguageMismatch, UnknownIsNoReading) {
  EXPECT_TRUE(std::isnan(Mismatch(Read("42", kEnglish))));
  EXPECT_TRUE(std::isnan(Mismatch(Read(kEnglish, "2+2"))));
  EXPECT_TRUE(std::isnan(Mismatch(Read("", kEnglish))));
}

TEST(LanguageMismatch, TheReasoningMayBeInAnotherLanguage) {
  EXPECT_EQ(Mismatch(Read(kGerman, kGerman, kEnglish)), 0);
}

TEST(LanguageMismatch, AScriptIsEnoughWhereTheLanguageIsNot) {
  // These words are of no language, so in particular not Korean.
  EXPECT_EQ(Mismatch(Read("lorem zyx qwopp bnarf tulmo grix hovvel prantuz "
                          "mirkel dostam",
                          "", "", "ko")),
            1);
}

TEST(MinorityScript, CountsStrayLetters) {
  EXPECT_EQ(Minority(Read(kEnglish)), 0);
  EXPECT_GT(Minority(Read(std::string(kEnglish) + "因此 we wait.")), 3);
  EXPECT_GT(Minority(Read(kEnglish, "", std::string(kEnglish) + "ดังนั้น")), 3);
  EXPECT_EQ(Minority(Read(std::string(kEnglish) + "Let α and β be angles.")),
            0);
  EXPECT_TRUE(std::isnan(Minority(Read("42"))));
}

TEST(MinorityScript, ScriptsOfThePromptAndOfOneLanguageAreNone) {
  const std::string text = std::string(kEnglish) + "The sign 你好 means hello.";
  EXPECT_EQ(Minority(Read(text, "What does 你好 mean?")), 0);
  EXPECT_EQ(Minority(Read(
                "列車は九時に駅を出るので、もう二時間走っているはずです。")),
            0);
  // Reasoning in English, answer in Hindi: two parts, each of one script.
  EXPECT_EQ(Minority(Read("रेलगाड़ी नौ बजे स्टेशन से निकलती है, इसलिए वह रास्ते में है।",
                          "", kEnglish)),
            0);
}

TEST(Symbols, DensityIsPerThousandCharacters) {
  EXPECT_EQ(Read(kEnglish).reading(Feature::kSymbolDensity), 0);
  const std::string text = std::string(999, 'x') + "😀";
  EXPECT_NEAR(Read(text).reading(Feature::kSymbolDensity), 1, 1e-5);
}

TEST(Loops, AnyPartMayLoop) {
  std::string loop;
  for (int i = 0; i < 20; ++i) loop += "Wait, let me check this once more. ";
  EXPECT_EQ(Read(loop).reading(Feature::kExactPeriod), 1);
  EXPECT_EQ(Read("42", "", loop).reading(Feature::kExactPeriod), 1);
  EXPECT_EQ(Read("42", "", loop).reading(Feature::kShingleRecurrence), 1);
  EXPECT_EQ(Read(kEnglish).reading(Feature::kExactPeriod), 0);
  EXPECT_EQ(Read(kEnglish).reading(Feature::kShingleRecurrence), 0);
  EXPECT_EQ(Read("!!!!!!!!!!!!").reading(Feature::kGarbageRun), 1);
  std::string word = "It is";
  for (int i = 0; i < 30; ++i) word += " very";
  EXPECT_EQ(Read(word + " good.").reading(Feature::kGarbageRun), 1);
}

TEST(Loops, TheServersOwnDetectorIsBelieved) {
  Trace trace;
  trace.has_text = true;
  trace.answer = kEnglish;
  trace.finish_reason = "repetition";
  Scored scored;
  ReadTextQuality(trace, {}, {}, scored);
  EXPECT_EQ(scored.reading(Feature::kExactPeriod), 1);
}

TEST(TextReadings, WithoutTextThereAreNone) {
  Scored scored;
  ReadTextQuality({}, {}, {}, scored);
  for (Feature f : {Feature::kLanguageMismatch, Feature::kMinorityScript,
                    Feature::kSymbolDensity, Feature::kGarbageRun,
                    Feature::kExactPeriod, Feature::kShingleRecurrence})
    EXPECT_TRUE(std::isnan(scored.reading(f)));
}

}  // namespace
}  // namespace reasonwatch
