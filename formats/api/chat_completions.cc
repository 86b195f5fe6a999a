#include "formats/api/chat_completions.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "formats/api/sse.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::optional<std::string_view> GetString(const object& from,
                                          std::string_view key) {
  std::string_view value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

// Counts are not negative; servers that don't know send null or -1.
std::optional<int64_t> GetCount(const object& from, std::string_view key) {
  int64_t value = 0;
  if (from[key].get(value) != simdjson::SUCCESS || value < 0)
    return std::nullopt;
  return value;
}

void Append(std::optional<std::string>& sink, std::string_view piece) {
  if (!sink.has_value()) sink.emplace();
  sink->append(piece);
}

// Error codes are short words; anything else may be somebody's text.
std::string CodeWord(const object& error, std::string_view key) {
  constexpr size_t kMaxCodeBytes = 48;
  int64_t number = 0;
  if (error[key].get(number) == simdjson::SUCCESS)
    return absl::StrFormat(" %d", number);
  const std::string_view word = GetString(error, key).value_or("");
  const bool is_code =
      word.size() <= kMaxCodeBytes && std::ranges::all_of(word, [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
               c == '-' || c == '.';
      });
  return word.empty() || !is_code ? "" : absl::StrFormat(" %s", word);
}

class Reader {
 public:
  explicit Reader(int32_t choice_index) : choice_index_(choice_index) {}

  // False where `json` is not an object.
  bool Read(std::string_view json) {
    object root;
    if (parser_.parse(json.data(), json.size()).get(root) !=
        simdjson::SUCCESS) {
      SetError("malformed JSON");
      return false;
    }
    ReadError(root);
    object usage;
    if (root["usage"].get(usage) == simdjson::SUCCESS) ReadUsage(usage);
    array choices;
    if (root["choices"].get(choices) != simdjson::SUCCESS) return true;
    int64_t position = 0;
    for (const element& entry : choices) {
      object choice;
      if (entry.get(choice) != simdjson::SUCCESS) continue;
      const int64_t index = GetCount(choice, "index").value_or(position);
      ++position;
      largest_index_ = std::max(largest_index_, index);
      if (index != choice_index_) continue;
      found_ = true;
      ReadChoice(choice);
    }
    return true;
  }

  ChatMessage Finish() {
    if (!found_) SetError(absl::StrFormat("no choice %d", choice_index_));
    if (largest_index_ > 0) {
      message_.usage.output_tokens.reset();
      message_.usage.reasoning_tokens.reset();
    }
    return std::move(message_);
  }

 private:
  // The first error says most.
  void SetError(std::string_view error) {
    if (message_.error.empty()) message_.error = std::string(error);
  }

  void ReadError(const object& root) {
    element error;
    object fields = root;
    bool has_fields = GetString(root, "object") == "error";
    if (root["error"].get(error) == simdjson::SUCCESS && !error.is_null())
      has_fields = error.get(fields) == simdjson::SUCCESS;
    else if (!has_fields)
      return;
    SetError(!has_fields ? "server error"
                         : absl::StrFormat("server error:%s%s",
                                           CodeWord(fields, "type"),
                                           CodeWord(fields, "code")));
  }

  // A stream may send it more than once; the last one counts most.
  void ReadUsage(const object& usage) {
    auto take = [](std::optional<int64_t>& into, std::optional<int64_t> value) {
      if (value.has_value()) into = value;
    };
    take(message_.usage.input_tokens, GetCount(usage, "prompt_tokens"));
    take(message_.usage.output_tokens, GetCount(usage, "completion_tokens"));
    take(message_.usage.reasoning_tokens, GetCount(usage, "reasoning_tokens"));
    object details;
    if (usage["completion_tokens_details"].get(details) == simdjson::SUCCESS)
      take(message_.usage.reasoning_tokens,
           GetCount(details, "reasoning_tokens"));
  }

  void ReadChoice(const object& choice) {
    if (const auto reason = GetString(choice, "finish_reason"))
      message_.finish_reason = std::string(*reason);
    // The completions API has the text in the choice itself.
    if (const auto text = GetString(choice, "text"))
      Append(message_.content, *text);
    object message;
    if (choice["message"].get(message) != simdjson::SUCCESS &&
        choice["delta"].get(message) != simdjson::SUCCESS)
      return;
    element content;
    if (message["content"].get(content) == simdjson::SUCCESS)
      ReadContent(content, message_.content);
    // Servers that send both names send the same text twice.
    auto reasoning = GetString(message, "reasoning");
    if (!reasoning.has_value() || reasoning->empty()) {
      const auto older = GetString(message, "reasoning_content");
      if (older.has_value()) reasoning = older;
    }
    if (reasoning.has_value()) Append(message_.reasoning, *reasoning);
    ReadToolCalls(message);
  }

  // A string, or parts {"type": "text" | "thinking", ...}.
  void ReadContent(const element& content, std::optional<std::string>& sink) {
    std::string_view text;
    array parts;
    if (content.get(text) == simdjson::SUCCESS) Append(sink, text);
    if (content.get(parts) != simdjson::SUCCESS) return;
    for (const element& entry : parts) {
      object part;
      if (entry.get(part) != simdjson::SUCCESS) continue;
      if (const auto piece = GetString(part, "text")) Append(sink, *piece);
      element thinking;
      // One level only: a thinking part holds text parts.
      if (part["thinking"].get(thinking) == simdjson::SUCCESS &&
          &sink == &message_.content)
        ReadContent(thinking, message_.reasoning);
    }
  }

  void ReadToolCalls(const object& message) {
    object function;
    if (message["function_call"].get(function) == simdjson::SUCCESS)
      message_.tool_calls = std::max(message_.tool_calls, 1);
    array calls;
    if (message["tool_calls"].get(calls) != simdjson::SUCCESS) return;
    int64_t position = 0;
    for (const element& entry : calls) {
      object call;
      if (entry.get(call) != simdjson::SUCCESS) continue;
      // Deltas of one call share its index.
      const int64_t count = GetCount(call, "index").value_or(position) + 1;
      ++position;
      if (count <= kMaxToolCalls)
        message_.tool_calls =
            std::max(message_.tool_calls, static_cast<int32_t>(count));
    }
  }

  static constexpr int64_t kMaxToolCalls = 10'000;

  const int32_t choice_index_;
  simdjson::dom::parser parser_;
  ChatMessage message_;
  int64_t largest_index_ = 0;
  bool found_ = false;
};

void ReadEvent(std::string_view data, Reader& reader) {
  const std::string_view trimmed =
      StdView(absl::StripAsciiWhitespace(AbslView(data)));
  if (trimmed.empty() || trimmed == "[DONE]") return;
  reader.Read(trimmed);
}

}  // namespace

ChatMessage ParseChatCompletion(std::string_view body, BodyType type,
                                int32_t choice_index) {
  Reader reader(choice_index);
  const std::string_view trimmed =
      StdView(absl::StripAsciiWhitespace(AbslView(body)));
  if (type != BodyType::kSse || trimmed.starts_with('{')) {
    reader.Read(trimmed);
    return reader.Finish();
  }
  ForEachSseEvent(body, [&reader](std::string_view data) {
    // Proxies that drop the empty lines run events together.
    if (data.find('\n') == std::string_view::npos || data.front() != '{' ||
        data.find("\n{") == std::string_view::npos) {
      ReadEvent(data, reader);
      return;
    }
    while (!data.empty()) {
      const size_t end = std::min(data.find('\n'), data.size());
      ReadEvent(data.substr(0, end), reader);
      data.remove_prefix(std::min(end + 1, data.size()));
    }
  });
  return reader.Finish();
}

}  // namespace reasonwatch
