// SPDX-License-Identifier: Apache-2.0
// A recorded row by hand, in both directions. Keys reads one object and keeps
// the first error with its path; a table for each enum has the recorded names.
// First reading, then writing.
#include "tap/jsonl/recorded.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "tap/jsonl/raw_pair.h"
#include "util/json.h"
#include "util/status_macros.h"
#include "util/strings.h"
#include "util/utf8.h"

namespace reasonwatch {
namespace {

namespace dom = simdjson::dom;

absl::Status Wrong(std::string_view key, std::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: expected %s", key, expected));
}

// Names of one row; a file with more has another form.
constexpr size_t kMaxUnknownKeys = 16;
constexpr size_t kMaxUnknownKeyBytes = 64;  // shown of a name

template <typename E, size_t N>
using Names = std::array<std::pair<std::string_view, E>, N>;

constexpr Names<Origin, 4> kOrigins = {{{"live", Origin::kLive},
                                        {"canary", Origin::kCanary},
                                        {"rescore", Origin::kRescore},
                                        {"selftest", Origin::kSelftest}}};
constexpr Names<BodyType, 2> kBodyTypes = {
    {{"json", BodyType::kJson}, {"sse", BodyType::kSse}}};
constexpr Names<TransportEnd, 3> kTransportEnds = {
    {{"complete", TransportEnd::kComplete},
     {"client_abort", TransportEnd::kClientAbort},
     {"upstream_reset", TransportEnd::kUpstreamReset}}};
constexpr Names<CallerVerdict, 2> kVerdicts = {
    {{"correct", CallerVerdict::kCorrect},
     {"incorrect", CallerVerdict::kIncorrect}}};
constexpr Names<AnswerKind, 5> kAnswerKinds = {
    {{"boolean", AnswerKind::kBoolean},
     {"number", AnswerKind::kNumber},
     {"math", AnswerKind::kMath},
     {"choice", AnswerKind::kChoice},
     {"text", AnswerKind::kText}}};

// Reads the keys of one object; the first wrong one is kept.
class Keys {
 public:
  Keys(dom::object object, std::string prefix,
       std::vector<std::string>& unknown)
      : object_(object), prefix_(std::move(prefix)), unknown_(unknown) {}

  // The row may have this key; somebody else reads it.
  void Know(std::string_view key) { asked_.push_back(key); }
  // Names the keys that nobody has asked for.
  void NameUnknown() {
    for (const auto& [key, value] : object_) {
      if (unknown_.size() >= kMaxUnknownKeys) return;
      if (std::ranges::find(asked_, key) == asked_.end())
        unknown_.push_back(prefix_ +
                           std::string(utf8::Head(key, kMaxUnknownKeyBytes)));
    }
  }

