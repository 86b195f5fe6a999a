// SPDX-License-Identifier: Apache-2.0
// The HTTP server on a free port, before handlers that give sample values: each
// path, its refusals, the token, the limits, TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/daemon/api/fake_handlers.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(HttpServerTest, AnswersEveryEndpoint) {
  Start(AnyPort());
  httplib::Client client = Client();
  EXPECT_EQ(client.Get("/-/healthy")->status, 200);
  EXPECT_EQ(client.Get("/-/ready")->status, 503);
  EXPECT_THAT(client.Get("/-/ready")->body, HasSubstr("database"));
  fake_.ready = true;
  EXPECT_EQ(client.Get("/-/ready")->status, 200);
  const auto metrics = client.Get("/metrics");
  EXPECT_EQ(metrics->body, "reasonwatch_build_info 1\n");
  const auto open = client.Get(
      "/metrics",
      {{"Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1"}});
  EXPECT_EQ(open->body, "# EOF\n");
  EXPECT_THAT(open->get_header_value("Content-Type"),
              HasSubstr("openmetrics-text; version=1.0.0"));
  EXPECT_THAT(client.Get("/")->get_header_value("Content-Security-Policy"),
              Not(HasSubstr("unsafe")));
  EXPECT_THAT(metrics->get_header_value("Content-Type"),
              HasSubstr("version=0.0.4"));
  EXPECT_THAT(client.Get("/")->body, HasSubstr("<title>Reasonwatch"));
  EXPECT_EQ(client.Get("/favicon.ico")->status, 404);

  const auto json = [&client](const std::string& path) {
    const auto response = client.Get(path);
    EXPECT_EQ(response->status, 200) << path;
    return nlohmann::json::parse(response->body);
  };
  EXPECT_EQ(json("/api/v1/incidents")["incidents"].size(), 2u);
  EXPECT_EQ(json("/api/v1/incidents?limit=1")["incidents"].size(), 1u);
  EXPECT_EQ(json("/api/v1/incidents?open=1")["incidents"].size(), 1u);
  EXPECT_EQ(json("/api/v1/incidents/inc-0123456789ab")["model"],
            "reasoner-32b");
  EXPECT_EQ(json("/api/v1/streams")["streams"].size(), 2u);
  EXPECT_EQ(client.Get("/api/v1/habits")->body,
            R"({"models":[{"model":"reasoner-32b","habits":[)"
            R"({"phrase":"Wait","rate":0.5},{"phrase":"So","rate":0.25}]}]})");
  EXPECT_TRUE(json("/api/v1/baseline")["baselines"].empty());
  EXPECT_EQ(json("/api/v1/models/reasoner-32b/health")["health"], "suspect");
  EXPECT_EQ(json("/api/v1/models/owner/other/health")["health"], "ok");
  EXPECT_EQ(
      client.Get("/api/v1/models/reasoner-32b/health?fail=suspect")->status,
      503);
  EXPECT_EQ(client.Get("/api/v1/coverage")->body,
            R"({"coverage":[{"target":"envoy <b>","counter":"requests_total",)"
            R"("served":200.0,"seen":150.0,"ratio":0.75,)"
            R"("read":"1970-01-01T00:00:00+00:00","error":""},)"
            R"({"target":"other","counter":"","served":null,"seen":null,)"
            R"("ratio":null,"read":null,"error":"HTTP 404"}]})");
}

