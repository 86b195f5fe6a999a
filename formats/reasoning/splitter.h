// SPDX-License-Identifier: Apache-2.0
// Which format a text has, and its split.
//
// Pure and safe from several threads. Linear in the text.
#ifndef REASONWATCH_FORMATS_REASONING_SPLITTER_H_
#define REASONWATCH_FORMATS_REASONING_SPLITTER_H_

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/intent.h"
#include "formats/formats.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"
#include "formats/reasoning/tag_splitter.h"

namespace reasonwatch {

struct FormatChoice {
  FormatChoice() = default;
  explicit FormatChoice(const FormatRow* chosen, bool is_unexpected = false)
      : row(chosen), unexpected(is_unexpected) {}

  const FormatRow* row = nullptr;  // null: unknown
  // Set if the row is a custom format's: its markers in the text.
  std::optional<std::vector<RoleHit>> custom_hits;
  // The text has markers of another family than the model's.
  bool unexpected = false;
};

// Text without markers.
FormatChoice PlainChoice();

// The row's own rules, as the request's thinking switch changes them.
SplitRules RulesFor(const FormatRow& row, Thinking thinking);

// `hits` are all of the text's, from MarkerScanner. The row lives as long as
// the policy's custom formats.
FormatChoice ChooseFormat(const FormatPolicy& policy, std::string_view model,
                          std::string_view text,
                          std::span<const MarkerHit> hits);

// `scanner` has read the whole text.
SplitResult SplitChosen(const FormatChoice& choice, const SplitRules& rules,
                        std::string_view text, const MarkerScanner& scanner);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_SPLITTER_H_
