// SPDX-License-Identifier: Apache-2.0
// The calls of tools in the bodies of each API, whole and in pieces: names and
// arguments are those that were sent.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/formats/field_bodies.h"

namespace reasonwatch {
namespace {

// Each body is read in every way of cutting it, which takes its size squared.
constexpr int kBodies = 4;

class ToolCalls : public FieldBodies {
 protected:
  // Some calls; names and arguments differ.
  std::vector<ToolCall> Draw() {
    std::vector<ToolCall> calls;
    for (size_t n = 1 + Below(3); n > 0; --n) {
      const Json arguments = {{"path", Words()}, {"limit", Below(99)}};
      calls.push_back({"tool_" + std::to_string(n), arguments.dump()});
    }
    return calls;
  }
  static std::string Id(size_t i) { return "call_" + std::to_string(i); }
};

TEST_F(ToolCalls, OfChatCompletions) {
  for (int round = 0; round < kBodies; ++round) {
    const std::vector<ToolCall> calls = Draw();
    Json list = Json::array();
    for (size_t i = 0; i < calls.size(); ++i)
      list.push_back(
          {{"id", Id(i)},
           {"type", "function"},
           {"function",
            {{"name", calls[i].name}, {"arguments", calls[i].arguments}}}});
    const Json whole = {
        {"choices",
         Json::array(
             {{{"index", 0},
               {"message", {{"content", nullptr}, {"tool_calls", list}}},
               {"finish_reason", "tool_calls"}}})}};
    EXPECT_EQ(Read(whole.dump()).calls, calls);

    std::string stream;
    const bool all_so_far = Below(4) == 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      std::string sent;
      bool first = true;
      for (const std::string& piece : Pieces(calls[i].arguments)) {
        sent += piece;
        Json function = {{"arguments", all_so_far ? sent : piece}};
        if (first) function["name"] = calls[i].name;
        Json call = {{"index", i}, {"function", function}};
        if (first) call["id"] = Id(i);
        first = false;
        stream += Event(
            {{"choices",
              Json::array(
                  {{{"index", 0},
                    {"delta", {{"tool_calls", Json::array({call})}}}}})}});
      }
    }
    stream +=
        Event({{"choices", Json::array({{{"index", 0},
                                         {"delta", Json::object()},
                                         {"finish_reason", "tool_calls"}}})}});
    const Trace trace = Read(stream + std::string(kDone));
    EXPECT_EQ(trace.calls, calls) << stream;
    EXPECT_EQ(trace.tool_calls, static_cast<int32_t>(calls.size()));
  }
}

TEST_F(ToolCalls, OfAnthropicsMessages) {
  for (int round = 0; round < kBodies; ++round) {
    const std::vector<ToolCall> calls = Draw();
    Json blocks = Json::array();
    std::string stream = Event(
        {{"type", "message_start"}, {"message", {{"content", Json::array()}}}});
    for (size_t i = 0; i < calls.size(); ++i) {
      Json block = {{"type", "tool_use"},
                    {"id", Id(i)},
                    {"name", calls[i].name},
                    {"input", Json::parse(calls[i].arguments)}};
      blocks.push_back(block);
      block["input"] = Json::object();
      stream += Event({{"type", "content_block_start"},
                       {"index", i},
                       {"content_block", block}});
      for (const std::string& piece : Pieces(calls[i].arguments))
        stream +=
            Event({{"type", "content_block_delta"},
                   {"index", i},
                   {"delta",
                    {{"type", "input_json_delta"}, {"partial_json", piece}}}});
    }
    stream += Event({{"type", "message_delta"},
                     {"delta", {{"stop_reason", "tool_use"}}}}) +
              Event({{"type", "message_stop"}});
    EXPECT_EQ(Read(stream).calls, calls);
    EXPECT_EQ(Read(Json({{"type", "message"},
                         {"content", blocks},
                         {"stop_reason", "tool_use"}})
                       .dump())
                  .calls,
              calls);
  }
}

TEST_F(ToolCalls, OfTheResponsesApi) {
  for (int round = 0; round < kBodies; ++round) {
    const std::vector<ToolCall> calls = Draw();
    Json output = Json::array();
    std::string stream;
    for (size_t i = 0; i < calls.size(); ++i) {
      Json item = {{"type", "function_call"},
                   {"id", "fc_" + std::to_string(i)},
                   {"call_id", Id(i)},
                   {"name", calls[i].name},
                   {"arguments", calls[i].arguments}};
      output.push_back(item);
      Json begun = item;
      begun["arguments"] = "";
      stream += Event({{"type", "response.output_item.added"},
                       {"output_index", i},
                       {"item", begun}});
      stream += Event({{"type", "response.output_item.done"},
                       {"output_index", i},
                       {"item", item}});
    }
    const Json response = {
        {"object", "response"}, {"status", "completed"}, {"output", output}};
    stream += Event({{"type", "response.completed"}, {"response", response}});
    EXPECT_EQ(Read(response.dump()).calls, calls);
    EXPECT_EQ(Read(stream).calls, calls);
  }
}

TEST_F(ToolCalls, OfGeminiBedrockCohereAndOllama) {
  const Json arguments = {{"path", "a b"}, {"limit", 3}};
  const std::vector<ToolCall> calls = {{"read", arguments.dump()}};
  EXPECT_EQ(
      Read(Json({{"candidates",
                  Json::array(
                      {{{"content",
                         {{"parts", Json::array({{{"functionCall",
                                                   {{"name", "read"},
                                                    {"args", arguments}}}}})}}},
                        {"finishReason", "STOP"}}})}})
               .dump())
          .calls,
      calls);
  EXPECT_EQ(
      Read(Json({{"output",
                  {{"message",
                    {{"content", Json::array({{{"toolUse",
                                                {{"toolUseId", "t"},
                                                 {"name", "read"},
                                                 {"input", arguments}}}}})}}}}},
                 {"stopReason", "tool_use"}})
               .dump())
          .calls,
      calls);
  EXPECT_EQ(
      Read(Json({{"message",
                  {{"role", "assistant"},
                   {"tool_calls",
                    Json::array({{{"id", "t"},
                                  {"function",
                                   {{"name", "read"},
                                    {"arguments", arguments.dump()}}}}})}}},
                 {"finish_reason", "TOOL_CALL"}})
               .dump())
          .calls,
      calls);
  EXPECT_EQ(
      Read(Json({{"done", true},
                 {"message",
                  {{"content", ""},
                   {"tool_calls",
                    Json::array(
                        {{{"function",
                           {{"name", "read"}, {"arguments", arguments}}}}})}}}})
               .dump())
          .calls,
      calls);
}

TEST_F(ToolCalls, BeyondTheLimitsAreCountedAndNotKept) {
  Json list = Json::array();
  for (size_t i = 0; i < 2 * kMaxKeptCalls; ++i)
    list.push_back(
        {{"id", Id(i)}, {"function", {{"name", "f"}, {"arguments", "{}"}}}});
  const auto body = [](const Json& calls) {
    Response response;
    response.model = "m";
    response.body_type = BodyType::kJson;
    response.body =
        Json({{"choices", Json::array({{{"index", 0},
                                        {"message", {{"tool_calls", calls}}},
                                        {"finish_reason", "tool_calls"}}})}})
            .dump();
    return ParseResponse(response, "auto");
  };
  const Trace many = body(list);
  EXPECT_EQ(many.calls.size(), kMaxKeptCalls);
  EXPECT_EQ(many.tool_calls, static_cast<int32_t>(2 * kMaxKeptCalls));
  const std::string large(kMaxArgumentBytes + 1, 'x');
  const Trace long_one = body(Json::array(
      {{{"function", {{"name", "f"}, {"arguments", "\"" + large + "\""}}}}}));
  EXPECT_TRUE(long_one.calls.empty());
  EXPECT_EQ(long_one.tool_calls, 1);
}

}  // namespace
}  // namespace reasonwatch
