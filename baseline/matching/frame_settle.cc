// SPDX-License-Identifier: Apache-2.0
// First the words that recur, then those that a neighbour decides.
#include "baseline/matching/frame_settle.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace reasonwatch {
namespace {

using Words = std::vector<SentenceWord>;

// Letters that both words begin with, in bytes.
size_t CommonBeginning(std::string_view a, std::string_view b) {
  size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) ++n;
  return n;
}

// "Step by step", "paso a paso", "krok po kroku", "adım adım": a word that
// comes again at once or behind one other, in any language.
void MarkRepeatedWords(Words& words) {
  constexpr size_t kShortest = 3;   // shorter words recur by chance
  constexpr size_t kInflected = 4;  // of these the ending may differ
  for (size_t i = 0; i < words.size(); ++i) {
    for (size_t gap : {size_t{1}, size_t{2}}) {
      if (i + gap >= words.size()) continue;
      SentenceWord& again = words[i + gap];
      const size_t common = CommonBeginning(words[i].text, again.text);
      const bool same = words[i].text == again.text && common >= kShortest;
      const bool inflected = common >= kInflected &&
                             common + 2 >= words[i].text.size() &&
                             common + 2 >= again.text.size();
      if ((!same && !inflected) || words[i].kind == FrameWord::kAbout) continue;
      if (words[i].kind == FrameWord::kFiller && gap == 2) continue;
      words[i].kind = again.kind = FrameWord::kWork;
      words[i].text = again.text = "step by step";
      if (gap == 2) words[i + 1].kind = FrameWord::kFiller;
    }
  }
}

// "Efficiently", "neatly": the manner, whatever it is.
bool IsAdverb(std::string_view word) {
  constexpr size_t kShortest = 6;  // "neatly"; shorter ones are often verbs
  return word.size() >= kShortest && word.ends_with("ly") &&
         !IsAny(word,
                {"multiply", "supply",  "comply",  "family",     "butterfly",
                 "assembly", "anomaly", "monthly", "weekly",     "yearly",
                 "hourly",   "doubly",  "triply",  "italy",      "jelly",
                 "really",   "wrongly", "falsely", "oppositely", "reassembly"});
}

// Words that ask for something elsewhere, and for nothing beside this
// neighbour: "nothing but the answer", "created by", "read twice", "double
// brackets", "make sure", "your turn", "double check", "pretend you".
bool SaysNothingHere(const Words& words, size_t i) {
  const std::string& text = words[i].text;
  const std::string_view before =
      i > 0 ? std::string_view(words[i - 1].text) : std::string_view();
  const std::string_view next = i + 1 < words.size()
                                    ? std::string_view(words[i + 1].text)
                                    : std::string_view();
  if (text == "nothing")
    return IsAny(next, {"else", "but"}) &&
           (Has(words, FrameWord::kForm) || Has(words, FrameWord::kAnswer));
  if (text == "twice") return i > 0 && words[0].text == "read";
  if (text == "turn") return before == "your";
  if (text == "check") return IsAny(before, {"double", "triple"});
  if (text == "make") return IsAny(next, {"sure", "certain"});
  if (text == "pretend") return IsAny(next, {"you", "to"});
  if (IsAny(text, {"created", "made", "generated", "edited"}))
    return next == "by";
  return IsAny(text, {"double", "triple", "square"}) &&
         IsAny(next, {"square", "brackets", "quotes", "curly", "check"});
}

}  // namespace

void SettleWords(std::vector<SentenceWord>& words) {
  MarkRepeatedWords(words);
  for (size_t i = 0; i < words.size(); ++i) {
    SentenceWord& word = words[i];
    const SentenceWord* next = i + 1 < words.size() ? &words[i + 1] : nullptr;
    if (word.kind == FrameWord::kJudged) {
      const bool fits =
          next != nullptr &&
          (next->kind == FrameWord::kAnswer || next->kind == FrameWord::kForm ||
           next->kind == FrameWord::kGreeting || next->text == "luck");
      word.kind = fits ? FrameWord::kFiller : FrameWord::kAbout;
    } else if (SaysNothingHere(words, i)) {
      word.kind = FrameWord::kFiller;
    } else if (word.text == "quiz" &&
               ((i > 1 &&
                 IsAny(words[i - 2].text, {"on", "in", "from", "for"})) ||
                (next != nullptr &&
                 IsAny(next->text, {"champion", "master", "show", "host",
                                    "player", "question", "app", "night"})))) {
      word.kind = FrameWord::kCourtesy;  // "on a quiz"
    } else if (word.text == "number" && i > 0 && words[i - 1].text == "final") {
      word.kind = FrameWord::kAnswer;
    } else if (word.text == "work" && next != nullptr &&
               (next->text == "out" ||
                (i + 2 < words.size() && words[i + 2].text == "out"))) {
      word.kind = FrameWord::kSolve;
    } else if (IsAny(word.text, {"check", "verify", "review", "evaluate",
                                 "improve", "outline", "list"}) &&
               next != nullptr &&
               (next->text == "your" ||
                (next->text == "the" && i + 2 < words.size() &&
                 words[i + 2].kind == FrameWord::kWork))) {
      word.kind = FrameWord::kGive;
    } else if (word.text.starts_with("bullet") && i > 0 &&
               (words[i - 1].kind == FrameWord::kNot ||
                IsAny(words[i - 1].text, {"avoid", "use", "with", "in"}))) {
      word.kind = FrameWord::kForm;
    } else if (word.kind == FrameWord::kUnknown && IsAdverb(word.text)) {
      word.kind = FrameWord::kFiller;
    }
  }
}

}  // namespace reasonwatch