TEST_F(HttpServerTest, HandsPostedResponsesOnDecodedAndWithTheirOptions) {
  Start(AnyPort());
  httplib::Client client = Client();
  auto response = client.Post("/api/v1/responses", "{}", "application/json");
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->body, "{\"accepted\":1}");
  client.set_compress(true);
  const std::string large(size_t{1} << 20, 'x');
  const httplib::Headers origin = {{"x-reasonwatch-origin", "canary"}};
  response = client.Post("/api/v1/responses?wait=true&format=litellm", origin,
                         large, "text/plain");
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->get_header_value("Retry-After"), "1");
  EXPECT_EQ(client.Post("/api/v1/litellm", "[]", "application/json")->status,
            202);
  MutexLock lock(fake_.mutex);
  ASSERT_EQ(fake_.ingested.size(), 3u);
  EXPECT_EQ(fake_.ingested[0].format, "reasonwatch");
  EXPECT_FALSE(fake_.ingested[0].wait);
  EXPECT_EQ(fake_.ingested[1].body, large);
  EXPECT_EQ(fake_.ingested[1].format, "litellm");
  EXPECT_EQ(fake_.ingested[1].origin, "canary");
  EXPECT_EQ(fake_.ingested[2].format, "litellm");
}

TEST_F(HttpServerTest, BoundsABodyByWhatItDecodesTo) {
  HttpOptions options = AnyPort();
  options.max_ingest_bytes = 1 << 20;
  Start(std::move(options));
  httplib::Client client = Client();
  client.set_compress(true);
  const auto post = [&client](const char* path, size_t bytes) {
    return client.Post(path, std::string(bytes, 'x'), "text/plain")->status;
  };
  EXPECT_EQ(post("/api/v1/responses", 1 << 20), 202);
  EXPECT_EQ(post("/api/v1/responses", (1 << 20) + 1), 413);
  // The other routes keep their own bound.
  EXPECT_EQ(post("/api/v1/deployments", (64 << 10) + 1), 413);
}

TEST_F(HttpServerTest, AsksForTheTokenBeforeItReadsResponses) {
  HttpOptions options = AnyPort();
  options.bearer_token = "secret";
  Start(std::move(options));
  httplib::Client client = Client();
  EXPECT_EQ(client.Post("/api/v1/responses", "{}", "application/json")->status,
            401);
  client.set_bearer_token_auth("secret");
  EXPECT_EQ(client.Post("/api/v1/responses", "{}", "application/json")->status,
            202);
  MutexLock lock(fake_.mutex);
  EXPECT_EQ(fake_.ingested.size(), 1u);
}

TEST_F(HttpServerTest, TakesADeploymentIntoTheTimeLine) {
  Start(AnyPort());
  httplib::Client client = Client();
  const auto post = [&](const std::string& body,
                        const httplib::Headers& headers = {}) {
    return client
        .Post("/api/v1/deployments", headers, body, "application/json")
        ->status;
  };
  EXPECT_EQ(post("[]"), 400);
  EXPECT_EQ(post("{"), 400);
  EXPECT_EQ(post(R"({"version": "2"})"), 400);
  EXPECT_EQ(post(R"({"model": "reasoner-32b", "expected": 1})"), 400);
  EXPECT_EQ(post(R"({"model": ")" + std::string(600, 'x') + "\"}"), 400);
  const std::string good =
      R"({"model": "reasoner-32b", "version": "2", "expected": true,)"
      R"( "note": "planned"})";
  EXPECT_EQ(post(good, {{"Origin", "http://elsewhere"}}), 403);
  EXPECT_EQ(post(good), 200);
  const auto incident = nlohmann::json::parse(
      client.Get("/api/v1/incidents/inc-0123456789ab")->body);
  ASSERT_EQ(incident["timeline"].size(), 1u);
  EXPECT_EQ(incident["timeline"][0]["kind"], "deployment");
  EXPECT_EQ(incident["timeline"][0]["new"], "2");
  EXPECT_EQ(incident["timeline"][0]["expected"], true);
}

TEST_F(HttpServerTest, RefusesWhatItCannotAnswer) {
  Start(AnyPort());
  httplib::Client client = Client();
  for (const char* path :
       {"/api/v1/incidents?limit=0", "/api/v1/incidents?limit=1001",
        "/api/v1/incidents?limit=x", "/api/v1/incidents?open=yes"}) {
    const auto response = client.Get(path);
    EXPECT_EQ(response->status, 400) << path;
    EXPECT_TRUE(nlohmann::json::parse(response->body).contains("error"));
  }
  EXPECT_EQ(client.Get("/api/v1/incidents/inc-000000000000")->status, 404);
  EXPECT_EQ(client.Get("/api/v1/incidents/../../etc/passwd")->status, 404);
  EXPECT_EQ(client.Get("/" + std::string(8000, 'a'))->status, 404);
  EXPECT_EQ(client.Get("/" + std::string(9000, 'a'))->status, 414);
}

