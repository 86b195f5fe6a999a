// SPDX-License-Identifier: Apache-2.0
// The self-test before a made-up world in which every hop can be cut.
#include "daemon/selftest/selftest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daemon/selftest/made_up_model.h"
#include "daemon/selftest/schedule.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

std::vector<Json> RowsOf(const std::string& text) {
  std::vector<Json> rows;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    rows.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return rows;
}

// Daemon, Prometheus and Alertmanager. Each look moves its clock on, so that
// every hop takes some of them.
class World {
 public:
  // Everything from the hop of this name on stays as it was before.
  std::string cut;
  std::string routed_to = "page";
  bool rules_loaded = true;
  double failed_before = 7;  // of other alerts
  int forgotten = 0;
  int rows = 0;
  int looks = 0;

  SelfTestPorts Ports() {
    SelfTestPorts ports;
    ports.forget = [this] {
      if (cut == "forget") return absl::DeadlineExceededError("busy");
      ++forgotten;
      return absl::OkStatus();
    };
    ports.send = [this](const std::string& text) {
      if (cut == "tap") return absl::UnavailableError("no daemon");
      rows += static_cast<int>(RowsOf(text).size());
      return absl::OkStatus();
    };
    ports.incidents = [this]() -> absl::StatusOr<std::string> {
      // Another model has an incident all the time.
      Json list = {{{"id", "inc-other"}, {"model", "heron"}}};
      if (Reached("incident"))
        list.push_back({{"id", "inc-0123456789ab"}, {"model", kSelftestModel}});
      return Json({{"incidents", list}}).dump();
    };
    ports.metrics = [this]() -> absl::StatusOr<std::string> {
      return absl::StrCat(
          "reasonwatch_incident_info{incident=\"inc-other\"} 1\n",
          Reached("metric")
              ? "reasonwatch_incident_info{incident=\"inc-0123456789ab\"} 1\n"
              : "");
    };
    ports.get = [this](const std::string& url) { return Get(url); };
    ports.now = [this] { return now_; };
    ports.wait = [this](absl::Duration duration) {
      now_ += duration;
      return true;
    };
    return ports;
  }

 private:
  // The hop shows itself at the third look.
  bool Reached(const std::string& hop) {
    ++looks;
    const auto place = [](const std::string& name) {
      return std::find(kSelfTestHops.begin(), kSelfTestHops.end(), name);
    };
    const bool open = cut.empty() || place(hop) < place(cut);
    return open && ++seen_[hop] >= 3;
  }

  absl::StatusOr<std::string> Get(const std::string& url) {
    const Json ours = {{"incident", "inc-0123456789ab"}};
    if (url.starts_with("http://am/metrics")) {
      const int failed = cut == "receiver" && wrong_.contains("page") ? 3 : 0;
      const int good = Reached("receiver") ? 1 : 0;
      return absl::StrCat(
          "alertmanager_notification_requests_total{integration=\"webhook\"} ",
          20 + failed + good,
          "\nalertmanager_notification_requests_failed_total{integration="
          "\"webhook\"} ",
          failed_before + failed, "\n");
    }
    if (url.starts_with("http://am/")) {
      wrong_.insert("page");  // its receiver is tried from now on
      Json list = Json::array();
      if (Reached("alertmanager"))
        list.push_back(
            {{"labels", ours}, {"receivers", {{{"name", routed_to}}}}});
      return list.dump();
    }
    if (url.starts_with("http://prom/api/v1/query"))
      return Json({{"data",
                    {{"result", Reached("scrape") ? Json::array({ours})
                                                  : Json::array()}}}})
          .dump();
    if (url.starts_with("http://prom/api/v1/rules")) {
      Json rules = Json::array({{{"name", "Other"}}});
      if (rules_loaded)
        for (const char* name :
             {"ReasonwatchIncidentCritical", "ReasonwatchIncidentWarning"})
          rules.push_back({{"name", name}});
      return Json({{"data", {{"groups", {{{"rules", rules}}}}}}}).dump();
    }
    Json alerts = Json::array(
        {{{"state", "firing"}, {"labels", {{"incident", "inc-other"}}}}});
    const bool pending = Reached("rule");
    Json labels = ours;
    labels["alertname"] =
        rules_loaded ? "ReasonwatchIncidentWarning" : "Somebody'sOwn";
    if (pending || !rules_loaded)
      alerts.push_back({{"state", Reached("firing") ? "firing" : "pending"},
                        {"labels", labels}});
    return Json({{"data", {{"alerts", alerts}}}}).dump();
  }

