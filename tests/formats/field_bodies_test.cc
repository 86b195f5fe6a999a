// SPDX-License-Identifier: Apache-2.0
// Kinds of bodies that servers and gateways were seen to send. Each is drawn at
// random from its grammar, and read whole, in every two pieces and byte by
// byte; the reading must be the one that was drawn.
//
// In order: repeated text, shapes of reasoning, breaks, ends, calls, text that
// is broken, answers that are no text, counts, errors, envelopes.
#include "tests/formats/field_bodies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/scored.h"
#include "features/ending.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

using ::testing::Contains;
using ::testing::Optional;

TEST_F(FieldBodies, OneTextUnderTwoNamesOfAChoiceIsOne) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = Words();
    std::string body;
    for (const std::string& piece : Pieces(text)) {
      Json chunk = Delta({{"content", piece}});
      chunk["choices"][0]["text"] = piece;
      body += Event(chunk);
    }
    const Trace trace = Read(body + Stop());
    EXPECT_EQ(trace.answer, text);
    EXPECT_THAT(trace.repeated, Contains("text"));
  }
}

TEST_F(FieldBodies, AWholeMessageBehindItsDeltasIsTheSame) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = Words();
    const std::string chain = Words();
    const Json whole = {
        {"choices",
         {{{"index", 0},
           {"message", {{"content", text}, {"reasoning", chain}}},
           {"finish_reason", "stop"}}}}};
    const Trace trace =
        Read(Deltas(chain, "reasoning") + Deltas(text) + Event(whole));
    EXPECT_EQ(trace.answer, text);
    EXPECT_THAT(trace.reasoning, Optional(chain));
    EXPECT_EQ(trace.finish_reason, "stop");
    EXPECT_THAT(trace.repeated, Contains("message"));
    // If deltas were lost, it fills in.
    const Trace filled =
        Read(Event(Delta({{"content", text.substr(0, 2)}})) + Event(whole));
    EXPECT_EQ(filled.answer, text);
    EXPECT_THAT(filled.reasoning, Optional(chain));
  }
}

TEST_F(FieldBodies, ASignedBlockBehindItsPiecesIsTheSame) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string chain = Words();
    const Json block = {
        {"type", "thinking"}, {"thinking", chain}, {"signature", "c2ln"}};
    const Trace trace =
        Read(Deltas(chain, "reasoning_content") +
             Event(Delta({{"thinking_blocks", Json::array({block})}})) +
             Deltas("Four.") + Stop());
    EXPECT_THAT(trace.reasoning, Optional(chain));
    EXPECT_EQ(trace.reasoning_field, "reasoning_content");
    EXPECT_FALSE(trace.reasoning_hidden);
    EXPECT_THAT(trace.repeated, Contains("thinking_blocks"));
  }
}

TEST_F(FieldBodies, ADeltaThatRepeatsAllBeforeItIsTakenOnce) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = Words();
    const Trace trace =
        Read(Deltas(text) + Event(Delta({{"content", text}}, "stop")) +
             std::string(kDone));
    EXPECT_EQ(trace.answer, text);
    EXPECT_THAT(trace.repeated, Contains("content"));
  }
}

TEST_F(FieldBodies, DeltasThatHoldAllTextSoFarAreTakenOnce) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = Words(1 + Below(12));
    std::string so_far;
    std::string body;
    for (const std::string& piece : Pieces(text))
      body += Event(Delta({{"content", so_far += piece}}));
    const Trace trace = Read(body + Stop());
    EXPECT_EQ(trace.answer, text);
    EXPECT_THAT(trace.repeated, Contains("content"));
  }
}

TEST_F(FieldBodies, AModelThatRepeatsItselfIsNotCutShort) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string line = Words() + "\n";
    std::string body;
    std::string text;
    for (size_t n = 2 + Below(6); n > 0; --n) {
      body += Event(Delta({{"content", line}}));
      text += line;
    }
    const Trace trace = Read(body + Stop());
    EXPECT_EQ(trace.answer, text);
    EXPECT_TRUE(trace.repeated.empty());
  }
  // A piece twice as long as the others is still the model's.
  const Trace laughs = Read(Event(Delta({{"content", "ha"}})) +
                            Event(Delta({{"content", "ha"}})) +
                            Event(Delta({{"content", "haha"}})) + Stop());
  EXPECT_EQ(laughs.answer, "hahahaha");
}

