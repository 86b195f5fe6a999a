// SPDX-License-Identifier: Apache-2.0
// Answers of real models, if the recordings are beside the tree: compares the
// identified script with the label of each recording.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include "core/scored.h"
#include "features/language/identify.h"
#include "features/text_readings.h"
#include "gtest/gtest.h"
#include "simdjson.h"
#include "tests/source_dir.h"

namespace reasonwatch {
namespace {

std::string Text(simdjson::dom::element row, std::string_view key) {
  std::string_view text;
  return row[key].get(text) == simdjson::SUCCESS ? std::string(text)
                                                 : std::string();
}

TEST(LanguageRecordings, ScriptsAndMismatches) {
  const std::filesystem::path path =
      std::filesystem::path(REASONWATCH_SOURCE_DIR) /
      "../shared/data/dev/language_confusion.jsonl";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no recordings: " << path;
  simdjson::dom::parser parser;
  std::map<std::pair<std::string, std::string>, int> confusion;
  int script_right = 0;
  int script_wrong = 0;
  int expected_right = 0;
  int rows = 0;
  int hits = 0;
  int misses = 0;
  int false_alarms = 0;
  int passes = 0;
  int mixed = 0;
  for (std::string line; std::getline(file, line);) {
    const simdjson::dom::element row = parser.parse(line);
    const std::string gold = Text(row, "gold");
    PromptText prompt;
    prompt.user = Text(row, "prompt");
    Trace trace;
    trace.has_text = true;
    trace.answer = Text(row, "response");
    Scored scored;
    ReadTextQuality(trace, prompt, {}, scored);
    ++rows;
    expected_right +=
        Confusable(scored.expected_language, LanguageFromTag(gold));
    // The label: at least half of the letters are in the expected script. Set
    // for the six languages that do not use Latin; the share says how sure.
    double share = 0;
    if (row["meta"]["expected_script_frac"].get(share) != simdjson::SUCCESS)
      continue;
    const auto tag = std::string(LanguageTag(scored.answer_language));
    ++confusion[{gold, tag.empty() ? "unknown" : tag}];
    if (share > .25 && share < .75) {
      ++mixed;
      continue;
    }
    const bool wrong = share <= .25;
    const CharacterClass script =
        IdentifyLanguage(trace.answer, FindCodeSpans(trace.answer)).script;
    const bool here =
        scored.answer_language != kUnknownLanguage
            ? Confusable(scored.answer_language, LanguageFromTag(gold))
            : IsWrittenIn(LanguageFromTag(gold), script);
    const bool known = scored.answer_language != kUnknownLanguage ||
                       script != CharacterClass::kPlain;
    (known && here == !wrong ? script_right : script_wrong)++;
    const bool told = scored.reading(Feature::kLanguageMismatch) == 1;
    (wrong ? told ? hits : misses : told ? false_alarms : passes)++;
  }
  for (const auto& [pair, count] : confusion)
    std::cout << pair.first << " answered in " << pair.second << ": " << count
              << '\n';
  const double script = static_cast<double>(script_right) /
                        static_cast<double>(script_right + script_wrong);
  const double precision =
      static_cast<double>(hits) / static_cast<double>(hits + false_alarms);
  const double recall =
      static_cast<double>(hits) / static_cast<double>(hits + misses);
  std::cout << "asked language right " << expected_right << " of " << rows
            << "; right script " << script_right << " of "
            << script_right + script_wrong << "; wrong answers found " << hits
            << " of " << hits + misses << ", false alarms " << false_alarms
            << " of " << false_alarms + passes << "; half and half " << mixed
            << '\n';
  EXPECT_GE(static_cast<double>(expected_right) / rows, .95);
  EXPECT_GE(script, .97);
  EXPECT_GE(precision, .95);
  EXPECT_GE(recall, .95);
}

}  // namespace
}  // namespace reasonwatch
