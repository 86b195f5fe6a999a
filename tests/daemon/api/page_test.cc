// SPDX-License-Identifier: Apache-2.0
// The page and its parts: an incident's story, the operator's word on it,
// runbooks, the embedded files, whose page may act.
#include "daemon/api/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/api/own_page.h"
#include "tests/daemon/api/fake_handlers.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using PageTest = HttpServerTest;

TEST_F(PageTest, AnIncidentHasItsStoryAndAPage) {
  HttpOptions options = AnyPort();
  options.trace_url = "https://traces.example/{trace_id}";
  Start(std::move(options));
  httplib::Client client = Client();
  const auto incident = nlohmann::json::parse(
      client.Get("/api/v1/incidents/inc-0123456789ab")->body);
  EXPECT_EQ(incident["sentence"], "Story of reasoner-32b");
  EXPECT_TRUE(incident["picture"]["signals"].empty());
  EXPECT_TRUE(incident["acknowledged"].is_null());
  EXPECT_EQ(incident["asked_again"][0]["samples"], 3);
  EXPECT_EQ(incident["asked_again"][0]["graded"], 2);
  EXPECT_EQ(incident["asked_again"][0]["passed"], 1);
  const auto list =
      nlohmann::json::parse(client.Get("/api/v1/incidents")->body);
  EXPECT_EQ(list["incidents"][0]["sentence"], "Line of reasoner-32b");
  const auto history =
      nlohmann::json::parse(client.Get("/api/v1/history")->body);
  EXPECT_EQ(history["streams"][0]["points"][0]["value"], 20);
  EXPECT_EQ(
      nlohmann::json::parse(client.Get("/api/v1/page")->body)["trace_url"],
      "https://traces.example/{trace_id}");
  const auto page = client.Get("/incidents/inc-0123456789ab");
  EXPECT_THAT(page->body, HasSubstr("src=\"../assets/incident.js\""));
  EXPECT_THAT(client.Get("/")->body, HasSubstr("src=\"assets/overview.js\""));
  EXPECT_EQ(client.Get("/incidents/inc-0123")->status, 404);
  const auto shadow = nlohmann::json::parse(client.Get("/api/v1/shadow")->body);
  EXPECT_EQ(shadow["budgets"][0]["incidents"], 2);
  EXPECT_EQ(shadow["rises"][0]["would_have_fired"], true);
  EXPECT_TRUE(shadow["rises"][0]["ended"].is_null());
  const auto setup_page = client.Get("/setup");
  EXPECT_THAT(setup_page->body, HasSubstr("data-page=\"setup\""));
  EXPECT_EQ(nlohmann::json::parse(
                client.Get("/api/v1/setup")->body)["sources"][0]["received"],
            12);
}

