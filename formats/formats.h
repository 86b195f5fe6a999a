// SPDX-License-Identifier: Apache-2.0
// Bytes to Trace: API bodies and the reasoning markers of model families.
//
// Everything here is pure and safe to call from several threads.
#ifndef REASONWATCH_FORMATS_FORMATS_H_
#define REASONWATCH_FORMATS_FORMATS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/finish.h"
#include "core/intent.h"
#include "core/markers.h"
#include "core/trace.h"

namespace reasonwatch {

struct Response;

class CustomFormats;
class MarkerScanner;

struct SplitResult {
  // Absent: the text holds no reasoning (not even an empty block).
  std::optional<std::string> reasoning;
  std::string answer;
  std::string format;  // the name that was used, or "unknown"
  MarkerState marker_state = MarkerState::kNone;
  // Only for an unknown format: how it is marked, without its words; see
  // formats/reasoning/shape.h.
  std::string shape;
  bool has_tools = false;  // the text holds markup of tool calls
  bool operator==(const SplitResult&) const = default;
};

// Which formats the texts of a model may have.
struct FormatPolicy {
  // A name or alias of the registry, a custom format's, or "auto": by model
  // name, then by the text itself.
  std::string format = "auto";
  // Not empty: "auto" takes one of these only, the first if a text shows no
  // marker and the name says nothing.
  std::vector<std::string> families;
  std::shared_ptr<const CustomFormats> custom;  // may be null
};

// Names and aliases of the registry, in its order; "auto" is not among them.
std::vector<std::string_view> FormatNames();
// A name, an alias, or a custom format's name.
bool IsFormat(std::string_view name, const CustomFormats* custom);

// Splits raw model text. An unknown name, and text that "auto" can't place,
// give format "unknown" and the whole text as answer. Linear in the text.
SplitResult SplitText(const FormatPolicy& policy, std::string_view model,
                      Thinking thinking, std::string_view text);
SplitResult SplitText(std::string_view format, std::string_view model,
                      Thinking thinking, std::string_view text);

// The same, fed in pieces; Finish() equals SplitText() of the whole. Markers
// are looked for as pieces come, in O(piece). Of a text over kMaxBytes the rest
// is dropped and counted. One thread at a time; Finish() ends the object's use.
class StreamSplitter {
 public:
  static constexpr size_t kMaxBytes = size_t{64} << 20;

  StreamSplitter(FormatPolicy policy, std::string_view model,
                 Thinking thinking);
  StreamSplitter(std::string_view format, std::string_view model,
                 Thinking thinking);
  ~StreamSplitter();
  void Feed(std::string_view piece);
  SplitResult Finish();
  int64_t dropped_bytes() const { return dropped_bytes_; }

 private:
  const FormatPolicy policy_;
  const std::string model_;
  const Thinking thinking_;
  std::string text_;
  int64_t dropped_bytes_ = 0;
  std::unique_ptr<MarkerScanner> scanner_;
};

// Reads whatever `response` carries (body, or content and reasoning) into a
// Trace. Never fails: a body that can't be read leaves Trace::error and all
// that could be read. Trace::error holds codes, never the server's or the
// model's text.
//
// The content is always split again. marker_state is kNone if the server
// delivered reasoning in a field and left no marker in the content, kStripped
// if it counts reasoning tokens and delivers none of them. A source that never
// delivers reasoning (`without_reasoning_text`) makes it hidden, not absent.
// split_differs: markers of a block are left in the content though reasoning
// came in a field, or though the server itself counts reasoning tokens.
// Content without any marker is the answer; only if the template opens the
// block and the response was cut off (token limit, abort, repetition, error,
// or transport) is it unfinished reasoning.
Trace ParseResponse(const Response& response, const FormatPolicy& policy);
Trace ParseResponse(const Response& response, std::string_view format);

// The name of Trace::error for counting, one of kBodyErrorNames
// (formats/api/body_error.h); "" for "". Its text begins with one of
// kBodyErrorTexts.
std::string_view BodyErrorName(std::string_view error);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_FORMATS_H_
