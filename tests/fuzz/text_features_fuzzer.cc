// SPDX-License-Identifier: Apache-2.0
// Readings of a text must stay in their ranges, and counts must add up. The
// first byte gives the end of the prompt; the rest is the prompt and the
// answer.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/scored.h"
#include "features/language/asked.h"
#include "features/repetition/repetition.h"
#include "features/symbols/symbols.h"
#include "features/text_readings.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using reasonwatch::Feature;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  const size_t cut = std::min<size_t>(data[0], text.size());
  reasonwatch::PromptText prompt;
  prompt.user = text.substr(0, cut);
  prompt.system = prompt.user;
  reasonwatch::Trace trace;
  trace.has_text = true;
  trace.answer = text.substr(cut);
  trace.reasoning = trace.answer;
  reasonwatch::Scored scored;
  reasonwatch::ReadTextQuality(trace, prompt, {}, scored);
  for (const Feature f : {Feature::kLanguageMismatch, Feature::kGarbageRun,
                          Feature::kExactPeriod, Feature::kShingleRecurrence}) {
    const float value = scored.reading(f);
    Check(std::isnan(value) || value == 0 || value == 1);
  }
  for (const Feature f : {Feature::kMinorityScript, Feature::kSymbolDensity}) {
    const float value = scored.reading(f);
    Check(std::isnan(value) || (value >= 0 && value <= std::log2(1001.0F)));
  }
  Check(scored.expected_language == 0 ||
        !reasonwatch::LanguageTag(scored.expected_language).empty());

  const reasonwatch::CharacterCounts counts =
      reasonwatch::CountCharacters(text, reasonwatch::FindCodeSpans(text));
  Check(counts.characters <= static_cast<int64_t>(text.size()));
  int64_t letters = 0;
  for (const int64_t n : counts.letters) letters += n;
  Check(letters + counts.symbols <= counts.characters);
  const double recurrence = reasonwatch::FindRepetition(text).recurrence;
  Check(recurrence >= 0 && recurrence <= 1);
  return 0;
}
