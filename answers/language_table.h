// SPDX-License-Identifier: Apache-2.0
// The words of languages.h: a row a language, a column a kind of word, words
// parted by '|', in lower case.
#ifndef REASONWATCH_ANSWERS_LANGUAGE_TABLE_H_
#define REASONWATCH_ANSWERS_LANGUAGE_TABLE_H_

#include <span>
#include <string_view>

namespace reasonwatch::languages {

struct Language {
  std::string_view code;     // ISO 639-1
  std::string_view nouns;    // announce an answer
  std::string_view results;  // announce the result of a step, or an answer
  std::string_view options;  // announce the name of an option
  std::string_view copulas;  // join either with the answer
  std::string_view either;   // "or"
  std::string_view yes;
  std::string_view no;
  std::string_view negation;
  std::string_view notes;     // label of what is no part of an answer
  std::string_view offers;    // beginnings of sentences that offer more
  std::string_view refusals;  // beginnings of responses that refuse
};

std::span<const Language> LanguageTable();

// Words that make the number behind them negative.
std::span<const std::string_view> MinusWords();

struct Scale {
  std::string_view word;
  int power;
};
// Scale words behind a number, the longer of two that begin alike first.
std::span<const Scale> ScaleWords();

}  // namespace reasonwatch::languages

#endif  // REASONWATCH_ANSWERS_LANGUAGE_TABLE_H_
