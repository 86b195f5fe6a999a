// SPDX-License-Identifier: Apache-2.0
#include "features/text_readings.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/scored.h"
#include "features/language/asked.h"
#include "features/language/identify.h"
#include "features/repetition/repetition.h"
#include "features/symbols/code_spans.h"
#include "features/symbols/symbols.h"

namespace reasonwatch {
namespace {

using enum CharacterClass;

// Bytes of a prompt that are read for its scripts: bounds the cost of a prompt
// that carries whole documents.
constexpr size_t kPromptBytes = size_t{16} * 1024;
// With fewer letters a single stray one would already be 5 % of the text.
constexpr int64_t kFewestLetters = 20;

float Log2PerMille(int64_t part, int64_t whole) {
  return static_cast<float>(
      std::log2(1 + 1000 * static_cast<double>(part) /
                        static_cast<double>(std::max<int64_t>(whole, 1))));
}

int64_t Letters(const ClassCounts& counts) {
  int64_t sum = 0;
  for (size_t c = static_cast<size_t>(kLatin);
       c <= static_cast<size_t>(kOtherScript); ++c)
    sum += counts[c];
  return sum;
}

// Counts letters outside three kinds of script: the main one of the text;
// Latin, which every script borrows for names, terms and mathematics; and those
// of the prompt. Han and kana count as one script if at least a tenth of both
// is kana, because then the text is Japanese.
int64_t MinorityLetters(const ClassCounts& counts, const ClassCounts& prompt) {
  const auto at = [](const ClassCounts& of, CharacterClass c) {
    return of[static_cast<size_t>(c)];
  };
  size_t main = static_cast<size_t>(kLatin);
  for (size_t c = main; c <= static_cast<size_t>(kOtherScript); ++c)
    if (counts[c] > counts[main]) main = c;
  const bool japanese =
      at(counts, kKana) * 10 > at(counts, kHan) + at(counts, kKana) &&
      (main == static_cast<size_t>(kHan) || main == static_cast<size_t>(kKana));
  int64_t minority = 0;
  for (size_t c = static_cast<size_t>(kGreek);
       c <= static_cast<size_t>(kOtherScript); ++c) {
    const bool cjk =
        c == static_cast<size_t>(kHan) || c == static_cast<size_t>(kKana);
    if (c != main && prompt[c] == 0 && !(japanese && cjk))
      minority += counts[c];
  }
  return minority;
}

}  // namespace

void ReadTextQuality(const Trace& trace, const PromptText& prompt,
                     const Intent& intent, Scored& scored) {
  scored.expected_language =
      ExpectedLanguage(intent.asked_language, prompt.system, prompt.user);
  if (!trace.has_text) return;
  const std::string_view reasoning = trace.reasoning.has_value()
                                         ? std::string_view(*trace.reasoning)
                                         : std::string_view();
  const std::string_view answer = trace.answer;

  const std::vector<CodeSpan> code = FindCodeSpans(answer);
  const IdentifiedLanguage identified =
      IdentifyLanguage(answer, code, scored.expected_language);
  scored.answer_language = identified.language;
  if (scored.expected_language != kUnknownLanguage) {
    float& mismatch = scored.reading(Feature::kLanguageMismatch);
    if (identified.language != kUnknownLanguage)
      mismatch =
          Confusable(scored.expected_language, identified.language) ? 0 : 1;
    else if (identified.script != kPlain &&
             !IsWrittenIn(scored.expected_language, identified.script))
      mismatch = 1;
  }

  const CharacterCounts in_answer = CountCharacters(answer, code);
  const CharacterCounts in_reasoning =
      CountCharacters(reasoning, FindCodeSpans(reasoning));
  const int64_t letters =
      Letters(in_answer.letters) + Letters(in_reasoning.letters);
  if (letters >= kFewestLetters) {
    // Counted separately: reasoning and answer may have two main scripts.
    const auto minority = [&](const ClassCounts& in_prompt) {
      return MinorityLetters(in_answer.letters, in_prompt) +
             MinorityLetters(in_reasoning.letters, in_prompt);
    };
    int64_t stray = minority({});
    if (stray > 0)
      stray = minority(
          CountCharacters(std::string_view(prompt.user).substr(0, kPromptBytes),
                          {})
              .letters);
    scored.reading(Feature::kMinorityScript) = Log2PerMille(stray, letters);
  }

  const Repetition answer_again = FindRepetition(answer);
  const Repetition reasoning_again = FindRepetition(reasoning);
  const auto set = [&](Feature f, bool value) {
    scored.reading(f) = value ? 1.0F : 0.0F;
  };
  CharacterCounts both = in_answer;
  both += in_reasoning;
  if (both.characters == 0) return;
  scored.reading(Feature::kSymbolDensity) =
      Log2PerMille(both.symbols, both.characters);
  set(Feature::kGarbageRun,
      both.garbage_run || answer_again.same_word || reasoning_again.same_word);
  // "repetition" is the finish reason of vLLM if its own detector of
  // repetitions ended the response.
  set(Feature::kExactPeriod, answer_again.exact_period ||
                                 reasoning_again.exact_period ||
                                 trace.finish_reason == "repetition");
  set(Feature::kShingleRecurrence,
      std::max(answer_again.recurrence, reasoning_again.recurrence) >=
          kLoopRecurrence);
}

}  // namespace reasonwatch
