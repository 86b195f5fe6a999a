// SPDX-License-Identifier: Apache-2.0
// Posted bodies: every layout of records, what cannot be read beside what can,
// the answers of a full queue, and records that name keys nobody knows.
//
// In order: a sink and a grammar of bodies, layouts, full queues, the rest.
#include "tap/http/http_tap.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tap/http/rows.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

class FakeSink : public TapSink {
 public:
  TapOutcome Offer(Response&& response, int64_t) override {
    if (on_offer_ && response.id == "r1") on_offer_();
    MutexLock lock(mutex_);
    if (room_ == 0) return {false, "queue_full"};
    --room_;
    responses_.push_back(std::move(response));
    return {true, ""};
  }
  bool OfferPatiently(Response& response, int64_t bytes,
                      const RowPosition&) override {
    {
      MutexLock lock(mutex_);
      if (room_ == 0) return false;
    }
    return Offer(std::move(response), bytes).accepted;
  }
  // Called with each response of id r1.
  void OnOffer(std::function<void()> call) { on_offer_ = std::move(call); }
  void SetRoom(int64_t room) {
    MutexLock lock(mutex_);
    room_ = room;
  }
  std::vector<Response> Responses() {
    MutexLock lock(mutex_);
    return responses_;
  }

 private:
  std::function<void()> on_offer_;
  Mutex mutex_;
  int64_t room_ ABSL_GUARDED_BY(mutex_) = 1'000'000;
  std::vector<Response> responses_ ABSL_GUARDED_BY(mutex_);
};

class HttpTapTest : public testing::Test {
 protected:
  HttpTapTest() { Start({}); }
  void Start(const HttpTapOptions& options) {
    tap_ = std::make_unique<HttpTap>(options, TapContext{sink_, nullptr});
    EXPECT_TRUE(tap_->Start().ok());
  }
  IngestAnswer Post(std::string body, bool wait = false,
                    std::string format = "reasonwatch") {
    IngestRequest request;
    request.body = std::move(body);
    request.format = std::move(format);
    request.wait = wait;
    return tap_->Receive(request);
  }

  FakeSink sink_;
  std::unique_ptr<HttpTap> tap_;
};

int64_t CountOf(const std::string& json, std::string_view key) {
  simdjson::dom::parser parser;
  int64_t count = -1;
  EXPECT_EQ(parser.parse(json)[key].get(count), simdjson::SUCCESS) << json;
  return count;
}

bool Holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

std::string Row(int number, std::string_view space) {
  std::string row = "{";
  row += space;
  row += "\"id\":\"r" + std::to_string(number) + "\",";
  row += space;
  return row + "\"model\":\"m\",\"content\":\"[1]\\n{}\"}";
}

// Rows in a random layout: one document, lines, an array; with white space.
TEST_F(HttpTapTest, ReadsTheSameRecordsFromEveryLayout) {
  std::mt19937_64 random(11);
  size_t expected = 0;
  for (int round = 0; round < 200; ++round) {
    const auto layout = random() % 3;
    const size_t n = layout == 0 ? 1 : 1 + random() % 9;
    const std::string_view space = layout == 1         ? " "
                                   : random() % 2 == 0 ? "\n  "
                                                       : "";
    std::string body = random() % 2 == 0 ? "\xEF\xBB\xBF" : "";
    if (layout == 2) body += "[";
    for (size_t i = 0; i < n; ++i) {
      if (i > 0)
        body += layout == 2 ? ",\n" : random() % 2 == 0 ? "\n" : "\r\n";
      body += Row(static_cast<int>(i), space);
    }
    if (layout == 2) body += "]";
    if (random() % 2 == 0) body += "\n";
    const IngestAnswer answer = Post(body);
    EXPECT_EQ(answer.status, 202) << body << answer.json;
    EXPECT_EQ(CountOf(answer.json, "accepted"), static_cast<int64_t>(n));
    expected += n;
    ASSERT_EQ(sink_.Responses().size(), expected) << body;
    EXPECT_EQ(sink_.Responses().back().id, "r" + std::to_string(n - 1));
    EXPECT_EQ(sink_.Responses().back().source, "http");
  }
}

