// SPDX-License-Identifier: Apache-2.0
// The outcome of a self-test as JSON, and its two paths of the server.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "daemon/api/selftest_json.h"
#include "tests/daemon/api/fake_handlers.h"

namespace reasonwatch {
namespace {

SelfTestResult Drawn(std::mt19937& random) {
  SelfTestResult result;
  const size_t passed = random() % (kSelfTestHops.size() + 1);
  for (size_t i = 0; i < passed; ++i)
    result.hops.push_back(
        {std::string(kSelfTestHops[i]), absl::Milliseconds(random() % 100000)});
  if (passed < kSelfTestHops.size() && random() % 2 == 0) {
    result.failed = std::string(kSelfTestHops[passed]);
    result.why = "said \"no\"\n\xff";
  }
  if (random() % 4 == 0) result.cleaned = absl::UnavailableError("busy");
  return result;
}

TEST(SelfTestJson, IsReadBackAsItWas) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const SelfTestResult before = Drawn(random);
    const absl::Duration every = absl::Minutes(random() % 5000);
    const auto after = ParseSelfTest(SelfTestJson(before, every));
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_EQ(after->every, every);
    EXPECT_EQ(after->result.failed, before.failed);
    EXPECT_EQ(after->result.passed(), before.passed());
    ASSERT_EQ(after->result.hops.size(), before.hops.size());
    for (size_t i = 0; i < before.hops.size(); ++i) {
      EXPECT_EQ(after->result.hops[i].name, before.hops[i].name);
      EXPECT_NEAR(absl::ToDoubleSeconds(after->result.hops[i].took -
                                        before.hops[i].took),
                  0, 1e-6);
    }
  }
}

TEST(SelfTestJson, NamesTheKeyThatIsWrong) {
  const nlohmann::json good =
      nlohmann::json::parse(SelfTestJson({}, absl::Hours(1)));
  const auto with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json changed = good;
    changed[key] = value;
    return std::string(ParseSelfTest(changed.dump()).status().message());
  };
  EXPECT_EQ(with("failed", "no such hop").find("failed"), 0u);
  EXPECT_EQ(with("failed", 3).find("failed"), 0u);
  EXPECT_EQ(with("cleaned", "yes").find("cleaned"), 0u);
  EXPECT_EQ(with("every_seconds", -1).find("every_seconds"), 0u);
  EXPECT_EQ(with("every_seconds", 1e12).find("every_seconds"), 0u);
  EXPECT_EQ(with("hops", "tap").find("hops"), 0u);
  EXPECT_EQ(with("hops", {{{"hop", "tap"}}}).find("hops"), 0u);
  EXPECT_EQ(with("hops", {{{"hop", "x"}, {"seconds", 1}}}).find("hops"), 0u);
  const nlohmann::json tap = {{"hop", "tap"}, {"seconds", 1}};
  EXPECT_EQ(with("hops", {tap, tap}).find("hops"), 0u);
  EXPECT_FALSE(ParseSelfTest("[]").ok());
  EXPECT_FALSE(ParseSelfTest("").ok());
}

TEST_F(HttpServerTest, ForgetsTheSelfTestsModelOnRequest) {
  Start(AnyPort());
  httplib::Client client = Client();
  const httplib::Headers page = {{"Origin", "http://elsewhere"}};
  const char* path = "/api/v1/selftest/forget";
  EXPECT_EQ(client.Post(path, page, "", "text/plain")->status, 403);
  EXPECT_EQ(fake_.forgets, 0);
  EXPECT_EQ(client.Post(path)->status, 200);
  EXPECT_EQ(client.Post(path)->status, 503);  // the worker is busy
}

TEST_F(HttpServerTest, HearsHowASelfTestHasEnded) {
  Start(AnyPort());
  httplib::Client client = Client();
  const auto post = [&](const std::string& body) {
    return client.Post("/api/v1/selftest/result", body, "application/json")
        ->status;
  };
  SelfTestResult result;
  result.failed = "scrape";
  EXPECT_EQ(post(SelfTestJson(result, absl::Hours(6))), 200);
  EXPECT_EQ(post("{}"), 400);
  MutexLock lock(fake_.mutex);
  ASSERT_EQ(fake_.selftests.size(), 1u);
  EXPECT_EQ(fake_.selftests[0].first.failed, "scrape");
  EXPECT_EQ(fake_.selftests[0].second, absl::Hours(6));
}

}  // namespace
}  // namespace reasonwatch
