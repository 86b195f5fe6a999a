// SPDX-License-Identifier: Apache-2.0
// One model's pipeline: order, repeats, prefix, incidents, and a restart at any
// point, which must change nothing.
#include "daemon/pipeline/model_pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/incident_json.h"
#include "daemon/app/config/config.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "evaluator/standard_evaluator.h"
#include "tests/daemon/pipeline/traffic.h"

namespace reasonwatch {
namespace {

WatchOptions Settings() {
  Config config = DefaultConfig();
  config.false_alarms.mean_responses = 1e4;
  WatchOptions options = WatchOptionsOf(config);
  options.reference.quarantine = 50;
  return options;
}

// One life of a pipeline with the evaluator beside it, as a shard has them.
class Life {
 public:
  Life() : pipeline_("m", Settings(), IncidentOptions{}) {
    ModelProfile unknown;
    unknown.learn_prefix = true;
    evaluator_.SetDefaultProfile(unknown);
  }

  void Learn(const std::vector<Response>& rows) {
    RecordedRows source(rows);
    PipelineSink sink(
        /*learn=*/true,
        [this](const std::string&) -> ModelPipeline& { return pipeline_; });
    RecordingImporter importer(
        {.profile_of = [](const std::string&) { return ModelProfile(); }},
        evaluator_, sink);
    ASSERT_TRUE(importer.Run(source).ok());
  }

  void Feed(const Response& response) {
    Keep(pipeline_.Observe(evaluator_.Evaluate(response), false));
    if (const auto prefix = pipeline_.DrainPrefix(); prefix.has_value())
      evaluator_.SetPrefix("m", PrefixProfile::FromDigest(*prefix));
    for (FitJob job = pipeline_.watch().NextFitJob(); !job.rows.empty();
         job = pipeline_.watch().NextFitJob())
      pipeline_.watch().InstallFit(job, FitPromptRegression(job.rows));
  }

  void Finish() { Keep(pipeline_.Drain()); }

  // A new process that restores the blobs of this one; blobs that `earlier`
  // saves have left are still there.
  std::unique_ptr<Life> Continue(
      std::map<std::string, StateBlob>& earlier) const {
    auto copy = const_cast<Life*>(this)->pipeline_.Save(/*all=*/false);
    for (StateBlob& blob : copy) {
      const std::string kind = blob.kind;
      earlier[kind] = std::move(blob);
    }
    std::vector<StateBlob> blobs;
    for (const auto& [kind, blob] : earlier) blobs.push_back(blob);
    auto next = std::make_unique<Life>();
    next->incidents_ = incidents_;
    next->told_ = told_;
    std::vector<Incident> incidents;
    for (const auto& [id, incident] : incidents_) incidents.push_back(incident);
    std::sort(incidents.begin(), incidents.end(),
              [](const Incident& a, const Incident& b) {
                return a.opened < b.opened;
              });
    EXPECT_TRUE(next->pipeline_.Restore(blobs, incidents).ok());
    // The problems come with the baseline, which every start reads again.
    if (const auto prefix = next->pipeline_.prefix(); prefix.has_value())
      next->evaluator_.SetPrefix("m", PrefixProfile::FromDigest(*prefix));
    return next;
  }

  std::vector<std::string> told() const { return told_; }
  std::vector<IncidentEvent> DrainEvents() {
    return std::exchange(events_, {});
  }
  ModelPipeline& pipeline() { return pipeline_; }

 private:
  void Keep(const std::vector<IncidentEvent>& events) {
    for (const IncidentEvent& event : events) {
      told_.push_back(FindingLine(event));
      events_.push_back(event);
      incidents_[event.incident.id] = event.incident;
    }
  }