TEST_F(HttpTapTest, NamesWhatItCannotReadAndKeepsTheRest) {
  const IngestAnswer answer =
      Post(Row(1, "") + "\n\nnot json\n{\"id\":\"x\"}\n" + Row(2, ""));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(CountOf(answer.json, "accepted"), 2);
  EXPECT_EQ(CountOf(answer.json, "errors_total"), 2);
  EXPECT_TRUE(Holds(answer.json, "{\"line\":3,\"reason\":\"not JSON"))
      << answer.json;
  EXPECT_TRUE(Holds(answer.json, "{\"line\":4,\"reason\":\"model"))
      << answer.json;
  EXPECT_EQ(tap_->Counters().errors.at("unreadable_record"), 2);
  EXPECT_EQ(Post("nothing\nof\nuse").status, 400);
  EXPECT_EQ(Post("").status, 400);
}

TEST_F(HttpTapTest, CountsAndNamesUnknownKeys) {
  const IngestAnswer answer =
      Post(R"({"model":"m","content":"x","contnet":"y","usage":{"tokens":3}})"
           "\n"
           R"({"model":"m","content":"x","contnet":"y"})");
  EXPECT_EQ(CountOf(answer.json, "accepted"), 2);
  EXPECT_TRUE(
      Holds(answer.json, R"("unknown_keys":{"contnet":2,"usage.tokens":1})"))
      << answer.json;
  EXPECT_EQ(tap_->Counters().errors.at("unknown_key"), 2);
}

TEST_F(HttpTapTest, ReadsRawPairsAndTheSendersWordWins) {
  const IngestAnswer answer = Post(
      R"({"request":{"model":"asked","messages":[{"role":"user","content":"2?"}],)"
      R"("chat_template_kwargs":{"enable_thinking":true}},)"
      R"("response":"data: {\"id\":\"c9\",\"choices\":[]}\n\ndata: [DONE]\n\n",)"
      R"("request_headers":{"X-Request-ID":"q"},"status":200,)"
      R"("model":"label","intent":{"thinking":false}})");
  EXPECT_EQ(CountOf(answer.json, "accepted"), 1) << answer.json;
  EXPECT_TRUE(Holds(answer.json, "\"unknown_keys\":{}")) << answer.json;
  const Response r = sink_.Responses().at(0);
  EXPECT_EQ(r.id, "c9");
  EXPECT_EQ(r.model, "label");
  EXPECT_EQ(r.asked_model, "asked");
  EXPECT_EQ(r.request_id, "q");
  EXPECT_EQ(r.body_type, BodyType::kSse);
  EXPECT_EQ(r.intent.thinking, Thinking::kOff);
  EXPECT_EQ(r.http_status, 200);
}

TEST_F(HttpTapTest, ReadsTheRequestThatAGatewaySentOnAndTheSendersLosses) {
  const IngestAnswer answer = Post(
      R"({"source":"litellm","request":{"model":"m","reasoning_effort":"high",)"
      R"("messages":[{"role":"user","content":"2?"}]},"sent_request":)"
      R"({"chat_template_kwargs":{"enable_thinking":false}},"served_by":"p/m",)"
      R"("response":null,"transport_end":"client_abort","dropped_before":7,)"
      R"("path":"/v1/chat/completions","request_cut":false})");
  EXPECT_EQ(CountOf(answer.json, "accepted"), 1) << answer.json;
  EXPECT_TRUE(Holds(answer.json, "\"unknown_keys\":{}")) << answer.json;
  const Response r = sink_.Responses().at(0);
  EXPECT_EQ(r.source, "litellm");
  EXPECT_EQ(r.intent.effort, "high");
  ASSERT_TRUE(r.sent_intent.has_value());
  EXPECT_EQ(r.sent_intent->thinking, Thinking::kOff);
  EXPECT_EQ(r.regime.weights_version, "p/m");
  EXPECT_EQ(r.transport_end, TransportEnd::kClientAbort);
  EXPECT_EQ(tap_->Counters().errors.at("lost_by_sender"), 7);
}

