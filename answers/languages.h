// SPDX-License-Identifier: Apache-2.0
// The words by which an answer is announced, affirmed, denied, noted upon and
// refused, by language. A language is one row of the table in
// language_table.cc.
//
// Pure, thread-safe, linear time. Texts are those of ReadPlainText().
#ifndef REASONWATCH_ANSWERS_LANGUAGES_H_
#define REASONWATCH_ANSWERS_LANGUAGES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch::languages {

// Number of rows of the table.
size_t Count();

// "answer", "答案"; "Ergebnis", which a step may have too; "option", "选项".
enum class NounKind { kAnswer, kResult, kOption };
// The noun of an announcement, without its ending.
struct Noun {
  size_t begin = 0;
  size_t end = 0;
  NounKind kind = NounKind::kAnswer;
  bool english = false;  // and of no other language
};
// The nouns of `text` in their order.
std::vector<Noun> Nouns(std::string_view text);

// Bytes at `i` of a word or sign that joins a noun with its answer ("is",
// "lautet", "は", ":", "="), 0 if there is none. It does not touch letters of
// its own script. Words of other languages are the words of English ones that
// mean something else ("to", "on"), so a text in English is said to be.
size_t CopulaAt(std::string_view text, size_t i, bool english = false);

// Bytes of a word for "or" at `i`, 0 if there is none.
size_t AlternativeAt(std::string_view text, size_t i, bool english = false);

// Does the end of a text have function words of English, and letters of ASCII?
bool IsEnglish(std::string_view text);

// Appends the lower case of the character at `i`, if it is of ASCII, Latin-1,
// Greek or Cyrillic. Returns its bytes.
size_t AppendLower(std::string_view s, size_t i, std::string& out);

// Yes and true, no and false, of any language; nullopt for any other text. In
// scripts without spaces the text may go on behind the word.
std::optional<bool> VerdictOf(std::string_view word);

// Bytes of a word before a number that makes it negative ("minus"), at the end
// of `before`; 0 if there is none.
size_t MinusBefore(std::string_view before);

// The power of ten of a scale word ("million", "万") at `i`; sets its length.
// 0 if there is none.
int ScaleAt(std::string_view text, size_t i, size_t* length);

// Does a paragraph begin with the label of a note: "Note: ...", "Quelle: ..."?
bool BeginsWithNote(std::string_view paragraph);

// Does a sentence offer more ("let me know if ...")?
bool IsOffer(std::string_view sentence);

// Does a response begin by refusing to answer: "I'm sorry, but I can't ..."?
bool Refuses(std::string_view response);

// Does a sentence deny: "not", "nicht", "不是"?
bool Denies(std::string_view sentence);

}  // namespace reasonwatch::languages

#endif  // REASONWATCH_ANSWERS_LANGUAGES_H_
