// SPDX-License-Identifier: Apache-2.0
#include "rescore/ways/requests_before.h"

#include <simdjson.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rescore/statistics/paired_ways.h"
#include "rescore/ways/way_plan.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Enough for the server to have read the prompt into its cache and to have
// begun an answer.
constexpr int64_t kOutput = 8;
// Context of the long request between the two others, in tokens: more than a
// block of any server's cache, and read in a second.
constexpr int64_t kBetween = 1024;

// The messages with more words at the end of the last one, so that another
// question begins as this one does.
absl::StatusOr<std::string> WithLongerEnd(const std::string& messages_json) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(messages_json);
  simdjson::dom::array messages;
  if (parser.parse(padded).get(messages) != simdjson::SUCCESS)
    return absl::InvalidArgumentError("messages that are no array");
  std::string all;
  size_t left = messages.size();
  for (const simdjson::dom::element element : messages) {
    std::string_view text;
    std::string_view role;
    absl::StrAppend(&all, all.empty() ? "" : ",");
    // Content in parts is left as it is: the same request is sent twice then.
    if (--left == 0 && element["content"].get(text) == simdjson::SUCCESS &&
        element["role"].get(role) == simdjson::SUCCESS)
      absl::StrAppend(
          &all, "{\"role\":", JsonString(role), ",\"content\":",
          JsonString(absl::StrCat(AbslView(text), "\n\nName the topic only.")),
          "}");
    else
      absl::StrAppend(&all, simdjson::minify(element));
  }
  return absl::StrCat("[", all, "]");
}

SampleRequest Earlier(const SampleRequest& request, std::string_view name,
                      std::string messages_json) {
  SampleRequest earlier = request;
  earlier.id = absl::StrCat(request.id, "-", AbslView(name));
  earlier.messages_json = std::move(messages_json);
  earlier.max_tokens = kOutput;
  return earlier;
}

}  // namespace

absl::StatusOr<std::vector<SampleRequest>> RequestsBefore(
    std::string_view way, const Response& question,
    const SampleRequest& request) {
  std::vector<SampleRequest> before;
  if (way == kWarm) {
    RW_ASSIGN_OR_RETURN(std::string messages,
                        WithLongerEnd(request.messages_json));
    before.push_back(Earlier(request, "before", std::move(messages)));
  } else if (way == kAba) {
    before.push_back(Earlier(request, "first", request.messages_json));
    Response other;
    other.system_prompt = question.system_prompt;
    other.prompt = "Which of these would you like to hear more about?";
    RW_ASSIGN_OR_RETURN(std::string messages, FillContext(other, kBetween));
    before.push_back(Earlier(request, "between", std::move(messages)));
  }
  return before;
}

}  // namespace reasonwatch