  void Text(std::string_view key, std::string& to) {
    dom::element e;
    if (!Find(key, e)) return;
    std::string_view s;
    if (e.get_string().get(s) != simdjson::SUCCESS)
      return Fail(key, "a string");
    to.assign(s);
  }
  void Text(std::string_view key, std::optional<std::string>& to) {
    dom::element e;
    if (!Find(key, e)) return;
    std::string text;
    Text(key, text);
    to = std::move(text);
  }
  template <typename T>
  void Integer(std::string_view key, T& to) {
    dom::element e;
    if (!Find(key, e)) return;
    double number = 0;
    if (e.get_double().get(number) != simdjson::SUCCESS || number < 0 ||
        number > 9e15 || number != std::floor(number))
      return Fail(key, "a whole number, 0 or more");
    if constexpr (requires { typename T::value_type; }) {
      to = static_cast<typename T::value_type>(number);
    } else {
      if (number > static_cast<double>(std::numeric_limits<T>::max()))
        return Fail(key, "a smaller number");
      to = static_cast<T>(number);
    }
  }
  void Real(std::string_view key, std::optional<double>& to) {
    dom::element e;
    if (!Find(key, e)) return;
    double number = 0;
    if (e.get_double().get(number) != simdjson::SUCCESS)
      return Fail(key, "a number");
    to = number;
  }
  template <typename T>
  void Flag(std::string_view key, T& to) {
    dom::element e;
    bool flag = false;
    if (!Find(key, e)) return;
    if (e.get_bool().get(flag) != simdjson::SUCCESS)
      return Fail(key, "true or false");
    to = flag;
  }
  void Moment(std::string_view key, absl::Time& to) {
    dom::element e;
    if (!Find(key, e)) return;
    std::string text;
    Text(key, text);
    std::string why;
    absl::Time time;
    if (!status_.ok()) return;
    // ParseTime also takes "infinite-future".
    if (absl::ParseTime(absl::RFC3339_full, text, &time, &why) &&
        time != absl::InfinitePast() && time != absl::InfiniteFuture())
      to = time;
    else
      Fail(key, "an RFC 3339 time");
  }
  template <typename E, size_t N>
  void Enum(std::string_view key, const Names<E, N>& names, E& to) {
    dom::element e;
    if (!Find(key, e)) return;
    std::string text;
    Text(key, text);
    if (!status_.ok()) return;
    std::string known;
    for (const auto& [name, value] : names) {
      if (text == name) {
        to = value;
        return;
      }
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    Fail(key, "one of " + known);
  }
  // JSON kept as JSON text.
  void Raw(std::string_view key, std::string& to) {
    dom::element e;
    if (Find(key, e)) to = simdjson::minify(e);
  }
  template <typename F>
  void Object(std::string_view key, F read) {
    dom::element e;
    if (!Find(key, e)) return;
    dom::object inner;
    if (e.get_object().get(inner) != simdjson::SUCCESS)
      return Fail(key, "an object");
    Keys keys(inner, prefix_ + std::string(key) + ".", unknown_);
    read(keys);
    keys.NameUnknown();
    if (status_.ok()) status_ = keys.status_;
  }
  const absl::Status& status() const { return status_; }

 private:
  bool Find(std::string_view key, dom::element& e) {
    asked_.push_back(key);
    return status_.ok() && object_.at_key(key).get(e) == simdjson::SUCCESS &&
           !e.is_null();
  }
  void Fail(std::string_view key, std::string_view expected) {
    if (status_.ok()) status_ = Wrong(prefix_ + std::string(key), expected);
  }

  dom::object object_;
  std::string prefix_;
  std::vector<std::string>& unknown_;
  std::vector<std::string_view> asked_;
  absl::Status status_;
};

void ReadIntent(Keys& keys, Intent& intent) {
  keys.Text("effort", intent.effort);
  std::optional<bool> thinking;
  keys.Flag("thinking", thinking);
  if (thinking.has_value())
    intent.thinking = *thinking ? Thinking::kOn : Thinking::kOff;
  keys.Integer("max_tokens", intent.max_tokens);
  keys.Text("asked_language", intent.asked_language);
  keys.Integer("thinking_budget", intent.thinking_budget);
}

// Changes what the row states; the rest of `r` stays.
void ReadRow(Keys& keys, Response& r) {
  keys.Text("id", r.id);
  keys.Moment("time", r.time);
  keys.Moment("end_time", r.end_time);
  keys.Text("model", r.model);
  keys.Text("route", r.route);
  keys.Text("replica", r.replica);
  keys.Text("session", r.session);
  keys.Integer("turn", r.turn);
  keys.Enum("origin", kOrigins, r.origin);
  keys.Text("prompt", r.prompt);
  keys.Raw("messages", r.messages_json);
  keys.Text("system_prompt", r.system_prompt);
  keys.Text("content", r.content);
  keys.Text("reasoning", r.reasoning);
  keys.Text("body", r.body);
  keys.Enum("body_type", kBodyTypes, r.body_type);
  keys.Text("finish_reason", r.finish_reason);
  keys.Object("usage", [&](Keys& k) {
    k.Integer("input_tokens", r.usage.input_tokens);
    k.Integer("output_tokens", r.usage.output_tokens);
    k.Integer("reasoning_tokens", r.usage.reasoning_tokens);
  });
  keys.Object("intent", [&](Keys& k) { ReadIntent(k, r.intent); });
  keys.Object("sampling", [&](Keys& k) {
    k.Real("temperature", r.sampling.temperature);
    k.Real("top_p", r.sampling.top_p);
    k.Integer("n", r.sampling.n);
    k.Integer("choice_index", r.sampling.choice_index);
  });
  keys.Object("regime", [&](Keys& k) {
    k.Text("fingerprint", r.regime.fingerprint);
    k.Text("weights_version", r.regime.weights_version);
    k.Text("template_hash", r.regime.template_hash);
    k.Text("engine", r.regime.engine);
  });
  keys.Integer("http_status", r.http_status);
  keys.Integer("tool_calls", r.tool_calls);
  keys.Flag("streamed", r.streamed);
  keys.Text("problem_id", r.problem_id);
  keys.Enum("verdict", kVerdicts, r.verdict);
  keys.Object("problem", [&](Keys& k) {
    Problem problem;
    k.Text("id", problem.id);
    k.Text("answer", problem.answer);
    k.Enum("answer_kind", kAnswerKinds, problem.answer_kind);
    k.Text("family", problem.family);
    r.problem = std::move(problem);
  });
  keys.Text("trace_id", r.trace_id);
  keys.Text("task", r.task);
  keys.Integer("context_window", r.context_window);
  keys.Text("source", r.source);
  keys.Flag("without_reasoning_text", r.without_reasoning_text);
  keys.Text("request_id", r.request_id);
  keys.Text("asked_model", r.asked_model);
  keys.Text("user", r.user);
  keys.Text("client", r.client);
  keys.Raw("tools", r.tools_json);
  keys.Raw("response_format", r.response_format_json);
  keys.Object("sent_intent",
              [&](Keys& k) { ReadIntent(k, r.sent_intent.emplace()); });
}

}  // namespace

struct RecordedReader::Impl {
  std::string model;
  dom::parser parser;
  std::vector<std::string> unknown;
  int64_t lost = 0;
};

RecordedReader::RecordedReader(std::string model)
    : impl_(std::make_unique<Impl>()) {
  impl_->model = std::move(model);
}
RecordedReader::~RecordedReader() = default;

int64_t RecordedReader::lost_before() const { return impl_->lost; }

const std::vector<std::string>& RecordedReader::unknown_keys() const {
  return impl_->unknown;
}

absl::StatusOr<Response> RecordedReader::Parse(std::string_view line) {
  impl_->unknown.clear();
  impl_->lost = 0;
  dom::element root;
  const auto error = ParseJson(impl_->parser, line).get(root);
  if (error != simdjson::SUCCESS)
    return absl::InvalidArgumentError(
        absl::StrFormat("not JSON: %s", simdjson::error_message(error)));
  dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS)
    return absl::InvalidArgumentError("not a JSON object");
  Response r;
  if (!IsRawPair(object) && IsBareBody(object)) {
    r = ReadBareBody(object, line);
    if (r.model.empty()) r.model = impl_->model;
    if (r.model.empty()) return Wrong("model", "a non-empty string");
    return r;
  }
  Keys keys(object, "", impl_->unknown);
  keys.Enum("transport_end", kTransportEnds, r.transport_end);
  if (IsRawPair(object)) {
    for (std::string_view key : kRawPairKeys) keys.Know(key);
    keys.Integer("dropped_before", impl_->lost);
    RW_ASSIGN_OR_RETURN(r, ReadRawPair(object, r.transport_end));
  }
  ReadRow(keys, r);
  RW_RETURN_IF_ERROR(keys.status());
  keys.NameUnknown();
  if (r.model.empty()) r.model = impl_->model;
  if (r.model.empty()) return Wrong("model", "a non-empty string");
  // The answer to a request of Reasonwatch itself is never live traffic.
  if (r.origin == Origin::kLive && r.id.rfind("rw-", 0) == 0)
    r.origin = Origin::kRescore;
  return r;
}

namespace {

void AppendQuoted(std::string_view s, std::string& out) {
  out += '"';
  for (char c : s) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += absl::StrFormat("\\u%04x", static_cast<int>(c));
        else
          out += c;
    }
  }
  out += '"';
}

