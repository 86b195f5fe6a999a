#include "formats/api/body_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "formats/api/anthropic.h"
#include "formats/api/chat_completions.h"
#include "formats/api/json.h"
#include "formats/api/json_documents.h"
#include "formats/api/native.h"
#include "formats/api/ollama.h"
#include "formats/api/responses.h"
#include "formats/api/sse.h"

namespace reasonwatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Error codes are short words; anything else may be somebody's text.
std::string CodeWord(const object& error, std::string_view key) {
  constexpr size_t kMaxCodeBytes = 48;
  if (const auto number = GetCount(error, key))
    return absl::StrFormat(" %d", *number);
  const std::string_view word = GetString(error, key).value_or("");
  const bool is_code =
      word.size() <= kMaxCodeBytes && std::ranges::all_of(word, [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
               c == '-' || c == '.';
      });
  // The event's own type says nothing.
  return word.empty() || word == "error" || !is_code
             ? ""
             : absl::StrFormat(" %s", word);
}

// Not null, "" or false, which servers send where all is well.
bool SaysError(const element& error) {
  std::string_view text;
  if (error.get(text) == simdjson::SUCCESS) return !text.empty();
  bool flag = false;
  if (error.get(flag) == simdjson::SUCCESS) return flag;
  return !error.is_null();
}

void ReadError(const object& root, std::string_view type,
               MessageBuilder& builder) {
  element error;
  object fields = root;
  bool has_fields = type == "error" || GetString(root, "object") == "error";
  if (root["error"].get(error) == simdjson::SUCCESS && SaysError(error))
    has_fields = error.get(fields) == simdjson::SUCCESS;
  else if (!has_fields)
    return;
  builder.SetError(!has_fields ? "server error"
                               : absl::StrFormat("server error:%s%s",
                                                 CodeWord(fields, "type"),
                                                 CodeWord(fields, "code")));
}

// How the first bytes say that the body is to be cut into documents.
enum class Framing : uint8_t { kUndecided, kDocuments, kEvents };

Framing FramingOf(std::string_view head, BodyType type, bool whole) {
  if (head.empty()) return Framing::kUndecided;
  if (head.front() == '{' || head.front() == '[') return Framing::kDocuments;
  if (type == BodyType::kSse || head.front() == ':') return Framing::kEvents;
  for (std::string_view field : {"data:", "event:", "id:", "retry:"}) {
    if (head.starts_with(field)) return Framing::kEvents;
    if (!whole && field.starts_with(head)) return Framing::kUndecided;
  }
  return Framing::kDocuments;
}

}  // namespace

struct BodyReader::Impl {
  Impl(BodyType body_type, int32_t choice_index, const BodyLimits& limits)
      : type(body_type),
        builder(choice_index, limits.text_bytes),
        events(limits.document_bytes),
        documents(limits.document_bytes) {}

  void Cut(std::string_view bytes) {
    if (framing == Framing::kEvents)
      events.Feed(bytes, [this](std::string_view data) { ReadEvent(data); });
    else
      documents.Feed(bytes, [this](std::string_view d) { ReadDocument(d); });
  }

  // Looks at the first bytes, behind a byte order mark and white space.
  void Begin(std::string_view bytes, bool whole) {
    head.append(bytes);
    std::string_view rest = head;
    if (rest.starts_with(kByteOrderMark))
      rest.remove_prefix(kByteOrderMark.size());
    else if (!whole && kByteOrderMark.starts_with(rest))
      return;
    rest = StdView(absl::StripLeadingAsciiWhitespace(AbslView(rest)));
    framing = FramingOf(rest, type, whole);
    if (framing != Framing::kUndecided) {
      Cut(rest);
      head = std::string();
    } else if (rest.empty()) {
      // White space of any length needs no room; the mark has been seen.
      head.assign(1, ' ');
    }
  }

  // Parsing wants spare room behind the text.
  bool Parse(std::string_view json, object& root) {
    const size_t room = json.size() + simdjson::SIMDJSON_PADDING;
    if (padded.capacity() < room) padded.reserve(room);
    padded.assign(json);
    return parser.parse(padded.data(), json.size(), /*realloc_if_needed=*/false)
               .get(root) == simdjson::SUCCESS;
  }

  // The data of one event: as a rule one document.
  void ReadEvent(std::string_view data) {
    object root;
    if (data.starts_with('{') && Parse(data, root)) return Read(root);
    // Proxies that drop the empty lines run events together.
    JsonDocuments several(data.size());
    const auto read = [this](std::string_view d) { ReadDocument(d); };
    several.Feed(data, read);
    several.Finish(read);
  }

  void ReadDocument(std::string_view text) {
    text = StdView(absl::StripAsciiWhitespace(AbslView(text)));
    if (text == "[DONE]") return;
    if (text == "null") return builder.SetNull();
    object root;
    if (Parse(text, root))
      Read(root);
    else
      builder.SetError("malformed JSON");
  }

  void Read(const object& root) {
    const std::string_view kind = GetString(root, "type").value_or("");
    ReadError(root, kind, builder);
    element choices;
    if (root["choices"].get(choices) == simdjson::SUCCESS) {
      ReadChatCompletion(root, choices, builder);
    } else if (kind.starts_with("response.")) {
      if (const auto response = GetObject(root, "response"))
        ReadError(*response, "", builder);
      responses.ReadEvent(kind, root, builder);
    } else if (AnthropicReader::Knows(kind)) {
      anthropic.Read(kind, root, builder);
    } else if (GetString(root, "object") == "response") {
      responses.ReadObject(root, builder);
    } else if (IsOllama(root)) {
      ReadOllama(root, builder);
    } else if (IsNative(root)) {
      ReadNative(root, builder);
    }
  }

  const BodyType type;
  MessageBuilder builder;
  Framing framing = Framing::kUndecided;
  std::string head;  // until the framing is decided: a few bytes
  SseParser events;
  JsonDocuments documents;
  simdjson::dom::parser parser;
  std::string padded;
  ResponsesReader responses;
  AnthropicReader anthropic;
};

BodyReader::BodyReader(BodyType type, int32_t choice_index, BodyLimits limits)
    : impl_(std::make_unique<Impl>(type, choice_index, limits)) {}
BodyReader::~BodyReader() = default;

void BodyReader::Feed(std::string_view bytes) {
  if (bytes.empty()) return;
  if (impl_->framing == Framing::kUndecided)
    impl_->Begin(bytes, /*whole=*/false);
  else
    impl_->Cut(bytes);
}

ApiMessage BodyReader::Finish() {
  Impl& i = *impl_;
  if (i.framing == Framing::kUndecided) i.Begin("", /*whole=*/true);
  i.events.Finish([&i](std::string_view data) { i.ReadEvent(data); });
  i.documents.Finish([&i](std::string_view d) { i.ReadDocument(d); });
  const int64_t dropped =
      i.events.dropped_bytes() + i.documents.dropped_bytes();
  if (dropped > 0) {
    i.builder.AddDropped(dropped);
    i.builder.SetError("too large");
  }
  return i.builder.Finish();
}

size_t BodyReader::buffered_bytes() const {
  return impl_->head.size() + impl_->events.buffered_bytes() +
         impl_->documents.buffered_bytes();
}

}  // namespace reasonwatch
