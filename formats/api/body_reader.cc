// SPDX-License-Identifier: Apache-2.0
// The reader finds the framing in the first bytes, cuts the body into JSON
// documents (by itself or by server-sent events) and hands each to the API
// whose shape it has. Nothing but the current document is held, so a cut
// anywhere gives the same result and the memory is bounded.
//
// In order: framing, the reader.
#include "formats/api/body_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "formats/api/anthropic.h"
#include "formats/api/bedrock.h"
#include "formats/api/body_error.h"
#include "formats/api/chat_completions.h"
#include "formats/api/cohere.h"
#include "formats/api/gemini.h"
#include "formats/api/json.h"
#include "formats/api/json_documents.h"
#include "formats/api/native.h"
#include "formats/api/ollama.h"
#include "formats/api/repair.h"
#include "formats/api/responses.h"
#include "formats/api/server_error.h"
#include "formats/api/sse.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The envelopes of gateways: keys under which the response itself is.
constexpr auto kEnvelopes = std::to_array<std::string_view>(
    {"data", "response", "result", "body", "payload", "completion", "output",
     "predictions"});
constexpr int kMostEnvelopes = 4;  // one within another

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
  bool ParseExact(std::string_view json, element& root) {
    const size_t room = json.size() + simdjson::SIMDJSON_PADDING;
    if (padded.capacity() < room) padded.reserve(room);
    padded.assign(json);
    return parser.parse(padded.data(), json.size(), /*realloc_if_needed=*/false)
               .get(root) == simdjson::SUCCESS;
  }

  bool Parse(std::string_view json, element& root) {
    return ParseExact(json, root) || ParseExact(RepairJson(json), root);
  }

  // The data of one event: as a rule one document.
  void ReadEvent(std::string_view data) {
    element root;
    if (data.starts_with('{') && Parse(data, root)) return ReadRoot(root);
    // Proxies that frame events anew leave the old frame in.
    while (data.starts_with("data:")) {
      data.remove_prefix(std::string_view("data:").size());
      data = StdView(absl::StripLeadingAsciiWhitespace(AbslView(data)));
    }
    // Proxies that drop the empty lines run events together.
    JsonDocuments several(data.size());
    const auto read = [this](std::string_view d) { ReadDocument(d); };
    several.Feed(data, read);
    several.Finish(read);
  }

  void ReadDocument(std::string_view text) {
    text = StdView(absl::StripAsciiWhitespace(AbslView(text)));
    for (std::string_view end : {"[DONE]", "[END]", "DONE"})
      if (absl::EqualsIgnoreCase(AbslView(text), AbslView(end)))
        return builder.SetEnded();
    if (text == "null") return builder.SetNull();
    element root;
    if (Parse(text, root))
      ReadRoot(root);
    else
      builder.SetError(BodyErrorText(BodyError::kMalformed));
  }

  // An object, or a list of documents that would else come one by one.
  void ReadRoot(const element& root) {
    if (object document; root.get(document) == simdjson::SUCCESS)
      return Read(document);
    bool any = false;
    if (array list; root.get(list) == simdjson::SUCCESS)
      for (const element& entry : list)
        if (object document; entry.get(document) == simdjson::SUCCESS) {
          Read(document);
          any = true;
        }
    if (!any) builder.SetError(BodyErrorText(BodyError::kMalformed));
  }

  // Reads a document, a list of some, or one that is the text of a string, as
  // functions behind a gateway return it. False if none is of a known API.
  bool ReadInside(const element& inside, int depth) {
    if (object document; inside.get(document) == simdjson::SUCCESS)
      return ReadKnown(document, depth);
    bool known = false;
    if (array list; inside.get(list) == simdjson::SUCCESS) {
      for (const element& entry : list)
        if (object document; entry.get(document) == simdjson::SUCCESS)
          known |= ReadKnown(document, depth);
      return known;
    }
    // The parsers are two, as the outer document is still in use: no string
    // within a string.
    if (std::string_view text; !in_string &&
                               inside.get(text) == simdjson::SUCCESS &&
                               text.starts_with('{')) {
      in_string = true;
      if (object document;
          ParseJson(string_parser, text).get(document) == simdjson::SUCCESS)
        known = ReadKnown(document, depth);
      in_string = false;
    }
    return known;
  }

  // Reads a document that is no response: one inside it, or an error.
  void ReadEnvelope(const object& root, int depth) {
    if (depth < kMostEnvelopes) {
      for (std::string_view key : kEnvelopes) {
        element inside;
        if (root[key].get(inside) == simdjson::SUCCESS &&
            ReadInside(inside, depth + 1))
          return;
      }
    }
    if (depth == 0) ReadBareError(root, builder);
  }

  void Read(const object& root) {
    if (!ReadKnown(root, 0)) ReadEnvelope(root, 0);
  }

  // False if the document is of no known API.
  bool ReadKnown(const object& root, int depth) {
    std::string_view kind;
    bool has_choices = false;
    for (const auto& [name, value] : root) {
      if (name == "choices") has_choices = true;
      if (name == "type" && value.get(kind) != simdjson::SUCCESS) kind = {};
      if (name == "error" || name == "base_resp" || name == "Error")
        ReadServerError(root, "", builder);
    }
    if (has_choices) {
      ReadChatCompletion(root, builder);
      return true;
    }
    if (kind == "error" || GetString(root, "object") == "error")
      ReadServerError(root, kind, builder);
    if (kind.starts_with("response.")) {
      if (const auto response = GetObject(root, "response"))
        ReadServerError(*response, "", builder);
      responses.ReadEvent(kind, root, builder);
    } else if (AnthropicReader::Knows(kind)) {
      anthropic.Read(kind, root, builder);
    } else if (GetString(root, "object") == "response") {
      responses.ReadObject(root, builder);
    } else if (IsCohere(root, kind)) {
      ReadCohere(root, kind, builder);
    } else if (IsOllama(root)) {
      ReadOllama(root, builder);
    } else if (IsGemini(root)) {
      ReadGemini(root, builder);
    } else if (IsBedrock(root)) {
      ReadBedrock(root, builder);
    } else if (IsNative(root)) {
      ReadNative(root, builder);
    } else if (depth > 0) {
      const bool known = builder.known();
      ReadEnvelope(root, depth);
      return builder.known() != known;
    } else {
      return false;
    }
    return true;
  }

  const BodyType type;
  MessageBuilder builder;
  Framing framing = Framing::kUndecided;
  std::string head;  // until the framing is decided: a few bytes
  SseParser events;
  JsonDocuments documents;
  simdjson::dom::parser parser;
  std::string padded;
  simdjson::dom::parser string_parser;  // of a document in a string
  bool in_string = false;
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
    i.builder.SetError(BodyErrorText(BodyError::kTooLarge));
  }
  // A document that is no piece of a stream is whole.
  if (i.framing == Framing::kDocuments && !i.builder.partial())
    i.builder.SetEnded();
  return i.builder.Finish();
}

size_t BodyReader::buffered_bytes() const {
  return impl_->head.size() + impl_->events.buffered_bytes() +
         impl_->documents.buffered_bytes();
}

}  // namespace reasonwatch
