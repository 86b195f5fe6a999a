// SPDX-License-Identifier: Apache-2.0
// First the names of months, then a text that is one date or time, then those
// within a sentence, and how they are compared.
#include "answers/dates.h"

#include <unicode/dtfmtsym.h>
#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "re2/re2.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;

Grade GradeIf(bool correct) {
  return correct ? Grade::kCorrect : Grade::kIncorrect;
}

// Months by their names and abbreviations in lower case, in languages beside
// English; 0 where two languages disagree.
const absl::flat_hash_map<std::string, int>& MonthNames() {
  static constexpr const char* kLanguages[] = {
      "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl",
      "cs", "sk", "hu", "ro", "el", "ru", "uk", "bg", "tr", "id", "ms",
      "ca", "hr", "sr", "sl", "lt", "lv", "et", "ar", "he", "fa", "hi"};
  static const auto& names = *[] {
    auto* all = new absl::flat_hash_map<std::string, int>;
    for (const char* language : kLanguages) {
      UErrorCode status = U_ZERO_ERROR;
      const icu::DateFormatSymbols symbols(icu::Locale(language), status);
      if (U_FAILURE(status) != 0) continue;
      for (const auto context :
           {icu::DateFormatSymbols::FORMAT, icu::DateFormatSymbols::STANDALONE})
        for (const auto width : {icu::DateFormatSymbols::WIDE,
                                 icu::DateFormatSymbols::ABBREVIATED}) {
          int32_t count = 0;
          const icu::UnicodeString* months =
              symbols.getMonths(count, context, width);
          for (int32_t i = 0; i < std::min(count, 12); ++i) {
            std::string name;
            icu::UnicodeString(months[i]).toLower().toUTF8String(name);
            if (name.ends_with('.')) name.pop_back();
            if (name.size() < 3 || IsDigit(name[0])) continue;
            const auto [it, added] = all->try_emplace(name, i + 1);
            if (!added && it->second != i + 1) it->second = 0;
          }
        }
    }
    return all;
  }();
  return names;
}

// 1 to 12, 0 for any word that names no month; in English three letters
// suffice.
int MonthOf(const std::string& name) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  if (name.size() < 3) return 0;
  for (size_t i = 0; i < kMonths.size(); ++i)
    if (kMonths[i].substr(0, name.size()) == name)
      return static_cast<int>(i) + 1;
  std::string lower;
  icu::UnicodeString::fromUTF8(name).toLower().toUTF8String(lower);
  const auto found = MonthNames().find(lower);
  return found == MonthNames().end() ? 0 : found->second;
}

// By bytes, in any case of ASCII: classes of Unicode that repeat make large
// programs.
const RE2* Bytes(const char* pattern) {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  return new RE2(pattern, options);
}

// "3. Oktober 1990", "21 de abril de 1960", "1848. március 15-én", "ngày 2
// tháng 9 năm 1945", and the parts of such a date without its year.
std::optional<Date> ForeignDateOf(const std::string& s) {
  static const RE2& day_first = *Bytes(
      R"((\d{1,2})(?:\.?º|er|\.)?(?: (?:de|del|di) | d'| d’| )([a-z\x80-\xff]{3,28})\.?,?(?:(?: de| del| di)? (\d{4}))?(?: г\.?| р\.?|\.)?)");
  static const RE2& year_first = *Bytes(
      R"((\d{4})\.? ([a-z\x80-\xff]{3,28}) (\d{1,2})\.?(?:-[a-z\x80-\xff]{1,6})?)");
  static const RE2& vietnamese =
      *Bytes(R"((?:ngày )?(\d{1,2}) tháng (\d{1,2})(?:,? năm (\d{4}))?)");
  Date date;
  std::string month, year;
  if (RE2::FullMatch(s, vietnamese, &date.day, &date.month, &year)) {
    (void)absl::SimpleAtoi(year, &date.year);
    return date;
  }
  if (RE2::FullMatch(s, day_first, &date.day, &month, &year))
    (void)absl::SimpleAtoi(year, &date.year);
  else if (!RE2::FullMatch(s, year_first, &date.year, &month, &date.day))
    return std::nullopt;
  date.month = MonthOf(month);
  if (date.month == 0) return std::nullopt;
  return date;
}

}  // namespace

std::optional<Date> DateOf(const std::string& s) {
  static const RE2& iso = *new RE2(R"((\d{4})[-/.](\d{1,2})[-/.](\d{1,2}))");
  static const RE2& slashes =
      *new RE2(R"((\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))");
  static const RE2& month_first =
      *new RE2(R"(([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? ?(\d{4}))");
  static const RE2& day_first =
      *new RE2(R"((\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]+)\.?,? ?(\d{4}))");
  static const RE2& day_and_month = *new RE2(
      R"((?:the )?(?:([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?|(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]{3,9})\.?))");
  Date date;
  std::string month;
  std::string first, second, other;
  if (RE2::FullMatch(s, day_and_month, &month, &first, &second, &other)) {
    date.month = MonthOf(month.empty() ? other : month);
    (void)absl::SimpleAtoi(first.empty() ? second : first, &date.day);
    if (date.month > 0) return date;
    return ForeignDateOf(s);
  }
  if (RE2::FullMatch(s, iso, &date.year, &date.month, &date.day)) return date;
  if (RE2::FullMatch(s, slashes, &date.day, &date.month, &date.year)) {
    if (date.day == date.month || (date.day > 12 && date.month <= 12))
      return date;
    if (date.month > 12 && date.day <= 12) {
      std::swap(date.day, date.month);
      return date;
    }
    return std::nullopt;
  }
  if (!RE2::FullMatch(s, month_first, &month, &date.day, &date.year) &&
      !RE2::FullMatch(s, day_first, &date.day, &month, &date.year))
    return ForeignDateOf(s);
  date.month = MonthOf(month);
  if (date.month == 0) return std::nullopt;
  return date;
}

