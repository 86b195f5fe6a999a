#include "formats/api/message.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "formats/api/finish_reason.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kBlankLine = "\n\n";
constexpr int64_t kMaxToolCalls = 10'000;

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

}  // namespace

void MessageBuilder::Append(std::string_view piece,
                            std::optional<std::string>& text, Sink& sink) {
  if (!text.has_value()) text.emplace();
  if (piece.empty()) return;
  if (sink.breaks && !text->empty() && !sink.full &&
      text->size() + kBlankLine.size() <= text_limit_)
    text->append(kBlankLine);
  sink.breaks = false;
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

void MessageBuilder::AddReasoning(std::string_view piece,
                                  std::string_view field) {
  // A field that holds something says more than one that came empty.
  if (message_.reasoning_field.empty() ||
      (!piece.empty() && message_.reasoning->empty()))
    message_.reasoning_field = std::string(field);
  Append(piece, message_.reasoning, reasoning_);
}

void MessageBuilder::DropReasoning() {
  message_.reasoning.reset();
  message_.reasoning_field.clear();
  reasoning_ = Sink{};
}

void MessageBuilder::HideReasoning(std::string_view field) {
  hidden_field_ = std::string(field);
}

void MessageBuilder::SetFinishReason(std::string_view server_word) {
  if (!server_word.empty())
    message_.finish_reason = std::string(FinishReasonOf(server_word));
}

void MessageBuilder::SetFingerprint(std::string_view fingerprint) {
  SetOnce(fingerprint, message_.regime.fingerprint);
}

void MessageBuilder::SetWeightsVersion(std::string_view version) {
  SetOnce(version, message_.regime.weights_version);
}

void MessageBuilder::AtLeastToolCalls(int64_t count) {
  message_.tool_calls =
      std::max(message_.tool_calls,
               static_cast<int32_t>(std::min(count, kMaxToolCalls)));
}

void MessageBuilder::SetError(std::string_view error) {
  if (message_.error.empty()) message_.error = std::string(error);
}

bool MessageBuilder::TakesChoice(int64_t index) {
  largest_index_ = std::max(largest_index_, index);
  if (index != choice_index_) return false;
  found_ = true;
  return true;
}

ApiMessage MessageBuilder::Finish() {
  ApiMessage& m = message_;
  // Gateways say it of a choice, and no more than that.
  if (m.finish_reason == kFinishError) SetError("server error");
  if (!known_ && null_) {
    m.finish_reason = std::string(kFinishAbort);
  } else if (!known_) {
    SetError("no known API");
  } else if (!found_) {
    SetError(absl::StrFormat("no choice %d", choice_index_));
  }
  if (largest_index_ > 0) {
    m.usage.output_tokens.reset();
    m.usage.reasoning_tokens.reset();
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
  const bool reasoned = !m.reasoning.value_or("").empty() || m.reasoning_hidden;
  if (reasoned) DropZero(m.usage.reasoning_tokens);
  if (reasoned || !m.content.value_or("").empty() || m.tool_calls > 0)
    DropZero(m.usage.output_tokens);
  return std::move(m);
}

}  // namespace reasonwatch
