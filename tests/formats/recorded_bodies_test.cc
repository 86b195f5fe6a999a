// SPDX-License-Identifier: Apache-2.0
// Every recorded body of a real server reads as its entry in the index, whole
// and cut anywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "formats/api/body_reader.h"
#include "formats/api/finish_reason.h"
#include "formats/formats.h"
#include "formats/parse_message.h"
#include "tests/formats/body_corpus.h"

namespace reasonwatch {
namespace {

Trace ReadInPieces(const RecordedBody& body, std::mt19937& random) {
  BodyReader reader(body.response.body_type,
                    body.response.sampling.choice_index);
  for (std::string_view rest = body.response.body; !rest.empty();) {
    // Mostly as small as a token, now and then as a network's packet.
    const size_t most = random() % 8 == 0 ? 1460 : 24;
    const size_t size = std::min<size_t>(rest.size(), 1 + random() % most);
    reader.Feed(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return ParseMessage(reader.Finish(), body.response, "auto");
}

TEST(RecordedBodies, SayWhatTheIndexTells) {
  const std::vector<RecordedBody> bodies = ReadRecordedBodies();
  ASSERT_GE(bodies.size(), 136u);
  for (const RecordedBody& body : bodies) {
    SCOPED_TRACE(body.name);
    ASSERT_FALSE(body.response.body.empty());
    const Trace trace = ParseResponse(body.response, "auto");
    if (body.http_status >= 400) {
      EXPECT_TRUE(trace.error.starts_with("server error:")) << trace.error;
      EXPECT_FALSE(trace.has_text);
      continue;
    }
    EXPECT_EQ(trace.error, "");
    EXPECT_TRUE(trace.has_text || trace.tool_calls > 0);
    EXPECT_EQ(trace.source == ReasoningSource::kField ||
                  trace.source == ReasoningSource::kBoth,
              body.reasoning);
    EXPECT_EQ(trace.reasoning_field.empty(), !body.reasoning);
    EXPECT_EQ(trace.source == ReasoningSource::kInText, body.think_tags);
    if (body.finish_reason.has_value()) {
      EXPECT_EQ(trace.finish_reason, FinishReasonOf(*body.finish_reason));
    }
    // All of it, and not a marker of it, is in one of the two.
    EXPECT_EQ(trace.answer.find("<think>"), std::string::npos);
    EXPECT_EQ(trace.reasoning.value_or("").find("think>"), std::string::npos);
    EXPECT_GT(trace.usage.input_tokens.value_or(0), 0);
    if (body.api == "chat") {
      EXPECT_TRUE(trace.regime.fingerprint.starts_with(
          body.name.starts_with("vllm")     ? "vllm-"
          : body.name.starts_with("ollama") ? "fp_"
                                            : "b"))
          << trace.regime.fingerprint;
    }
  }
}

TEST(RecordedBodies, AreReadTheSameHoweverTheyAreCut) {
  std::mt19937 random(11);
  for (const RecordedBody& body : ReadRecordedBodies()) {
    SCOPED_TRACE(body.name);
    const Trace whole = ParseResponse(body.response, "auto");
    for (int i = 0; i < 20; ++i) ASSERT_EQ(ReadInPieces(body, random), whole);
  }
}

Trace ReadCutAt(const RecordedBody& body, size_t at) {
  BodyReader reader(body.response.body_type,
                    body.response.sampling.choice_index);
  const std::string_view text = body.response.body;
  reader.Feed(text.substr(0, at));
  reader.Feed(text.substr(at));
  return ParseMessage(reader.Finish(), body.response, "auto");
}

// A long body is cut at every place of its beginning and of its end, and at
// each 97th between them: its events are alike.
TEST(RecordedBodies, AreReadTheSameInEveryTwoPiecesAndByteByByte) {
  constexpr size_t kEnds = 400;
  constexpr size_t kStep = 97;
  for (const RecordedBody& body : ReadRecordedBodies()) {
    SCOPED_TRACE(body.name);
    const Trace whole = ParseResponse(body.response, "auto");
    const std::string_view text = body.response.body;
    for (size_t at = 1; at < text.size();) {
      ASSERT_EQ(ReadCutAt(body, at), whole) << at;
      const bool middle = at >= kEnds && at + kEnds + kStep < text.size();
      at += middle ? kStep : 1;
    }
    BodyReader reader(body.response.body_type,
                      body.response.sampling.choice_index);
    for (size_t at = 0; at < text.size(); ++at) reader.Feed(text.substr(at, 1));
    ASSERT_EQ(ParseMessage(reader.Finish(), body.response, "auto"), whole);
  }
}

// The server samples at temperature 0 with a fixed seed: a stream and a whole
// answer to one request must be read as the same response.
TEST(RecordedBodies, AStreamIsReadAsTheWholeAnswerIs) {
  std::map<std::string, std::vector<Trace>> pairs;
  for (const RecordedBody& body : ReadRecordedBodies())
    if (body.deterministic)
      pairs[body.name.substr(0, body.name.rfind('.'))].push_back(
          ParseResponse(body.response, "auto"));
  int compared = 0;
  for (const auto& [name, traces] : pairs) {
    if (traces.size() != 2) continue;
    SCOPED_TRACE(name);
    EXPECT_EQ(traces[0].reasoning, traces[1].reasoning);
    EXPECT_EQ(traces[0].answer, traces[1].answer);
    EXPECT_EQ(traces[0].finish_reason, traces[1].finish_reason);
    EXPECT_EQ(traces[0].tool_calls, traces[1].tool_calls);
    EXPECT_EQ(traces[0].marker_state, traces[1].marker_state);
    EXPECT_EQ(traces[0].source, traces[1].source);
    EXPECT_EQ(traces[0].usage.input_tokens, traces[1].usage.input_tokens);
    EXPECT_EQ(traces[0].usage.output_tokens, traces[1].usage.output_tokens);
    // vLLM counts the token in which a stop word begins only when not streamed.
    // LiteLLM counts reasoning only in a stream, where its server does not.
    const bool proxy = name.starts_with("litellm");
    EXPECT_NEAR(
        static_cast<double>(traces[0].usage.reasoning_tokens.value_or(0)),
        static_cast<double>(traces[1].usage.reasoning_tokens.value_or(0)),
        proxy ? 30 : 1);
    ++compared;
  }
  EXPECT_GE(compared, 10);
}

}  // namespace
}  // namespace reasonwatch
