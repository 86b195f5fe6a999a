// SPDX-License-Identifier: Apache-2.0
// Calls that the server has read are parsed and held to the tools of the
// request; an answer without calls is searched for one that was printed, and
// for work that is said to be done. In that order.
#include "features/form/tool_calls.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "answers/words.h"
#include "core/scored.h"
#include "features/ending.h"
#include "features/form/json_schema.h"
#include "features/form/kept.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// A list longer than this is no list of tools.
constexpr size_t kMaxTools = 1024;
// Bytes at the beginning of an answer in which it says what was done.
constexpr size_t kClaimBytes = 400;

using Tools = std::map<std::string, JsonSchema, std::less<>>;

// The tools by name; none if the text can't be read.
Tools ReadTools(std::string_view json) {
  Tools tools;
  simdjson::dom::parser parser;
  array list;
  if (ParseJson(parser, json).get(list) != simdjson::SUCCESS) return tools;
  for (const element& entry : list) {
    object tool;
    if (entry.get(tool) != simdjson::SUCCESS || tools.size() >= kMaxTools)
      continue;
    if (object function; tool["function"].get(function) == simdjson::SUCCESS)
      tool = function;
    std::string_view name;
    if (tool["name"].get(name) != simdjson::SUCCESS) continue;
    element schema;
    bool has_schema = false;
    for (std::string_view key :
         {"parameters", "input_schema", "inputSchema", "parametersJsonSchema"})
      has_schema = has_schema || tool[key].get(schema) == simdjson::SUCCESS;
    tools.try_emplace(std::string(name),
                      has_schema ? JsonSchema(schema) : JsonSchema());
  }
  return tools;
}

bool IsValid(const ToolCall& call, const Tools& tools,
             simdjson::dom::parser& parser) {
  // The call of a tool that its server runs has no name here.
  if (call.name.empty() && call.arguments.empty()) return true;
  const std::string_view text =
      call.arguments.empty() ? std::string_view("{}") : call.arguments;
  element arguments;
  if (ParseJson(parser, text).get(arguments) != simdjson::SUCCESS ||
      !arguments.is_object())
    return false;
  if (tools.empty()) return true;
  const auto tool = tools.find(call.name);
  return tool != tools.end() && tool->second.Accepts(arguments);
}

bool AnyInvalid(const Trace& trace, const Response& response) {
  thread_local Kept<Tools> kept;
  thread_local simdjson::dom::parser parser;
  static const Tools& none = *new Tools;
  const Tools& tools = response.tools_json.empty()
                           ? none
                           : kept.Get(response.tools_json, ReadTools);
  return !std::ranges::all_of(trace.calls, [&](const ToolCall& call) {
    return IsValid(call, tools, parser);
  });
}

// "I have created the file", "Ich habe die Tests ausgeführt": the first person,
// a little later the work, in words or beginnings of words parted by '|'.
struct Claim {
  std::string_view person;
  std::string_view work;
};
constexpr std::string_view kEnglishWork =
    "created|updated|fixed|added|written|run |ran |executed|tested|saved|"
    "deleted|removed|installed|edited|changed|modified|implemented|searched|"
    "sent|booked|committed|applied|checked the|looked up";
// table: how some languages say that the writer has done something.
constexpr Claim kClaims[] = {
    {"i have ", kEnglishWork},
    {"i've ", kEnglishWork},
    {"ich habe ",
     "erstellt|aktualisiert|behoben|hinzugef|geschrieben|ausgef|getestet|"
     "gespeichert|gelöscht|geändert|gesendet|gebucht"},
    {"j'ai ",
     "créé|mis à jour|corrig|ajout|écrit|exécut|testé|enregistr|supprim|"
     "modifi|envoy"},
    {"he ",
     "creado|actualizado|corregido|añadido|escrito|ejecutado|probado|"
     "guardado|eliminado|modificado|enviado"},
    {"我已", "创建|更新|修复|添加|运行|修改|发送|保存"},
};
// Bytes between the person and the work: "I have, as you asked, ...".
constexpr size_t kBetween = 60;

