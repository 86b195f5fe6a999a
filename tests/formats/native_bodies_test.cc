// SPDX-License-Identifier: Apache-2.0
// Bodies of vendors' and servers' own APIs, drawn at random.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "formats/formats.h"
#include "tests/formats/field_bodies.h"

namespace reasonwatch {
namespace {

using ::testing::Optional;

using NativeBodies = FieldBodies;

TEST_F(NativeBodies, GeminisPartsAreRead) {
  const std::string chain = Words();
  const std::string text = Words();
  const auto part = [](const Json& json, const Json& finish) {
    return Event({{"candidates",
                   {{{"content", {{"parts", Json::array({json})}}},
                     {"finishReason", finish}}}},
                  {"modelVersion", "g"},
                  {"usageMetadata",
                   {{"promptTokenCount", 3},
                    {"candidatesTokenCount", 5},
                    {"thoughtsTokenCount", 7}}}});
  };
  const Trace trace = Read(part({{"text", chain}, {"thought", true}}, nullptr) +
                           part({{"text", text}}, "MAX_TOKENS"));
  EXPECT_THAT(trace.reasoning, Optional(chain));
  EXPECT_EQ(trace.answer, text);
  EXPECT_EQ(trace.finish_reason, "length");
  EXPECT_EQ(trace.usage.output_tokens, 12);
  EXPECT_EQ(trace.usage.reasoning_tokens, 7);
  EXPECT_EQ(trace.model, "g");
  EXPECT_EQ(
      Read(part({{"functionCall", {{"name", "f"}}}}, "STOP")).finish_reason,
      "tool_calls");
}

TEST_F(NativeBodies, BedrocksBlocksAreRead) {
  const std::string chain = Words();
  const std::string text = Words();
  const Json reasoning = {
      {"reasoningText", {{"text", chain}, {"signature", "c2ln"}}}};
  const Json whole = {
      {"output",
       {{"message",
         {{"content", Json::array({{{"reasoningContent", reasoning}},
                                   {{"text", text}}})}}}}},
      {"stopReason", "end_turn"},
      {"usage", {{"inputTokens", 3}, {"outputTokens", 9}}}};
  std::string bare;
  std::string wrapped;
  const auto add = [&](const std::string& name, const Json& event) {
    bare += Event(event);
    wrapped += Event({{name, event}});
  };
  for (const std::string& piece : Pieces(chain))
    add("contentBlockDelta",
        {{"contentBlockIndex", 0},
         {"delta", {{"reasoningContent", {{"text", piece}}}}}});
  for (const std::string& piece : Pieces(text))
    add("contentBlockDelta",
        {{"contentBlockIndex", 1}, {"delta", {{"text", piece}}}});
  add("messageStop", {{"stopReason", "end_turn"}});
  for (const std::string& body : {whole.dump(), bare, wrapped}) {
    const Trace trace = Read(body);
    EXPECT_THAT(trace.reasoning, Optional(chain));
    EXPECT_EQ(trace.answer, text);
    EXPECT_EQ(trace.finish_reason, "stop");
    EXPECT_FALSE(trace.reasoning_hidden);
  }
}

TEST_F(NativeBodies, CoheresEventsAreRead) {
  const std::string chain = Words();
  const std::string text = Words();
  const auto delta = [](const std::string& key, const std::string& piece) {
    return Event({{"type", "content-delta"},
                  {"delta", {{"message", {{"content", {{key, piece}}}}}}}});
  };
  std::string body = Event({{"type", "message-start"}});
  for (const std::string& piece : Pieces(chain))
    body += delta("thinking", piece);
  for (const std::string& piece : Pieces(text)) body += delta("text", piece);
  body +=
      Event({{"type", "message-end"},
             {"delta",
              {{"finish_reason", "COMPLETE"},
               {"usage",
                {{"tokens", {{"input_tokens", 3}, {"output_tokens", 9}}}}}}}});
  const Json whole = {
      {"message",
       {{"content", Json::array({{{"type", "thinking"}, {"thinking", chain}},
                                 {{"type", "text"}, {"text", text}}})}}},
      {"finish_reason", "COMPLETE"},
      {"usage", {{"tokens", {{"input_tokens", 3}, {"output_tokens", 9}}}}}};
  for (const std::string& one : {body, whole.dump()}) {
    const Trace trace = Read(one);
    EXPECT_THAT(trace.reasoning, Optional(chain));
    EXPECT_EQ(trace.answer, text);
    EXPECT_EQ(trace.finish_reason, "stop");
    EXPECT_EQ(trace.usage.output_tokens, 9);
  }
}

TEST_F(NativeBodies, ServersOfRawTextAreRead) {
  const std::string text = "<think>\n" + Words() + "</think>" + Words();
  std::string tgi;
  std::string triton;
  for (const std::string& piece : Pieces(text)) {
    tgi += Event({{"index", 4},
                  {"token", {{"text", piece}, {"special", false}}},
                  {"generated_text", nullptr}});
    triton += Event({{"model_name", "m"}, {"text_output", piece}});
  }
  tgi += Event(
      {{"token", {{"text", "</s>"}, {"special", true}}},
       {"generated_text", text},
       {"details", {{"finish_reason", "eos_token"}, {"generated_tokens", 9}}}});
  const Json list = Json::array({{{"generated_text", text}}});
  for (const std::string& body : {tgi, triton, "[" + list[0].dump() + "]"}) {
    const Trace trace = Read(body);
    EXPECT_EQ(
        "<think>" + trace.reasoning.value_or("") + "</think>" + trace.answer,
        text);
    EXPECT_EQ(trace.marker_state, MarkerState::kWellFormed);
    EXPECT_EQ(trace.error, "");
  }
}

}  // namespace
}  // namespace reasonwatch
