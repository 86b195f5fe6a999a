// OpenAI chat completions: one JSON object, or a stream of server-sent events.
//
// Pure and safe from several threads.
#ifndef REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_
#define REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/response.h"

namespace reasonwatch {

// One choice of a body. Absent text = not delivered (missing or null).
struct ChatMessage {
  std::optional<std::string> content;
  // From `reasoning`, `reasoning_content`, or thinking parts of the content.
  std::optional<std::string> reasoning;
  std::string finish_reason;  // "" = not said
  // Counts of a body with several choices belong to all of them together, so
  // output and reasoning counts are then left absent.
  Usage usage;
  int32_t tool_calls = 0;
  // What went wrong, "" = nothing: "server error: <type> <code>",
  // "malformed JSON", "no choice <i>". Never holds text of the response.
  std::string error;
};

// Reads choice `choice_index`. A body that begins with '{' is JSON whatever
// `type` says (servers answer a streaming request with a plain error object).
// Malformed events of a stream are skipped and leave `error`. Linear in the
// body; memory is at most a constant times the body.
ChatMessage ParseChatCompletion(std::string_view body, BodyType type,
                                int32_t choice_index);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_
