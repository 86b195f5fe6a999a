// SPDX-License-Identifier: Apache-2.0
// Counters of every known program, the share that is made of two counters that
// grow at random, and a watch over servers that restart, fail and change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "daemon/coverage/coverage_watch.h"
#include "daemon/coverage/meter.h"
#include "daemon/coverage/served_counter.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

using Random = std::mt19937_64;

double Below(Random& random, int n) {
  return static_cast<double>(random() % static_cast<uint64_t>(n));
}

TEST(ReadServed, KnowsTheCounterOfEachProgram) {
  struct Case {
    const char* text;
    const char* counter;
    ServedUnit unit;
    double total;
  };
  const Case cases[] = {
      {"envoy_http_downstream_rq_completed"
       "{envoy_http_conn_manager_prefix=\"admin\"} 900\n"
       "envoy_http_downstream_rq_completed"
       "{envoy_http_conn_manager_prefix=\"llm\"} 12\n",
       "envoy_http_downstream_rq_completed", ServedUnit::kExchanges, 12},
      {"vllm:request_success_total{finished_reason=\"stop\"} 5.0\n"
       "vllm:request_success_total{finished_reason=\"length\"} 2.0\n"
       "vllm:request_success_created{finished_reason=\"stop\"} 1.7e9\n",
       "vllm:request_success_total", ServedUnit::kRequests, 7},
      {"sglang:num_requests_total{model_name=\"m\"} 3 1700000000000\n",
       "sglang:num_requests_total", ServedUnit::kRequests, 3},
      {"# TYPE tgi_request_success counter\ntgi_request_success 9\n",
       "tgi_request_success", ServedUnit::kRequests, 9},
      {"nv_inference_request_success{model=\"m\",version=\"1\"} 4\n",
       "nv_inference_request_success", ServedUnit::kRequests, 4},
      {"llamacpp:tokens_predicted_total 800\n",
       "llamacpp:tokens_predicted_total", ServedUnit::kTokens, 800},
  };
  for (const Case& c : cases) {
    const auto served = ReadServed(c.text, "");
    ASSERT_TRUE(served.ok()) << c.text;
    EXPECT_EQ(served->counter, c.counter);
    EXPECT_EQ(served->unit, c.unit) << c.counter;
    EXPECT_EQ(served->total, c.total) << c.counter;
  }
}

TEST(ReadServed, ReadsACounterOfTheOperators) {
  const std::string text =
      "requests_total{path=\"/v1\",code=\"200\"} 7\n"
      "requests_total{path=\"/v1\",code=\"500\"} 2\n"
      "requests_total{path=\"/other\",code=\"200\"} 50\n"
      "requests_total{path=\"/v1\",code=\"302\"} +Inf\n"
      "broken_total NaN\n";
  EXPECT_EQ(ReadServed(text, "requests_total")->total, 59);
  EXPECT_EQ(ReadServed(text, "requests_total{path=\"/v1\"}")->total, 9);
  EXPECT_EQ(
      ReadServed(text, "requests_total{path=\"/v1\",code=\"200\"}")->total, 7);
  for (const char* missing :
       {"requests", "requests_total{path=\"/v2\"}", "broken_total"})
    EXPECT_TRUE(absl::IsNotFound(ReadServed(text, missing).status()));
  for (const char* wrong :
       {"requests_total{path", "requests_total{path=\"/v1\"} 3", " "})
    EXPECT_TRUE(absl::IsInvalidArgument(ReadServed(text, wrong).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadServed(text, "").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadServed("", "").status()));
}

TEST(CoverageMeter, IsTheShareOfTheLatestLooks) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    CoverageMeter meter;
    const double share = .1 * (1 + Below(random, 9));
    double served = Below(random, 1000);
    double seen = Below(random, 1000);
    double arrived = 0;  // served since the look before
    EXPECT_FALSE(meter.Latest().has_value());
    for (size_t look = 0; look < 2 * CoverageMeter::kWindow; ++look) {
      meter.Look(served, seen);
      // Served requests are seen one look later.
      seen += share * arrived;
      arrived = 10 * Below(random, 100);
      served += arrived;
    }
    ASSERT_TRUE(meter.Latest().has_value());
    EXPECT_NEAR(meter.Latest()->ratio().value_or(-1), share, 1e-9);
    // All that is seen from here on, for longer than the window.
    for (size_t look = 0; look < CoverageMeter::kWindow + 3; ++look) {
      meter.Look(served, seen);
      seen += arrived;
      arrived = 1 + Below(random, 100);
      served += arrived;
    }
    EXPECT_NEAR(meter.Latest()->ratio().value_or(-1), 1, 1e-9);
    EXPECT_EQ(meter.restarts(), 0);
  }
}

TEST(CoverageMeter, ARestartBeginsAnew) {
  Random random(2);
  for (int round = 0; round < 50; ++round) {
    CoverageMeter meter;
    double served = 1e6 + Below(random, 1000);
    double seen = 10;
    for (int look = 0; look < 10; ++look) {
      served += 100;
      seen += 50;
      meter.Look(served, seen);
    }
    EXPECT_NEAR(*meter.Latest()->ratio(), .5, 1e-9);
    served = Below(random, 50);
    meter.Look(served, seen);
    EXPECT_EQ(meter.restarts(), 1);
    EXPECT_FALSE(meter.Latest().has_value());
    for (int look = 0; look < 10; ++look) {
      served += 10;
      seen += 10;
      meter.Look(served, seen);
    }
    EXPECT_NEAR(*meter.Latest()->ratio(), 1, 1e-9);
  }
}

