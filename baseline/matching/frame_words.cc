// SPDX-License-Identifier: Apache-2.0
#include "baseline/matching/frame_words.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "baseline/matching/frame_vocabulary.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

struct Words {
  absl::flat_hash_map<std::string_view, FrameWord> whole;
  absl::flat_hash_map<std::string_view, FrameWord> stems;
  absl::flat_hash_map<std::string_view, FrameWord> beginnings;
  size_t longest = 0;
};

void Add(const FrameRow& row, Words& words) {
  for (std::string_view rest = row.words; !rest.empty();) {
    const size_t space = std::min(rest.find(' '), rest.size());
    std::string_view word = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (word.empty()) continue;
    const bool stem = word.back() == '*';
    if (stem) word.remove_suffix(1);
    words.longest = std::max(words.longest, word.size());
    (stem ? words.stems : words.whole)[word] = row.kind;
  }
}

// Kinds whose words may be inflected in ways that no row lists.
bool IsContent(FrameWord kind) {
  return kind == FrameWord::kSolve || kind == FrameWord::kProblem ||
         kind == FrameWord::kAnswer || kind == FrameWord::kCourtesy ||
         kind == FrameWord::kWork;
}

bool IsVerb(FrameWord kind) {
  return kind == FrameWord::kSolve || kind == FrameWord::kFind ||
         kind == FrameWord::kGive || kind == FrameWord::kWork ||
         kind == FrameWord::kAbout;
}

// Letters of a word, and the bytes of its first `n`.
size_t Letters(std::string_view word) {
  return static_cast<size_t>(
      std::count_if(word.begin(), word.end(),
                    [](char c) { return !utf8::IsContinuation(c); }));
}
size_t FirstBytes(std::string_view word, size_t n) {
  size_t i = 0;
  for (; i < word.size(); ++i)
    if (!utf8::IsContinuation(word[i]) && n-- == 0) break;
  return i;
}

// Inflections change the end of a word: the beginnings of content words of so
// many letters, each of one kind, that no word of a request shares.
constexpr size_t kBeginning = 6;  // letters
constexpr size_t kLongestEnding = 4;

absl::flat_hash_map<std::string_view, FrameWord> Beginnings(
    const Words& words) {
  absl::flat_hash_map<std::string_view, FrameWord> beginnings;
  const auto beginning = [](std::string_view word) {
    return Letters(word) >= kBeginning
               ? word.substr(0, FirstBytes(word, kBeginning))
               : std::string_view();
  };
  for (const auto* table : {&words.whole, &words.stems})
    for (const auto& [word, kind] : *table) {
      const std::string_view begin = beginning(word);
      if (begin.empty()) continue;
      const auto [it, fresh] = beginnings.emplace(begin, kind);
      if (!fresh && it->second != kind) it->second = FrameWord::kUnknown;
    }
  absl::erase_if(beginnings,
                 [](const auto& entry) { return !IsContent(entry.second); });
  // "Problematize": a shorter stem of a request.
  absl::erase_if(beginnings, [&words](const auto& entry) {
    return std::any_of(words.stems.begin(), words.stems.end(),
                       [&entry](const auto& stem) {
                         return stem.second == FrameWord::kAbout &&
                                entry.first.starts_with(stem.first);
                       });
  });
  return beginnings;
}

const Words& Table() {
  static const Words& table = *[] {
    auto* words = new Words;
    for (const FrameRow& row : AnsweringWords()) Add(row, *words);
    for (const FrameRow& row : RequestWords()) Add(row, *words);
    words->beginnings = Beginnings(*words);
    return words;
  }();
  return table;
}

}  // namespace

FrameWord FrameWordOf(std::string_view word) {
  const Words& table = Table();
  if (const auto it = table.whole.find(word); it != table.whole.end())
    return it->second;
  for (size_t n = std::min(word.size(), table.longest); n > 0; --n) {
    if (n < word.size() && utf8::IsContinuation(word[n])) continue;
    const auto it = table.stems.find(word.substr(0, n));
    if (it != table.stems.end()) return it->second;
  }
  if (const size_t letters = Letters(word);
      letters > kBeginning && letters <= kBeginning + kLongestEnding) {
    const auto it =
        table.beginnings.find(word.substr(0, FirstBytes(word, kBeginning)));
    if (it != table.beginnings.end()) return it->second;
  }
  // "The assistant thinks": the third person of a verb.
  if (word.size() > 4 && word.back() == 's' && word[word.size() - 2] != 's')
    if (const auto it = table.whole.find(word.substr(0, word.size() - 1));
        it != table.whole.end() && IsVerb(it->second))
      return it->second;
  return FrameWord::kUnknown;
}

size_t LongestFrameWord(std::string_view text, FrameWord* kind) {
  const Words& table = Table();
  for (size_t n = std::min(text.size(), table.longest); n > 0; --n) {
    if (n < text.size() && utf8::IsContinuation(text[n])) continue;
    const auto it = table.whole.find(text.substr(0, n));
    if (it == table.whole.end()) continue;
    *kind = it->second;
    return n;
  }
  return 0;
}

size_t PersonaBeginning(std::string_view sentence) {
  for (std::string_view beginning : PersonaBeginnings())
    if (sentence.starts_with(beginning)) return beginning.size();
  return 0;
}

}  // namespace reasonwatch