bool HasAny(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    const size_t bar = std::min(words.find('|'), words.size());
    if (text.find(words.substr(0, bar)) != std::string_view::npos) return true;
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return false;
}

bool ClaimsWork(std::string_view answer) {
  std::string head(answer.substr(0, kClaimBytes));
  for (char& c : head) c = ascii::Lower(c);
  for (const Claim& claim : kClaims)
    for (size_t at = head.find(claim.person); at != std::string::npos;
         at = head.find(claim.person, at + 1)) {
      if (at > 0 && ascii::IsAlnum(head[at - 1])) continue;
      const std::string_view near =
          std::string_view(head).substr(at + claim.person.size(), kBetween);
      const std::string_view sentence =
          near.substr(0, near.find_first_of(".?!\n"));
      if (HasAny(sentence, claim.work)) return true;
    }
  return false;
}

// Bytes at the beginning of an answer in which a printed call is looked for.
constexpr size_t kPrintedBytes = 2048;

bool IsNameByte(char c) {
  return ascii::IsAlnum(c) || c == '_' || c == '.' || c == '-';
}

// "read_file", alone on its line.
bool IsName(std::string_view line) {
  constexpr size_t kLongestName = 64;  // as servers allow
  return !line.empty() && line.size() <= kLongestName &&
         (ascii::IsLetter(line[0]) || line[0] == '_') &&
         std::ranges::all_of(line, IsNameByte);
}

// "path: "/srv/a"", "limit: 3": a name and a value in the spelling of JSON.
bool IsArgument(std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos || !IsName(line.substr(0, colon)))
    return false;
  const std::string_view value = ascii::Trim(line.substr(colon + 2));
  if (value.empty()) return false;
  const char first = value.front();
  const char last = value.back();
  return (first == '"' && last == '"' && value.size() > 1) ||
         (first == '{' && last == '}') || (first == '[' && last == ']') ||
         value == "true" || value == "false" || value == "null" ||
         std::ranges::all_of(value, ascii::IsDigit);
}

// A call that was written as text: a name with at least two arguments under it,
// a line each; or the JSON of one as the whole answer.
bool IsPrintedCall(std::string_view answer) {
  answer = ascii::Trim(answer);
  if (answer.starts_with('{') && answer.ends_with('}') &&
      answer.size() <= kPrintedBytes)
    return answer.find("\"name\"") != std::string_view::npos &&
           (answer.find("\"arguments\":") != std::string_view::npos ||
            answer.find("\"parameters\":") != std::string_view::npos);
  answer = answer.substr(0, kPrintedBytes);
  size_t arguments = 0;
  bool named = false;
  while (!answer.empty()) {
    const size_t end = std::min(answer.find('\n'), answer.size());
    const std::string_view line = ascii::Trim(answer.substr(0, end));
    if (named && IsArgument(line)) {
      if (++arguments >= 2) return true;
    } else {
      named = IsName(line);
      arguments = 0;
    }
    answer.remove_prefix(std::min(end + 1, answer.size()));
  }
  return false;
}

}  // namespace

void ReadToolCalls(const Trace& trace, const Response& response,
                   const PromptText& prompt, Scored& scored) {
  if (scored.lower_bound || !trace.error.empty() ||
      WasCut(trace, response.transport_end))
    return;
  const auto set = [&](Feature f, bool value) {
    scored.reading(f) = value ? 1.0F : 0.0F;
  };
  const bool calls = trace.tool_calls > 0 ||
                     FinishOf(trace.finish_reason) == Finish::kToolCalls;
  if (calls)
    set(Feature::kToolCallInvalid,
        !trace.calls.empty() && AnyInvalid(trace, response));
  if (!trace.has_text) return;
  set(Feature::kToolMarkup,
      trace.tool_markup || (!calls && IsPrintedCall(trace.answer)));
  const bool offered = !response.tools_json.empty();
  // Without the request nobody knows its tools.
  const bool unknown = !offered && response.messages_json.empty();
  if (offered || calls || unknown) set(Feature::kToolCalled, calls);
  if (offered && !prompt.tool_turn)
    set(Feature::kClaimedWork, !calls && ClaimsWork(trace.answer));
}

}  // namespace reasonwatch
