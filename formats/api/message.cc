// SPDX-License-Identifier: Apache-2.0
// Text is kept as it comes. Repeated text can often be seen as such only
// later: then the sink notes the place, and Finish() cuts it out.
//
// In order: small helpers, the pieces of a text, whole messages, reasoning, the
// other fields, the end.
#include "formats/api/message.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_format.h"
#include "formats/api/body_error.h"
#include "formats/api/finish_reason.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kBlankLine = "\n\n";
constexpr int64_t kMaxToolCalls = 10'000;  // far over any response
// Deltas that each begin with all before, and bytes of the last one, from which
// it is settled that the server sends all text each time.
constexpr int64_t kSettledPieces = 4;
constexpr size_t kSettledBytes = 24;  // longer than a phrase that recurs
// Two pieces alone show it only if the first is no mere word.
constexpr size_t kFewestBytes = 4;
// A block that is written once more is surely the same from here on.
constexpr size_t kSameBlockBytes = 16;

// The most bytes of `text`, at most `size`, that end with a whole character.
size_t WholeCharacters(std::string_view text, size_t size) {
  if (size >= text.size()) return text.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  return size;
}

void SetOnce(std::string_view value, std::string& into) {
  if (into.empty() && !value.empty())
    into = value.substr(0, WholeCharacters(value, kMaxRegimeBytes));
}

void DropZero(std::optional<int64_t>& count) {
  if (count == 0) count.reset();
}

// Whether the text is one shorter text several times over, as "haha" is. By
// the lengths of its borders: linear.
bool IsPeriodic(std::string_view text) {
  std::vector<uint32_t> border(text.size(), 0);
  for (size_t i = 1; i < text.size(); ++i) {
    uint32_t k = border[i - 1];
    while (k > 0 && text[i] != text[k]) k = border[k - 1];
    border[i] = k + (text[i] == text[k] ? 1 : 0);
  }
  const size_t longest = text.empty() ? 0 : border.back();
  return longest > 0 && text.size() % (text.size() - longest) == 0;
}

// Whether `next` goes on in the middle of what `text` says.
bool Continues(std::string_view text, std::string_view next) {
  constexpr std::string_view kClosing = " \t,.;:!?)]}'\"%";
  if (kClosing.find(next.front()) != std::string_view::npos) return true;
  const char last = text.back();
  const bool open = ascii::IsAlnum(last) || ascii::IsBeyond(last) ||
                    last == '-' || last == ',' || last == ' ' || last == '(';
  const char first = next.front();
  const bool inner = (ascii::IsLetter(first) && ascii::Lower(first) == first) ||
                     ascii::IsDigit(first) || ascii::IsBeyond(first);
  return open && inner;
}

// Whether `reason` says no more than that the response is over.
bool SaysLittle(std::string_view reason) {
  return reason.empty() || reason == kFinishStop || reason == kFinishOther;
}

}  // namespace

std::string_view MessageBuilder::NewPart(std::string_view piece,
                                         std::string& text, Sink& sink) {
  if (sink.takes_all) {
    if (piece.starts_with(text)) return piece.substr(text.size());
    if (text.ends_with(piece) || text.starts_with(piece)) return {};
    return piece;
  }
  const std::string_view all = text;
  const std::string_view last = all.substr(sink.last);
  sink.growing = sink.growing && sink.pieces > 0 &&
                 piece.size() > last.size() && piece.starts_with(last);
  sink.repeat = sink.pieces >= 2 && piece.starts_with(all) ? all.size()
                                                           : std::string::npos;
  if (!sink.growing || sink.pieces + 1 < kSettledPieces ||
      piece.size() < kSettledBytes)
    return piece;
  text.clear();
  sink.takes_all = true;
  sink.repeat = std::string::npos;
  return piece;
}