class Writer {
 public:
  void Text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    Key(key);
    AppendQuoted(value, out_);
  }
  void Always(std::string_view key, const std::optional<std::string>& value) {
    if (!value.has_value()) return;
    Key(key);
    AppendQuoted(*value, out_);
  }
  void Integer(std::string_view key, int64_t value) {
    if (value == 0) return;
    Key(key);
    out_ += std::to_string(value);
  }
  void Count(std::string_view key, const std::optional<int64_t>& value) {
    if (!value.has_value()) return;
    Key(key);
    out_ += std::to_string(*value);
  }
  void Real(std::string_view key, const std::optional<double>& value) {
    if (!value.has_value() || !std::isfinite(*value)) return;
    Key(key);
    out_ += absl::StrFormat("%.17g", *value);
  }
  void Moment(std::string_view key, absl::Time value) {
    if (value == absl::InfinitePast() || value == absl::InfiniteFuture())
      return;
    Text(key, absl::FormatTime(absl::RFC3339_full, value, absl::UTCTimeZone()));
  }
  void Raw(std::string_view key, std::string_view json) {
    if (json.empty()) return;
    Key(key);
    out_ += json;
  }
  void Object(std::string_view key, const Writer& inner) {
    if (inner.first_) return;
    Raw(key, inner.Close());
  }
  std::string Close() const { return "{" + out_ + "}"; }

 private:
  void Key(std::string_view key) {
    if (!first_) out_ += ", ";
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\": ";
  }
  std::string out_;
  bool first_ = true;
};

