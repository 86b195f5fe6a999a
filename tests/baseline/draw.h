// SPDX-License-Identifier: Apache-2.0
// Random choices and words of no language, for grammars of frames.
#ifndef REASONWATCH_TESTS_BASELINE_DRAW_H_
#define REASONWATCH_TESTS_BASELINE_DRAW_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace reasonwatch {

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  size_t Below(size_t n) { return random_() % n; }
  std::string From(const std::vector<std::string>& choices) {
    return choices[Below(choices.size())];
  }
  // Has so many syllables at least, and two more at most. Short ones are words
  // of some language now and then.
  std::string Word(size_t least = 2) {
    std::string word;
    for (size_t i = 0, n = least + Below(3); i < n; ++i) {
      word += "bdfgklmnprstvz"[Below(14)];
      word += "aeiou"[Below(5)];
    }
    return word;
  }
  std::string Words(size_t most) {
    std::string words = Word();
    for (size_t i = Below(most); i > 0; --i) words += " " + Word();
    return words;
  }

 private:
  std::mt19937 random_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_BASELINE_DRAW_H_