TEST_F(HttpServerTest, ReloadsOnPostOnlyAndNotForWebPages) {
  Start(AnyPort());
  httplib::Client client = Client();
  EXPECT_EQ(client.Get("/-/reload")->status, 404);
  EXPECT_EQ(
      client.Post("/-/reload", {{"Origin", "http://evil.example"}}, "", "")
          ->status,
      403);
  EXPECT_EQ(fake_.reloads, 0);
  EXPECT_EQ(client.Post("/-/reload")->status, 200);
  const auto failed = client.Post("/-/reload");
  EXPECT_EQ(failed->status, 500);
  EXPECT_EQ(failed->body, "bad \"key\"\n");
  EXPECT_EQ(client.Post("/-/reload", std::string(100 << 10, 'x'), "text/plain")
                ->status,
            413);
}

// httplib's own client announces a body of no bytes; curl -X POST announces
// none.
TEST_F(HttpServerTest, APostWithoutABodyNeedsToAnnounceNone) {
  Start(AnyPort());
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server_->BoundPort()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request =
      "POST /-/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(::send(fd, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  char answer[64] = {};
  EXPECT_GT(::recv(fd, answer, sizeof(answer) - 1, 0), 12);
  ::close(fd);
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(fake_.reloads, 1);
}

TEST_F(HttpServerTest, AsksForTheTokenEverywhereButForHealth) {
  HttpOptions options = AnyPort();
  options.bearer_token = "secret";
  Start(options);
  httplib::Client client = Client();
  for (const char* path :
       {"/metrics", "/api/v1/incidents", "/api/v1/streams", "/api/v1/page",
        "/api/v1/history", "/api/v1/baseline",
        "/api/v1/incidents/inc-0123456789ab"}) {
    EXPECT_EQ(client.Get(path)->status, 401) << path;
    EXPECT_EQ(client.Get(path, {{"Authorization", "Bearer secre"}})->status,
              401)
        << path;
    EXPECT_EQ(client.Get(path, {{"Authorization", "Bearer secret"}})->status,
              200)
        << path;
  }
  EXPECT_EQ(client.Post("/-/reload")->status, 401);
  EXPECT_EQ(
      client.Post("/api/v1/incidents/inc-0123456789ab/acknowledge")->status,
      401);
  EXPECT_EQ(fake_.reloads, 0);
  // The page has no data: it asks for the token itself.
  for (const char* path : {"/", "/incidents/inc-0123456789ab",
                           "/assets/page.js", "/runbooks/ReasonwatchDown"})
    EXPECT_EQ(client.Get(path)->status, 200) << path;
  EXPECT_EQ(client.Get("/-/healthy")->status, 200);
  EXPECT_EQ(client.Get("/-/ready")->status, 503);
}

// A page of another name whose address was changed to ours sends its own name.
TEST_F(HttpServerTest, AForeignHostIsRefusedWhereNoTokenIsAskedFor) {
  HttpOptions options = AnyPort();
  options.external_url = "https://rw.example/x";
  options.allowed_hosts = {"other.example"};
  Start(options);
  const auto status = [this](const char* host) {
    return Client().Get("/api/v1/streams", {{"Host", host}})->status;
  };
  EXPECT_EQ(status("evil.example"), 421);
  EXPECT_EQ(status("evil.example:9096"), 421);
  EXPECT_EQ(status("rw.example"), 200);
  EXPECT_EQ(status("other.example:9096"), 200);
  EXPECT_EQ(status("reasonwatch:9096"), 200);
  EXPECT_EQ(server_->Counts().refused["foreign_host"], 2);

  options.bearer_token = "secret";
  server_->Stop();
  Start(options);
  EXPECT_EQ(Client()
                .Get("/api/v1/streams", {{"Host", "evil.example"},
                                         {"Authorization", "Bearer secret"}})
                ->status,
            200);
}

