// SPDX-License-Identifier: Apache-2.0
// The message that an API body delivers, put together piece by piece.
//
// Plain values; one thread at a time.
#ifndef REASONWATCH_FORMATS_API_MESSAGE_H_
#define REASONWATCH_FORMATS_API_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/finish.h"
#include "core/regime.h"
#include "core/trace.h"
#include "core/usage.h"

namespace reasonwatch {

inline constexpr size_t kMaxRegimeBytes = 128;  // as a label of a metric
inline constexpr size_t kMaxNotes = 8;          // of a response
// Limits of a response: no agent calls so many tools at once, and the arguments
// of all calls together may hold a file that one of them writes.
inline constexpr size_t kMaxKeptCalls = 64;
inline constexpr size_t kMaxArgumentBytes = size_t{256} << 10;

// One choice of a body. Absent text = not delivered (missing or null).
struct ApiMessage {
  std::optional<std::string> content;
  std::optional<std::string> reasoning;
  // The wire's name of the field that carried the reasoning; "" = none did.
  std::string reasoning_field;
  // Reasoning came encrypted or redacted, and none of it can be read.
  bool reasoning_hidden = false;
  std::string finish_reason;  // of finish_reason.h
  // Counts of a body with several choices belong to all of them together, so
  // output and reasoning counts are then left absent; so is a count of 0
  // beside text, which servers send that do not count. Output tokens hold the
  // reasoning tokens, also if the server counts them beside.
  Usage usage;
  int32_t tool_calls = 0;
  // The first kMaxKeptCalls of them, as far as their names are known. None if
  // their arguments are over kMaxArgumentBytes.
  std::vector<ToolCall> calls;
  // The server by the body's own word: `system_fingerprint`, and SGLang's
  // `metadata.weight_version`; at most kMaxRegimeBytes of each.
  Regime regime;
  std::string model;         // at most kMaxRegimeBytes
  bool other_media = false;  // a part of the answer is no text
  // The document or event that ends a body of its API was there.
  bool ended = false;
  int64_t dropped_bytes = 0;  // beyond the limits, counted and not kept
  // Names of fields that hold something and were not understood, and of those
  // whose text had come before; sorted, at most kMaxNotes of each.
  std::vector<std::string> ignored;
  std::vector<std::string> repeated;
  // The first error, "" = none: "server error: <type> <code>",
  // "malformed JSON", "too large", "no known API", "no choice <i>". Never
  // holds text of the response.
  std::string error;
};

// Gathers one message. Text beyond `text_limit` bytes, of content and of
// reasoning each, is dropped at a character's end and counted.
//
// Servers send one text several times: each delta may hold all text so far, the
// last one may repeat the whole, and a whole message may follow the deltas.
// Such text is taken once. A model that repeats itself is told from that by the
// pieces: it never writes all that it wrote so far as one further piece.
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
  void SetModel(std::string_view model);

  // Whether the text that comes now is the next piece of a stream.
  void SetStreaming(bool streaming) { streaming_ = streaming; }
  // All that is added from here to EndWhole() is the whole message, perhaps
  // once more: of a text that came already only the missing end is kept.
  void BeginWhole();
  void EndWhole();

  void AddContent(std::string_view piece) {
    Append(piece, message_.content, content_);
  }
  // `field` names the field that carries this piece. An empty piece says that
  // the field was delivered.
  void AddReasoning(std::string_view piece, std::string_view field);
  // The same for a block that its server has signed: it is whole.
  void AddSignedReasoning(std::string_view piece, std::string_view field);
  // The next piece begins a new block: a blank line parts it from the last,
  // unless a stream begins a block with every piece of one text.
  void BreakContent() { content_.breaks = true; }
  void BreakReasoning() { reasoning_.breaks = true; }
  // All pieces so far were a mere summary of those that come now.
  void DropReasoning();
  void HideReasoning(std::string_view field);
  void SetOtherMedia() { message_.other_media = true; }