  absl::Time now_ = absl::FromUnixSeconds(1800000000);
  std::map<std::string, int> seen_;
  std::set<std::string> wrong_;
};

SelfTestOptions Whole() {
  SelfTestOptions options;
  options.prometheus = "http://prom";
  options.alertmanager = "http://am";
  options.receiver = "page";
  return options;
}

SelfTestResult RunIn(World& world, const SelfTestOptions& options = Whole()) {
  std::vector<std::string> told;
  SelfTestResult result =
      RunSelfTest(options, world.Ports(),
                  [&](const SelfTestHop& hop) { told.push_back(hop.name); });
  EXPECT_EQ(told.size(), result.hops.size());
  return result;
}

std::vector<std::string> NamesOf(const SelfTestResult& result) {
  std::vector<std::string> names;
  for (const SelfTestHop& hop : result.hops) names.push_back(hop.name);
  return names;
}

TEST(SelfTest, PassesEveryHopInItsOrderAndForgetsTheModelAgain) {
  World world;
  const SelfTestResult result = RunIn(world);
  EXPECT_TRUE(result.passed()) << result.failed << ": " << result.why;
  EXPECT_EQ(NamesOf(result), std::vector<std::string>(kSelfTestHops.begin(),
                                                      kSelfTestHops.end()));
  EXPECT_EQ(result.incident, "inc-0123456789ab");
  EXPECT_EQ(world.forgotten, 2);
  EXPECT_GT(world.rows, 600);
  // The tap needs no second look, and each other hop some.
  for (size_t i = 1; i < result.hops.size(); ++i)
    EXPECT_GT(result.hops[i].took, absl::ZeroDuration()) << result.hops[i].name;
}

TEST(SelfTest, NamesTheHopThatIsCutAndForgetsTheModelAllTheSame) {
  for (const std::string_view hop : kSelfTestHops) {
    World world;
    world.cut = std::string(hop);
    const SelfTestResult result = RunIn(world);
    EXPECT_FALSE(result.passed()) << hop;
    EXPECT_EQ(result.failed, hop);
    EXPECT_FALSE(result.why.empty()) << hop;
    EXPECT_EQ(world.forgotten, 2) << hop;
    const auto passed = static_cast<size_t>(
        std::find(kSelfTestHops.begin(), kSelfTestHops.end(), hop) -
        kSelfTestHops.begin());
    EXPECT_EQ(result.hops.size(), passed) << hop;
  }
}

TEST(SelfTest, SaysWhyNoRuleHasTheIncident) {
  World world;
  world.cut = "rule";
  world.rules_loaded = false;
  EXPECT_NE(RunIn(world).why.find("no rule ReasonwatchIncidentCritical"),
            std::string::npos);
  World loaded;
  loaded.cut = "rule";
  EXPECT_NE(RunIn(loaded).why.find("loaded"), std::string::npos);
}

TEST(SelfTest, TellsAWrongRouteFromAReceiverThatFails) {
  World elsewhere;
  elsewhere.routed_to = "ticket";
  SelfTestResult result = RunIn(elsewhere);
  EXPECT_EQ(result.failed, "receiver");
  EXPECT_NE(result.why.find("to ticket and not to page"), std::string::npos);
  World deaf;
  deaf.cut = "receiver";
  result = RunIn(deaf);
  EXPECT_NE(result.why.find("3 notifications have failed"), std::string::npos)
      << result.why;
}

