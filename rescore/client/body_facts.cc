// SPDX-License-Identifier: Apache-2.0
#include "rescore/client/body_facts.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "rescore/client/failure.h"
#include "util/json.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::element;

// Longer than any type or code in use; a longer word may be text.
constexpr size_t kLongestKind = 64;
// As many as the client ever asks for; an index over it is a broken answer.
constexpr int64_t kMostChoices = 1024;

absl::Status Bad(std::string_view why) {
  return ClientFailureStatus(ClientFailure::kBadBody, why);
}

std::string_view StringAt(element object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::string WordAt(element object, std::string_view key) {
  std::string_view word = StringAt(object, key);
  const bool fits =
      !word.empty() && word.size() <= kLongestKind &&
      std::all_of(word.begin(), word.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
               c == '-' || c == '.';
      });
  return fits ? std::string(word) : std::string();
}

std::string KindOf(element error) {
  for (const std::string_view key : {"type", "code"})
    if (std::string word = WordAt(error, key); !word.empty()) return word;
  return "an error object";
}

struct Reading {
  BodyFacts facts;
  std::set<int64_t> begun;
  std::set<int64_t> ended;

  absl::Status Observe(element object) {
    if (!object.is_object()) return Bad("not a JSON object");
    element error;
    if (object["error"].get(error) == simdjson::SUCCESS && !error.is_null())
      return ClientFailureStatus(ClientFailure::kErrorIn200, KindOf(error));
    KeepFirst(facts.model, StringAt(object, "model"));
    KeepFirst(facts.fingerprint, StringAt(object, "system_fingerprint"));
    KeepFirst(facts.prompt_text, StringAt(object, "prompt_text"));
    // In a stream it is in the last event, and may be null before.
    int64_t tokens = 0;
    if (object["usage"]["prompt_tokens"].get(tokens) == simdjson::SUCCESS)
      facts.prompt_tokens = std::max<int64_t>(0, tokens);
    simdjson::dom::array choices;
    if (object["choices"].get(choices) != simdjson::SUCCESS)
      return absl::OkStatus();
    for (const element choice : choices) {
      int64_t index = 0;
      const auto found = choice["index"].get(index);
      if (!choice.is_object() ||
          (found != simdjson::SUCCESS && found != simdjson::NO_SUCH_FIELD) ||
          index < 0 || index >= kMostChoices)
        return Bad("a choice is not one");
      begun.insert(index);
      if (!StringAt(choice, "finish_reason").empty()) ended.insert(index);
    }
    return absl::OkStatus();
  }

 private:
  static void KeepFirst(std::string& kept, std::string_view value) {
    if (kept.empty()) kept = value;
  }
};

}  // namespace

absl::StatusOr<BodyFacts> ReadBodyFacts(std::string_view body) {
  simdjson::dom::parser parser;
  Reading reading;
  const size_t first = body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos) return Bad("empty");
  if (body[first] == '{' || body[first] == '[' || body[first] == '"') {
    element whole;
    if (ParseJson(parser, body.substr(first)).get(whole) != simdjson::SUCCESS)
      return Bad("not JSON");
    RW_RETURN_IF_ERROR(reading.Observe(whole));
    if (reading.begun.empty()) return Bad("no choices");
    reading.facts.choices = static_cast<int>(reading.begun.size());
    return reading.facts;
  }

  reading.facts.sse = true;
  bool done = false;
  int64_t events = 0;
  std::string_view rest = body.substr(first);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    const bool whole = end < rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!absl::StartsWith(AbslView(line), "data:")) continue;
    line = StdView(absl::StripAsciiWhitespace(AbslView(line.substr(5))));
    if (line == "[DONE]") {
      done = true;
      break;
    }
    if (line.empty()) continue;
    element event;
    if (ParseJson(parser, line).get(event) != simdjson::SUCCESS) {
      // The last line of a stream that broke off.
      if (!whole) break;
      return Bad("an event is not JSON");
    }
    RW_RETURN_IF_ERROR(reading.Observe(event));
    ++events;
  }
  if (events == 0 && !done) return Bad("neither JSON nor a stream of events");
  const bool all_ended =
      !reading.begun.empty() && reading.ended == reading.begun;
  if (!done && !all_ended)
    return ClientFailureStatus(ClientFailure::kTruncatedStream,
                               "ended before its choices did");
  if (reading.begun.empty()) return Bad("no choices");
  reading.facts.choices = static_cast<int>(reading.begun.size());
  return reading.facts;
}

bool IsSameModel(std::string_view asked, std::string_view got) {
  const auto base = [](std::string_view name) {
    const size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
  };
  if (asked.empty() || got.empty() || asked == got) return true;
  const std::string_view a = base(asked);
  const std::string_view g = base(got);
  if (absl::EqualsIgnoreCase(AbslView(a), AbslView(g))) return true;
  // A dated version, like "name-2026-01-31", but not "name-mini".
  return g.size() > a.size() + 1 &&
         absl::StartsWithIgnoreCase(AbslView(g), AbslView(a)) &&
         (g[a.size()] == '-' || g[a.size()] == '@') &&
         std::all_of(
             g.begin() + static_cast<int64_t>(a.size()) + 1, g.end(),
             [](char c) {
               return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                      c == '-';
             });
}

std::string ErrorKind(std::string_view body) {
  simdjson::dom::parser parser;
  element whole;
  element error;
  if (ParseJson(parser, body).get(whole) != simdjson::SUCCESS) return "no JSON";
  if (whole["error"].get(error) == simdjson::SUCCESS) return KindOf(error);
  return KindOf(whole);
}

bool BlamesModel(std::string_view body) {
  simdjson::dom::parser parser;
  element error;
  std::string_view text;
  if (ParseJson(parser, body)["error"].get(error) != simdjson::SUCCESS)
    return false;
  // vLLM names the parameter, OpenAI has a code of its own.
  return (error["param"].get(text) == simdjson::SUCCESS && text == "model") ||
         (error["code"].get(text) == simdjson::SUCCESS &&
          text == "model_not_found");
}

}  // namespace reasonwatch