  // A later reason replaces an earlier one, but for a mere stop or an unknown
  // word behind a reason that says more.
  void SetFinishReason(std::string_view server_word);
  // A call, or a piece of one. Pieces of a call share its id or its index;
  // `begins` is true of a piece that only the first one can be, as it names
  // the function. `arguments` is the next piece of their JSON, or all so far.
  void AddToolCall(std::string_view id, std::optional<int64_t> index,
                   bool begins, std::string_view name = {},
                   std::string_view arguments = {});
  // The next piece of the arguments of the call that came last.
  void AddArguments(std::string_view piece);
  // All calls of a whole message; takes the place of the ones before if there
  // are at least as many.
  void SetCalls(std::vector<ToolCall> calls);
  void AtLeastToolCalls(int64_t count);
  void SetError(std::string_view error);  // the first one stays
  void AddDropped(int64_t bytes) { message_.dropped_bytes += bytes; }
  void SetEnded() { message_.ended = true; }
  // A document that holds a part only was read: another one must say the end.
  void SetPartial() { partial_ = true; }
  bool partial() const { return partial_; }
  // All tokens of request and response by the server's word.
  void SetTotalTokens(int64_t total) { total_tokens_ = total; }
  // The server's output tokens never hold the reasoning tokens.
  void CountReasoningBeside() { reasoning_beside_ = true; }
  void NoteIgnored(std::string_view field) { Note(field, message_.ignored); }
  void NoteRepeated(std::string_view field) { Note(field, message_.repeated); }

  // A document of a known API was read.
  void SetKnown() { known_ = true; }
  bool known() const { return known_; }
  // The choice with `index` is in the body; true if it is ours.
  bool TakesChoice(int64_t index);
  // The body is `null`: the client went away before there was an answer.
  void SetNull() { null_ = true; }

  ApiMessage Finish();

 private:
  // One of the two texts, and what its pieces have shown.
  struct Sink {
    bool breaks = false;
    bool full = false;
    bool streamed = false;  // the last piece was a delta
    int64_t pieces = 0;     // that were not empty
    int64_t block_pieces = 0;
    size_t last = 0;         // where the last piece begins
    bool growing = true;     // each piece begins with all of the one before
    bool takes_all = false;  // it is settled that each piece is all so far
    // The place of a piece that repeats everything before it; npos = the last
    // one does not.
    size_t repeat = std::string::npos;
  };
  struct Saved {
    std::optional<std::string> content, reasoning;
    std::string reasoning_field;
    Sink content_sink, reasoning_sink;
    int64_t dropped_bytes = 0;
  };

  void Append(std::string_view piece, std::optional<std::string>& text,
              Sink& sink);
  // The part of a delta that is new.
  std::string_view NewPart(std::string_view piece, std::string& text,
                           Sink& sink);
  bool Settle(std::optional<std::string>& text, const Sink& sink) const;
  bool Merge(std::optional<std::string>& before, Sink& sink_before,
             std::string_view name, std::optional<std::string>& text,
             Sink& sink);
  void SettleCounts();
  void AppendArguments(ToolCall& call, std::string_view piece);
  static void Note(std::string_view field, std::vector<std::string>& notes);

  const int32_t choice_index_;
  const size_t text_limit_;
  ApiMessage message_;
  Sink content_;
  Sink reasoning_;
  std::optional<Saved> saved_;
  std::string hidden_field_;
  std::unordered_set<size_t> call_ids_;  // hashes
  std::unordered_set<int64_t> call_indices_;
  // The keys of message_.calls, in their order: hash of the id (0 = none),
  // index.
  struct CallKey {
    size_t id = 0;
    std::optional<int64_t> index;
  };
  std::vector<CallKey> call_keys_;
  size_t argument_bytes_ = 0;
  std::optional<int64_t> total_tokens_;
  int64_t largest_index_ = 0;
  int64_t changes_ = 0;  // texts and calls so far
  int64_t finished_at_ = 0;
  bool streaming_ = false;
  bool reasoning_beside_ = false;
  bool partial_ = false;
  bool known_ = false;
  bool found_ = false;
  bool null_ = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_MESSAGE_H_
