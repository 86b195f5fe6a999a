// SPDX-License-Identifier: Apache-2.0
// Each format finds in a record the same parts: request, body, counts, times.
// First the lookups, then the parts that formats share, then the batch file,
// LiteLLM's payload and the reader that chooses between them.
#include "tap/jsonl/import.h"

#include <simdjson.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "formats/api/body_reader.h"
#include "tap/exchange/request.h"
#include "tap/exchange/tools.h"
#include "tap/jsonl/exports.h"
#include "tap/jsonl/recorded.h"
#include "util/json.h"
#include "util/strings.h"

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
  // Its last second, the last that RFC 3339 can write.
  constexpr double kYear9999 = 253402300799;
  const auto seconds = Get<double>(from, key);
  if (!seconds.has_value() || !(*seconds > 0) || *seconds > kYear9999)
    return absl::InfinitePast();
  return absl::UnixEpoch() + absl::Seconds(*seconds);
}

// A name or a number; anything else may be somebody's text.
std::string Word(const object& from, std::string_view key) {
  constexpr size_t kMaxBytes = 48;  // as a server's error code
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

// The fields of a body beside its message.
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

absl::Status ReadBatchLine(const object& line, const std::string& model,
                           std::vector<Response>& rows) {
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
  if (r.model.empty()) r.model = model;
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
  ReadRequestParameters(*body, r);
  ReadBodyHead(*body, r);
  MarkOurOwn(r);
  AddChoices(std::move(r), *body, rows);
  return absl::OkStatus();
}

// LiteLLM writes this in place of every text if it is configured to log none.
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

absl::Status ReadLiteLlmRecord(const object& record, const std::string& model,
                               std::vector<Response>& rows) {
  Response r;
  // The alias that clients ask for; the model behind it may change.
  const std::string_view served = Text(record, "model");
  r.model = std::string(Text(record, "model_group"));
  if (r.model.empty()) r.model = std::string(served);
  if (r.model.empty()) r.model = model;
  if (r.model.empty()) return Wrong("model", "a non-empty string");

  std::string why;
  bool disconnected = false;
  In(record, "error_information", [&](const object& error) {
    why = Word(error, "error_class") + Word(error, "error_code");
    // Logged as a success, with the text that had been sent by then.
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
  In(record, "model_parameters", [&r](const object& parameters) {
    ReadRequestParameters(parameters, r);
    ReadTools(parameters, r);
    ReadResponseFormat(parameters, r);
  });
  // 0 means that nobody gave a count.
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
  Impl(RecordFormat record_format, std::string model)
      : format(record_format), fallback(std::move(model)), recorded(fallback) {}

  absl::Status ReadRecord(const object& record, std::vector<Response>& rows) {
    switch (format) {
      case RecordFormat::kOpenAiBatch:
        return ReadBatchLine(record, fallback, rows);
      case RecordFormat::kLiteLlm:
        return ReadLiteLlmRecord(record, fallback, rows);
      case RecordFormat::kLangfuse:
        return ReadLangfuse(record, fallback, rows);
      case RecordFormat::kLmEval:
        return ReadLmEval(record, fallback, rows);
      case RecordFormat::kReasonwatch:
        break;
    }
    return absl::OkStatus();
  }

  const RecordFormat format;
  const std::string fallback;
  RecordedReader recorded;
  simdjson::dom::parser parser;
};

RecordReader::RecordReader(RecordFormat format, std::string model)
    : impl_(std::make_unique<Impl>(format, std::move(model))) {}
RecordReader::~RecordReader() = default;

int64_t RecordReader::lost_before() const {
  return impl_->recorded.lost_before();
}

const std::vector<std::string>& RecordReader::unknown_keys() const {
  return impl_->recorded.unknown_keys();
}

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
  const auto error = ParseJson(impl_->parser, line).get(root);
  if (error != simdjson::SUCCESS)
    return refuse(absl::InvalidArgumentError(
        absl::StrFormat("not JSON: %s", simdjson::error_message(error))));
  const auto read = [&](const element& entry) -> absl::Status {
    object record;
    if (entry.get(record) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("not a JSON object");
    return impl_->ReadRecord(record, rows);
  };
  array records;
  const bool may_be_list = impl_->format == RecordFormat::kLiteLlm ||
                           impl_->format == RecordFormat::kLangfuse;
  if (!may_be_list || root.get(records) != simdjson::SUCCESS)
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
