// SPDX-License-Identifier: Apache-2.0
// Both formats have changed the names of their keys more than once, so each
// field is looked for under all the names that it has had.
//
// In order: the parts that both share, Langfuse, lm-eval.
#include "tap/jsonl/exports.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tap/exchange/json.h"
#include "tap/exchange/request.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

absl::Status Wrong(std::string_view key, std::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: expected %s", key, expected));
}

// The first of these keys that is there.
bool FirstOf(const object& from, std::initializer_list<std::string_view> keys,
             element& value) {
  for (std::string_view key : keys)
    if (from[key].get(value) == simdjson::SUCCESS && !value.is_null())
      return true;
  return false;
}

std::string FirstText(const object& from,
                      std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (const std::string_view text = TextIn(from, key); !text.empty())
      return std::string(text);
  return "";
}

absl::Time TimeIn(const object& from,
                  std::initializer_list<std::string_view> keys) {
  absl::Time time = absl::InfinitePast();
  std::string why;
  const std::string text = FirstText(from, keys);
  // ParseTime also takes "infinite-future".
  if (text.empty() || !absl::ParseTime(absl::RFC3339_full, text, &time, &why) ||
      time == absl::InfiniteFuture())
    return absl::InfinitePast();
  return time;
}

std::optional<int64_t> CountIn(const object& from,
                               std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (const auto count = WholeIn(from, key); count && *count >= 0)
      return count;
  return std::nullopt;
}

void ReadLangfuseInput(const element& input, Response& r) {
  std::string_view text;
  object body;
  if (input.get(text) == simdjson::SUCCESS)
    r.prompt = std::string(text);
  else if (input.is_array())
    r.messages_json = simdjson::minify(input);
  else if (input.get(body) == simdjson::SUCCESS)
    ReadRequestBody(body, r);
}

// A message, a text, or a whole body; integrations differ.
void ReadLangfuseOutput(const element& output, Response& r) {
  std::string_view text;
  object fields;
  if (output.get(text) == simdjson::SUCCESS) {
    r.content = std::string(text);
    return;
  }
  if (output.get(fields) != simdjson::SUCCESS) return;
  element value;
  const bool is_body =
      FirstOf(fields, {"choices", "output", "candidates", "done"}, value) ||
      TextIn(fields, "type") == "message";
  r.body_type = BodyType::kJson;
  r.body = is_body ? std::string(simdjson::minify(output))
                   : "{\"choices\":[{\"message\":" +
                         std::string(simdjson::minify(output)) + "}]}";
}

}  // namespace

absl::Status ReadLangfuse(const object& record, const std::string& model,
                          std::vector<Response>& rows) {
  if (const std::string_view type = TextIn(record, "type");
      !type.empty() && type != "GENERATION")
    return absl::NotFoundError("not a generation");
  Response r;
  r.model = FirstText(record, {"model", "providedModelName", "internalModel"});
  if (r.model.empty()) r.model = model;
  if (r.model.empty()) return Wrong("model", "a non-empty string");
  element output;
  if (!FirstOf(record, {"output"}, output))
    return Wrong("output", "the model's answer");
  r.id = FirstText(record, {"id", "observationId"});
  r.trace_id = FirstText(record, {"traceId", "trace_id"});
  r.session = FirstText(record, {"sessionId", "session_id"});
  r.user = FirstText(record, {"userId", "user_id"});
  r.task = FirstText(record, {"name"});
  r.time = TimeIn(record, {"startTime", "start_time"});
  r.end_time = TimeIn(record, {"endTime", "end_time"});
  for (std::string_view key : {"modelParameters", "model_parameters"})
    InObject(record, key, [&r](const object& parameters) {
      ReadRequestParameters(parameters, r);
    });
  for (std::string_view key : {"usage", "usageDetails", "usage_details"})
    InObject(record, key, [&r](const object& usage) {
      const auto set = [](std::optional<int64_t>& to,
                          std::optional<int64_t> count) {
        if (count.has_value() && *count > 0) to = count;
      };
      set(r.usage.input_tokens,
          CountIn(usage, {"input", "promptTokens", "prompt_tokens"}));
      set(r.usage.output_tokens,
          CountIn(usage, {"output", "completionTokens", "completion_tokens"}));
      set(r.usage.reasoning_tokens,
          CountIn(usage, {"output_reasoning_tokens", "output_reasoning",
                          "reasoning_tokens"}));
    });
  element input;
  if (FirstOf(record, {"input"}, input)) ReadLangfuseInput(input, r);
  ReadLangfuseOutput(output, r);
  rows.push_back(std::move(r));
  return absl::OkStatus();
}

