// SPDX-License-Identifier: Apache-2.0
// The bodies of tests/testdata/bodies with the expected reading of each.
#ifndef REASONWATCH_TESTS_FORMATS_BODY_CORPUS_H_
#define REASONWATCH_TESTS_FORMATS_BODY_CORPUS_H_

#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/response.h"
#include "tests/source_dir.h"

namespace reasonwatch {

struct CorpusBody {
  std::string name;
  Response response;
  // Absent: nothing is said of it.
  std::optional<std::string> reasoning, answer, finish_reason, error;
  bool has_reasoning = false;
  std::string field;
  bool hidden = false;
  bool has_text = true;
  int64_t tool_calls = 0;
  std::optional<int64_t> input_tokens, output_tokens, reasoning_tokens;
};

inline std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<CorpusBody> ReadBodyCorpus() {
  namespace dom = simdjson::dom;
  const auto folder = std::filesystem::path(REASONWATCH_SOURCE_DIR) / "tests" /
                      "testdata" / "bodies";
  std::vector<CorpusBody> corpus;
  dom::parser parser;
  dom::object expected;
  if (parser.load((folder / "expected.json").string()).get(expected) !=
      simdjson::SUCCESS)
    return corpus;
  for (const auto& [name, fields] : expected) {
    const dom::object keys = fields;
    const auto text = [&keys](std::string_view key) {
      std::string_view value;
      return keys[key].get(value) == simdjson::SUCCESS
                 ? std::optional<std::string>(value)
                 : std::nullopt;
    };
    const auto count = [&keys](std::string_view key) {
      int64_t value = 0;
      return keys[key].get(value) == simdjson::SUCCESS
                 ? std::optional<int64_t>(value)
                 : std::nullopt;
    };
    CorpusBody body;
    body.name = std::string(name);
    body.response.model = "m";
    body.response.body = ReadWholeFile(folder / body.name);
    body.response.body_type =
        name.ends_with(".sse") ? BodyType::kSse : BodyType::kJson;
    body.response.sampling.choice_index =
        static_cast<int32_t>(count("choice").value_or(0));
    body.reasoning = text("reasoning");
    body.has_reasoning = body.reasoning.has_value();
    body.answer = text("answer");
    body.finish_reason = text("finish_reason");
    body.error = text("error");
    dom::element error;
    if (keys["error"].get(error) != simdjson::SUCCESS) body.error = "";
    body.field = text("field").value_or("");
    bool flag = false;
    body.hidden = keys["hidden"].get(flag) == simdjson::SUCCESS && flag;
    body.has_text = keys["has_text"].get(flag) != simdjson::SUCCESS || flag;
    body.tool_calls = count("tool_calls").value_or(0);
    body.input_tokens = count("input_tokens");
    body.output_tokens = count("output_tokens");
    body.reasoning_tokens = count("reasoning_tokens");
    corpus.push_back(std::move(body));
  }
  return corpus;
}

// A body that a real server sent, with its entry of index.json.
struct RecordedBody {
  std::string name;
  std::string api;
  Response response;
  int64_t http_status = 0;
  bool reasoning = false;  // in a field of its own
  bool think_tags = false;
  std::optional<std::string> finish_reason;
  bool deterministic = false;
};

inline std::vector<RecordedBody> ReadRecordedBodies() {
  namespace dom = simdjson::dom;
  const auto folder = std::filesystem::path(REASONWATCH_SOURCE_DIR) / "tests" /
                      "testdata" / "bodies";
  std::vector<RecordedBody> bodies;
  dom::parser parser;
  dom::array index;
  if (parser.load((folder / "index.json").string()).get(index) !=
      simdjson::SUCCESS)
    return bodies;
  for (const dom::object entry : index) {
    RecordedBody body;
    body.name = std::string(std::string_view(entry["file"]));
    body.api = std::string(std::string_view(entry["api"]));
    body.http_status = entry["http_status"];
    body.response.model = std::string(std::string_view(entry["model"]));
    body.response.body = ReadWholeFile(folder / body.name);
    body.response.body_type =
        body.name.ends_with(".sse") ? BodyType::kSse : BodyType::kJson;
    const dom::object expected = entry["expected"];
    body.reasoning = expected["reasoning"];
    body.think_tags = expected["think_tags"];
    std::string_view finish_reason;
    if (expected["finish_reason"].get(finish_reason) == simdjson::SUCCESS)
      body.finish_reason = std::string(finish_reason);
    double temperature = 1;
    body.deterministic =
        entry.at_pointer("/request/temperature").get(temperature) ==
            simdjson::SUCCESS &&
        temperature == 0;
    bodies.push_back(std::move(body));
  }
  return bodies;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_FORMATS_BODY_CORPUS_H_
