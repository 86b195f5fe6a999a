// Bytes to Trace: API bodies and the reasoning markers of model families.
//
// Everything here is pure and safe to call from several threads.
#ifndef REASONWATCH_FORMATS_FORMATS_H_
#define REASONWATCH_FORMATS_FORMATS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/response.h"
#include "core/trace.h"

namespace reasonwatch {

class MarkerScanner;

struct SplitResult {
  // Absent: the text holds no reasoning (not even an empty block).
  std::optional<std::string> reasoning;
  std::string answer;
  std::string format;  // the registry's name that was used, or "unknown"
  MarkerState marker_state = MarkerState::kNone;
  bool operator==(const SplitResult&) const = default;
};

// Names of the registry, in its order; "auto" is not among them.
std::vector<std::string_view> FormatNames();

// Splits raw model text. `format` is a name of the registry or "auto" (by
// model name, then by the text itself). An unknown name, and text that "auto"
// can't place, give format "unknown" and the whole text as answer.
// Linear in the text.
SplitResult SplitText(std::string_view format, std::string_view model,
                      Thinking thinking, std::string_view text);

// The same, fed in pieces; Finish() equals SplitText() of the whole. Markers
// are looked for as pieces come, in O(piece). One thread at a time; Finish()
// ends the object's use.
class StreamSplitter {
 public:
  StreamSplitter(std::string_view format, std::string_view model,
                 Thinking thinking);
  ~StreamSplitter();
  void Feed(std::string_view piece);
  SplitResult Finish();

 private:
  std::string format_;
  std::string model_;
  Thinking thinking_;
  std::string text_;
  std::unique_ptr<MarkerScanner> scanner_;
};

// Reads whatever `response` carries (body, or content and reasoning) into a
// Trace. `format` overrides detection; "auto" otherwise. Never fails: a body
// that can't be read leaves Trace::error and what could be read. Trace::error
// holds codes, never the server's or the model's text.
//
// The content is always split again. marker_state is kNone where the server
// delivered reasoning in a field and left no marker in the content.
// split_differs: markers of a block are left in the content though reasoning
// came in a field, or though the server itself counts reasoning tokens.
// Content without any marker is the answer; only where the template opens the
// block and the token limit ended the response is it unfinished reasoning.
Trace ParseResponse(const Response& response, std::string_view format);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_FORMATS_H_