TEST_F(HttpServerTest, CountsRequestsWithoutAToken) {
  HttpOptions options = AnyPort();
  options.bearer_token = "secret";
  Start(options);
  EXPECT_EQ(Client().Get("/metrics")->status, 401);
  EXPECT_EQ(Client().Post("/api/v1/responses", "{}", "text/plain")->status,
            401);
  EXPECT_EQ(server_->Counts().refused["unauthenticated"], 2);
  EXPECT_EQ(server_->Counts().port, "http");
}

TEST_F(HttpServerTest, ARangeIsAnsweredWithAllOfIt) {
  Start(AnyPort());
  const auto all = Client().Get("/metrics");
  const auto part = Client().Get(
      "/metrics", {{"Range", "bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-,0-"}});
  EXPECT_EQ(part->status, 200);
  EXPECT_EQ(part->body, all->body);
}

TEST_F(HttpServerTest, ASecondServerOnThePortFails) {
  Start(AnyPort());
  HttpOptions options;
  options.listen = "127.0.0.1:" + std::to_string(server_->BoundPort());
  EXPECT_EQ(StartHttpServer(options, fake_.Handlers()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, BadOptionsAreRefused) {
  const auto code = [this](const HttpOptions& options) {
    return StartHttpServer(options, fake_.Handlers()).status().code();
  };
  for (const char* listen : {"", "127.0.0.1", ":80", "h:70000", "h:x"}) {
    HttpOptions options;
    options.listen = listen;
    EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument) << listen;
  }
  HttpOptions options = AnyPort();
  options.tls_cert = "/nonexistent.pem";
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
  options.tls_key = "/nonexistent.pem";
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(StartHttpServer(AnyPort(), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(HttpServerTest, StopsTwiceAndServesManyAtOnce) {
  HttpOptions options = AnyPort();
  options.threads = 2;
  options.max_connections = 3;
  Start(options);
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([this, &answered] {
        for (int j = 0; j < 5; ++j) {
          const auto response = Client().Get("/metrics");
          answered += response && response->status == 200;
        }
      });
    }
  }
  EXPECT_EQ(answered, 40);
  server_->Stop();
  server_->Stop();
  EXPECT_FALSE(Client().Get("/metrics"));
}

TEST_F(HttpServerTest, SpeaksTls) {
  if (std::system("command -v openssl > /dev/null") != 0)
    GTEST_SKIP() << "openssl is not installed";
  const std::filesystem::path dir =
      std::filesystem::temp_directory_path() /
      ("reasonwatch_http_test." + std::to_string(getpid()));
  std::filesystem::create_directories(dir);
  HttpOptions options = AnyPort();
  options.tls_cert = dir / "cert.pem";
  options.tls_key = dir / "key.pem";
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
      "-nodes -days 1 -subj /CN=localhost -keyout " +
      options.tls_key + " -out " + options.tls_cert + " 2> /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  Start(options);
  httplib::SSLClient client("127.0.0.1", server_->BoundPort());
  client.enable_server_certificate_verification(false);
  EXPECT_EQ(client.Get("/-/healthy")->status, 200);
  const auto plain = Client().Get("/-/healthy");
  EXPECT_TRUE(!plain || plain->status != 200);
  server_->Stop();

  // With a client CA a client without a certificate is not let in.
  options.tls_client_ca = options.tls_cert;
  Start(options);
  httplib::SSLClient stranger("127.0.0.1", server_->BoundPort());
  stranger.enable_server_certificate_verification(false);
  EXPECT_FALSE(stranger.Get("/-/healthy"));
  httplib::SSLClient member("127.0.0.1", server_->BoundPort(), options.tls_cert,
                            options.tls_key);
  member.enable_server_certificate_verification(false);
  EXPECT_EQ(member.Get("/-/healthy")->status, 200);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace reasonwatch