TEST(SelfTest, EndsInItsTimeWhereNothingComes) {
  World world;
  world.cut = "incident";
  SelfTestOptions options = Whole();
  options.timeout = absl::Seconds(20);
  options.pause = absl::Seconds(1);
  const SelfTestResult result = RunIn(world, options);
  EXPECT_NE(result.why.find("for 20s"), std::string::npos) << result.why;
  EXPECT_EQ(world.looks, 21);
}

TEST(SelfTest, LeavesOutTheHopsOfProgramsThatAreNotThere) {
  World world;
  SelfTestOptions options;
  EXPECT_EQ(NamesOf(RunIn(world, options)),
            (std::vector<std::string>{"tap", "incident", "metric"}));
  World again;
  options.prometheus = "http://prom";
  EXPECT_EQ(RunIn(again, options).hops.size(), 6u);
}

TEST(SelfTest, SendsNothingIfAnEarlierRunIsNotForgotten) {
  World world;
  world.cut = "forget";
  const SelfTestResult result = RunIn(world);
  EXPECT_FALSE(result.passed());
  EXPECT_EQ(world.rows, 0);
}

TEST(MadeUpModel, ReasonsAtLengthAndThenHardly) {
  const absl::Time start = absl::FromUnixSeconds(1800000000);
  const auto length = [](const Json& row) {
    return row["reasoning"].get<std::string>().size();
  };
  const std::string healthy =
      MadeUpResponses(MadeUpState::kHealthy, 5, 200, start);
  EXPECT_EQ(healthy, MadeUpResponses(MadeUpState::kHealthy, 5, 200, start));
  std::set<std::string> ids;
  size_t shortest = SIZE_MAX;
  for (const Json& row : RowsOf(healthy)) {
    ids.insert(row["id"].get<std::string>());
    EXPECT_EQ(row["origin"], "selftest");
    EXPECT_EQ(row["model"], std::string(kSelftestModel));
    shortest = std::min(shortest, length(row));
  }
  EXPECT_EQ(ids.size(), 200u);
  for (const Json& row :
       RowsOf(MadeUpResponses(MadeUpState::kCollapsed, 205, 100, start)))
    EXPECT_LT(length(row) * 5, shortest);
}

TEST(SelfTestSchedule, RunsAgainAndAgainUntilItsEnd) {
  World world;
  world.cut = "tap";  // a short run
  std::atomic<int> results = 0;
  SelfTestPorts ports = world.Ports();
  ports.now = [] { return absl::Now(); };
  SelfTestSchedule schedule(absl::Milliseconds(5), Whole(), std::move(ports),
                            [&](const SelfTestResult& result) {
                              EXPECT_EQ(result.failed, "tap");
                              ++results;
                            });
  schedule.Start();
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (results < 3 && absl::Now() < limit)
    absl::SleepFor(absl::Milliseconds(1));
  schedule.Stop();
  EXPECT_GE(results, 3);
}

TEST(SelfTestSchedule, EndsInTheMiddleOfARunAndOfItsWait) {
  World world;
  world.cut = "incident";
  SelfTestPorts ports = world.Ports();
  ports.now = [] { return absl::Now(); };
  std::atomic<bool> asked = false;
  ports.incidents = [&]() -> absl::StatusOr<std::string> {
    asked = true;
    return std::string("{\"incidents\":[]}");
  };
  SelfTestSchedule busy(absl::Milliseconds(1), Whole(), std::move(ports),
                        [](const SelfTestResult&) {
                          ADD_FAILURE() << "an interrupted run has no result";
                        });
  busy.Start();
  while (!asked) absl::SleepFor(absl::Milliseconds(1));
  busy.Stop();
  SelfTestSchedule waiting(absl::Hours(1), Whole(), world.Ports(),
                           [](const SelfTestResult&) {});
  waiting.Start();
  waiting.Stop();
}

}  // namespace
}  // namespace reasonwatch
