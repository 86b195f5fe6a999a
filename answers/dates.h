// SPDX-License-Identifier: Apache-2.0
// Dates and times of day, in the ways in which people write them.
//
// Pure, thread-safe, linear time. Texts are those of NormalizeText().
#ifndef REASONWATCH_ANSWERS_DATES_H_
#define REASONWATCH_ANSWERS_DATES_H_

#include <optional>
#include <string>

#include "core/grade.h"

namespace reasonwatch {

struct Date {
  int year = 0, month = 0, day = 0;  // year 0: not said
  bool operator==(const Date&) const = default;
};

// "March 5, 2021", "5 March", "2021-03-05", "25/12/2021"; nullopt if day and
// month might be one another, and for any other text.
std::optional<Date> DateOf(const std::string& s);
// Minutes of "14:30", "2:30 pm"; nullopt for any other text.
std::optional<int> TimeOf(const std::string& s);

// An answer beside a gold date, and beside a gold time in minutes; nullopt if
// it holds no time.
Grade CompareDates(const Date& gold, const std::string& answer);
std::optional<Grade> CompareTimes(int gold, const std::string& answer);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_DATES_H_