void MessageBuilder::Append(std::string_view piece,
                            std::optional<std::string>& text, Sink& sink) {
  if (!text.has_value()) text.emplace();
  if (piece.empty()) return;
  ++changes_;
  if (sink.breaks) {
    sink.breaks = false;
    const bool goes_on = streaming_ && sink.streamed &&
                         sink.block_pieces == 1 && !text->empty() &&
                         Continues(*text, piece);
    sink.block_pieces = 0;
    sink.growing = sink.growing && text->empty();
    if (!goes_on && !text->empty() && !sink.full &&
        text->size() + kBlankLine.size() <= text_limit_)
      text->append(kBlankLine);
  }
  if (!streaming_) {
    sink.growing = false;
    sink.repeat = std::string::npos;
  } else if (!text->empty() && !sink.full) {
    piece = NewPart(piece, *text, sink);
  }
  sink.streamed = streaming_;
  ++sink.pieces;
  ++sink.block_pieces;
  sink.last = text->size();
  size_t room = 0;
  if (!sink.full) {
    room = WholeCharacters(piece, text_limit_ - text->size());
    text->append(piece.substr(0, room));
  }
  // Nothing may follow a gap, however short.
  if (room == piece.size()) return;
  sink.full = true;
  message_.dropped_bytes += static_cast<int64_t>(piece.size() - room);
}

// Cuts out what was sent before; true if there was any.
bool MessageBuilder::Settle(std::optional<std::string>& text,
                            const Sink& sink) const {
  if (!text.has_value() || sink.full) return false;
  if (sink.takes_all) return true;
  if (sink.growing && sink.pieces >= 2) {
    const std::string_view first = std::string_view(*text).substr(0, sink.last);
    const std::string_view last = std::string_view(*text).substr(sink.last);
    if (sink.pieces >= 3 || (first.size() >= kFewestBytes &&
                             !last.substr(first.size()).starts_with(first))) {
      text->erase(0, sink.last);
      return true;
    }
  }
  if (sink.repeat == std::string::npos ||
      IsPeriodic(std::string_view(*text).substr(0, sink.repeat)))
    return false;
  text->erase(0, sink.repeat);
  return true;
}

void MessageBuilder::BeginWhole() {
  saved_ = {.content = std::move(message_.content),
            .reasoning = std::move(message_.reasoning),
            .reasoning_field = std::move(message_.reasoning_field),
            .content_sink = content_,
            .reasoning_sink = reasoning_,
            .dropped_bytes = message_.dropped_bytes};
  message_.content.reset();
  message_.reasoning.reset();
  message_.reasoning_field.clear();
  content_ = {};
  reasoning_ = {};
  streaming_ = false;
}

// Leaves in `text` the text of before, with what the whole has beyond it.
// False if nothing of the whole was kept.
bool MessageBuilder::Merge(std::optional<std::string>& before,
                           Sink& sink_before, std::string_view name,
                           std::optional<std::string>& text, Sink& sink) {
  const bool came = !before.value_or("").empty();
  if (!came && text.has_value()) return true;
  const bool has_rest = text.has_value() && text->size() > before->size() &&
                        !sink_before.full &&
                        std::string_view(*text).starts_with(*before);
  if (text.has_value() && !text->empty()) NoteRepeated(name);
  if (has_rest) return true;
  text = std::move(before);
  sink = sink_before;
  return false;
}

void MessageBuilder::EndWhole() {
  if (!saved_.has_value()) return;
  Saved saved = *std::move(saved_);
  saved_.reset();
  const bool reasoned = !saved.reasoning.value_or("").empty();
  bool kept = false;
  if (saved.reasoning.has_value() || message_.reasoning.has_value()) {
    std::string whole_field = std::move(message_.reasoning_field);
    message_.reasoning_field =
        reasoned || whole_field.empty() ? saved.reasoning_field : whole_field;
    kept = Merge(saved.reasoning, saved.reasoning_sink, whole_field,
                 message_.reasoning, reasoning_);
  }
  kept |= Merge(saved.content, saved.content_sink, "message", message_.content,
                content_);
  if (!kept) message_.dropped_bytes = saved.dropped_bytes;
}

void MessageBuilder::AddReasoning(std::string_view piece,
                                  std::string_view field) {
  // Another field that holds all of the text is the same text.
  if (streaming_ && !piece.empty() && field != message_.reasoning_field &&
      !message_.reasoning.value_or("").empty() &&
      (piece == *message_.reasoning || (piece.size() > kSameBlockBytes &&
                                        message_.reasoning->ends_with(piece))))
    return NoteRepeated(field);
  // A field that holds something says more than one that came empty.
  if (message_.reasoning_field.empty() ||
      (!piece.empty() && message_.reasoning->empty()))
    message_.reasoning_field = std::string(field);
  Append(piece, message_.reasoning, reasoning_);
}

