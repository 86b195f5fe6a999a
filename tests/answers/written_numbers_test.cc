// SPDX-License-Identifier: Apache-2.0
#include "answers/written_numbers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace reasonwatch {
namespace {

std::vector<std::string> Values(std::string_view text) {
  std::vector<std::string> values;
  for (const WrittenNumber& number : WrittenNumbers(text))
    values.push_back(number.value);
  return values;
}

using List = std::vector<std::string>;

TEST(WrittenNumbers, ReadsSeparatorsOfAnyLocale) {
  EXPECT_EQ(Values("1,234,567.89"), List{"1234567.89"});
  EXPECT_EQ(Values("1.234.567,89"), List{"1234567.89"});
  EXPECT_EQ(Values("1 234 567,89"), List{"1234567.89"});
  EXPECT_EQ(Values("1'234'567.89"), List{"1234567.89"});
  EXPECT_EQ(Values("12,34,567"), List{"1234567"});
  EXPECT_EQ(Values("1{,}234"), List{"1234"});
  EXPECT_EQ(Values("4,2"), List{"4.2"});
  EXPECT_EQ(Values("1,2,3"), (List{"1", "2.3"}));
  EXPECT_EQ(Values("release 1.2.3"), List{});
}

TEST(WrittenNumbers, KeepsBothReadingsOfAnAmbiguousSeparator) {
  const auto point = WrittenNumbers("1.250");
  ASSERT_EQ(point.size(), 1U);
  EXPECT_EQ(point[0].value, "1.250");
  EXPECT_EQ(point[0].other, "1250");
  const auto comma = WrittenNumbers("1,250");
  ASSERT_EQ(comma.size(), 1U);
  EXPECT_EQ(comma[0].value, "1250");
  EXPECT_EQ(comma[0].other, "1.250");
  EXPECT_EQ(WrittenNumbers("0,250")[0].other, "");
}

TEST(WrittenNumbers, ReadsSigns) {
  EXPECT_EQ(Values("it is -5"), List{"-5"});
  EXPECT_EQ(Values("10-3"), (List{"10", "3"}));
  EXPECT_EQ(Values("minus 8"), List{"-8"});
  EXPECT_EQ(Values("15 minus 8"), (List{"15", "8"}));
  EXPECT_EQ(Values("±7"), List{"\\pm 7"});
  EXPECT_TRUE(WrittenNumbers("–5")[0].unsure_sign);
  EXPECT_FALSE(WrittenNumbers("-5")[0].unsure_sign);
}

TEST(WrittenNumbers, ReadsScaleWordsAndPowers) {
  EXPECT_EQ(Values("4.2 million"), List{"4.2*10^{6}"});
  EXPECT_EQ(WrittenNumbers("4.2 million")[0].unscaled, "4.2");
  EXPECT_EQ(Values("420万"), List{"420*10^{4}"});
  EXPECT_EQ(Values("4000千克"), List{"4000"});
  EXPECT_EQ(Values("5 miles"), List{"5"});
  EXPECT_EQ(Values("1.5 x 10^8"), List{"1.5*10^{8}"});
  EXPECT_EQ(Values("3.2 × 10⁻⁵"), List{"3.2*10^{-5}"});
  EXPECT_EQ(Values("3.2e-5"), List{"3.2e-5"});
}

TEST(WrittenNumbers, PassesOverWordsAndDates) {
  EXPECT_EQ(Values("H2O and x3 and GPT4"), List{});
  EXPECT_EQ(Values("on 2021-03-05 or 5/3/2021"), List{});
  EXPECT_EQ(Values("USD90"), List{"90"});
  EXPECT_EQ(Values("at 12:30"), List{"12:30"});
  EXPECT_EQ(Values("3/4 and 2 1/2"), (List{"3/4", "2 1/2"}));
}

TEST(WrittenNumbers, StaysFastOnHostileInput) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::string unit : {"1,", "1 ", "1.", "\\frac{", "-", "9^", "a1",
                           "1:", "1/", "1e", "± ", "1–", "$", "1 million "}) {
    std::string text;
    while (text.size() < 65536) text += unit;
    WrittenNumbers(text);
    ReadStatedNumber(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(ReadStatedNumber, TellsOneAnswerFromSeveral) {
  using Kind = StatedNumber::Kind;
  EXPECT_EQ(ReadStatedNumber("nothing").kind, Kind::kNone);
  EXPECT_EQ(ReadStatedNumber("m+n = 256+37 = 293").number.value, "293");
  EXPECT_EQ(ReadStatedNumber("14, since 2*7 is").kind, Kind::kOne);
  EXPECT_EQ(ReadStatedNumber("12 or 15").kind, Kind::kSeveral);
  EXPECT_EQ(ReadStatedNumber("12 oder 15").kind, Kind::kSeveral);
  EXPECT_EQ(ReadStatedNumber("36 pens in 4 boxes").kind, Kind::kFirst);
}

}  // namespace
}  // namespace reasonwatch
