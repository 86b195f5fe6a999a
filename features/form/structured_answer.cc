// SPDX-License-Identifier: Apache-2.0
#include "features/form/structured_answer.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "core/scored.h"
#include "features/ending.h"
#include "features/form/json_schema.h"
#include "features/form/kept.h"
#include "util/ascii.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Bytes at each end of a prompt that are searched for the word and the keys:
// instructions come before or behind a document.
constexpr size_t kEndBytes = size_t{4} << 10;
// Keys of an answer that are looked up.
constexpr size_t kMaxKeys = 16;

// The ends of a text, or all of a short one.
struct Ends {
  std::string_view head, tail;
  explicit Ends(std::string_view text)
      : head(text.substr(0, kEndBytes)),
        tail(text.size() > kEndBytes
                 ? text.substr(std::max(kEndBytes, text.size() - kEndBytes))
                 : std::string_view()) {}
  bool Has(std::string_view what) const {
    return head.find(what) != std::string_view::npos ||
           tail.find(what) != std::string_view::npos;
  }
};

bool SpeaksOfJson(const Ends& text) {
  return text.Has("JSON") || text.Has("json") || text.Has("Json");
}

// The form that a request asks for.
struct AskedForm {
  bool json = false;
  bool has_schema = false;
  JsonSchema schema;
};

AskedForm ReadForm(std::string_view text) {
  AskedForm form;
  simdjson::dom::parser parser;
  object fields;
  std::string_view type;
  if (ParseJson(parser, text).get(fields) != simdjson::SUCCESS ||
      fields["type"].get(type) != simdjson::SUCCESS)
    return form;
  form.json = type == "json_object" || type == "json_schema" || type == "json";
  object outer;
  element schema;
  if (fields["json_schema"].get(outer) == simdjson::SUCCESS &&
      outer["schema"].get(schema) == simdjson::SUCCESS) {
    form.has_schema = true;
    form.schema = JsonSchema(schema);
  }
  return form;
}

bool BeginsLikeJson(std::string_view text) {
  if (text.empty() || (text[0] != '{' && text[0] != '[')) return false;
  const size_t next = text.find_first_not_of(" \t\r\n", 1);
  if (next == std::string_view::npos) return false;
  return text[next] == '"' || (text[0] == '[' && text[next] == '{') ||
         (text[0] == '{' && text[next] == '}');
}

// The content of the first fence that is labelled as JSON; empty if there is
// none, or if it has no end.
std::string_view FencedJson(std::string_view text) {
  constexpr std::string_view kFence = "```json";
  const size_t at = text.find(kFence);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + kFence.size();
  const size_t end = text.find("```", begin);
  return end == std::string_view::npos
             ? std::string_view()
             : ascii::Trim(text.substr(begin, end - begin));
}

bool HasUnaskedKey(const object& answer, const Ends& user, const Ends& system) {
  size_t keys = 0;
  for (const auto& [key, value] : answer) {
    if (++keys > kMaxKeys) break;
    const bool named = std::any_of(key.begin(), key.end(), [](char c) {
      return ascii::IsAlnum(c) || ascii::IsBeyond(c);
    });
    if (!named || (!user.Has(key) && !system.Has(key))) return true;
  }
  return false;
}

}  // namespace

void ReadStructuredAnswer(const Trace& trace, const Response& response,
                          const PromptText& prompt, Scored& scored) {
  if (!trace.has_text || trace.tool_calls > 0 || scored.lower_bound ||
      !trace.error.empty() || WasCut(trace, response.transport_end))
    return;
  const auto set = [&](Feature f, bool value) {
    scored.reading(f) = value ? 1.0F : 0.0F;
  };
  thread_local Kept<AskedForm> kept;
  thread_local simdjson::dom::parser parser;
  static const AskedForm& any_form = *new AskedForm;
  const AskedForm& asked =
      response.response_format_json.empty()
          ? any_form
          : kept.Get(response.response_format_json, ReadForm);
  const std::string_view answer = ascii::Trim(trace.answer);
  const bool bare = BeginsLikeJson(answer);
  const Ends user(prompt.user);
  const Ends system(prompt.system);
  const bool spoken = SpeaksOfJson(user) || SpeaksOfJson(system);
  const std::string_view text =
      bare || asked.json ? answer : FencedJson(answer);
  if (text.empty()) {
    if (spoken) set(Feature::kJsonAnswer, false);
    return;
  }
  element value;
  const bool parses = ParseJson(parser, text).get(value) == simdjson::SUCCESS;
  const bool whole = parses && text.size() == answer.size();
  set(Feature::kFormBroken,
      !parses || (asked.json && !asked.schema.Accepts(value)));
  if (asked.json || spoken) set(Feature::kJsonAnswer, whole);
  object fields;
  if (spoken && parses && !asked.has_schema &&
      value.get(fields) == simdjson::SUCCESS)
    set(Feature::kJsonKeysUnasked, HasUnaskedKey(fields, user, system));
}

}  // namespace reasonwatch