void MessageBuilder::AddSignedReasoning(std::string_view piece,
                                        std::string_view field) {
  if (streaming_ && !piece.empty() &&
      message_.reasoning.value_or("").ends_with(piece))
    return NoteRepeated(field);
  AddReasoning(piece, field);
}

void MessageBuilder::DropReasoning() {
  message_.reasoning.reset();
  message_.reasoning_field.clear();
  reasoning_ = Sink{};
}

void MessageBuilder::HideReasoning(std::string_view field) {
  if (hidden_field_ != field) hidden_field_ = std::string(field);
}

void MessageBuilder::SetFinishReason(std::string_view server_word) {
  if (server_word.empty()) return;
  const std::string_view reason = FinishReasonOf(server_word);
  // A call is a call, whatever the server says of its end later.
  const bool kept =
      !SaysLittle(message_.finish_reason) && SaysLittle(reason) &&
      (changes_ == finished_at_ ||
       (message_.finish_reason == kFinishToolCalls && message_.tool_calls > 0));
  if (kept) return;
  if (reason != message_.finish_reason)
    message_.finish_reason = std::string(reason);
  finished_at_ = changes_;
}

void MessageBuilder::SetFingerprint(std::string_view fingerprint) {
  SetOnce(fingerprint, message_.regime.fingerprint);
}

void MessageBuilder::SetWeightsVersion(std::string_view version) {
  SetOnce(version, message_.regime.weights_version);
}

void MessageBuilder::SetModel(std::string_view model) {
  SetOnce(model, message_.model);
}

void MessageBuilder::AddToolCall(std::string_view id,
                                 std::optional<int64_t> index, bool begins,
                                 std::string_view name,
                                 std::string_view arguments) {
  const bool known_index = index.has_value() && call_indices_.contains(*index);
  const size_t hash = std::hash<std::string_view>()(id);
  bool fresh = false;
  if (!id.empty())
    fresh = !call_ids_.contains(hash) && (!known_index || begins);
  else if (index.has_value())
    fresh = !known_index;
  else
    fresh = begins;
  if (call_ids_.size() < kMaxToolCalls && !id.empty()) call_ids_.insert(hash);
  if (call_indices_.size() < kMaxToolCalls && index.has_value())
    call_indices_.insert(*index);
  if (fresh) {
    AtLeastToolCalls(int64_t{message_.tool_calls} + 1);
    if (message_.calls.size() >= kMaxKeptCalls ||
        argument_bytes_ > kMaxArgumentBytes)
      return;
    message_.calls.emplace_back();
    call_keys_.push_back({id.empty() ? 0 : hash, index});
  }
  if (message_.calls.empty()) return;
  size_t at = message_.calls.size() - 1;
  for (size_t i = call_keys_.size(); i-- > 0;) {
    const bool same = id.empty()
                          ? index.has_value() && call_keys_[i].index == index
                          : call_keys_[i].id == hash;
    if (!same) continue;
    at = i;
    break;
  }
  ToolCall& call = message_.calls[at];
  if (call.name.empty()) call.name = name;
  AppendArguments(call, arguments);
}

void MessageBuilder::AddArguments(std::string_view piece) {
  if (!message_.calls.empty()) AppendArguments(message_.calls.back(), piece);
}

void MessageBuilder::AppendArguments(ToolCall& call, std::string_view piece) {
  if (piece.empty() || argument_bytes_ > kMaxArgumentBytes) return;
  argument_bytes_ += piece.size();
  if (argument_bytes_ > kMaxArgumentBytes) {
    message_.calls.clear();
    call_keys_.clear();
    return;
  }
  // Some servers send all arguments so far with each piece, and some the whole
  // once more at the end. An object begins with a brace, and no further piece
  // of one begins like the whole so far.
  if (!call.arguments.empty() && call.arguments.front() == '{' &&
      piece.starts_with(call.arguments))
    call.arguments = piece;
  else
    call.arguments += piece;
}

void MessageBuilder::SetCalls(std::vector<ToolCall> calls) {
  if (calls.size() < message_.calls.size()) return;
  if (calls.size() > kMaxKeptCalls) calls.resize(kMaxKeptCalls);
  size_t bytes = 0;
  for (const ToolCall& call : calls) bytes += call.arguments.size();
  if (bytes > kMaxArgumentBytes) return;
  message_.calls = std::move(calls);
  call_keys_.assign(message_.calls.size(), CallKey());
}

