// SPDX-License-Identifier: Apache-2.0
// Events whose texts may be joined are told from all others by their frame:
// everything of the event besides the text and what differs from event to event
// without meaning. Two events in a row with the same frame say the same as one
// event with both texts. An event whose form is not known here has no frame and
// is kept as it came.
//
// In order: JSON, frames of the APIs, ends of the APIs, the stream.
#include "tap/ext_proc/event_stream.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "formats/api/json.h"
#include "formats/api/sse.h"
#include "util/ascii.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Joined text is written out at this size, so that it is never copied whole.
constexpr size_t kMaxJoinedBytes = size_t{64} << 10;
// As many as formats/api/message.cc looks at before it is sure.
constexpr size_t kFirstPieces = 4;
// A piece of this length that begins with all of the one before, which is
// longer than a word, is hardly chance. If it is, the stream only takes more
// memory.
constexpr size_t kPhraseBytes = 24;
constexpr size_t kWordBytes = 8;
// More choices than anybody asks for; bounds the memory of a mistake.
constexpr size_t kMaxChoices = 128;

void AppendKey(std::string_view key, std::string& out) {
  out += JsonString(key);
  out += ':';
}

// One text in a frame: the event is before + "text" + after.
struct Framed {
  std::string before;
  std::string after;
  std::string_view text;  // of the parsed document
};

bool IsEmptyString(const element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS && text.empty();
}

// Servers without a reason yet send null or "".
bool HasWord(const object& from, std::string_view key) {
  return !GetString(from, key).value_or("").empty();
}

// Writes a member that is the same in each event of a run. Arrays and objects
// may hold text, so they have no place in a frame.
bool AppendPlain(std::string_view key, const element& value, std::string& out) {
  if (value.is_array() || value.is_object()) return false;
  AppendKey(key, out);
  out += simdjson::minify(value);
  out += ',';
  return true;
}

constexpr std::array<std::string_view, 6> kTexts = {
    "content", "reasoning_content", "reasoning", "text", "thinking", "refusal"};

// Members of an object with exactly one text that is not empty, as a frame. A
// text that comes twice has none: readers take the first.
bool FrameTexts(const object& from, Framed& out) {
  out.before += '{';
  std::string_view text_key;
  std::array<bool, kTexts.size()> seen = {};
  for (const auto& [key, value] : from) {
    const auto* const row = std::ranges::find(kTexts, key);
    const bool is_text = row != kTexts.end();
    if (is_text && std::exchange(seen[row - kTexts.begin()], true))
      return false;
    std::string_view text;
    if (is_text && !IsEmptyString(value) &&
        value.get(text) == simdjson::SUCCESS) {
      if (!text_key.empty()) return false;
      text_key = key;
      out.text = text;
    } else if (!AppendPlain(key, value, out.before)) {
      return false;
    }
  }
  if (text_key.empty()) return false;
  AppendKey(text_key, out.before);
  out.after += '}';
  return true;
}

// A token's moment and padding differ from event to event and mean nothing.
bool IsNoise(std::string_view key) {
  return key == "created" || key == "obfuscation" || key == "sequence_number";
}

// {"choices": [{"index": i, "delta": {"content": "…"}}]}: one choice, no
// finish reason. Legacy completions have the text in the choice.
bool FrameChoice(const array& choices, Framed& out) {
  object choice;
  if (choices.size() != 1 || choices.at(0).get(choice) != simdjson::SUCCESS ||
      HasWord(choice, "finish_reason"))
    return false;
  out.before += "\"choices\":[";
  object delta;
  if (choice["delta"].get(delta) != simdjson::SUCCESS) {
    if (!FrameTexts(choice, out)) return false;
  } else {
    out.before += '{';
    for (const auto& [key, value] : choice)
      if (key != "delta" && !AppendPlain(key, value, out.before)) return false;
    out.before += "\"delta\":";
    if (!FrameTexts(delta, out)) return false;
    out.after += '}';
  }
  out.after += ']';
  return true;
}

// Which member of an event holds the object with its text.
std::optional<Framed> FrameOf(const object& root) {
  Framed out;
  out.before = '{';
  array choices;
  object delta;
  std::string_view inner;
  if (root["choices"].get(choices) == simdjson::SUCCESS)
    inner = "choices";
  else if (GetString(root, "type") == "content_block_delta" &&
           root["delta"].get(delta) == simdjson::SUCCESS)
    inner = "delta";  // Anthropic's
  else
    return std::nullopt;
  for (const auto& [key, value] : root)
    if (key != inner && !IsNoise(key) && !AppendPlain(key, value, out.before))
      return std::nullopt;
  if (inner == "choices") {
    if (!FrameChoice(choices, out)) return std::nullopt;
  } else {
    AppendKey(inner, out.before);
    if (!FrameTexts(delta, out)) return std::nullopt;
  }
  out.after += '}';
  return out;
}

// The last event of OpenAI's Responses API and of Anthropic's.
bool IsLastType(std::string_view type) {
  return type == "message_stop" || type == "response.completed" ||
         type == "response.incomplete" || type == "response.failed";
}

}  // namespace