TEST_F(FieldBodies, ReasoningIsReadUnderAnyNameAndInAnyShape) {
  for (const std::string name :
       {"reasoning", "reasoning_content", "thinking", "reasoning_text",
        "reasoning_details", "thinking_blocks", "thought", "thinkingContent",
        "model_thoughts", "chain_of_thought", "cot"}) {
    SCOPED_TRACE(name);
    const std::string chain = Words();
    const std::vector<Json> shapes = {
        chain,
        {{"text", chain}},
        {{"type", "thinking"}, {"thinking", chain}},
        Json::array({{{"type", "summary_text"}, {"text", chain}}}),
        {{"summary", Json::array({{{"text", chain}}})}},
        {{"reasoningText", {{"text", chain}, {"signature", "c2ln"}}}}};
    for (const Json& shape : shapes) {
      const Json message = {{"content", "Four."}, {name, shape}};
      const Trace trace =
          Read(Json({{"choices",
                      {{{"message", message}, {"finish_reason", "stop"}}}}})
                   .dump());
      EXPECT_THAT(trace.reasoning, Optional(chain)) << shape;
      EXPECT_EQ(trace.answer, "Four.");
      EXPECT_EQ(trace.reasoning_field, name);
      EXPECT_EQ(trace.source, ReasoningSource::kField);
      EXPECT_FALSE(trace.reasoning_hidden);
    }
  }
}

TEST_F(FieldBodies, PartsOfTheContentThatThinkAreNoAnswer) {
  for (const std::string type : {"thinking", "reasoning", "reasoning_text"}) {
    for (const std::string key : {"text", "thinking", "reasoning", "summary"}) {
      const std::string chain = Words();
      const Json inner =
          key == "summary" ? Json::array({{{"text", chain}}}) : Json(chain);
      const Json content = Json::array(
          {{{"type", type}, {key, inner}}, {{"type", "text"}, {"text", "4"}}});
      const Trace trace = Read(Event(Delta({{"content", content}})) + Stop());
      EXPECT_THAT(trace.reasoning, Optional(chain)) << type << " " << key;
      EXPECT_EQ(trace.answer, "4");
    }
  }
}

TEST_F(FieldBodies, FieldsAboutReasoningAreNoReasoning) {
  const Trace trace = Read(
      R"({"choices":[{"message":{"content":"4","reasoning_effort":"high",
        "reasoning_tokens":12,"thinking_duration_ms":5,"reasoning_opaque":"eA",
        "mood":"fair"},"finish_reason":"stop"}]})");
  EXPECT_TRUE(trace.reasoning_hidden);
  EXPECT_EQ(trace.reasoning_field, "reasoning_opaque");
  EXPECT_THAT(trace.ignored, ::testing::ElementsAre("mood"));
}

TEST_F(FieldBodies, ABlockThatBeginsAnewWithEveryDeltaIsOne) {
  const std::vector<std::string> tokens = {"We",    " add", " tw",
                                           "o and", " two", "."};
  std::string responses;
  std::string summaries;
  std::string anthropic;
  int index = 0;
  for (const std::string& token : tokens) {
    responses += Event({{"type", "response.reasoning_text.delta"},
                        {"output_index", 0},
                        {"content_index", index},
                        {"delta", token}});
    summaries += Event({{"type", "response.reasoning_summary_text.delta"},
                        {"output_index", 0},
                        {"summary_index", index},
                        {"delta", token}});
    anthropic +=
        Event({{"type", "content_block_start"},
               {"index", index},
               {"content_block", {{"type", "thinking"}, {"thinking", ""}}}}) +
        Event({{"type", "content_block_delta"},
               {"index", index},
               {"delta", {{"type", "thinking_delta"}, {"thinking", token}}}});
    ++index;
  }
  for (const std::string& body : {responses, summaries, anthropic})
    EXPECT_THAT(Read(body).reasoning,
                Optional(std::string("We add two and two.")));
  // Two blocks of one delta each are two.
  const auto block = [](const std::string& text, int at) {
    return Event({{"type", "response.reasoning_summary_text.delta"},
                  {"output_index", 0},
                  {"summary_index", at},
                  {"delta", text}});
  };
  EXPECT_THAT(Read(block("First.", 0) + block("Second.", 1)).reasoning,
              Optional(std::string("First.\n\nSecond.")));
}

