// SPDX-License-Identifier: Apache-2.0
// Frequent function words of languages that share an alphabet.
#ifndef REASONWATCH_FEATURES_LANGUAGE_FUNCTION_WORDS_H_
#define REASONWATCH_FEATURES_LANGUAGE_FUNCTION_WORDS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "features/language/languages.h"
#include "features/symbols/character_class.h"

namespace reasonwatch {

// Counts function words and decides which language uses them. Not thread-safe;
// make one for each text.
class FunctionWordVotes {
 public:
  void Add(std::string_view word);
  // Returns the winner among the languages that are written in `script`;
  // kUnknownLanguage unless it leads clearly, or with `by_far` overwhelmingly.
  uint8_t Winner(CharacterClass script, bool by_far) const;
  // True if the words fit `language`, which is expected, better than any
  // language that it is not confused with. Needs fewer words than Winner().
  bool Support(uint8_t language) const;
  // True if there are words of another language and none of this one.
  bool Contradict(uint8_t language) const;

 private:
  static constexpr size_t kMaxLanguages = 32;  // bits of a word's lists
  std::array<uint16_t, kMaxLanguages> points_{};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_FUNCTION_WORDS_H_