struct EventStream::Impl {
  explicit Impl(size_t max_body_bytes)
      : max_bytes(max_body_bytes), events(kMaxEventBytes) {}

  void ReadEvent(std::string_view data) {
    if (ascii::Trim(data) == "[DONE]") {
      ended = true;
      return Keep(data);
    }
    object root;
    if (ParseJson(parser, data).get(root) != simdjson::SUCCESS)
      return Keep(data);
    NoteEnd(root);
    std::optional<Framed> framed = FrameOf(root);
    if (!framed.has_value()) return Keep(data);
    if (framed->before != before || framed->after != after) {
      EndRun();
      before = std::move(framed->before);
      after = std::move(framed->after);
    }
    AddText(framed->text);
  }

  // Readers tell from the first pieces whether a server sends all text each
  // time, and from a long one whether it is the whole text once more. Such
  // pieces stay events of their own.
  void AddText(std::string_view text) {
    if (text.empty()) return;
    growing = run_pieces == 0 ||
              (growing && text.size() > last.size() && text.starts_with(last));
    sends_all = sends_all || (growing && run_pieces + 1 >= kFirstPieces) ||
                (last.size() >= kWordBytes && text.size() >= kPhraseBytes &&
                 text.starts_with(last));
    const bool alone =
        sends_all || run_pieces < kFirstPieces || text.size() >= run_bytes;
    last = text;
    ++run_pieces;
    run_bytes += text.size();
    if (alone || joined.size() >= kMaxJoinedBytes) WriteJoined();
    AppendJoined(text);
    if (alone) WriteJoined();
  }

  void NoteEnd(const object& root) {
    const std::string_view type = GetString(root, "type").value_or("");
    ended = ended || IsLastType(type);
    if (type == "message_delta")
      if (const auto delta = GetObject(root, "delta"))
        finished = finished || HasWord(*delta, "stop_reason");
    const auto choices = GetArray(root, "choices");
    if (!choices.has_value()) return;
    ForEachObject(*choices, [&](const object& choice) {
      const int64_t index = GetCount(choice, "index").value_or(0);
      auto open = std::ranges::find(open_choices, index,
                                    [](const auto& c) { return c.first; });
      if (open == open_choices.end()) {
        if (open_choices.size() >= kMaxChoices) return;
        open = open_choices.insert(open, {index, true});
      }
      if (HasWord(choice, "finish_reason")) open->second = false;
    });
    if (!open_choices.empty())
      finished = std::ranges::none_of(open_choices,
                                      [](const auto& c) { return c.second; });
  }

  void AppendJoined(std::string_view text) {
    if (body.size() + joined.size() + text.size() > max_bytes) {
      dropped += static_cast<int64_t>(text.size());
      return;
    }
    joined += text;
  }

  void WriteJoined() {
    if (joined.empty()) return;
    body += "data: ";
    body += before;
    body += JsonString(joined);
    body += after;
    body += "\n\n";
    joined.clear();
  }

  void EndRun() {
    WriteJoined();
    before.clear();
    after.clear();
    last.clear();
    run_pieces = 0;
    run_bytes = 0;
  }

  // An event's data may have line feeds, each of which begins a line.
  void Keep(std::string_view data) {
    EndRun();
    if (body.size() + data.size() > max_bytes) {
      dropped += static_cast<int64_t>(data.size());
      return;
    }
    while (true) {
      const size_t line = std::min(data.find('\n'), data.size());
      body += "data: ";
      body += data.substr(0, line);
      body += '\n';
      if (line == data.size()) break;
      data.remove_prefix(line + 1);
    }
    body += '\n';
  }

  const size_t max_bytes;
  SseParser events;
  simdjson::dom::parser parser;
  std::string body;
  std::string before;
  std::string after;
  std::string joined;     // texts of events with the frame before + after
  size_t run_pieces = 0;  // events of this frame in a row, with a text
  size_t run_bytes = 0;   // their texts
  std::string last;       // the latest of them
  bool growing = false;   // each begins with the one before
  bool sends_all = false;
  std::vector<std::pair<int64_t, bool>> open_choices;  // index, not finished
  bool ended = false;
  bool finished = false;
  int64_t dropped = 0;
};

EventStream::EventStream(size_t max_bytes)
    : impl_(std::make_unique<Impl>(max_bytes)) {}
EventStream::~EventStream() = default;

void EventStream::Feed(std::string_view bytes) {
  impl_->events.Feed(bytes,
                     [this](std::string_view data) { impl_->ReadEvent(data); });
}

void EventStream::End() {
  impl_->events.Finish(
      [this](std::string_view data) { impl_->ReadEvent(data); });
  impl_->WriteJoined();
}

bool EventStream::ended() const { return impl_->ended; }
bool EventStream::finished() const { return impl_->ended || impl_->finished; }
size_t EventStream::held_bytes() const {
  return impl_->body.capacity() + impl_->joined.capacity() +
         impl_->events.buffered_bytes();
}
int64_t EventStream::dropped_bytes() const {
  return impl_->dropped + impl_->events.dropped_bytes();
}
std::string EventStream::Release() { return std::move(impl_->body); }

}  // namespace reasonwatch