template <typename E, size_t N>
std::string_view NameOf(const Names<E, N>& names, E value) {
  for (const auto& [name, v] : names)
    if (v == value) return name;
  return "";
}

Writer IntentOf(const Intent& intent) {
  Writer w;
  w.Text("effort", intent.effort);
  if (intent.thinking != Thinking::kUnstated)
    w.Raw("thinking", intent.thinking == Thinking::kOn ? "true" : "false");
  w.Integer("max_tokens", intent.max_tokens);
  w.Text("asked_language", intent.asked_language);
  w.Count("thinking_budget", intent.thinking_budget);
  return w;
}

}  // namespace

std::string WriteRecorded(const Response& r) {
  Writer w;
  w.Text("id", r.id);
  w.Moment("time", r.time);
  w.Moment("end_time", r.end_time);
  w.Text("model", r.model);
  w.Text("route", r.route);
  w.Text("replica", r.replica);
  w.Text("session", r.session);
  w.Integer("turn", r.turn);
  if (r.origin != Origin::kLive) w.Text("origin", NameOf(kOrigins, r.origin));
  w.Text("prompt", r.prompt);
  w.Raw("messages", r.messages_json);
  w.Text("system_prompt", r.system_prompt);
  w.Always("content", r.content);
  w.Always("reasoning", r.reasoning);
  w.Text("body", r.body);
  w.Text("body_type", NameOf(kBodyTypes, r.body_type));
  w.Text("finish_reason", r.finish_reason);
  Writer usage;
  usage.Count("input_tokens", r.usage.input_tokens);
  usage.Count("output_tokens", r.usage.output_tokens);
  usage.Count("reasoning_tokens", r.usage.reasoning_tokens);
  w.Object("usage", usage);
  w.Object("intent", IntentOf(r.intent));
  Writer sampling;
  sampling.Real("temperature", r.sampling.temperature);
  sampling.Real("top_p", r.sampling.top_p);
  if (r.sampling.n != 1) sampling.Integer("n", r.sampling.n);
  sampling.Integer("choice_index", r.sampling.choice_index);
  w.Object("sampling", sampling);
  Writer regime;
  regime.Text("fingerprint", r.regime.fingerprint);
  regime.Text("weights_version", r.regime.weights_version);
  regime.Text("template_hash", r.regime.template_hash);
  regime.Text("engine", r.regime.engine);
  w.Object("regime", regime);
  w.Integer("http_status", r.http_status);
  if (r.transport_end != TransportEnd::kComplete)
    w.Text("transport_end", NameOf(kTransportEnds, r.transport_end));
  w.Integer("tool_calls", r.tool_calls);
  if (r.streamed) w.Raw("streamed", "true");
  w.Text("problem_id", r.problem_id);
  w.Text("verdict", NameOf(kVerdicts, r.verdict));
  if (r.problem.has_value()) {
    Writer problem;
    problem.Text("id", r.problem->id);
    problem.Text("answer", r.problem->answer);
    problem.Text("answer_kind", NameOf(kAnswerKinds, r.problem->answer_kind));
    problem.Text("family", r.problem->family);
    w.Object("problem", problem);
  }
  w.Text("trace_id", r.trace_id);
  w.Text("task", r.task);
  w.Integer("context_window", r.context_window);
  w.Text("source", r.source);
  if (r.without_reasoning_text) w.Raw("without_reasoning_text", "true");
  w.Text("request_id", r.request_id);
  w.Text("asked_model", r.asked_model);
  w.Text("user", r.user);
  w.Text("client", r.client);
  w.Raw("tools", r.tools_json);
  w.Raw("response_format", r.response_format_json);
  if (r.sent_intent.has_value())
    w.Object("sent_intent", IntentOf(*r.sent_intent));
  return w.Close();
}

}  // namespace reasonwatch
