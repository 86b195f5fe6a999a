// SPDX-License-Identifier: Apache-2.0
// The client against a server that misbehaves: every fault has its name and
// ends in bounded time.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/response.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rescore/client/failure.h"
#include "rescore/client/model_client.h"
#include "tests/fakes/model_server.h"

namespace reasonwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kSecret[] = "sk-never-logged";
constexpr char kQuestion[] = "How many pears?";

SampleRequest Ask(bool stream = false) {
  SampleRequest r;
  r.model = "m";
  r.messages_json =
      absl::StrCat(R"([{"role": "user", "content": ")", kQuestion, "\"}]");
  r.temperature = 0.7;
  r.top_p = 0.9;
  r.max_tokens = 64;
  r.seed = 11;
  r.stream = stream;
  r.timeout = absl::Seconds(10);
  r.id = "rw-7-1";
  return r;
}

std::unique_ptr<ModelClient> Client(const ModelServer& server,
                                    ModelClientOptions options = {}) {
  options.endpoint = server.url();
  options.retry_pause = absl::Milliseconds(10);
  auto client = OpenModelClient(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("reasonwatch_client_test." + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string File(const std::string& name) const { return path_ / name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

TEST(Client, SendsEverySamplingFieldAndMarksItsOrigin) {
  ModelServer server({});
  const auto client = Client(server);
  const auto got = client->Sample(Ask());
  ASSERT_TRUE(got.ok()) << got.status();
  ASSERT_EQ(got->size(), 1u);
  const Response& r = got->front();
  EXPECT_EQ(r.origin, Origin::kRescore);
  EXPECT_EQ(r.id, "rw-7-1");
  EXPECT_EQ(r.body_type, BodyType::kJson);
  EXPECT_THAT(r.body, HasSubstr("First this."));
  EXPECT_EQ(r.regime.fingerprint, "fake-1");
  EXPECT_EQ(r.sampling.temperature, 0.7);
  EXPECT_LE(r.time, r.end_time);
  ASSERT_EQ(server.Seen().size(), 1u);
  const SeenRequest seen = server.Seen().front();
  EXPECT_EQ(seen.origin, "rescore");
  EXPECT_EQ(seen.id, "rw-7-1");
  EXPECT_EQ(seen.authorization, "");
  for (const char* field : {R"("model": "m")", R"("seed": 11)", R"("n": 1)",
                            R"("max_tokens": 64)", R"("temperature": 0.7)",
                            R"("top_p": 0.9)", R"("stream": false)", kQuestion})
    EXPECT_THAT(seen.body, HasSubstr(field));
  EXPECT_THAT(seen.body, Not(HasSubstr("priority")));
}

TEST(Client, ReadsAStream) {
  ModelServer server({});
  const auto got = Client(server)->Sample(Ask(/*stream=*/true));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->front().body_type, BodyType::kSse);
  EXPECT_TRUE(got->front().streamed);
  EXPECT_THAT(got->front().body, HasSubstr("[DONE]"));
}

TEST(Client, GivesOneResponseForEachChoice) {
  ModelServer server({});
  const auto client = Client(server);
  for (const bool stream : {false, true}) {
    SampleRequest request = Ask(stream);
    request.n = 3;
    const auto got = client->Sample(request);
    ASSERT_TRUE(got.ok()) << got.status();
    ASSERT_EQ(got->size(), 3u);
    EXPECT_EQ((*got)[2].sampling.choice_index, 2);
    EXPECT_EQ((*got)[2].sampling.n, 3);
  }
}

TEST(Client, LearnsThatAServerGivesOneChoice) {
  Script script;
  script.one_choice_only = true;
  ModelServer server(script);
  const auto client = Client(server);
  SampleRequest request = Ask();
  request.n = 4;
  auto got = client->Sample(request);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->size(), 1u);

  script.one_choice_only = false;
  script.refuses_choices = true;
  server.Set(script);
  for (int i = 0; i < 2; ++i) {
    got = client->Sample(request);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->size(), 1u);
  }
  // Refused once, never asked for again.
  EXPECT_EQ(server.Seen().size(), 4u);
}

TEST(Client, AsksForTheLowestPriorityOfEachKind) {
  Script script;
  script.owned_by = "vllm";
  ModelServer vllm(script);
  ASSERT_TRUE(Client(vllm)->Sample(Ask()).ok());
  EXPECT_THAT(vllm.Seen().back().body, HasSubstr(R"("priority": 1000000)"));
  EXPECT_THAT(vllm.Seen().back().body, HasSubstr(R"("request_id": "rw-7-1")"));
  script.owned_by = "sglang";
  ModelServer sglang(script);
  ASSERT_TRUE(Client(sglang)->Sample(Ask()).ok());
  EXPECT_THAT(sglang.Seen().back().body, HasSubstr(R"("priority": -1000000)"));

  // A server that refuses priorities is not sent them again.
  script.refuses_priority = true;
  ModelServer strict(script);
  const auto client = Client(strict);
  ASSERT_TRUE(client->Sample(Ask()).ok());
  ASSERT_TRUE(client->Sample(Ask()).ok());
  ASSERT_EQ(strict.Seen().size(), 3u);
  EXPECT_THAT(strict.Seen().back().body, Not(HasSubstr("priority")));
}

TEST(Client, KeepsACacheApartAsEachKindDoes) {
  Script script;
  script.owned_by = "llamacpp";
  ModelServer server(script);
  SampleRequest request = Ask();
  request.cache_salt = "s1";
  request.thinking = Thinking::kOff;
  ASSERT_TRUE(Client(server)->Sample(request).ok());
  EXPECT_THAT(server.Seen().back().body, HasSubstr(R"("cache_prompt": false)"));
  EXPECT_THAT(server.Seen().back().body,
              HasSubstr(R"("enable_thinking": false)"));
  script.owned_by = "vllm";
  server.Set(script);
  ASSERT_TRUE(Client(server)->Sample(request).ok());
  EXPECT_THAT(server.Seen().back().body, HasSubstr(R"("cache_salt": "s1")"));
}

struct FaultCase {
  Fault fault;
  bool stream;
  const char* name;
  int status = 500;
};

class ClientFault : public testing::TestWithParam<FaultCase> {};

TEST_P(ClientFault, IsNamedAndBounded) {
  const FaultCase& c = GetParam();
  Script script;
  script.fault = c.fault;
  script.status = c.status;
  script.api_key = kSecret;
  ModelServer server(script);
  const Folder folder;
  ModelClientOptions options;
  options.max_body_bytes = 256 << 10;
  options.api_key_file = folder.Write("key", absl::StrCat(kSecret, "\n"));
  SampleRequest request = Ask(c.stream);
  request.timeout = absl::Seconds(2);
  const absl::Time began = absl::Now();
  const auto got = Client(server, options)->Sample(request);
  const absl::Duration took = absl::Now() - began;
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(ClientFailureName(got.status()), c.name) << got.status();
  EXPECT_LT(took, absl::Seconds(4));
  // Nothing of it was asked twice, and no error holds the key or text.
  EXPECT_EQ(server.Seen().size(), 1u);
  for (const char* secret : {kSecret, kQuestion, "what was asked"})
    EXPECT_THAT(got.status().ToString(), Not(HasSubstr(secret)));
}

INSTANTIATE_TEST_SUITE_P(
    All, ClientFault,
    testing::Values(FaultCase{Fault::kStatus, false, "http_5xx", 500},
                    FaultCase{Fault::kStatus, false, "http_5xx", 503},
                    FaultCase{Fault::kStatus, false, "http_429", 429},
                    FaultCase{Fault::kStatus, false, "http_4xx", 404},
                    FaultCase{Fault::kStatus, false, "http_3xx", 302},
                    FaultCase{Fault::kStatus, false, "unauthorised", 403},
                    FaultCase{Fault::kErrorIn200, false, "error_in_200"},
                    FaultCase{Fault::kErrorInStream, true, "error_in_200"},
                    FaultCase{Fault::kHalfBody, false, "truncated_body"},
                    FaultCase{Fault::kHalfStream, true, "truncated_stream"},
                    FaultCase{Fault::kCleanHalf, true, "truncated_stream"},
                    FaultCase{Fault::kEndless, true, "endless_stream"},
                    FaultCase{Fault::kFlood, true, "endless_stream"},
                    FaultCase{Fault::kFlood, false, "too_large"},
                    FaultCase{Fault::kSilent, false, "timeout"},
                    FaultCase{Fault::kSilent, true, "timeout"},
                    FaultCase{Fault::kWrongModel, false, "wrong_model"},
                    FaultCase{Fault::kWrongModel, true, "wrong_model"},
                    FaultCase{Fault::kNotJson, false, "bad_body"},
                    FaultCase{Fault::kNull, false, "bad_body"},
                    FaultCase{Fault::kNoChoices, false, "bad_body"}),
    [](const auto& one) {
      return absl::StrCat(one.param.name, "_", one.index);
    });

TEST(Client, WaitsAsTheServerSays) {
  Script script;
  script.fault = Fault::kStatus;
  script.status = 429;
  script.retry_after = "1";
  script.times = 1;
  ModelServer server(script);
  const absl::Time began = absl::Now();
  const auto got = Client(server)->Sample(Ask());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_GE(absl::Now() - began, absl::Seconds(1));
  EXPECT_EQ(server.Seen().size(), 2u);
  // Not longer than the request has.
  script.retry_after = "25";
  server.Set(script);
  EXPECT_EQ(ClientFailureName(Client(server)->Sample(Ask()).status()),
            "http_429");
  EXPECT_EQ(server.Seen().size(), 3u);
  // And not for ever.
  script.retry_after = "0";
  script.status = 503;
  script.times = -1;
  server.Set(script);
  EXPECT_EQ(ClientFailureName(Client(server)->Sample(Ask()).status()),
            "http_5xx");
  EXPECT_EQ(server.Seen().size(), 6u);
}

TEST(Client, SendsTheHeaderThatLeadsToItsReplica) {
  ModelServer server({});
  ModelClientOptions options;
  options.header = "x-route: replica-7";
  ASSERT_TRUE(Client(server, options)->Sample(Ask()).ok());
  ASSERT_TRUE(Client(server)->Sample(Ask()).ok());
  EXPECT_EQ(server.Seen().front().route, "replica-7");
  EXPECT_EQ(server.Seen().back().route, "");
}

TEST(Client, CountsAPromptForOneToken) {
  ModelServer server({});
  const auto count = Client(server)->CountPrompt("m");
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_GT(count->tokens, 0);
  EXPECT_EQ(count->model, "m");
  EXPECT_NE(server.Seen().back().body.find("\"max_tokens\": 1,"),
            std::string::npos);
}

TEST(Client, NamesWhoDoesNotListen) {
  int port = 0;
  {
    ModelServer gone({});
    port = gone.port();
  }
  ModelClientOptions options;
  options.endpoint = absl::StrCat("http://127.0.0.1:", port, "/v1/");
  options.retry_pause = absl::Milliseconds(10);
  const auto client = OpenModelClient(options);
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(ClientFailureName((*client)->Sample(Ask()).status()), "refused");
  EXPECT_EQ(ClientFailureName((*client)->Load().status()), "refused");
  EXPECT_EQ(ClientFailureName((*client)->ReadRegime("m").status()), "refused");
}

TEST(Client, IsNotPutOffByAnEarlierFault) {
  Script down;
  down.fault = Fault::kStatus;
  ModelServer server(down);
  const auto client = Client(server);
  ASSERT_FALSE(client->Sample(Ask()).ok());
  server.Set({});
  EXPECT_TRUE(client->Sample(Ask()).ok());
}

TEST(Client, StopsWithinASecond) {
  for (const Fault fault : {Fault::kSilent, Fault::kEndless, Fault::kStatus}) {
    Script script;
    script.fault = fault;
    script.status = 429;
    script.retry_after = "5";
    ModelServer server(script);
    std::atomic<bool> stop = false;
    SampleRequest request = Ask(/*stream=*/true);
    request.stop = &stop;
    absl::Time stopped;
    std::thread other([&] {
      absl::SleepFor(absl::Milliseconds(400));
      stopped = absl::Now();
      stop = true;
    });
    const auto got = Client(server)->Sample(request);
    const absl::Time ended = absl::Now();
    other.join();
    EXPECT_TRUE(absl::IsCancelled(got.status())) << got.status();
    EXPECT_EQ(ClientFailureName(got.status()), "cancelled");
    EXPECT_LT(ended - stopped, absl::Seconds(1));
  }
}

TEST(Client, SendsTheKeyOfTheFileAsItIsNow) {
  const Folder folder;
  Script script;
  script.api_key = "first";
  ModelServer server(script);
  ModelClientOptions options;
  options.api_key_file = folder.Write("rotated", "first\n");
  const auto client = Client(server, options);
  EXPECT_TRUE(client->Sample(Ask()).ok());
  script.api_key = "second";
  server.Set(script);
  EXPECT_EQ(ClientFailureName(client->Sample(Ask()).status()), "unauthorised");
  folder.Write("rotated", "second");
  EXPECT_TRUE(client->Sample(Ask()).ok());
  folder.Write("rotated", "two\nlines");
  EXPECT_EQ(ClientFailureName(client->Sample(Ask()).status()), "bad_request");
}

TEST(Client, TrustsOnlyTheCertificatesItIsTold) {
  if (std::system("command -v openssl > /dev/null") != 0)
    GTEST_SKIP() << "openssl is not installed";
  const Folder folder;
  const auto make = [&](const std::string& name, const std::string& host) {
    return std::system(
        absl::StrCat(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
            " -nodes -days 1 -subj /CN=test -addext subjectAltName=",
            host, " -keyout ", folder.File(name + ".key"), " -out ",
            folder.File(name + ".pem"), " 2> /dev/null")
            .c_str());
  };
  ASSERT_EQ(make("right", "IP:127.0.0.1"), 0);
  ASSERT_EQ(make("elsewhere", "DNS:elsewhere.test"), 0);
  const auto ask = [&](const std::string& served, const std::string& trusted) {
    ModelServer server({}, folder.File(served + ".pem"),
                       folder.File(served + ".key"));
    ModelClientOptions options;
    if (!trusted.empty()) options.ca_file = folder.File(trusted + ".pem");
    const auto got = Client(server, options)->Sample(Ask());
    return got.ok() ? "ok" : ClientFailureName(got.status());
  };
  EXPECT_EQ(ask("right", "right"), "ok");
  EXPECT_EQ(ask("right", ""), "tls");
  EXPECT_EQ(ask("right", "elsewhere"), "tls");
  EXPECT_EQ(ask("elsewhere", "elsewhere"), "tls");
}

TEST(Client, RefusesWhatItCannotSend) {
  ModelServer server({});
  const auto client = Client(server);
  for (const auto& change : std::vector<void (*)(SampleRequest&)>{
           [](SampleRequest& r) { r.messages_json.clear(); },
           [](SampleRequest& r) { r.prompt = "both"; },
           [](SampleRequest& r) { r.messages_json = R"([], "n": 5)"; },
           [](SampleRequest& r) { r.max_tokens = 0; },
           [](SampleRequest& r) { r.temperature = -1; },
           [](SampleRequest& r) { r.model.clear(); },
           [](SampleRequest& r) { r.id = "rw-1\r\nauthorization: x"; }}) {
    SampleRequest request = Ask();
    change(request);
    EXPECT_EQ(ClientFailureName(client->Sample(request).status()),
              "bad_request");
  }
  EXPECT_EQ(server.Seen().size(), 0u);
}

TEST(Client, OpensOnlyWhatCanBeReached) {
  for (const char* endpoint : {"", "ftp://h", "http://", "http://u:p@h",
                               "http://h\r\nx", "127.0.0.1:80"}) {
    ModelClientOptions options;
    options.endpoint = endpoint;
    EXPECT_TRUE(absl::IsInvalidArgument(OpenModelClient(options).status()))
        << endpoint;
  }
  ModelClientOptions options;
  options.endpoint = "http://127.0.0.1:1";
  options.api_key_file = "/nowhere/key";
  EXPECT_TRUE(absl::IsNotFound(OpenModelClient(options).status()));
}

TEST(Client, ReadsTheLoadOfMetricsOrSlots) {
  Script script;
  script.metrics =
      "# TYPE vllm:num_requests_waiting gauge\n"
      "vllm:num_requests_waiting{engine=\"0\"} 2\n"
      "vllm:num_requests_running{engine=\"0\"} 5\n"
      "vllm:kv_cache_usage_perc{engine=\"0\"} 0.25\n";
  ModelServer server(script);
  auto load = Client(server)->Load();
  ASSERT_TRUE(load.ok()) << load.status();
  EXPECT_EQ(load->waiting, 2);
  EXPECT_EQ(load->running, 5);
  EXPECT_EQ(load->kv_usage, 0.25);

  script.metrics.clear();
  script.slots = R"([{"is_processing": true}, {"is_processing": false}])";
  server.Set(script);
  load = Client(server)->Load();
  ASSERT_TRUE(load.ok()) << load.status();
  EXPECT_EQ(load->waiting, 0);
  EXPECT_EQ(load->running, 1);

  server.Set({});
  EXPECT_TRUE(absl::IsUnimplemented(Client(server)->Load().status()));
}

TEST(Client, ReadsTheRegimeOfEachKind) {
  Script script;
  script.owned_by = "vllm";
  ModelServer server(script);
  auto regime = Client(server)->ReadRegime("m");
  ASSERT_TRUE(regime.ok()) << regime.status();
  EXPECT_EQ(regime->engine, "vllm 9.9");
  EXPECT_EQ(regime->fingerprint, "fake-1");
  EXPECT_EQ(regime->weights_version, "weights/m");
  EXPECT_EQ(regime->template_hash.size(), 16u);
  EXPECT_EQ(server.Seen().back().origin, "rescore");
  EXPECT_EQ(*Client(server)->ReadRegime("m"), *regime);

  script.owned_by = "llamacpp";
  server.Set(script);
  regime = Client(server)->ReadRegime("m");
  ASSERT_TRUE(regime.ok()) << regime.status();
  EXPECT_EQ(regime->fingerprint, "b1-fake");
  EXPECT_EQ(regime->template_hash.size(), 16u);
}

}  // namespace
}  // namespace reasonwatch
