// SPDX-License-Identifier: Apache-2.0
// Splits a text at start and end markers.
//
// Pure and safe from several threads. Linear in the text.
#ifndef REASONWATCH_FORMATS_REASONING_TAG_SPLITTER_H_
#define REASONWATCH_FORMATS_REASONING_TAG_SPLITTER_H_

#include <string_view>
#include <vector>

#include "formats/formats.h"
#include "formats/reasoning/markers.h"
#include "formats/reasoning/registry.h"

namespace reasonwatch {

// Facts about a text beside its format.
struct SplitRules {
  bool opened = false;  // the text begins inside the reasoning block
  // An opened text without any marker.
  TextIs no_marker = TextIs::kAnswer;
  // The row's own `no_marker`, for text that no server has changed.
  TextIs raw_no_marker = TextIs::kAnswer;
  bool bare_end_closes = true;  // an end without a start ends reasoning
  // The response was cut off: a start without an end is unfinished reasoning.
  bool cut_off = false;
  // A server has split the text, and delivered the reasoning apart.
  bool delivered = false;
};

// `hits` are all of the row's markers in the text, by place.
SplitResult SplitAtTags(const FormatRow& row, const SplitRules& rules,
                        std::string_view text, std::vector<RoleHit> hits);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_TAG_SPLITTER_H_
