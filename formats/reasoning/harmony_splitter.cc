// SPDX-License-Identifier: Apache-2.0
// A text of messages is walked from token to token; each token ends a part of a
// header or a body, and the header says who the body is for.
//
// In order: the walk, then the same text without its tokens.
#include "formats/reasoning/harmony_splitter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "util/ascii.h"

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
// commentary to nobody, is answer; a message to a tool is neither.
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
      result_.marker_state = ascii::Trim(text_).empty() ? MarkerState::kNone
                                                        : MarkerState::kAbsent;
      return std::move(result_);
    }
    // A prompt that ends in <|channel|> leaves the name to the model, one that
    // ends in the role leaves it the recipient.
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
        // The role may be there without <|start|>.
        if (!ascii::Trim(piece).empty() && ascii::Trim(piece) != "assistant") {
          malformed_ = true;
          AppendBlock(answer_, piece);
        }
        break;
      case Part::kRole:
        role_ = ascii::Trim(piece);
        break;
      case Part::kChannel:
        channel_ = ascii::Trim(piece);
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
      const std::string_view body = ascii::Trim(channel_.substr(name.size()));
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
    std::string_view recipient;
    for (std::string_view header : {role_, channel_}) {
      const size_t to = header.find("to=");
      if (to == std::string_view::npos) continue;
      recipient = header.substr(to + std::string_view("to=").size());
      recipient = recipient.substr(0, recipient.find(' '));
      if (!recipient.starts_with("assistant") && recipient != "self" &&
          recipient != "user")
        return Sink::kNobody;
    }
    // Glimmer has recipients instead of channels.
    if (recipient == "self" || channel_.starts_with("analysis"))
      return Sink::kReasoning;
    if (recipient == "user") return Sink::kAnswer;
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

namespace {

// A header of which only words are left: "assistant", the channel, a recipient
// and a type. Its end, or npos if there is none at `at`.
struct Header {
  std::string_view channel;
  bool to_somebody = false;
  size_t end = std::string_view::npos;
};

constexpr std::string_view kRole = "assistant";

Header HeaderAt(std::string_view text, size_t at) {
  Header header;
  std::string_view rest = text.substr(at);
  if (rest.starts_with(kRole)) rest.remove_prefix(kRole.size());
  for (std::string_view name : {"analysis", "commentary", "final"})
    if (rest.starts_with(name)) header.channel = name;
  if (header.channel.empty()) return header;
  rest.remove_prefix(header.channel.size());
  constexpr std::string_view kTo = " to=";
  if (rest.starts_with(kTo)) {
    header.to_somebody = true;
    rest.remove_prefix(kTo.size());
    size_t size = 0;
    while (size < rest.size() &&
           (ascii::IsAlnum(rest[size]) || rest[size] == '_' ||
            rest[size] == '.' || rest[size] == '-' || rest[size] == ':'))
      ++size;
    rest.remove_prefix(size);
  }
  for (std::string_view type : {" json", " code", "json"})
    if (header.to_somebody && rest.starts_with(type)) {
      rest.remove_prefix(type.size());
      break;
    }
  header.end = text.size() - rest.size();
  return header;
}

// The next header behind a message: its role and channel are one word.
size_t NextHeader(std::string_view text, size_t from) {
  for (size_t at = text.find(kRole, from); at != std::string_view::npos;
       at = text.find(kRole, at + 1)) {
    if (HeaderAt(text, at).end != std::string_view::npos) return at;
  }
  return std::string_view::npos;
}

// Whether a text that begins with a channel's name begins with a header: prose
// would go on with a space or in lower case.
bool BeginsMessage(std::string_view text, const Header& header) {
  if (header.end == std::string_view::npos) return false;
  if (header.to_somebody || text.starts_with(kRole)) return true;
  if (NextHeader(text, header.end) != std::string_view::npos) return true;
  return header.channel == "analysis" && header.end < text.size() &&
         ascii::IsUpper(text[header.end]);
}

}  // namespace

bool SplitHarmonyResidue(std::string_view name, std::string_view text,
                         SplitResult& result) {
  text.remove_prefix(SkipSpace(text, 0));
  Header header = HeaderAt(text, 0);
  if (!BeginsMessage(text, header)) return false;
  std::optional<std::string> answer;
  while (header.end != std::string_view::npos) {
    const size_t next = NextHeader(text, header.end);
    const std::string_view body =
        text.substr(header.end, std::min(next, text.size()) - header.end);
    if (!header.to_somebody)
      AppendBlock(header.channel == "analysis" ? result.reasoning : answer,
                  body);
    if (next == std::string_view::npos) break;
    header = HeaderAt(text, next);
  }
  result.answer = answer.value_or("");
  result.format = std::string(name);
  result.marker_state = MarkerState::kStripped;
  return true;
}

bool IsHarmonyResidue(std::string_view text) {
  text = ascii::Trim(text);
  if (!text.starts_with("analysis") && !text.starts_with(kRole)) return false;
  const Header header = HeaderAt(text, 0);
  return header.end != std::string_view::npos &&
         NextHeader(text, header.end) != std::string_view::npos;
}

SplitResult SplitHarmony(std::string_view name, std::string_view text,
                         std::span<const MarkerHit> hits) {
  return HarmonySplitter(name, text, hits).Split();
}

}  // namespace reasonwatch
