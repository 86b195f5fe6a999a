// What an API body delivers, and how it is put together piece by piece.
//
// Plain values; one thread at a time.
#ifndef REASONWATCH_FORMATS_API_MESSAGE_H_
#define REASONWATCH_FORMATS_API_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/response.h"

namespace reasonwatch {

inline constexpr size_t kMaxRegimeBytes = 128;

// One choice of a body. Absent text = not delivered (missing or null).
struct ApiMessage {
  std::optional<std::string> content;
  std::optional<std::string> reasoning;
  // The wire's name of what carried the reasoning; "" = nothing did.
  std::string reasoning_field;
  // Reasoning came encrypted or redacted, and none of it can be read.
  bool reasoning_hidden = false;
  std::string finish_reason;  // of finish_reason.h
  // Counts of a body with several choices belong to all of them together, so
  // output and reasoning counts are then left absent; so is a count of 0
  // beside text, which servers send that do not count.
  Usage usage;
  int32_t tool_calls = 0;
  // What the body says of the server: `system_fingerprint`, and SGLang's
  // `metadata.weight_version`; at most kMaxRegimeBytes of each.
  Regime regime;
  int64_t dropped_bytes = 0;  // beyond the limits, counted and not kept
  // What went wrong, "" = nothing: "server error: <type> <code>",
  // "malformed JSON", "too large", "no known API", "no choice <i>". Never
  // holds text of the response.
  std::string error;
};

// Gathers one message. Text beyond `text_limit` bytes, of content and of
// reasoning each, is dropped at a character's end and counted.
class MessageBuilder {
 public:
  MessageBuilder(int32_t choice_index, size_t text_limit)
      : choice_index_(choice_index), text_limit_(text_limit) {}

  int32_t choice_index() const { return choice_index_; }
  const ApiMessage& message() const { return message_; }
  Usage& usage() { return message_.usage; }
  // The first one of each stays.
  void SetFingerprint(std::string_view fingerprint);
  void SetWeightsVersion(std::string_view version);

  void AddContent(std::string_view piece) {
    Append(piece, message_.content, content_);
  }
  // `field` names what carries this piece. An empty piece says that the field
  // was delivered.
  void AddReasoning(std::string_view piece, std::string_view field);
  // The next piece begins a new block: a blank line parts it from the last.
  void BreakContent() { content_.breaks = true; }
  void BreakReasoning() { reasoning_.breaks = true; }
  // What came so far was a mere summary of what comes now.
  void DropReasoning();
  void HideReasoning(std::string_view field);

  void SetFinishReason(std::string_view server_word);
  void AddToolCalls(int64_t count) {
    AtLeastToolCalls(message_.tool_calls + count);
  }
  void AtLeastToolCalls(int64_t count);
  void SetError(std::string_view error);  // the first one stays
  void AddDropped(int64_t bytes) { message_.dropped_bytes += bytes; }

  // A document of a known API was read.
  void SetKnown() { known_ = true; }
  // The choice with `index` stands in the body; true where it is ours.
  bool TakesChoice(int64_t index);
  // The body is `null`: the client went away before there was an answer.
  void SetNull() { null_ = true; }

  ApiMessage Finish();

 private:
  struct Sink {
    bool breaks = false;
    bool full = false;
  };
  void Append(std::string_view piece, std::optional<std::string>& text,
              Sink& sink);

  const int32_t choice_index_;
  const size_t text_limit_;
  ApiMessage message_;
  Sink content_;
  Sink reasoning_;
  std::string hidden_field_;
  int64_t largest_index_ = 0;
  bool known_ = false;
  bool found_ = false;
  bool null_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_MESSAGE_H_
