// SPDX-License-Identifier: Apache-2.0
// Unit cases of inference servers' own parsers. Cases that no splitter can
// reach are recognised by the rows themselves: words that the text does not
// hold, texts for which no split is recorded, and rows that contradict another
// one of the same parser and text.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "formats/formats.h"
#include "formats/reasoning/markers.h"
#include "tests/source_dir.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

struct Case {
  std::string id;
  std::string part;  // of the count
  std::string format;
  std::string model;
  Thinking thinking = Thinking::kUnstated;
  std::string text;
  std::string reasoning;  // trimmed, as the answer
  std::string answer;
};

std::string TrimmedString(const nlohmann::json& value) {
  return value.is_string()
             ? std::string(ascii::Trim(value.get_ref<const std::string&>()))
             : "";
}

// False: a case of a server's own test-only markers.
bool ReadCase(const nlohmann::json& row, Case& out) {
  const auto parser = row["parser"].get<std::string>();
  const auto engine = row["engine"].get<std::string>();
  const std::string base = parser.substr(0, parser.find(' '));
  if (parser.find("test:") != std::string::npos) return false;
  const bool streamed = row["streaming"].get<bool>();
  out.id = row["id"].get<std::string>();
  out.text = row["input_text"].get<std::string>();
  out.reasoning = TrimmedString(row["expected_reasoning"]);
  out.answer = TrimmedString(row["expected_content"]);
  const auto says = [&parser](std::string_view what) {
    return parser.find(what) != std::string::npos;
  };
  if (says("\"thinking\": false") || says("thinking=False"))
    out.thinking = Thinking::kOff;
  if (says("\"thinking\": true") || says("thinking=True") ||
      says("force_reasoning"))
    out.thinking = Thinking::kOn;
  if (engine == "llama.cpp") {
    out.format = "auto";
    out.model = parser;
    out.part = "by model";
    return true;
  }
  out.format = base == "base"       ? "deepseek_r1"
               : base == "identity" ? "deepseek_v3"
                                    : base;
  out.part = streamed ? "streamed" : "by name";
  return true;
}

bool IsSubsequence(std::string_view part, std::string_view whole) {
  size_t at = 0;
  for (char c : part) {
    at = whole.find(c, at);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  return true;
}

// Words of the model: outside of markers, of the headers of harmony's messages,
// and of messages of the user.
bool HasWords(std::string_view text) {
  MarkerScanner scanner;
  scanner.Scan(text, /*final=*/true);
  const auto is_words = [](std::string_view piece) {
    piece = ascii::Trim(piece);
    return !piece.empty() && piece != "assistant" && piece != "analysis" &&
           piece != "final";
  };
  size_t at = 0;
  bool of_user = false;
  for (const MarkerHit& hit : scanner.hits()) {
    const std::string_view piece = text.substr(at, hit.begin - at);
    of_user |= ascii::Trim(piece) == "user";
    if (!of_user && is_words(piece)) return true;
    if (MarkerText(hit.marker) == "<|start|>") of_user = false;
    at = hit.end;
  }
  return !of_user && is_words(text.substr(at));
}

bool IsReachable(const Case& c) {
  // That server puts a marker back.
  if (c.format == "minimax_m2_append_think") return true;
  const bool records_nothing =
      c.reasoning.empty() && c.answer.empty() && HasWords(c.text);
  return !records_nothing && IsSubsequence(c.reasoning, c.text) &&
         IsSubsequence(c.answer, c.text);
}

struct Count {
  int agree = 0;
  int reachable = 0;
  int cases = 0;
};

TEST(ServerCases, AgreeWhereAnySplitterCan) {
  const std::string path =
      REASONWATCH_SOURCE_DIR "/../shared/data/dev/parser_cases.jsonl";
  std::ifstream in(path);
  if (!in) GTEST_SKIP() << "no recorded cases at " << path;
  using Key =
      std::tuple<std::string, std::string, std::string, int, std::string>;
  std::map<Key, std::vector<Case>> groups;
  for (std::string line; std::getline(in, line);) {
    Case c;
    if (!ReadCase(nlohmann::json::parse(line), c)) continue;
    groups[{c.part, c.format, c.model, static_cast<int>(c.thinking), c.text}]
        .push_back(c);
  }
  std::map<std::string, Count> counts;
  for (const auto& [key, cases] : groups) {
    const Case& first = cases.front();
    const SplitResult got =
        SplitText(first.format, first.model, first.thinking, first.text);
    const std::string reasoning(ascii::Trim(got.reasoning.value_or("")));
    const std::string answer(ascii::Trim(got.answer));
    // Among rows that contradict each other the more frequent ones are
    // reachable.
    std::map<std::pair<std::string, std::string>, int> wanted;
    for (const Case& c : cases)
      if (IsReachable(c)) ++wanted[{c.reasoning, c.answer}];
    int most = 0;
    for (const auto& [split, n] : wanted) most = std::max(most, n);
    Count& count = counts[first.part];
    count.reachable += most;
    for (const Case& c : cases) {
      ++count.cases;
      count.agree +=
          IsReachable(c) && c.reasoning == reasoning && c.answer == answer;
    }
  }
  ASSERT_EQ(counts.size(), 3u);
  for (const auto& [part, count] : counts) {
    RecordProperty(part + " agree", count.agree);
    RecordProperty(part + " reachable", count.reachable);
    RecordProperty(part + " cases", count.cases);
    std::cout << part << ": " << count.agree << " of " << count.reachable
              << " that can be reached, of " << count.cases << "\n";
    EXPECT_GE(count.agree, (part == "streamed" ? .95 : .97) * count.reachable)
        << part;
  }
}

}  // namespace
}  // namespace reasonwatch
