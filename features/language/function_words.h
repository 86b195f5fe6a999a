// Frequent function words of languages that share an alphabet.
#ifndef REASONWATCH_FEATURES_LANGUAGE_FUNCTION_WORDS_H_
#define REASONWATCH_FEATURES_LANGUAGE_FUNCTION_WORDS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "features/language/languages.h"
#include "features/symbols/character_class.h"

namespace reasonwatch {

// Counts words and says which language they are of. Not thread-safe; make one
// for each text.
class FunctionWordVotes {
 public:
  void Add(std::string_view word);
  // Of the languages that are written in `script`; kUnknownLanguage unless the
  // words settle it, or do so by far.
  uint8_t Winner(CharacterClass script, bool by_far) const;
  // They are more likely of this language, which is expected, than of any that
  // it could be taken for; less is needed to say so than who wins.
  bool Support(uint8_t language) const;
  // There are words of another language and none of this one.
  bool Contradict(uint8_t language) const;

 private:
  static constexpr size_t kMaxLanguages = 32;
  std::array<uint16_t, kMaxLanguages> points_{};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_FUNCTION_WORDS_H_
