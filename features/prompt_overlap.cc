// SPDX-License-Identifier: Apache-2.0
#include "features/prompt_overlap.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "features/language/words.h"
#include "util/ascii.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

// Bytes at the end of a prompt, where its question is, and at the beginning of
// a text that answers it. Of a text of 4 KB these are a quarter.
constexpr size_t kQuestionBytes = 512;
constexpr size_t kResponseBytes = 512;
constexpr size_t kFewestBytes = 40;  // of a response
constexpr size_t kFewestTokens = 3;  // of a question
// Bytes of a word that tells questions apart; digits of a number.
constexpr size_t kFewestLetters = 6;
constexpr size_t kFewestDigits = 2;
constexpr size_t kCharacterPair = 6;  // bytes of two characters of Han

// table: words of questions of any kind, that occur in answers of any kind.
constexpr std::string_view kGeneral[] = {
    "please",   "answer",   "question", "explain", "example",   "following",
    "should",   "because",  "between",  "another", "number",    "numbers",
    "result",   "sentence", "provide",  "without", "describe",  "through",
    "before",   "function", "solution", "problem", "calculate", "however",
    "really",   "correct",  "always",   "object",  "include",   "letter",
    "possible", "option",   "options",  "choose",  "whether",   "different"};

constexpr size_t kSlots = 4096;
using Slots = std::bitset<kSlots>;
size_t SlotOf(uint64_t hash) { return hash >> 52; }

const Slots& GeneralWords() {
  static const Slots& slots = *new Slots([] {
    Slots words;
    for (std::string_view word : kGeneral) words.set(SlotOf(WordHash(word)));
    return words;
  }());
  return slots;
}

// Calls take(slot) for each word, number and pair of wide characters that may
// tell questions apart, until it returns true.
template <typename F>
bool AnyToken(std::string_view text, F take) {
  const auto wide = [&](size_t at) {
    return static_cast<unsigned char>(text[at]) >= 0xE0;
  };
  for (size_t i = 0; i < text.size();) {
    if (!ascii::IsAlnum(text[i]) && !ascii::IsBeyond(text[i])) {
      ++i;
      continue;
    }
    if (wide(i)) {
      const std::string_view pair = text.substr(i, kCharacterPair);
      if (pair.size() == kCharacterPair && wide(i + kCharacterPair / 2) &&
          SeparatorAt(text, i) == 0 &&
          SeparatorAt(text, i + kCharacterPair / 2) == 0 &&
          take(SlotOf(WordHash(pair))))
        return true;
      i = std::min(text.size(), i + kCharacterPair / 2);
      continue;
    }
    const size_t begin = i;
    size_t digits = 0;
    while (i < text.size() &&
           (ascii::IsAlnum(text[i]) || (ascii::IsBeyond(text[i]) && !wide(i))))
      digits += ascii::IsDigit(text[i++]);
    const size_t size = i - begin;
    const bool number = digits == size && digits >= kFewestDigits;
    if (!number && size < kFewestLetters) continue;
    if (take(SlotOf(WordHash(text.substr(begin, size))))) return true;
  }
  return false;
}

}  // namespace

std::optional<bool> IsOffPrompt(std::string_view question,
                                std::string_view reasoning,
                                std::string_view answer) {
  if (reasoning.size() + answer.size() < kFewestBytes) return std::nullopt;
  Slots asked;
  AnyToken(utf8::Tail(question, kQuestionBytes), [&](size_t slot) {
    asked.set(slot);
    return false;
  });
  asked &= ~GeneralWords();
  if (asked.count() < kFewestTokens) return std::nullopt;
  const auto speaks = [&](std::string_view text) {
    return AnyToken(utf8::Head(text, kResponseBytes),
                    [&](size_t slot) { return asked.test(slot); });
  };
  return !speaks(answer) && !speaks(reasoning);
}

}  // namespace reasonwatch