std::optional<int> TimeOf(const std::string& s) {
  static const RE2& time =
      *new RE2(R"((\d{1,2}):(\d{2}) ?(?:([ap])\.?m\.?)?(?: ?h)?)");
  int hour = 0, minute = 0;
  std::string half;
  if (!RE2::FullMatch(s, time, &hour, &minute, &half) || minute > 59 ||
      hour > (half.empty() ? 23 : 12))
    return std::nullopt;
  if (!half.empty()) hour = hour % 12 + (half == "p" ? 12 : 0);
  return hour * 60 + minute;
}

namespace {

// The dates of a sentence; `s` is normalised.
std::vector<Date> DatesIn(const std::string& s) {
  static const RE2& any =
      *new RE2(R"((\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
               R"(|[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? ?\d{4})"
               R"(|\d{1,2}(?:st|nd|rd|th)?(?: of)? [a-z]{3,9}\.?,? ?\d{4}))");
  static const RE2& east = *new RE2(
      R"((\d{4}) ?(?:年|년) ?(\d{1,2}) ?(?:月|월) ?(\d{1,2}) ?(?:日|일|号|號)?)");
  std::vector<Date> dates;
  const auto add = [&dates](const Date& date) {
    if (std::find(dates.begin(), dates.end(), date) == dates.end())
      dates.push_back(date);
  };
  re2::StringPiece rest(s);
  std::string found;
  while (dates.size() < 8 && RE2::FindAndConsume(&rest, any, &found))
    if (const auto date = DateOf(found)) add(*date);
  static const RE2& foreign = *Bytes(
      R"((\b\d{1,2}(?:\.?º|er|\.)?(?: (?:de|del|di) | d'| d’| )[a-z\x80-\xff]{3,28}\.?,?(?:(?: de| del| di)? \d{4})?)"
      R"(|\b\d{4}\.? [a-z\x80-\xff]{3,28} \d{1,2}\b)"
      R"(|\b\d{1,2} tháng \d{1,2}(?:,? năm \d{4})?))");
  rest = s;
  while (dates.size() < 8 && RE2::FindAndConsume(&rest, foreign, &found))
    if (const auto date = ForeignDateOf(found)) add(*date);
  rest = s;
  Date date;
  while (dates.size() < 8 &&
         RE2::FindAndConsume(&rest, east, &date.year, &date.month, &date.day))
    add(date);
  return dates;
}

// Minutes of the times of a sentence, and whether each is on a clock of twelve
// hours without a half of the day; `s` is normalised.
struct Time {
  int minutes = 0;
  bool half_known = false;
};
std::vector<Time> TimesIn(const std::string& s) {
  static const RE2& time = *new RE2(
      R"(\b(\d{1,2})(?: ?(?:h|uhr|时|時|点|點|시) ?|:)(\d{2})(?::\d{2})?(?: ?([ap])\.? ?m\b)?)");
  // A point is a time's before its word only.
  static const RE2& point =
      *new RE2(R"(\b(\d{1,2})\.(\d{2})( ?(?:uhr|h\b|[ap]\.? ?m\b)))");
  std::vector<Time> times;
  std::string plain = s;
  RE2::GlobalReplace(&plain, point, "\\1:\\2\\3");
  re2::StringPiece rest(plain);
  int hour = 0, minute = 0;
  std::string half;
  while (times.size() < 8 &&
         RE2::FindAndConsume(&rest, time, &hour, &minute, &half)) {
    if (minute > 59 || hour > (half.empty() ? 24 : 12)) continue;
    if (!half.empty()) hour = hour % 12 + (half == "p" ? 12 : 0);
    times.push_back({hour * 60 + minute, !half.empty() || hour > 12});
  }
  return times;
}

}  // namespace

Grade CompareDates(const Date& gold, const std::string& answer) {
  const std::vector<Date> dates = DatesIn(answer);
  if (dates.size() == 1) return GradeIf(dates[0] == gold);
  if (dates.size() > 1)
    return std::find(dates.begin(), dates.end(), gold) == dates.end()
               ? Grade::kIncorrect
               : Grade::kUngradable;
  if (gold.year == 0)
    if (const auto date = DateOf(answer)) return GradeIf(*date == gold);
  // Day and month may be one another, or the month has another language.
  return answer.find(std::to_string(gold.year > 0 ? gold.year : gold.day)) ==
                 std::string::npos
             ? Grade::kIncorrect
             : Grade::kUngradable;
}

std::optional<Grade> CompareTimes(int gold, const std::string& answer) {
  const std::vector<Time> times = TimesIn(answer);
  // "Half past two"
  if (times.empty())
    return std::none_of(answer.begin(), answer.end(), IsDigit)
               ? std::optional<Grade>(Grade::kUngradable)
               : std::nullopt;
  bool same = false;
  bool other = false;
  bool twelve = false;
  for (const Time& time : times) {
    (time.minutes == gold ? same : other) = true;
    twelve = twelve || (!time.half_known && time.minutes + 720 == gold);
  }
  if (same && !other) return Grade::kCorrect;
  if (same || twelve) return Grade::kUngradable;
  return Grade::kIncorrect;
}

}  // namespace reasonwatch
