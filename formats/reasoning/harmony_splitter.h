// SPDX-License-Identifier: Apache-2.0
// Splits gpt-oss's messages.
//
// Pure and safe from several threads. Linear in the text.
#ifndef REASONWATCH_FORMATS_REASONING_HARMONY_SPLITTER_H_
#define REASONWATCH_FORMATS_REASONING_HARMONY_SPLITTER_H_

#include <span>
#include <string_view>

#include "formats/formats.h"
#include "formats/reasoning/markers.h"

namespace reasonwatch {

// `name` becomes SplitResult::format. `hits` are all of the text's.
SplitResult SplitHarmony(std::string_view name, std::string_view text,
                         std::span<const MarkerHit> hits);

// The same of a server that drops special tokens and does not parse: only the
// words of the headers are left. False, and `result` as it was, if the text is
// none.
bool SplitHarmonyResidue(std::string_view name, std::string_view text,
                         SplitResult& result);
// Whether such words are surely that: a chain and then another message.
bool IsHarmonyResidue(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_HARMONY_SPLITTER_H_
