#include "formats/reasoning/harmony_splitter.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reasonwatch {
namespace {

void AppendBlock(std::optional<std::string>& sink, std::string_view piece) {
  if (!sink.has_value()) {
    sink.emplace(piece);
    return;
  }
  if (!sink->empty() && !piece.empty()) sink->push_back('\n');
  sink->append(piece);
}

// The split of gpt-oss's messages: <|start|>role<|channel|>name to=recipient
// <|constrain|>type<|message|>text<|end|>. analysis is reasoning; final, and
// commentary to nobody, is answer; what goes to a tool is neither.
class HarmonySplitter {
 public:
  HarmonySplitter(std::string_view name, std::string_view text,
                  std::span<const MarkerHit> hits)
      : text_(text) {
    result_.format = std::string(name);
    for (const MarkerHit& hit : hits) {
      if (HarmonyTokenOf(hit.marker) != HarmonyToken::kNone)
        hits_.push_back(hit);
    }
  }

  SplitResult Split() {
    if (hits_.empty()) {
      result_.answer = std::string(text_);
      result_.marker_state =
          Trimmed(text_).empty() ? MarkerState::kNone : MarkerState::kAbsent;
      return std::move(result_);
    }
    // A prompt that ends in <|channel|> leaves the name to the model.
    if (HarmonyTokenOf(hits_[0].marker) == HarmonyToken::kMessage)
      part_ = Part::kChannel;
    QuoteTracker quotes(text_, 0);
    for (const MarkerHit& hit : hits_) {
      if (part_ == Part::kBody && quotes.At(hit.begin, hit.end) != Quote::kNone)
        continue;
      const HarmonyToken token = HarmonyTokenOf(hit.marker);
      EndPart(text_.substr(cursor_, hit.begin - cursor_), token);
      BeginPart(token);
      cursor_ = hit.end;
      if (part_ == Part::kBody) quotes.Restart(cursor_);
    }
    EndPart(text_.substr(cursor_), HarmonyToken::kNone);
    if (part_ == Part::kBody && sink_ == Sink::kReasoning) unclosed_ = true;
    result_.answer = answer_.value_or("");
    result_.marker_state = unclosed_    ? MarkerState::kUnclosed
                           : malformed_ ? MarkerState::kLeaked
                                        : MarkerState::kWellFormed;
    return std::move(result_);
  }

 private:
  enum class Part : uint8_t { kOutside, kRole, kChannel, kType, kBody };
  enum class Sink : uint8_t { kReasoning, kAnswer, kNobody };

  void EndPart(std::string_view piece, HarmonyToken token) {
    const bool in_header = token == HarmonyToken::kMessage ||
                           token == HarmonyToken::kConstrain ||
                           token == HarmonyToken::kChannel;
    switch (part_) {
      case Part::kOutside:
        // The role may stand there without <|start|>.
        if (!Trimmed(piece).empty() && Trimmed(piece) != "assistant") {
          malformed_ = true;
          AppendBlock(answer_, piece);
        }
        break;
      case Part::kRole:
        role_ = Trimmed(piece);
        break;
      case Part::kChannel:
        channel_ = Trimmed(piece);
        if (!in_header) EndHeaderWithoutMessage();
        break;
      case Part::kType:
        break;
      case Part::kBody:
        if (sink_ == Sink::kReasoning) AppendBlock(result_.reasoning, piece);
        if (sink_ == Sink::kAnswer) AppendBlock(answer_, piece);
        break;
    }
  }

  void BeginPart(HarmonyToken token) {
    switch (token) {
      case HarmonyToken::kStart:
        role_ = {};
        channel_ = {};
        part_ = Part::kRole;
        break;
      case HarmonyToken::kChannel:
        part_ = Part::kChannel;
        break;
      case HarmonyToken::kConstrain:
        part_ = Part::kType;
        break;
      case HarmonyToken::kMessage:
        sink_ = SinkOfHeader();
        part_ = Part::kBody;
        break;
      default:
        role_ = {};
        channel_ = {};
        part_ = Part::kOutside;
        break;
    }
  }

  // "final" and its text with <|message|> left out, as real models do.
  void EndHeaderWithoutMessage() {
    for (std::string_view name : {"final", "analysis", "commentary"}) {
      if (!channel_.starts_with(name)) continue;
      const std::string_view body = Trimmed(channel_.substr(name.size()));
      if (body.empty() || body.starts_with("to=")) return;
      malformed_ = true;
      if (name == "analysis")
        AppendBlock(result_.reasoning, body);
      else
        AppendBlock(answer_, body);
      return;
    }
  }

  Sink SinkOfHeader() {
    if (!role_.empty() && !role_.starts_with("assistant")) return Sink::kNobody;
    for (std::string_view header : {role_, channel_}) {
      const size_t to = header.find("to=");
      if (to != std::string_view::npos &&
          !header.substr(to).starts_with("to=assistant"))
        return Sink::kNobody;
    }
    if (channel_.starts_with("analysis")) return Sink::kReasoning;
    if (!channel_.empty() && !channel_.starts_with("final") &&
        !channel_.starts_with("commentary"))
      malformed_ = true;
    return Sink::kAnswer;
  }

  const std::string_view text_;
  std::vector<MarkerHit> hits_;
  size_t cursor_ = 0;
  Part part_ = Part::kOutside;
  Sink sink_ = Sink::kAnswer;
  std::string_view role_;
  std::string_view channel_;
  std::optional<std::string> answer_;
  SplitResult result_;
  bool unclosed_ = false;
  bool malformed_ = false;
};

}  // namespace

SplitResult SplitHarmony(std::string_view name, std::string_view text,
                         std::span<const MarkerHit> hits) {
  return HarmonySplitter(name, text, hits).Split();
}

}  // namespace reasonwatch