TEST_F(FieldBodies, TextOfDoneEventsIsTakenWhereNoDeltaBroughtIt) {
  const std::string chain = Words();
  const std::string text = Words();
  const Json item = {{"type", "message"},
                     {"content", {{{"type", "output_text"}, {"text", text}}}}};
  const Json thought = {
      {"type", "reasoning"},
      {"content", {{{"type", "reasoning_text"}, {"text", chain}}}}};
  const auto event = [](const std::string& type, int index, const Json& more) {
    Json json = {{"type", "response." + type}, {"output_index", index}};
    json.update(more);
    return Event(json);
  };
  const std::string done_reasoning =
      event("reasoning_text.done", 0, {{"text", chain}});
  const std::string item_reasoning =
      event("output_item.done", 0, {{"item", thought}});
  const std::string done_text = event("output_text.done", 1, {{"text", text}});
  const std::string part_text =
      event("content_part.done", 1,
            {{"part", {{"type", "output_text"}, {"text", text}}}});
  const std::string item_text = event("output_item.done", 1, {{"item", item}});
  std::string deltas;
  for (const std::string& piece : Pieces(text))
    deltas += event("output_text.delta", 1, {{"delta", piece}});
  const Json full = {{"object", "response"},
                     {"status", "completed"},
                     {"output", Json::array({thought, item})}};
  const std::string end =
      Event({{"type", "response.completed"}, {"response", full}});
  for (const std::string& body :
       {done_reasoning + done_text + end, item_reasoning + item_text + end,
        done_reasoning + item_reasoning + deltas + done_text + part_text +
            item_text + end,
        done_reasoning + part_text, end}) {
    const Trace trace = Read(body);
    EXPECT_THAT(trace.reasoning, Optional(chain)) << body;
    EXPECT_EQ(trace.answer, text) << body;
  }
  EXPECT_EQ(Read(R"({"object":"response","status":"completed","output":[],
                     "output_text":"Four."})")
                .answer,
            "Four.");
}

float Ending(const Trace& trace, std::string body, Feature feature) {
  Response response;
  response.body = std::move(body);
  response.body_type = BodyType::kSse;
  Scored scored;
  ReadEnding(trace, response, scored);
  return scored.reading(feature);
}

TEST_F(FieldBodies, EveryVendorsTerminalEventIsAnEnd) {
  const std::string open = Deltas("Four.");
  const Trace cut = Read(open);
  EXPECT_FALSE(cut.ended);
  EXPECT_EQ(Ending(cut, open, Feature::kCutInTransport), 1);
  const std::string message_start = Event(
      {{"type", "message_start"}, {"message", {{"content", Json::array()}}}});
  for (const std::string& body :
       {open + std::string(kDone), open + "data: [done]\n\n",
        message_start + Event({{"type", "message_stop"}}),
        Event({{"type", "message-end"}, {"delta", Json::object()}}),
        Event({{"type", "response.completed"}, {"response", Json::object()}}),
        Event({{"model_name", "m"}, {"text_output", "Four."}}),
        Event({{"token", {{"text", "4"}}}, {"generated_text", "4"}})}) {
    const Trace trace = Read(body);
    EXPECT_TRUE(trace.ended) << body;
    EXPECT_NE(Ending(trace, body, Feature::kCutInTransport), 1) << body;
  }
  for (const std::string& body :
       {message_start,
        Event({{"token", {{"text", "4"}}}, {"generated_text", nullptr}})})
    EXPECT_FALSE(Read(body).ended) << body;
  EXPECT_FALSE(Read(R"({"message":{"content":"a"},"done":false})").ended);
  EXPECT_TRUE(Read(R"({"message":{"content":"a"},"done":true})").ended);
}

TEST_F(FieldBodies, AStreamWithoutItsEndLeavesTheChainUnfinished) {
  const std::string body = Deltas("I add them and then");
  const Trace cut = Read(body, "deepseek-r1");
  EXPECT_EQ(cut.marker_state, MarkerState::kUnclosed);
  EXPECT_THAT(cut.reasoning, Optional(std::string("I add them and then")));
  EXPECT_EQ(Read(body + std::string(kDone), "deepseek-r1").answer,
            "I add them and then");
}

