#include "tap/jsonl/import.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "formats/api/body_reader.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

template <typename T>
std::optional<T> Get(const object& from, std::string_view key) {
  T value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string_view Text(const object& from, std::string_view key) {
  return Get<std::string_view>(from, key).value_or("");
}

std::optional<int64_t> Count(const object& from, std::string_view key) {
  const auto value = Get<int64_t>(from, key);
  return value.has_value() && *value >= 0 ? value : std::nullopt;
}

// Calls `read` with the object under `key`, if it is one.
template <typename F>
void In(const object& from, std::string_view key, F read) {
  if (const auto inner = Get<object>(from, key)) read(*inner);
}

// Seconds since 1970, whole or not.
absl::Time Moment(const object& from, std::string_view key) {
  constexpr double kYear9999 = 253402300799;
  const auto seconds = Get<double>(from, key);
  if (!seconds.has_value() || !(*seconds > 0) || *seconds > kYear9999)
    return absl::InfinitePast();
  return absl::UnixEpoch() + absl::Seconds(*seconds);
}

// A name or a number; anything else may be somebody's text.
std::string Word(const object& from, std::string_view key) {
  constexpr size_t kMaxBytes = 48;
  if (const auto number = Get<int64_t>(from, key))
    return absl::StrFormat(" %d", *number);
  const std::string_view word = Text(from, key);
  const bool is_name =
      word.size() <= kMaxBytes && std::ranges::all_of(word, [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
               c == '-' || c == '.';
      });
  return word.empty() || !is_name ? "" : absl::StrFormat(" %s", word);
}

absl::Status Wrong(std::string_view key, std::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: expected %s", key, expected));
}

void MarkOurOwn(Response& r) {
  if (r.origin == Origin::kLive && r.id.starts_with("rw-"))
    r.origin = Origin::kRescore;
}

// What the request asked for, where a body or a record repeats it.
void ReadRequest(const object& from, Response& r) {
  if (const auto t = Get<double>(from, "temperature"); t && std::isfinite(*t))
    r.sampling.temperature = t;
  if (const auto p = Get<double>(from, "top_p"); p && std::isfinite(*p))
    r.sampling.top_p = p;
  for (std::string_view key :
       {"max_tokens", "max_completion_tokens", "max_output_tokens"})
    r.intent.max_tokens = Count(from, key).value_or(r.intent.max_tokens);
  if (const auto effort = Text(from, "reasoning_effort"); !effort.empty())
    r.intent.effort = std::string(effort);
  In(from, "reasoning", [&r](const object& reasoning) {
    if (const auto effort = Text(reasoning, "effort"); !effort.empty())
      r.intent.effort = std::string(effort);
  });
  const auto set_thinking = [&r](bool on) {
    r.intent.thinking = on ? Thinking::kOn : Thinking::kOff;
  };
  In(from, "chat_template_kwargs", [&](const object& arguments) {
    for (std::string_view key : {"enable_thinking", "thinking"})
      if (const auto on = Get<bool>(arguments, key)) set_thinking(*on);
  });
  In(from, "extra_body", [&](const object& extra) {
    In(extra, "chat_template_kwargs", [&](const object& arguments) {
      for (std::string_view key : {"enable_thinking", "thinking"})
        if (const auto on = Get<bool>(arguments, key)) set_thinking(*on);
    });
  });
  In(from, "thinking", [&](const object& thinking) {
    const std::string_view type = Text(thinking, "type");
    if (type == "enabled" || type == "adaptive") set_thinking(true);
    if (type == "disabled") set_thinking(false);
  });
}

// What a body says of itself beside the message.
void ReadBodyHead(const object& body, Response& r) {
  r.regime.fingerprint = std::string(Text(body, "system_fingerprint"));
  In(body, "metadata", [&r](const object& metadata) {
    r.regime.weights_version = std::string(Text(metadata, "weight_version"));
  });
}

// Appends one response a choice. Each gets a body with its own choice only, so
// that many choices don't make many copies of all of them.
void AddChoices(Response r, const object& body, std::vector<Response>& rows) {
  r.body_type = BodyType::kJson;
  const auto choices = Get<array>(body, "choices");
  if (!choices.has_value() || choices->size() < 2) {
    r.body = simdjson::minify(body);
    rows.push_back(std::move(r));
    return;
  }
  r.sampling.n =
      static_cast<int32_t>(std::min<size_t>(choices->size(), 10'000));
  // The counts of output are of all choices together.
  r.usage = Usage{};
  In(body, "usage", [&r](const object& usage) {
    r.usage.input_tokens = Count(usage, "prompt_tokens");
  });
  int64_t position = 0;
  for (const element& entry : *choices) {
    object choice;
    const int64_t at = position++;
    if (entry.get(choice) != simdjson::SUCCESS) continue;
    Response one = r;
    const auto index = Count(choice, "index");
    one.sampling.choice_index =
        static_cast<int32_t>(std::min<int64_t>(index.value_or(at), 1'000'000));
    std::string text = simdjson::minify(choice);
    if (!index.has_value())
      text = absl::StrFormat("{\"index\":%d%s%s", at,
                             text.size() > 2 ? "," : "", text.substr(1));
    one.body = absl::StrFormat("{\"choices\":[%s]}", text);
    rows.push_back(std::move(one));
  }
}

absl::Status ReadBatchLine(const object& line, std::vector<Response>& rows) {
  element error;
  if (line["error"].get(error) == simdjson::SUCCESS && !error.is_null()) {
    object fields;
    return absl::UnavailableError(absl::StrFormat(
        "the request failed:%s",
        error.get(fields) == simdjson::SUCCESS ? Word(fields, "code") : ""));
  }
  const auto response = Get<object>(line, "response");
  if (!response.has_value()) return Wrong("response", "an object");
  Response r;
  r.http_status = static_cast<int32_t>(
      std::min<int64_t>(Count(*response, "status_code").value_or(0), 999));
  if (r.http_status >= 400)
    return absl::UnavailableError(
        absl::StrFormat("the request failed: status %d", r.http_status));
  const auto body = Get<object>(*response, "body");
  if (!body.has_value()) return Wrong("response.body", "an object");
  r.model = std::string(Text(*body, "model"));
  if (r.model.empty())
    return Wrong("response.body.model", "a non-empty string");
  for (std::string_view id :
       {Text(line, "custom_id"), Text(*body, "id"), Text(line, "id")})
    if (r.id.empty()) r.id = std::string(id);
  // A batch repeats no prompt: this is all that can name a problem.
  r.problem_id = std::string(Text(line, "custom_id"));
  r.time = Moment(*body, "created");
  if (r.time == absl::InfinitePast()) r.time = Moment(*body, "created_at");
  r.system_prompt = std::string(Text(*body, "instructions"));
  ReadRequest(*body, r);
  ReadBodyHead(*body, r);
  MarkOurOwn(r);
  AddChoices(std::move(r), *body, rows);
  return absl::OkStatus();
}

// LiteLLM writes this in the place of every text when told to log none.
constexpr std::string_view kRedacted = "\"redacted-by-litellm\"";

void ReadLiteLlmPrompt(const object& record, Response& r) {
  element messages;
  if (record["messages"].get(messages) != simdjson::SUCCESS) return;
  std::string_view prompt;
  if (messages.get(prompt) == simdjson::SUCCESS) {
    if (kRedacted.find(prompt) == std::string_view::npos)
      r.prompt = std::string(prompt);
  } else if (messages.is_array()) {
    std::string text = simdjson::minify(messages);
    if (text.find(kRedacted) == std::string::npos)
      r.messages_json = std::move(text);
  }
}

void ReadLiteLlmLabels(const object& record, Response& r) {
  r.replica = std::string(Text(record, "model_id"));
  r.trace_id = std::string(Text(record, "trace_id"));
  if (const auto tags = Get<array>(record, "request_tags"))
    for (const element& entry : *tags) {
      std::string_view tag;
      // The proxy tags each request with its client by itself.
      if (entry.get(tag) == simdjson::SUCCESS && r.route.empty() &&
          !tag.starts_with("User-Agent"))
        r.route = std::string(tag);
    }
  In(record, "metadata", [&r](const object& metadata) {
    r.session = std::string(Text(metadata, "session_id"));
    In(metadata, "requester_metadata", [&r](const object& own) {
      if (r.session.empty()) r.session = std::string(Text(own, "session_id"));
    });
    In(metadata, "requester_custom_headers", [&r](const object& headers) {
      const std::string_view origin = Text(headers, "x-reasonwatch-origin");
      if (origin == "canary") r.origin = Origin::kCanary;
      if (origin == "rescore") r.origin = Origin::kRescore;
      if (origin == "selftest") r.origin = Origin::kSelftest;
    });
  });
}

absl::Status ReadLiteLlmRecord(const object& record,
                               std::vector<Response>& rows) {
  Response r;
  // The alias that clients ask for; what serves it may change.
  const std::string_view served = Text(record, "model");
  r.model = std::string(Text(record, "model_group"));
  if (r.model.empty()) r.model = std::string(served);
  if (r.model.empty()) return Wrong("model", "a non-empty string");

  std::string why;
  bool disconnected = false;
  In(record, "error_information", [&](const object& error) {
    why = Word(error, "error_class") + Word(error, "error_code");
    // Logged as a success, with what had been sent by then.
    disconnected = Text(error, "error_class") == "ClientDisconnected" ||
                   Text(error, "error_code") == "499";
  });
  if (Text(record, "status") == "failure" && !disconnected)
    return absl::UnavailableError("the request failed:" + why);
  const auto response = Get<object>(record, "response");
  if (response.has_value() && response->size() == 0)
    return Wrong("response", "something in it");

  if (disconnected) r.transport_end = TransportEnd::kClientAbort;
  r.id = std::string(Text(record, "id"));
  r.time = Moment(record, "startTime");
  r.end_time = Moment(record, "endTime");
  r.streamed = Get<bool>(record, "stream").value_or(false);
  ReadLiteLlmPrompt(record, r);
  ReadLiteLlmLabels(record, r);
  In(record, "model_parameters",
     [&r](const object& parameters) { ReadRequest(parameters, r); });
  // 0 stands for a count that nobody gave.
  const auto take = [&record](std::string_view key,
                              std::optional<int64_t>& into) {
    if (const auto count = Count(record, key); count && *count > 0)
      into = count;
  };
  take("prompt_tokens", r.usage.input_tokens);
  take("completion_tokens", r.usage.output_tokens);
  if (response.has_value()) ReadBodyHead(*response, r);
  if (r.regime.weights_version.empty() && served != r.model)
    r.regime.weights_version = std::string(served);
  MarkOurOwn(r);

  if (!response.has_value()) {
    // A string is a text that was not kept, or not a response of a model.
    rows.push_back(std::move(r));
    return absl::OkStatus();
  }
  const std::string body = simdjson::minify(*response);
  if (body.find(kRedacted) == std::string::npos) {
    AddChoices(std::move(r), *response, rows);
    return absl::OkStatus();
  }
  BodyReader reader(BodyType::kJson, 0);
  reader.Feed(body);
  const ApiMessage message = reader.Finish();
  r.finish_reason = message.finish_reason;
  r.tool_calls = message.tool_calls;
  r.usage.reasoning_tokens = message.usage.reasoning_tokens;
  rows.push_back(std::move(r));
  return absl::OkStatus();
}

}  // namespace

std::optional<RecordFormat> RecordFormatOf(std::string_view name) {
  for (const auto& [known, format] : kRecordFormats)
    if (name == known) return format;
  return std::nullopt;
}

struct RecordReader::Impl {
  explicit Impl(RecordFormat record_format) : format(record_format) {}

  const RecordFormat format;
  RecordedReader recorded;
  simdjson::dom::parser parser;
};

RecordReader::RecordReader(RecordFormat format)
    : impl_(std::make_unique<Impl>(format)) {}
RecordReader::~RecordReader() = default;

void RecordReader::Read(std::string_view line, std::vector<Response>& rows,
                        std::vector<std::string>& errors) {
  const auto refuse = [&errors](const absl::Status& status) {
    if (!status.ok()) errors.emplace_back(status.message());
  };
  if (impl_->format == RecordFormat::kReasonwatch) {
    auto row = impl_->recorded.Parse(line);
    if (row.ok()) rows.push_back(*std::move(row));
    return refuse(row.status());
  }
  element root;
  const auto error = impl_->parser.parse(line.data(), line.size()).get(root);
  if (error != simdjson::SUCCESS)
    return refuse(absl::InvalidArgumentError(
        absl::StrFormat("not JSON: %s", simdjson::error_message(error))));
  const auto read = [&](const element& entry) -> absl::Status {
    object record;
    if (entry.get(record) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("not a JSON object");
    return impl_->format == RecordFormat::kOpenAiBatch
               ? ReadBatchLine(record, rows)
               : ReadLiteLlmRecord(record, rows);
  };
  array records;
  if (impl_->format != RecordFormat::kLiteLlm ||
      root.get(records) != simdjson::SUCCESS)
    return refuse(read(root));
  int64_t number = 0;
  for (const element& entry : records) {
    ++number;
    if (const absl::Status status = read(entry); !status.ok())
      errors.push_back(absl::StrFormat("record %d: %s", number,
                                       std::string(status.message())));
  }
}

}  // namespace reasonwatch
