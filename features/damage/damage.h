// SPDX-License-Identifier: Apache-2.0
// Signs that a text was damaged between the model's tokens and its reader.
//
// Pure, thread-safe, one linear pass. Code between fences is left out: programs
// hold escapes, indentation and names like `utf8` for good reasons.
#ifndef REASONWATCH_FEATURES_DAMAGE_DAMAGE_H_
#define REASONWATCH_FEATURES_DAMAGE_DAMAGE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "features/symbols/code_spans.h"

namespace reasonwatch {

struct Damage {
  int64_t bytes = 0;    // outside code
  int64_t letters = 0;  // of ASCII
  int64_t gaps = 0;     // spaces and line breaks
  bool beyond_ascii = false;
  // A word of three letters or more and a number without anything between
  // ("40crates", "with30"). Names of files and of variables do not count.
  int64_t joined = 0;
  // Two spaces between two words. Not after the end of a sentence, where some
  // people type two, nor in tables and indentation.
  int64_t doubled_spaces = 0;
  // "\n" before anything but a small letter (which would be LaTeX), "\"" and
  // "\u00e9"; "&amp;", "&#39;" and their like.
  int64_t escapes = 0;
  // UTF-8 that was read as Latin-1 or Windows-1252 and encoded again ("Ã©",
  // "â€™"), U+FFFD, and control characters.
  int64_t broken = 0;
  // Signs of tokenizers for spaces and line breaks: "Ġ", "Ċ", "▁".
  int64_t markers = 0;

  Damage& operator+=(const Damage& other);
};

// `code` are the spans of FindCodeSpans(text).
Damage FindDamage(std::string_view text, std::span<const CodeSpan> code);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_DAMAGE_DAMAGE_H_