TEST_F(HttpTapTest, ReadsLiteLlmsRecords) {
  const std::string record =
      R"({"id":"l1","model":"openai/m","model_group":"alias","status":"success",)"
      R"("response":{"choices":[{"message":{"content":"4"}}]}})";
  EXPECT_EQ(Post("[" + record + "," + record + "]", false, "litellm").status,
            202);
  EXPECT_EQ(Post(record, false, "litellm").status, 202);
  ASSERT_EQ(sink_.Responses().size(), 3u);
  EXPECT_EQ(sink_.Responses()[0].model, "alias");
  EXPECT_EQ(sink_.Responses()[0].source, "litellm");
  EXPECT_EQ(Post(record, false, "nonsense").status, 400);
}

TEST_F(HttpTapTest, DropsWithoutRoomAndSaysSoIfNothingWentIn) {
  sink_.SetRoom(1);
  IngestAnswer answer = Post(Row(1, "") + "\n" + Row(2, ""));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(CountOf(answer.json, "dropped"), 1);
  answer = Post(Row(3, ""));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(tap_->Counters().dropped.at("queue_full"), 2);
}

TEST_F(HttpTapTest, WaitsForRoomIfItIsAskedTo) {
  sink_.SetRoom(0);
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    sink_.SetRoom(2);
  });
  const IngestAnswer answer = Post(Row(1, "") + "\n" + Row(2, ""), true);
  later.join();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(CountOf(answer.json, "accepted"), 2);
  EXPECT_TRUE(tap_->Counters().dropped.empty());
}

TEST_F(HttpTapTest, SaysWhereToGoOnIfTheWaitWasInVain) {
  HttpTapOptions options;
  options.max_wait = absl::Milliseconds(20);
  Start(options);
  sink_.SetRoom(1);
  const IngestAnswer answer = Post(Row(1, "") + "\n" + Row(2, ""), true);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(CountOf(answer.json, "accepted"), 1);
  EXPECT_EQ(CountOf(answer.json, "next_line"), 2);
}

TEST_F(HttpTapTest, StopEndsAWaitAndShutsTheDoor) {
  sink_.SetRoom(0);
  std::atomic<bool> answered = false;
  std::thread sender([&] {
    Post(Row(1, ""), true);
    answered = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  tap_->Stop(absl::ZeroDuration());
  sender.join();
  EXPECT_TRUE(answered);
  EXPECT_EQ(Post(Row(2, "")).status, 503);
}

// A daemon that stops in the middle of a body says how far it came.
TEST_F(HttpTapTest, StopInTheMiddleOfABodySaysWhereToGoOn) {
  std::thread stopper;
  sink_.OnOffer([&] {
    if (stopper.joinable()) return;
    stopper = std::thread([&] { tap_->Stop(absl::ZeroDuration()); });
    while (Post(Row(9, "")).status != 503) std::this_thread::yield();
  });
  const IngestAnswer answer = Post(Row(1, "") + "\n" + Row(2, ""));
  stopper.join();
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(CountOf(answer.json, "next_line"), 2) << answer.json;
}

TEST_F(HttpTapTest, BoundsTheBodiesThatItReadsAtOnce) {
  HttpTapOptions options;
  options.max_requests = 0;
  Start(options);
  EXPECT_EQ(Post(Row(1, "")).status, 429);
  EXPECT_EQ(tap_->Counters().errors.at("busy"), 1);
}

TEST_F(HttpTapTest, MarksOurOwnQuestions) {
  IngestRequest request;
  request.body = Row(1, "");
  request.format = "reasonwatch";
  request.origin = "canary";
  tap_->Receive(request);
  EXPECT_EQ(sink_.Responses().at(0).origin, Origin::kCanary);
}

}  // namespace
}  // namespace reasonwatch
