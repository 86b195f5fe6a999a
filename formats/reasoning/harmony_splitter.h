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

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_HARMONY_SPLITTER_H_
