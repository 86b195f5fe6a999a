// SPDX-License-Identifier: Apache-2.0
// Dates as ICU writes them in many languages, beside the same in figures.
#include <gtest/gtest.h>
#include <unicode/datefmt.h>
#include <unicode/gregocal.h>
#include <unicode/locid.h>

#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "answers/grading.h"

namespace reasonwatch {
namespace {

std::string Written(const char* language, int year, int month, int day) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::DateFormat> format(
      icu::DateFormat::createDateInstance(icu::DateFormat::kLong,
                                          icu::Locale(language)));
  format->setTimeZone(*icu::TimeZone::getGMT());
  icu::GregorianCalendar calendar(*icu::TimeZone::getGMT(), status);
  calendar.clear();
  calendar.set(year, month - 1, day);
  icu::UnicodeString text;
  format->format(calendar.getTime(status), text);
  EXPECT_TRUE(U_SUCCESS(status));
  std::string utf8;
  return text.toUTF8String(utf8);
}

TEST(Dates, AreReadInManyLanguages) {
  std::mt19937 random(5);
  for (const char* language :
       {"en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl",
        "cs", "sk", "hu", "ro", "el", "ru", "uk", "tr", "id", "ca", "hr"})
    for (int i = 0; i < 20; ++i) {
      const int year = 1000 + static_cast<int>(random() % 1000);
      const int month = 1 + static_cast<int>(random() % 12);
      const int day = 1 + static_cast<int>(random() % 28);
      const std::string gold =
          absl::StrFormat("%04d-%02d-%02d", year, month, day);
      const std::string other =
          absl::StrFormat("%04d-%02d-%02d", year, month % 12 + 1, day);
      const std::string written = Written(language, year, month, day);
      // October in Croatia, November in Poland.
      if (written.find("listopad") != std::string::npos) continue;
      EXPECT_EQ(GradeAnswer(AnswerKind::kText, gold, written), Grade::kCorrect)
          << language << ": " << written;
      EXPECT_EQ(GradeAnswer(AnswerKind::kText, other, written),
                Grade::kIncorrect)
          << language << ": " << written;
    }
}

TEST(Dates, AreFoundInASentence) {
  for (const char* answer :
       {"Die Wiedervereinigung fand am 3. Oktober 1990 statt.",
        "A reunificação deu-se em 3 de outubro de 1990.",
        "Воссоединение произошло 3 октября 1990 года.",
        "A német egység napja **1990. október 3-án** volt."}) {
    EXPECT_EQ(GradeAnswer(AnswerKind::kText, "October 3, 1990", answer),
              Grade::kCorrect)
        << answer;
    EXPECT_NE(GradeAnswer(AnswerKind::kText, "October 4, 1990", answer),
              Grade::kCorrect)
        << answer;
  }
}

}  // namespace
}  // namespace reasonwatch
