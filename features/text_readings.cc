// SPDX-License-Identifier: Apache-2.0
// Each kind of reading is a function that gets the results of the passes over
// the text, which ReadTextQuality() makes once: code spans, language,
// characters, repetitions, damage. In order: letters of other scripts, the
// reasoning's language, doubling, damage, the last sentence, and the function
// of the header.
#include "features/text_readings.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/scored.h"
#include "features/code_stubs.h"
#include "features/damage/damage.h"
#include "features/ending.h"
#include "features/language/asked.h"
#include "features/language/identify.h"
#include "features/repetition/repetition.h"
#include "features/symbols/code_spans.h"
#include "features/symbols/symbols.h"
#include "util/ascii.h"

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

void Set(Scored& scored, Feature f, bool value) {
  scored.reading(f) = value ? 1.0F : 0.0F;
}

// The languages of prompt and reasoning; a glance is enough, because a change
// of habit is a change of many responses.
void ReadReasoningLanguage(std::string_view reasoning,
                           std::span<const CodeSpan> code, Scored& scored) {
  static const uint8_t kEnglish = LanguageFromTag("en");
  if (scored.expected_language == kUnknownLanguage || reasoning.empty()) return;
  const uint8_t language = GlanceAtLanguage(reasoning, code).language;
  if (language == kUnknownLanguage) return;
  const bool differs = !Confusable(scored.expected_language, language);
  Set(scored, Feature::kReasoningMismatch, differs);
  Set(scored, Feature::kReasoningThirdLanguage,
      differs && language != kEnglish);
}

// Doubled words in one of this many are no accident of style.
constexpr size_t kDoubledWords = 150;

// In scripts without spaces a word may be a doubled character.
void ReadDoubling(const Repetition& answer, const Repetition& reasoning,
                  const CharacterCounts& counts, Scored& scored) {
  const auto count = [&](CharacterClass c) {
    return counts.letters[static_cast<size_t>(c)];
  };
  const int64_t unspaced = count(kHan) + count(kKana) + count(kThai) +
                           count(kLao) + count(kKhmer) + count(kMyanmar);
  const size_t doubled = answer.doubled + reasoning.doubled;
  if (5 * unspaced < Letters(counts.letters))
    Set(scored, Feature::kWordsDoubled,
        doubled >= 2 &&
            doubled * kDoubledWords >= answer.units + reasoning.units);
  if (answer.units > 0) Set(scored, Feature::kAnswerTwice, answer.twice);
}

// Bytes of text for each sign of damage at most, if it has two: fewer are slips
// of a writer or names.
constexpr int64_t kBytesPerSign = 1500;
// Letters of ASCII from which their spaces are counted. Words of no language
// have 25 letters on average.
constexpr int64_t kLettersToCount = 80;
constexpr int64_t kLongestMean = 25;

void ReadDamage(const Damage& damage, Scored& scored) {
  const auto often = [&](int64_t signs) {
    return signs >= 2 && signs * kBytesPerSign >= damage.bytes;
  };
  const bool unparted = damage.letters >= kLettersToCount &&
                        damage.gaps * kLongestMean < damage.letters;
  Set(scored, Feature::kSpacesLost, often(damage.joined) || unparted);
  Set(scored, Feature::kSpacesDoubled, often(damage.doubled_spaces));
  Set(scored, Feature::kEscapedText, often(damage.escapes));
  // A text of ASCII alone shows nothing of its encoding.
  if (damage.beyond_ascii || damage.broken > 0)
    Set(scored, Feature::kBrokenCharacters,
        damage.broken > 0 || damage.markers >= 2);
}

void ReadLastSentence(const Trace& trace, std::span<const CodeSpan> code,
                      Scored& scored) {
  if (scored.lower_bound || trace.dropped_bytes > 0 || trace.tool_calls > 0 ||
      FinishOf(trace.finish_reason) != Finish::kStop)
    return;
  const bool open_fence = !code.empty() &&
                          code.back().end == trace.answer.size() &&
                          !ascii::Trim(trace.answer).ends_with("```");
  if (const auto open = EndsMidSentence(trace.answer, open_fence))
    Set(scored, Feature::kEndsMidSentence, *open);
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
  const std::vector<CodeSpan> reasoning_code = FindCodeSpans(reasoning);
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

  ReadReasoningLanguage(reasoning, reasoning_code, scored);

  const CharacterCounts in_answer = CountCharacters(answer, code);
  const CharacterCounts in_reasoning =
      CountCharacters(reasoning, reasoning_code);
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
  ReadDoubling(answer_again, reasoning_again, both, scored);
  Damage damage = FindDamage(answer, code);
  damage += FindDamage(reasoning, reasoning_code);
  ReadDamage(damage, scored);
  ReadLastSentence(trace, code, scored);
  if (HasCode(answer, code))
    Set(scored, Feature::kCodeStub, HasCodeStub(answer, code));
}

}  // namespace reasonwatch
