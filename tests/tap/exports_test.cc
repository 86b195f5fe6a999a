// SPDX-License-Identifier: Apache-2.0
// Records of Langfuse and lm-eval under all the names that their keys have had,
// drawn at random, and texts that must not be read as an answer.
#include "tap/jsonl/exports.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "formats/formats.h"
#include "tap/jsonl/import.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

struct Rows {
  std::vector<Response> rows;
  std::vector<std::string> errors;
};

Rows Read(RecordFormat format, const std::string& line,
          const std::string& model = "") {
  Rows read;
  RecordReader reader(format, model);
  reader.Read(line, read.rows, read.errors);
  return read;
}

const std::string& OneOf(std::mt19937_64& random,
                         const std::vector<std::string>& options) {
  return options[random() % options.size()];
}

TEST(Langfuse, ReadsEveryShapeOfInputAndOutput) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const std::string answer = "A" + std::to_string(random());
    const std::string question = "Q" + std::to_string(random());
    const std::string message =
        "{\"role\":\"assistant\",\"content\":" + JsonString(answer) +
        ",\"reasoning_content\":\"R\"}";
    const std::string turns =
        "[{\"role\":\"user\",\"content\":" + JsonString(question) + "}]";
    const bool body = random() % 2 == 0;
    std::string line = "{\"id\":\"o1\",";
    if (random() % 2 == 0) line += "\"type\":\"GENERATION\",";
    line += OneOf(random, {"\"model\"", "\"providedModelName\""}) + ":\"m\",";
    line +=
        "\"input\":" + OneOf(random, {turns, "{\"messages\":" + turns + "}"}) +
        ",";
    line += "\"output\":" +
            (body ? "{\"choices\":[{\"message\":" + message + "}]}" : message) +
            ",";
    line += OneOf(random, {"\"usage\":{\"input\":5,\"output\":7}",
                           "\"usageDetails\":{\"input\":5,\"output\":7}",
                           "\"usage\":{\"promptTokens\":5,"
                           "\"completionTokens\":7}"}) +
            ",";
    line += OneOf(random, {"\"startTime\"", "\"start_time\""}) +
            ":\"2026-01-02T03:04:05.678Z\",\"traceId\":\"t\"}";
    const Rows read = Read(RecordFormat::kLangfuse, line);
    ASSERT_EQ(read.rows.size(), 1u) << line;
    const Response& r = read.rows[0];
    EXPECT_EQ(r.model, "m");
    EXPECT_EQ(r.id, "o1");
    EXPECT_EQ(r.trace_id, "t");
    EXPECT_EQ(r.usage.input_tokens, 5);
    EXPECT_EQ(r.usage.output_tokens, 7);
    EXPECT_GT(r.time, absl::UnixEpoch());
    EXPECT_NE(r.messages_json.find(question), std::string::npos) << line;
    const Trace trace = ParseResponse(r, "auto");
    EXPECT_EQ(trace.answer, answer) << line;
    EXPECT_EQ(trace.reasoning, "R") << line;
  }
}

TEST(Langfuse, LeavesOutWhatIsNoGeneration) {
  const Rows read =
      Read(RecordFormat::kLangfuse,
           R"([{"type":"SPAN","id":"s"},{"type":"GENERATION","model":"m"},)"
           R"({"model":"m","output":"text","input":"2?"}])");
  ASSERT_EQ(read.rows.size(), 1u);
  EXPECT_EQ(read.rows[0].content, "text");
  EXPECT_EQ(read.rows[0].prompt, "2?");
  ASSERT_EQ(read.errors.size(), 2u);
  EXPECT_EQ(read.errors[0], "record 1: not a generation");
  EXPECT_EQ(read.errors[1], "record 2: output: expected the model's answer");
}

TEST(LmEval, ReadsSamplesOldAndNew) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 100; ++round) {
    const bool correct = random() % 2 == 0;
    const std::string arguments =
        OneOf(random, {R"([["What?",{"max_gen_toks":64,"temperature":0.0}]])",
                       R"({"gen_args_0":{"arg_0":"What?","arg_1":)"
                       R"({"max_gen_toks":64,"temperature":0.0}}})"});
    const std::string line =
        R"({"doc_id":3,"doc_hash":"h","target":"42","arguments":)" + arguments +
        R"(,"resps":)" +
        OneOf(random, {R"([["It is 42."]])", R"(["It is 42."])"}) +
        R"(,"filtered_resps":["42"],"metrics":["exact_match"],"exact_match":)" +
        (correct ? "1.0" : "0") + "}";
    const Rows read = Read(RecordFormat::kLmEval, line, "m");
    ASSERT_EQ(read.rows.size(), 1u) << line;
    const Response& r = read.rows[0];
    EXPECT_EQ(r.model, "m");
    EXPECT_EQ(r.id, "h-3");
    EXPECT_EQ(r.content, "It is 42.");
    EXPECT_EQ(r.prompt, "What?");
    EXPECT_EQ(r.intent.max_tokens, 64);
    EXPECT_EQ(r.sampling.temperature, 0.0);
    EXPECT_EQ(r.verdict,
              correct ? CallerVerdict::kCorrect : CallerVerdict::kIncorrect);
    ASSERT_TRUE(r.problem.has_value());
    EXPECT_EQ(r.problem->answer, "42");
  }
}

TEST(LmEval, SaysWhatIsMissing) {
  EXPECT_EQ(Read(RecordFormat::kLmEval, R"({"resps":[["x"]]})").errors.size(),
            1u);
  const Rows read =
      Read(RecordFormat::kLmEval, R"({"resps":[[[-1.5,false]]]})", "m");
  ASSERT_EQ(read.errors.size(), 1u);
  EXPECT_EQ(read.errors[0], "resps: expected a text");
}

}  // namespace
}  // namespace reasonwatch
