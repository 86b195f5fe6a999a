// SPDX-License-Identifier: Apache-2.0
// Statements of an answer, compared without regard to how they are written.
//
// Each function abstains (false, 0, nullopt) if its rule does not fit. Pure,
// thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_STATEMENTS_H_
#define REASONWATCH_ANSWERS_STATEMENTS_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "answers/quantities.h"

namespace reasonwatch::statements {

// Longest statement that is compared, in bytes: longer ones are explanations.
inline constexpr size_t kMaxStated = 96;

// Without brackets, emphasis, quotes, \boxed{} and final punctuation.
std::string_view Bare(std::string_view s);

// The letter of "C", "(C)", "C) Paris", "option C"; 0 for no option.
char ChoiceOf(std::string_view s);

// A number with at most its unit. Formulas, times, lists and names ("x3",
// "007") are compared as texts.
bool IsNumberLike(std::string_view stated, Quantity& quantity);

// Plain words, at most four.
bool IsPhrase(std::string_view s);

// Do both state the same? Nullopt unless both are numbers, or both options.
std::optional<bool> SameStatement(std::string_view a, std::string_view b);

// May the number be counted instead of computed? Counting up to 20 leaves no
// number behind in a chain.
bool MayBeCounted(const Quantity& q);

// Does `text` hold the number, in digits or, up to twenty, as a word?
bool HoldsNumber(std::string_view text, const Quantity& q);

// Does `text` hold the numerator and the denominator of `fraction`, each by
// itself? A chain may come to them one by one.
bool HoldsParts(std::string_view text, std::string_view fraction);

// Does `text` hold `wanted`, but for case and white space? False for a wanted
// text of more than kMaxStated characters other than white space.
bool HoldsText(std::string_view text, std::string_view wanted);

// Does `text` hold the first five letters of a word of `phrase` that has three
// letters or more?
bool SharesWord(std::string_view text, std::string_view phrase);

}  // namespace reasonwatch::statements

#endif  // REASONWATCH_ANSWERS_STATEMENTS_H_
