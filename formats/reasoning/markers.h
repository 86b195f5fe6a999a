// SPDX-License-Identifier: Apache-2.0
// The places of all formats' markers in a text.
//
// Pure functions over caller-owned state; safe from several threads.
#ifndef REASONWATCH_FORMATS_REASONING_MARKERS_H_
#define REASONWATCH_FORMATS_REASONING_MARKERS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "formats/reasoning/registry.h"

namespace reasonwatch {

// The role of a marker in a format.
enum class MarkerRole : uint8_t {
  kNone,
  kStart,
  kEnd,
  kTool,
  kFraming,
  kFrameEnd,
  kEndOfTurn
};

// The tokens of the harmony grammar.
enum class HarmonyToken : uint8_t {
  kStart,
  kEnd,
  kChannel,
  kMessage,
  kConstrain,
  kReturn,
  kCall,
  kEndOfMessage,  // Glimmer's
  kEndOfTurn,
  kCount,
  kNone = kCount
};

struct MarkerHit {
  size_t begin = 0;  // byte offsets in the text
  size_t end = 0;
  uint8_t marker = 0;  // which of all markers; an index of this header's own
};

// A marker as one format sees it.
struct RoleHit {
  size_t begin = 0;
  size_t end = 0;
  MarkerRole role = MarkerRole::kNone;
};

MarkerRole RoleOf(const FormatRow& row, uint8_t marker);  // row of kFormats
HarmonyToken HarmonyTokenOf(uint8_t marker);
std::string_view MarkerText(uint8_t marker);
// One of kEndOfTurnTokens.
bool EndsTurn(uint8_t marker);
// Begins a tool call of any format.
bool IsToolMarkup(uint8_t marker);

// Finds markers in text that grows. Call Scan() with the whole text so far;
// bytes that may yet become a marker wait for the next call, or for `final`.
// The hits are the same for every way of cutting the text; of two markers that
// begin at one place the longer is meant. A call costs
// O(bytes new since the last call). At most kMaxHits are kept, so that a text
// of nothing but markers takes no more memory than its own size.
class MarkerScanner {
 public:
  static constexpr size_t kMaxHits = size_t{1} << 15;

  void Scan(std::string_view text, bool final);
  const std::vector<MarkerHit>& hits() const { return hits_; }
  size_t dropped_hits() const { return dropped_hits_; }

 private:
  size_t scanned_ = 0;
  size_t dropped_hits_ = 0;
  std::vector<MarkerHit> hits_;
};

enum class Quote : uint8_t {
  kNone,
  kCodeSpan,  // between backticks on one line
  kFenced,    // inside a ``` block
  kQuoted     // directly between quotation marks
};

// Says whether a place in the text is quoted or code, reading on from the last
// question: linear over all questions, which must not go back.
class QuoteTracker {
 public:
  QuoteTracker(std::string_view text, size_t begin);
  // As if made anew at `begin`; the part already searched ahead is kept.
  void Restart(size_t begin);
  Quote At(size_t begin, size_t end);
  // Offset of the first line feed at or after `position`, or the text's size.
  // Positions must not go back, behind those asked of At() included.
  size_t LineEnd(size_t position);

 private:
  std::string_view text_;
  size_t tick_from_;  // next_tick_ is the first backtick from here on
  size_t next_tick_;
  size_t line_from_;  // line_end_ is the first line feed from here on
  size_t line_end_;
  size_t span_line_end_ = 0;
  bool in_span_ = false;
  bool fenced_ = false;
};

// Only blanks between the last line feed and `position`.
bool AtLineStart(std::string_view text, size_t position);
// Offset of the first character at or after `from` that is no white space.
size_t SkipSpace(std::string_view text, size_t from);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_MARKERS_H_