TEST(CoverageMeter, SaysNothingOfNoTrafficAndAtMostAll) {
  CoverageMeter meter;
  for (int look = 0; look < 5; ++look) meter.Look(7, 9);
  ASSERT_TRUE(meter.Latest().has_value());
  EXPECT_FALSE(meter.Latest()->ratio().has_value());
  meter = CoverageMeter();
  for (int look = 0; look < 5; ++look) meter.Look(look, 2 * look);
  EXPECT_EQ(meter.Latest()->ratio(), 1);
}

CoverageTarget At(const std::string& url, const std::string& name = "") {
  CoverageTarget target;
  target.url = url;
  target.name = name;
  return target;
}

// A server for each URL: a text, or a failure if there is none.
struct Servers {
  std::map<std::string, std::string> texts;
  SeenTotals seen;
  CoveragePorts ports() {
    return {
        .get = [this](const CoverageTarget& target,
                      const std::atomic<bool>&) -> absl::StatusOr<std::string> {
          const auto text = texts.find(target.url);
          if (text == texts.end())
            return absl::UnavailableError("no server there");
          return text->second;
        },
        .seen = [this] { return seen; }};
  }
};

TEST(CoverageWatch, ComparesEachUnitWithItsOwnTotal) {
  Servers servers;
  CoverageWatch watch(
      {.targets = {At("http://a:1/stats"), At("http://u:p@b:2/metrics"),
                   At("http://b:2/other", "own"), At("http://c:3/metrics"),
                   At("http://a:1/again")}},
      servers.ports());
  for (int i = 0; i < 6; ++i) {
    const auto text = [i](const std::string& name, int each) {
      return name + " " + std::to_string(i * each) + "\n";
    };
    servers.texts = {
        {"http://a:1/stats", text("envoy_http_downstream_rq_completed", 10)},
        {"http://u:p@b:2/metrics", text("vllm:request_success_total", 10)},
        {"http://b:2/other", text("llamacpp:tokens_predicted_total", 1000)},
        {"http://c:3/metrics", text("of_something_else", 10)}};
    servers.seen = {
        .exchanges = 9. * i, .requests = 8. * i, .tokens = 700. * i};
    watch.LookOnce();
  }
  const auto shown = watch.Snapshots();
  ASSERT_EQ(shown.size(), 5u);
  EXPECT_EQ(shown[0].target, "a:1");
  EXPECT_NEAR(shown[0].ratio, .9, 1e-9);
  EXPECT_EQ(shown[0].looks, 6);
  EXPECT_EQ(shown[1].target, "b:2");
  EXPECT_NEAR(shown[1].ratio, .8, 1e-9);
  EXPECT_EQ(shown[2].target, "own");
  EXPECT_NEAR(shown[2].ratio, .7, 1e-9);
  EXPECT_TRUE(std::isnan(shown[3].ratio));
  EXPECT_THAT(shown[3].error, HasSubstr("no known counter"));
  EXPECT_EQ(shown[3].failures, 6);
  EXPECT_EQ(shown[4].target, "a:1-2");
  EXPECT_EQ(shown[4].error, "no server there");
}

TEST(CoverageWatch, AFailureKeepsTheShareAndAnotherProgramDoesNot) {
  Servers servers;
  CoverageWatch watch({.targets = {At("u")}}, servers.ports());
  int looks = 0;
  const auto look = [&](int times, const std::string& name) {
    for (int i = 0; i < times; ++i) {
      ++looks;
      servers.texts["u"] = name + " " + std::to_string(10 * looks);
      servers.seen.requests = servers.seen.exchanges = 5. * looks;
      watch.LookOnce();
    }
    return watch.Snapshots().at(0);
  };
  EXPECT_NEAR(look(5, "vllm:request_success_total").ratio, .5, 1e-9);
  servers.texts.clear();
  watch.LookOnce();
  EXPECT_NEAR(watch.Snapshots().at(0).ratio, .5, 1e-9);
  EXPECT_EQ(watch.Snapshots().at(0).error, "no server there");
  EXPECT_EQ(look(1, "vllm:request_success_total").error, "");
  EXPECT_TRUE(std::isnan(look(1, "tgi_request_success").ratio));
  EXPECT_NEAR(look(5, "tgi_request_success").ratio, .5, 1e-9);
}

TEST(CoverageWatch, LooksByItselfAndStopsAtOnce) {
  Servers servers;
  servers.texts["u"] = "tgi_request_success 1";
  CoverageWatch watch({.targets = {At("u")}, .interval = absl::Hours(1)},
                      servers.ports());
  watch.Start();
  while (watch.Snapshots().at(0).looks == 0) std::this_thread::yield();
  watch.Stop();
  watch.Stop();
  EXPECT_EQ(watch.Snapshots().at(0).looks, 1);
}

}  // namespace
}  // namespace reasonwatch
