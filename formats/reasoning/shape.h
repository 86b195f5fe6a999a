// SPDX-License-Identifier: Apache-2.0
// How a text of unknown format is marked, without a word of it.
#ifndef REASONWATCH_FORMATS_REASONING_SHAPE_H_
#define REASONWATCH_FORMATS_REASONING_SHAPE_H_

#include <span>
#include <string>
#include <string_view>

#include "formats/reasoning/markers.h"

namespace reasonwatch {

// The tag at the beginning of `text`, e.g. "<note-2>", or "" if there is
// none: < or [, at most 48 bytes without white space, and their counterpart.
std::string_view LeadingTag(std::string_view text);
// "</note-2>" for "<note-2>".
std::string ClosingTag(std::string_view tag);

// E.g. "<word>…</word> then text". Letters are replaced by "word", digits by
// "0", and nothing of the text beyond the tag is shown; markers of the registry
// are, by their own text. At most 120 bytes, all printable. Linear in the text.
std::string ShapeOf(std::string_view text, std::span<const MarkerHit> hits);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_SHAPE_H_