  StandardEvaluator evaluator_{"key"};
  ModelPipeline pipeline_;
  std::map<std::string, Incident> incidents_;
  std::vector<std::string> told_;
  std::vector<IncidentEvent> events_;
};

std::vector<Response> HealthyThenCollapsedThenHealthy(bool with_ends) {
  TrafficOptions healthy, bad;
  healthy.with_ends = bad.with_ends = with_ends;
  bad.collapsed = true;
  std::vector<Response> rows = Traffic(0, 500, healthy);
  for (auto [first, n, options] :
       {std::tuple(500, 80, &bad), std::tuple(580, 320, &healthy)})
    for (Response& r : Traffic(first, n, *options)) rows.push_back(r);
  return rows;
}

class Restarts : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Ends, Restarts, testing::Bool());

// References that learn and are fitted again, held responses, prefix, open
// incidents: all of it goes on as if nothing had happened.
TEST_P(Restarts, AreNotSeenInWhatIsTold) {
  const std::vector<Response> rows =
      HealthyThenCollapsedThenHealthy(GetParam());
  Life whole;
  for (const Response& r : rows) whole.Feed(r);
  whole.Finish();
  ASSERT_GE(whole.told().size(), 4u);

  std::mt19937 random(7);
  std::set<size_t> cuts;
  while (cuts.size() < 40) cuts.insert(random() % rows.size());
  auto life = std::make_unique<Life>();
  std::map<std::string, StateBlob> saved;
  for (size_t i = 0; i < rows.size(); ++i) {
    life->Feed(rows[i]);
    if (cuts.contains(i)) life = life->Continue(saved);
  }
  life->Finish();
  EXPECT_EQ(life->told(), whole.told());
  // Not only the events, but every number behind them.
  const auto mine = life->pipeline().Save(/*all=*/true);
  const auto its = whole.pipeline().Save(/*all=*/true);
  ASSERT_EQ(mine.size(), its.size());
  for (size_t i = 0; i < mine.size(); ++i) {
    EXPECT_EQ(mine[i].kind, its[i].kind);
    // The ids that were seen have no order.
    if (mine[i].kind != "pipeline") {
      EXPECT_EQ(mine[i].bytes, its[i].bytes) << mine[i].kind;
    } else {
      EXPECT_EQ(mine[i].bytes.size(), its[i].bytes.size());
    }
  }
}

TEST(StandardEvaluator, AnAbortedResponseIsALowerBound) {
  const StandardEvaluator evaluator("key");
  Response response;
  response.model = "m";
  response.content = "Half of";
  for (const auto& [reason, lower_bound] :
       {std::pair("stop", false), std::pair("abort", true),
        std::pair("cancelled", true)}) {
    response.finish_reason = reason;
    EXPECT_EQ(evaluator.Evaluate(response).lower_bound, lower_bound) << reason;
  }
}

TEST(ModelPipeline, CountsARepeatOnceAlsoAfterARestart) {
  const std::vector<Response> rows = Traffic(0, 40, {});
  Life first;
  for (const Response& r : rows) first.Feed(r);
  std::map<std::string, StateBlob> saved;
  const auto second = first.Continue(saved);
  for (const Response& r : rows) second->Feed(r);
  EXPECT_EQ(second->pipeline().duplicates(), 40);
  EXPECT_EQ(second->pipeline().last_id(), "id-39");
}

TEST(ModelPipeline, AnIdThatAllResponsesShareLosesNone) {
  std::vector<Response> rows = Traffic(0, 40, {});
  for (size_t i = 0; i < rows.size(); ++i) {
    // A word of its own: the prompts differ in more than their numbers.
    rows[i].prompt = "Word" + std::string(i + 1, 'x') + ". " + rows[i].prompt;
    rows[i].id = "constant";
  }
  Life life;
  for (const Response& r : rows) life.Feed(r);
  EXPECT_EQ(life.pipeline().duplicates(), 0);
  EXPECT_EQ(life.pipeline().shared_ids(), 39);
  // The last one again is a repeat.
  life.Feed(rows.back());
  EXPECT_EQ(life.pipeline().duplicates(), 1);
  // Without a text only the id is left to go by.
  Response bare = rows.front();
  bare.prompt.clear();
  bare.content.reset();
  life.Feed(bare);
  EXPECT_EQ(life.pipeline().duplicates(), 2);
}

TEST(ModelPipeline, LosesNothingThatIsHeld) {
  TrafficOptions options;
  options.apart = absl::Milliseconds(10);
  Life first;
  for (const Response& r : Traffic(0, 200, options)) first.Feed(r);
  const size_t held = first.pipeline().order().holding();
  ASSERT_GT(held, 10u);
  std::map<std::string, StateBlob> saved;
  const auto second = first.Continue(saved);
  EXPECT_EQ(second->pipeline().order().holding(), held);
  const int64_t before = second->pipeline().watch().responses();
  second->Finish();
  EXPECT_EQ(second->pipeline().watch().responses() - before,
            static_cast<int64_t>(held));
}

TEST(ModelPipeline, RefusesADamagedStateWhole) {
  Life first;
  for (const Response& r : Traffic(0, 60, {})) first.Feed(r);
  for (const StateBlob& blob : first.pipeline().Save(/*all=*/true)) {
    if (blob.kind != "pipeline" && blob.kind != "watch") continue;
    for (size_t size :
         {size_t{0}, size_t{1}, blob.bytes.size() / 2, blob.bytes.size() - 1}) {
      StateBlob cut = blob;
      cut.bytes.resize(size);
      ModelPipeline fresh("m", Settings(), IncidentOptions{});
      EXPECT_EQ(fresh.Restore({cut}, {}).code(), absl::StatusCode::kDataLoss)
          << blob.kind << " " << size;
    }
  }
}

TEST(ModelPipeline, HasAClockOfItsDataThatGoesOnWithTheWall) {
  const absl::Time now = absl::FromUnixSeconds(1800000000);
  Life life;
  EXPECT_EQ(life.pipeline().DataTime(now), now);
  const std::vector<Response> rows = Traffic(0, 2, {});
  for (const Response& r : rows) life.Feed(r);
  life.pipeline().set_received(now);
  EXPECT_EQ(life.pipeline().DataTime(now + absl::Minutes(5)),
            rows.back().time + absl::Minutes(5));
  std::map<std::string, StateBlob> saved;
  EXPECT_EQ(life.Continue(saved)->pipeline().DataTime(now + absl::Hours(1)),
            rows.back().time + absl::Hours(1));
}

TEST(ModelPipeline, NamesTheHabitsThatAreLost) {
  ModelPipeline pipeline("m", Settings(), IncidentOptions{});
  EXPECT_EQ(pipeline.LostHabits(), "");
  pipeline.set_habits(std::make_shared<const HabitProfile>(
      std::vector<Habit>{{"Let x be", .9}, {"Step #", .8}, {"So the", .4}}));
  EXPECT_EQ(pipeline.LostHabits(), "");
  Scored s;
  s.model = "m";
  s.habits_known = 3;
  for (int i = 0; i < 30; ++i) {
    s.id = "id" + std::to_string(i);
    s.habits = i % 4 == 0 ? 0b110 : 0b010;
    pipeline.Observe(s, false);
  }
  EXPECT_EQ(pipeline.LostHabits(), "habits lost: 'Let x be'");
  // Kept with the rest of the state.
  ModelPipeline next("m", Settings(), IncidentOptions{});
  ASSERT_TRUE(next.Restore(pipeline.Save(true), {}).ok());
  ASSERT_NE(next.habits(), nullptr);
  EXPECT_EQ(next.habits()->habits(), pipeline.habits()->habits());
}

// Problem `n` of 60, half of them algebra; asked for the `time`-th time.
Response Asked(int n, int time, bool right) {
  Response r;
  r.id = absl::StrFormat("ask-%d-%d", n, time);
  r.model = "m";
  r.route = "r";
  r.time = absl::FromUnixSeconds(1750000000 + 60 * time + n);
  r.prompt =
      absl::StrFormat("What is %d times %d in secret words?", n + 11, n + 13);
  const int answer = (n + 11) * (n + 13);
  r.content = absl::StrFormat(
      "<think>\nI multiply the tens and the ones.\n</think>\n\nThe answer is "
      "%d.",
      right ? answer : answer + 1);
  r.finish_reason = "stop";
  r.usage.output_tokens = 40;
  r.problem = Problem{absl::StrFormat("%s-%d", n < 30 ? "alg" : "geo", n),
                      std::to_string(answer), AnswerKind::kNumber,
                      n < 30 ? "algebra" : "geometry"};
  return r;
}

TEST(ModelPipeline, ARegressionNamesItsFamiliesAndProblemsAndNoWords) {
  std::vector<Response> healthy;
  for (int time = 0; time < 4; ++time)
    for (int n = 0; n < 60; ++n) healthy.push_back(Asked(n, time, true));
  Life life;
  life.Learn(healthy);
  std::optional<Finding> found;
  std::string json;
  for (int time = 4; time < 9; ++time)
    for (int n = 0; n < 60; ++n) {
      life.Feed(Asked(n, time, n >= 25));
      for (const IncidentEvent& event : life.DrainEvents())
        if (event.signal == Signal::kConsistencyRegression &&
            event.kind != IncidentEvent::Kind::kClosed) {
          found = event.finding;
          json = IncidentJson(event.incident, {});
        }
    }
  ASSERT_TRUE(found.has_value());
  ASSERT_GE(found->families.size(), 1u);
  EXPECT_EQ(found->families[0].family, "algebra");
  EXPECT_GT(found->families[0].failing, 5);
  EXPECT_GE(found->families[0].asked, found->families[0].failing);
  if (found->families.size() > 1) {
    EXPECT_EQ(found->families[1].family, "geometry");
    EXPECT_EQ(found->families[1].failing, 0);
  }
  EXPECT_EQ(
      found->failing.size(),
      std::min<size_t>(static_cast<size_t>(found->families[0].failing), 20));
  for (const FailingProblem& p : found->failing) {
    EXPECT_EQ(p.id.substr(0, 4), "alg-");
    EXPECT_EQ(p.family, "algebra");
    EXPECT_EQ(p.trials_before, 4);
    EXPECT_EQ(p.passed_before, 4);
    EXPECT_GE(p.trials_now, 1);
    EXPECT_EQ(p.passed_now, 0);
  }
  EXPECT_NE(json.find("\"failing_problems\":[{\"id\":\"alg-"),
            std::string::npos)
      << json;
  EXPECT_EQ(json.find("secret words"), std::string::npos);
  EXPECT_EQ(json.find("multiply"), std::string::npos);
}

TEST(ModelPipeline, ManyFamiliesAndProblemsAreCutAndStillCounted) {
  std::vector<Response> healthy;
  const auto asked = [](int n, int time, bool right) {
    Response r = Asked(n, time, right);
    r.problem->family = absl::StrFormat("family %d", n);
    r.problem->id += std::string(500, 'x');
    return r;
  };
  for (int n = 0; n < 60; ++n)
    for (int time = 0; time < 2; ++time)
      healthy.push_back(asked(n, time, true));
  Life life;
  life.Learn(healthy);
  std::optional<Finding> found;
  for (int time = 2; time < 4; ++time)
    for (int n = 0; n < 60; ++n) {
      life.Feed(asked(n, time, false));
      for (const IncidentEvent& event : life.DrainEvents())
        if (event.signal == Signal::kConsistencyRegression)
          found = event.finding;
    }
  ASSERT_TRUE(found.has_value());
  ASSERT_LE(found->families.size(), kMaxFamilyCounts);
  EXPECT_LE(found->failing.size(), kMaxFailingProblems);
  for (const FailingProblem& p : found->failing) EXPECT_LE(p.id.size(), 128u);
}

TEST(ModelPipeline, TellsThePrefixOnce) {
  Life life;
  for (const Response& r : Traffic(0, 49, {})) life.Feed(r);
  EXPECT_FALSE(life.pipeline().prefix().has_value());
  life.Feed(Traffic(49, 1, {}).front());
  ASSERT_TRUE(life.pipeline().prefix().has_value());
  EXPECT_NE(*life.pipeline().prefix(), 0u);
  EXPECT_FALSE(life.pipeline().DrainPrefix().has_value());

  TrafficOptions none;
  none.with_prefix = false;
  Life other;
  for (const Response& r : Traffic(0, 50, none)) other.Feed(r);
  EXPECT_EQ(other.pipeline().prefix(), 0u);
}

}  // namespace
}  // namespace reasonwatch