TEST_F(PageTest, TakesAnOperatorsWordFromItsOwnPageOnly) {
  Start(AnyPort());
  httplib::Client client = Client();
  const std::string path = "/api/v1/incidents/inc-0123456789ab/";
  const auto post = [&](const std::string& action, const std::string& body,
                        const httplib::Headers& headers = {}) {
    return client.Post(path + action, headers, body, "application/json")
        ->status;
  };
  EXPECT_EQ(post("acknowledge", "[]"), 400);
  EXPECT_EQ(post("acknowledge", R"({"note": 1})"), 400);
  EXPECT_EQ(
      post("acknowledge", R"({"note": ")" + std::string(600, 'x') + "\"}"),
      400);
  EXPECT_EQ(post("forget", ""), 404);
  EXPECT_EQ(post("acknowledge", "", {{"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(post("acknowledge", "", {{"Origin", "null"}}), 403);
  EXPECT_EQ(client.Post("/api/v1/incidents/inc-000000000000/wanted")->status,
            404);
  const std::string own =
      "http://127.0.0.1:" + std::to_string(server_->BoundPort());
  EXPECT_EQ(post("acknowledge", R"({"note": "mine"})", {{"Origin", own}}), 200);
  EXPECT_EQ(post("false_alarm", ""), 200);
  EXPECT_EQ(post("ask_again", ""), 200);
  EXPECT_EQ(post("ask_twice", ""), 404);
  EXPECT_EQ(post("wanted", ""), 200);
  EXPECT_EQ(post("wanted", ""), 503);
  const auto incident = nlohmann::json::parse(
      client.Get("/api/v1/incidents/inc-0123456789ab")->body);
  EXPECT_EQ(incident["acknowledged"]["note"], "mine");
  EXPECT_EQ(incident["false_alarm"]["kind"], "false_alarm");
  MutexLock lock(fake_.mutex);
  EXPECT_EQ(fake_.acted,
            (std::vector<std::string>{"acknowledge", "false_alarm", "ask_again",
                                      "wanted", "wanted"}));
  EXPECT_EQ(fake_.told[2].kind, "asked_again");
  EXPECT_FALSE(fake_.told[2].expected);
  EXPECT_TRUE(fake_.told[3].expected);
  EXPECT_EQ(fake_.told[3].kind, "wanted");
}

TEST_F(PageTest, ServesRunbooksAsPages) {
  Start(AnyPort());
  httplib::Client client = Client();
  for (const char* name :
       {"ReasonwatchIncidentCritical", "length_collapse", "gateway"}) {
    const auto page = client.Get("/runbooks/" + std::string(name));
    EXPECT_EQ(page->status, 200) << name;
    EXPECT_THAT(page->get_header_value("Content-Type"), HasSubstr("text/html"));
    EXPECT_THAT(page->body, HasSubstr("<h2>Meaning</h2>"));
    EXPECT_THAT(page->body, Not(HasSubstr(".md\"")));
  }
  EXPECT_THAT(client.Get("/runbooks")->body, HasSubstr("runbooks/refusal"));
  EXPECT_EQ(client.Get("/runbooks/none")->status, 404);
}

// Every signal has a runbook, as the alerts link to it.
TEST(Runbooks, EverySignalHasOne) {
  for (const SignalRow& row : kSignals)
    EXPECT_NE(RunbookHtml(row.name), "") << row.name;
  EXPECT_EQ(RunbookHtml("index.html"), "");
}

TEST(Page, LoadsNothingFromElsewhereAndWritesOnlyText) {
  const std::string shell = PageHtml("", "overview");
  EXPECT_THAT(shell, HasSubstr("</html>"));
  EXPECT_THAT(shell, Not(HasSubstr("//")));
  EXPECT_THAT(shell, Not(HasSubstr("<script>")));
  EXPECT_THAT(shell, Not(HasSubstr("style=")));
  for (const char* name :
       {"page.js", "plot.js", "overview.js", "incident.js", "setup.js"}) {
    const Asset* script = FindAsset(name);
    ASSERT_NE(script, nullptr) << name;
    EXPECT_STREQ(TypeOf(*script), "text/javascript; charset=utf-8");
    for (const char* banned :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
          "eval(", "setAttribute('style'"})
      EXPECT_THAT(std::string(script->body), Not(HasSubstr(banned))) << name;
  }
  ASSERT_NE(FindAsset("dygraph.js"), nullptr);
  EXPECT_THAT(std::string(FindAsset("dygraph.js")->body), HasSubstr("MIT"));
  EXPECT_EQ(FindAsset("index.html"), nullptr);
}

TEST(OwnPage, IsKnownByItsOrigin) {
  const auto own = [](std::string_view origin, std::string_view host,
                      bool has_token = false) {
    return IsOwnPage({.origin = origin,
                      .host = host,
                      .external_url = "https://rw.example/sub",
                      .has_token = has_token});
  };
  EXPECT_TRUE(own("", "anything"));
  EXPECT_TRUE(own("https://RW.example", "inner:9096"));
  EXPECT_TRUE(own("http://127.0.0.1:9096", "127.0.0.1:9096"));
  EXPECT_TRUE(own("http://localhost:9096", "localhost:9096"));
  EXPECT_TRUE(own("http://[::1]:9096", "[::1]:9096"));
  EXPECT_FALSE(own("http://127.0.0.1:9097", "127.0.0.1:9096"));
  EXPECT_FALSE(own("https://rw.example.evil", "127.0.0.1:9096"));
  EXPECT_FALSE(own("null", "null"));
  EXPECT_FALSE(own("http://", ""));
  // A name that leads to this machine by a trick of its owner.
  EXPECT_FALSE(own("http://rebound.evil:9096", "rebound.evil:9096"));
  EXPECT_TRUE(own("http://gpu-1:9096", "gpu-1:9096", /*has_token=*/true));
}

}  // namespace
}  // namespace reasonwatch