TEST_F(FieldBodies, TheReasonThatSaysMostIsKept) {
  const auto read = [](const std::vector<std::string>& reasons) {
    std::string body = Event(Delta(
        {{"tool_calls",
          {{{"index", 0}, {"id", "c"}, {"function", {{"name", "f"}}}}}}}));
    for (const std::string& reason : reasons)
      body += Event(Delta(Json::object(), reason));
    return Read(body).finish_reason;
  };
  EXPECT_EQ(read({"tool_calls", "stop"}), "tool_calls");
  EXPECT_EQ(read({"stop", "length"}), "length");
  EXPECT_EQ(read({"length", "stop"}), "length");
  EXPECT_EQ(read({"stop", "stop"}), "stop");
  EXPECT_EQ(read({"content_filter", "whatever"}), "content_filter");
  // Text behind it shows that it ended nothing.
  EXPECT_EQ(Read(Event(Delta({{"content", "a"}}, "length")) +
                 Event(Delta({{"content", "b"}}, "stop")))
                .finish_reason,
            "stop");
}

TEST_F(FieldBodies, CallsAreCountedByTheirIds) {
  const auto call = [](const Json& call_json) {
    return Event(Delta({{"tool_calls", Json::array({call_json})}}));
  };
  const Json named = {{"name", "f"}, {"arguments", ""}};
  const Json more = {{"arguments", "{}"}};
  const std::string first =
      call({{"index", 3}, {"id", "a"}, {"function", named}});
  const std::string rest = call({{"index", 3}, {"function", more}});
  EXPECT_EQ(Read(first + rest + rest).tool_calls, 1);
  // An id that is new with every piece of a call.
  EXPECT_EQ(Read(first + call({{"index", 3}, {"id", "b"}, {"function", more}}))
                .tool_calls,
            1);
  // Two calls under one index.
  EXPECT_EQ(Read(first + call({{"index", 3}, {"id", "b"}, {"function", named}}))
                .tool_calls,
            2);
  // The same call once more, and a zero value.
  EXPECT_EQ(Read(first + first).tool_calls, 1);
  EXPECT_EQ(Read(R"({"choices":[{"message":{"content":"4","function_call":
                    {"name":"","arguments":""},"tool_calls":[{"id":"",
                    "function":{"name":"","arguments":""}}]}}]})")
                .tool_calls,
            0);
}

TEST_F(FieldBodies, HalfAPairOfSurrogatesLosesNothingElse) {
  for (const std::string_view half : {"\\ud83d", "\\ude00", "\\uDBFF"}) {
    const std::string body = "data: {\"choices\":[{\"delta\":{\"content\":\"a" +
                             std::string(half) + "b\"}}]}\n\n";
    const Trace trace = Read(body + Stop());
    EXPECT_EQ(trace.answer,
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(trace.error, "");
  }
  EXPECT_EQ(Read("data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\\ude00"
                 "\"},\"logprobs\":NaN}]}\n\n")
                .answer,
            "\xF0\x9F\x98\x80");
}

TEST_F(FieldBodies, AnAnswerThatIsNoTextIsNotEmpty) {
  for (const std::string_view message :
       {R"({"content":null,"audio":{"data":"AA","transcript":"Four."}})",
        R"({"content":"","images":[{"type":"image_url"}]})",
        R"({"content":[{"type":"image_url","image_url":{"url":"x"}}]})",
        R"({"content":[{"type":"output_audio","data":"AA"}]})"}) {
    const std::string body =
        "{\"choices\":[{\"message\":" + std::string(message) +
        ",\"finish_reason\":\"stop\"}]}";
    const Trace trace = Read(body);
    EXPECT_TRUE(trace.other_media) << message;
    EXPECT_TRUE(std::isnan(Ending(trace, body, Feature::kStopEmpty)));
  }
}

TEST_F(FieldBodies, ReasoningTokensBesideTheOutputAreAddedToIt) {
  const auto read = [](int in, int out, int reasoning, int total) {
    const Json body = {
        {"choices", {{{"message", {{"content", "4"}}}}}},
        {"usage",
         {{"prompt_tokens", in},
          {"completion_tokens", out},
          {"total_tokens", total},
          {"completion_tokens_details", {{"reasoning_tokens", reasoning}}}}}};
    return Read(body.dump()).usage;
  };
  for (int round = 0; round < kRounds; ++round) {
    const int in = static_cast<int>(Below(100));
    const int out = 1 + static_cast<int>(Below(100));
    const int reasoning = 1 + static_cast<int>(Below(100));
    EXPECT_EQ(read(in, out, reasoning, in + out + reasoning).output_tokens,
              out + reasoning);
    const Usage inside =
        read(in, out + reasoning, reasoning, in + out + reasoning);
    EXPECT_EQ(inside.output_tokens, out + reasoning);
    EXPECT_EQ(inside.reasoning_tokens, reasoning);
    // It can't be inside, and the sum says that it is not beside either.
    EXPECT_EQ(read(in, out, out + reasoning, in + out).reasoning_tokens,
              std::nullopt);
  }
  EXPECT_EQ(Read(R"({"type":"message","content":[{"type":"text","text":"4"}],
                     "usage":{"input_tokens":1,"output_tokens":9,
                     "output_tokens_details":{"thinking_tokens":7}}})")
                .usage.reasoning_tokens,
            7);
}