void MessageBuilder::AtLeastToolCalls(int64_t count) {
  const auto calls = static_cast<int32_t>(std::min(count, kMaxToolCalls));
  if (calls <= message_.tool_calls) return;
  message_.tool_calls = calls;
  ++changes_;
}

void MessageBuilder::SetError(std::string_view error) {
  if (message_.error.empty()) message_.error = std::string(error);
}

void MessageBuilder::Note(std::string_view field,
                          std::vector<std::string>& notes) {
  constexpr size_t kMaxNameBytes = 40;  // far over the names in use
  // A name is a few letters; anything else may be somebody's text.
  const bool is_name =
      !field.empty() && field.size() <= kMaxNameBytes &&
      std::ranges::all_of(field, [](char c) {
        return ascii::IsAlnum(c) || c == '_' || c == '.' || c == '-';
      });
  const std::string_view name = is_name ? field : "?";
  const auto at = std::ranges::lower_bound(notes, name);
  if (notes.size() < kMaxNotes && (at == notes.end() || *at != name))
    notes.emplace(at, name);
}

bool MessageBuilder::TakesChoice(int64_t index) {
  largest_index_ = std::max(largest_index_, index);
  if (index != choice_index_) return false;
  found_ = true;
  return true;
}

void MessageBuilder::SettleCounts() {
  Usage& usage = message_.usage;
  if (largest_index_ > 0) {
    usage.output_tokens.reset();
    usage.reasoning_tokens.reset();
  }
  if (usage.output_tokens.has_value() &&
      usage.reasoning_tokens.value_or(0) > 0) {
    constexpr int64_t kMost = int64_t{1} << 53;
    const int64_t out = std::min(*usage.output_tokens, kMost);
    const int64_t reasoning = std::min(*usage.reasoning_tokens, kMost);
    const int64_t in = std::min(usage.input_tokens.value_or(0), kMost);
    const bool adds_up =
        usage.input_tokens.has_value() && total_tokens_ == in + out + reasoning;
    const bool contained =
        usage.input_tokens.has_value() && total_tokens_ == in + out;
    if (reasoning_beside_ || adds_up || (reasoning > out && !contained))
      usage.output_tokens = out + reasoning;
    else if (reasoning > out)
      usage.reasoning_tokens.reset();
  }
  const bool reasoned =
      !message_.reasoning.value_or("").empty() || message_.reasoning_hidden;
  if (reasoned) DropZero(usage.reasoning_tokens);
  if (reasoned || !message_.content.value_or("").empty() ||
      message_.tool_calls > 0)
    DropZero(usage.output_tokens);
}

ApiMessage MessageBuilder::Finish() {
  ApiMessage& m = message_;
  EndWhole();
  if (Settle(m.content, content_)) NoteRepeated("content");
  if (Settle(m.reasoning, reasoning_)) NoteRepeated(m.reasoning_field);
  // Gateways say it of a choice, and no more than that.
  if (m.finish_reason == kFinishError)
    SetError(BodyErrorText(BodyError::kServer));
  if (!known_ && null_) {
    m.finish_reason = std::string(kFinishAbort);
  } else if (!known_) {
    SetError(BodyErrorText(BodyError::kUnknownApi));
  } else if (!found_) {
    SetError(absl::StrFormat("%s %d", BodyErrorText(BodyError::kNoChoice),
                             choice_index_));
  }
  if (!hidden_field_.empty() && m.reasoning.value_or("").empty()) {
    m.reasoning.emplace();
    m.reasoning_hidden = true;
    m.reasoning_field = hidden_field_;
  }
  // An answer that ended without a text is an empty one, not an unseen one.
  const bool ended = m.finish_reason == kFinishStop ||
                     m.finish_reason == kFinishLength ||
                     m.finish_reason == kFinishContentFilter ||
                     m.finish_reason == kFinishRepetition;
  if (found_ && ended && m.tool_calls == 0 && !m.content.has_value())
    m.content.emplace();
  if (!m.finish_reason.empty()) m.ended = true;
  SettleCounts();
  return std::move(m);
}

}  // namespace reasonwatch
