// Splits a text at the markers of one format.
//
// Pure and safe from several threads. Linear in the text.
#ifndef REASONWATCH_FORMATS_REASONING_SPLITTER_H_
#define REASONWATCH_FORMATS_REASONING_SPLITTER_H_

#include <span>
#include <string_view>

#include "core/response.h"
#include "formats/formats.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"

namespace reasonwatch {

// What is known of the text beside its format.
struct SplitRules {
  bool opened = false;  // the text begins inside the reasoning block
  TextIs no_marker = TextIs::kAnswer;  // of an opened text
  bool bare_end_closes = true;         // an end without a start ends reasoning
};

// The row's own rules, as the request's thinking switch changes them.
SplitRules RulesFor(const FormatRow& row, Thinking thinking);

// The row that `format` names, or that "auto" finds by model name and then by
// text; null = unknown.
const FormatRow* ChooseFormat(std::string_view format, std::string_view model,
                              std::string_view text,
                              std::span<const MarkerHit> hits);

// `row` null gives format "unknown" and the whole text as answer. `hits` are
// all of the text's, from MarkerScanner.
SplitResult SplitWith(const FormatRow* row, const SplitRules& rules,
                      std::string_view text, std::span<const MarkerHit> hits);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_SPLITTER_H_