namespace {

// `arguments` holds a prompt and the parameters of its generation: as a list of
// pairs, or as objects by number.
void ReadLmEvalArguments(const object& record, Response& r) {
  element first;
  element prompt;
  element parameters;
  bool has_prompt = false;
  bool has_parameters = false;
  array list;
  object named;
  if (record["arguments"].get(list) == simdjson::SUCCESS && list.size() > 0) {
    has_prompt = list.at(0).at(0).get(prompt) == simdjson::SUCCESS;
    has_parameters = list.at(0).at(1).get(parameters) == simdjson::SUCCESS;
  } else if (record["arguments"].get(named) == simdjson::SUCCESS &&
             named["gen_args_0"].get(first) == simdjson::SUCCESS) {
    has_prompt = first["arg_0"].get(prompt) == simdjson::SUCCESS;
    has_parameters = first["arg_1"].get(parameters) == simdjson::SUCCESS;
  }
  std::string_view text;
  if (has_prompt && prompt.get(text) == simdjson::SUCCESS) {
    // Chat models are given the messages as text.
    simdjson::dom::parser parser;
    array messages;
    if (text.starts_with('[') &&
        ParseJson(parser, text).get(messages) == simdjson::SUCCESS)
      r.messages_json = std::string(text);
    else
      r.prompt = std::string(text);
  }
  object fields;
  if (has_parameters && parameters.get(fields) == simdjson::SUCCESS) {
    ReadRequestParameters(fields, r);
    if (const auto most = WholeIn(fields, "max_gen_toks"); most && *most > 0)
      r.intent.max_tokens = *most;
  }
}

// The first metric of the task that is 0 or 1.
CallerVerdict LmEvalVerdict(const object& record) {
  CallerVerdict verdict = CallerVerdict::kNone;
  const auto read = [&](std::string_view metric) {
    const auto score = ValueIn<double>(record, metric);
    if (verdict != CallerVerdict::kNone || !score.has_value()) return;
    if (*score == 1) verdict = CallerVerdict::kCorrect;
    if (*score == 0) verdict = CallerVerdict::kIncorrect;
  };
  array metrics;
  if (record["metrics"].get(metrics) == simdjson::SUCCESS)
    for (const element& entry : metrics) {
      std::string_view metric;
      if (entry.get(metric) == simdjson::SUCCESS) read(metric);
    }
  for (std::string_view metric : {"exact_match", "acc", "pass@1", "pass_at_1"})
    read(metric);
  return verdict;
}

// The text of the first generation, however deep it is nested.
std::optional<std::string> LmEvalText(const object& record) {
  element value;
  if (record["resps"].get(value) != simdjson::SUCCESS) return std::nullopt;
  for (int depth = 0; depth < 3; ++depth) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return std::string(text);
    array list;
    if (value.get(list) != simdjson::SUCCESS || list.size() == 0)
      return std::nullopt;
    element inner;
    if (list.at(0).get(inner) != simdjson::SUCCESS) return std::nullopt;
    value = inner;
  }
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return std::nullopt;
}

}  // namespace

absl::Status ReadLmEval(const object& record, const std::string& model,
                        std::vector<Response>& rows) {
  Response r;
  r.model = FirstText(record, {"model"});
  if (r.model.empty()) r.model = model;
  if (r.model.empty())
    return Wrong("model", "the model's name from the configuration");
  r.content = LmEvalText(record);
  if (!r.content.has_value()) return Wrong("resps", "a text");
  ReadLmEvalArguments(record, r);
  r.verdict = LmEvalVerdict(record);
  const auto number = WholeIn(record, "doc_id");
  const std::string hash = FirstText(record, {"doc_hash"});
  // A sample comes again for each filter of its task, under the same id.
  r.id = hash;
  if (number.has_value())
    r.id += (r.id.empty() ? "" : "-") + std::to_string(*number);
  r.problem_id = hash.empty() ? r.id : hash;
  const std::string target = FirstText(record, {"target"});
  if (!target.empty() && !r.problem_id.empty()) {
    Problem problem;
    problem.id = r.problem_id;
    problem.answer = target;
    r.problem = std::move(problem);
  }
  rows.push_back(std::move(r));
  return absl::OkStatus();
}

}  // namespace reasonwatch