TEST_F(FieldBodies, ErrorsOfEveryShapeAreErrorsWithoutTheirWords) {
  for (const auto& [body, error] :
       std::vector<std::pair<std::string, std::string>>{
           {R"({"error":{"type":"t_x","code":"c_y","message":"secret"}})",
            "server error: t_x c_y"},
           {R"({"success":false,"error":{"code":"E_ONE","status":500}})",
            "server error: E_ONE"},
           {R"({"error":"secret words"})", "server error"},
           {R"({"errors":[{"code":7000,"message":"secret"}],"success":false})",
            "server error: 7000"},
           {R"({"code":"BadKey","message":"secret"})", "server error: BadKey"},
           {R"({"detail":[{"type":"missing","msg":"secret"}]})",
            "server error"},
           {R"({"__type":"ThrottlingException","message":"secret"})",
            "server error: ThrottlingException"},
           {R"({"throttlingException":{"message":"secret"}})",
            "server error: throttlingException"},
           {R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})",
            "server error: 429"},
           {R"({"base_resp":{"status_code":1004,"status_msg":"secret"},
                "choices":null})",
            "server error: 1004"}}) {
    const Trace trace = Read(body);
    EXPECT_EQ(trace.error, error) << body;
    EXPECT_FALSE(trace.has_text) << body;
    EXPECT_EQ(BodyErrorName(trace.error), "server_error");
  }
  EXPECT_EQ(Read(R"({"note":"no response"})").error, "no known API");
}

TEST_F(FieldBodies, GatewaysEnvelopesAreOpened) {
  const Json chat = {{"choices",
                      {{{"message", {{"content", "4"}, {"reasoning", "so"}}},
                        {"finish_reason", "stop"}}}}};
  for (const Json& body :
       {Json{{"data", chat}, {"success", true}}, Json{{"result", chat}},
        Json{{"output", chat}, {"request_id", "r"}},
        Json{{"predictions", Json::array({chat})}},
        Json{{"statusCode", 200}, {"body", chat.dump()}},
        Json{{"response", {{"status_code", 200}, {"body", chat}}}},
        Json{{"response",
              {{"candidates",
                {{{"content",
                   {{"parts",
                     {{{"text", "so"}, {"thought", true}}, {{"text", "4"}}}}}},
                  {"finishReason", "STOP"}}}}}}}}) {
    const Trace trace = Read(body.dump());
    EXPECT_EQ(trace.answer, "4") << body;
    EXPECT_THAT(trace.reasoning, Optional(std::string("so"))) << body;
    EXPECT_EQ(trace.error, "");
  }
}

// A string is opened once, and only if a response is in it.
TEST_F(FieldBodies, AStringThatIsNoResponseIsNoEnvelope) {
  const Json chat = {{"choices", {{{"message", {{"content", "4"}}}}}}};
  const Json twice = {{"body", Json{{"body", chat.dump()}}.dump()}};
  for (const Json& body :
       {Json{{"body", R"({"note":"none"})"}}, Json{{"body", "{torn"}}, twice}) {
    const Trace trace = Read(body.dump());
    EXPECT_EQ(trace.error, "no known API") << body;
    EXPECT_FALSE(trace.has_text) << body;
  }
}

TEST_F(FieldBodies, APartHasItsTextUnderTheNameOfItsType) {
  for (int round = 0; round < kRounds; ++round) {
    const std::string chain = Words();
    const std::string text = Words();
    for (const char* type :
         {"reasoning_content", "thoughts", "model_thinking"}) {
      const Json message = {
          {"content", Json::array({{{"type", type}, {type, chain}},
                                   {{"type", "text"}, {"text", text}}})}};
      const Json body = {{"choices", {{{"message", message}}}}};
      const Trace trace = Read(body.dump());
      EXPECT_THAT(trace.reasoning, Optional(chain)) << type;
      EXPECT_EQ(trace.answer, text) << type;
    }
  }
}

}  // namespace
}  // namespace reasonwatch
