// SPDX-License-Identifier: Apache-2.0
// Numbers of a text as people write them, in any notation that is unambiguous:
// separators of any locale, signs, fractions, powers of ten, scale words,
// percentages, bases.
//
// Pure, thread-safe, linear time. Texts are those of ReadPlainText().
#ifndef REASONWATCH_ANSWERS_WRITTEN_NUMBERS_H_
#define REASONWATCH_ANSWERS_WRITTEN_NUMBERS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

struct WrittenNumber {
  size_t begin = 0;  // with its sign, in bytes
  size_t end = 0;    // with its percent sign or scale word
  // For MathEqual(). Never empty.
  std::string value;
  // Its other reading ("1.250" may be 1250), "" if there is none.
  std::string other;
  // Without its scale word, "" if it has none.
  std::string unscaled;
  // A dash before it may be a sign or punctuation; `value` has the sign.
  bool unsure_sign = false;
};

// At most `limit` numbers, the first ones. Digits within words and dates are
// none.
std::vector<WrittenNumber> WrittenNumbers(std::string_view plain,
                                          size_t limit = 256);

// The one number that a statement states, if it states one.
struct StatedNumber {
  enum class Kind {
    kNone,     // no number
    kOne,      // `number` is it
    kFirst,    // several, of which the first is the likely one
    kSeveral,  // alternatives or a list: no single answer
  };
  Kind kind = Kind::kNone;
  WrittenNumber number;
  std::vector<WrittenNumber> all;
};
StatedNumber ReadStatedNumber(std::string_view statement);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_WRITTEN_NUMBERS_H_
