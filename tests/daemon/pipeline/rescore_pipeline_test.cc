// SPDX-License-Identifier: Apache-2.0
// Live responses through the whole pipeline, and a model that can be asked
// again, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/app/config/config.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "evaluator/standard_evaluator.h"
#include "rescore/rescorer.h"
#include "tests/daemon/pipeline/traffic.h"
#include "tests/rescore/fake_client.h"

namespace reasonwatch {
namespace {

constexpr int kBaseline = 2200;  // enough to be no provisional reference

// The text between the marks of reasoning, changed.
Response Thinking(Response r,
                  const std::function<std::string(const std::string&)>& how) {
  const std::string begin = "<think>\n";
  const size_t end = r.content->find("\n</think>");
  const std::string thought =
      how(r.content->substr(begin.size(), end - begin.size()));
  r.content = begin + thought + r.content->substr(end);
  r.usage.output_tokens = static_cast<int64_t>(r.content->size() / 4);
  r.end_time = r.time + absl::Milliseconds(20 * *r.usage.output_tokens);
  return r;
}

class RescorePipelineTest : public ::testing::Test {
 protected:
  RescorePipelineTest()
      : pipeline_("m", Settings(), IncidentOptions{.can_confirm = true}),
        clock_(TrafficOptions().begin),
        client_(clock_, [this](const SampleRequest&) { return healthy_; }) {
    const std::vector<Response> rows = Traffic(0, kBaseline, {});
    RecordedRows source(rows);
    PipelineSink sink(
        /*learn=*/true,
        [this](const std::string&) -> ModelPipeline& { return pipeline_; });
    RecordingImporter importer(
        {.profile_of = [](const std::string&) { return ModelProfile(); }},
        evaluator_, sink);
    EXPECT_TRUE(importer.Run(source).ok());
    RescoreEndpoints endpoints;
    endpoints.watched = &client_;
    rescorer_.emplace(RescorerOptions(), endpoints, clock_, trials_,
                      /*store=*/nullptr, [this](const Verdict& v) {
                        told_.push_back(v);
                        const auto event = pipeline_.ApplyVerdict(v);
                        if (event.has_value()) Keep(*event);
                      });
    rescorer_->SetProblems(
        std::make_shared<const ProblemSet>(UniformProblems(64, 16, 2)));
    next_ = kBaseline;
  }
  static WatchOptions Settings() {
    Config config = DefaultConfig();
    config.false_alarms.mean_responses = 1e4;
    return WatchOptionsOf(config);
  }

  using Change = std::function<Response(Response)>;
  // `n` responses, 3 s apart, with as much re-scoring between them as there is
  // time for; or until `done`.
  void Live(
      int n, const Change& change,
      const std::function<bool()>& done = [] { return false; }) {
    for (int i = 0; i < n && !done(); ++i) {
      const Response r = change(Traffic(next_++, 1, {}).front());
      while (clock_.Now() < r.time) clock_.Advance(rescorer_->Step());
      const Scored scored = evaluator_.Evaluate(r);
      rescorer_->Observe(scored);
      for (const IncidentEvent& event : pipeline_.Observe(scored, false))
        Keep(event);
    }
  }
  void Keep(const IncidentEvent& event) {
    events_.push_back(event);
    rescorer_->Observe(event.incident);
  }
  Incident Now() { return pipeline_.book().Open().front(); }
  bool Is(Confirmation confirmation) {
    const auto open = pipeline_.book().Open();
    return !open.empty() && open.front().confirmation == confirmation;
  }

  StandardEvaluator evaluator_{"key"};
  ModelPipeline pipeline_;
  FakeClock clock_;
  FakeEvaluator trials_;
  bool healthy_ = true;
  FakeClient client_;
  std::optional<Rescorer> rescorer_;
  std::vector<Verdict> told_;
  std::vector<IncidentEvent> events_;
  int next_ = 0;
};

TEST_F(RescorePipelineTest, AHarmlessChangeStaysClearedAndALaterLossDoesNot) {
  const auto usual = [](Response r) { return r; };
  // Half of the reasoning, as another template makes it.
  const auto shorter = [](Response r) {
    return Thinking(std::move(r), [](const std::string& thought) {
      return thought.substr(0, std::max<size_t>(120, thought.size() / 2));
    });
  };
  // One sentence of it.
  const auto lost = [](Response r) {
    return Thinking(std::move(r), [](const std::string& thought) {
      return thought.substr(0, thought.find(". ") + 1);
    });
  };
  Live(200, usual);
  ASSERT_TRUE(pipeline_.book().Open().empty());
  Live(600, shorter, [&] { return Is(Confirmation::kNotReproduced); });
  ASSERT_TRUE(Is(Confirmation::kNotReproduced));
  EXPECT_EQ(Now().severity, Severity::kWarning);
  const std::string id = Now().id;
  const size_t told = told_.size();
  // An hour and a half of it asks nothing more.
  Live(1800, shorter);
  ASSERT_TRUE(Is(Confirmation::kNotReproduced));
  EXPECT_EQ(told_.size(), told);

  healthy_ = false;
  events_.clear();
  Live(400, lost, [&] { return Is(Confirmation::kConfirmed); });
  ASSERT_TRUE(Is(Confirmation::kConfirmed));
  EXPECT_EQ(Now().id, id);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  // Its own evidence has asked again.
  ASSERT_FALSE(events_.empty());
  EXPECT_EQ(events_[0].signal, Signal::kLengthCollapse);
  EXPECT_TRUE(events_[0].finding.renewed);
  EXPECT_EQ(events_[0].incident.confirmation, Confirmation::kPending);
  // Its size is that of now, not of the time when it was cleared.
  events_.clear();
  Live(60, lost);
  ASSERT_FALSE(events_.empty());
  const Effect now = events_.back().finding.effect;
  EXPECT_TRUE(now.unit == "points" ? now.value > .8 : now.value < .5)
      << now.value << now.unit;
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(RescorePipelineTest, ALoopingModelOfABusyServerPagesWithin16Minutes) {
  client_.SetLoad(LoadReading{3, 8, .95});
  int count = 0;
  // One in ten: few enough that they wait for a second opinion.
  const auto looping = [&count](Response r) {
    if (++count % 10 != 0) return r;
    return Thinking(std::move(r), [](const std::string& thought) {
      std::string loop = thought;
      for (int i = 0; i < 80; ++i) loop += "Let me count those once more. ";
      return loop;
    });
  };
  Live(3000, looping, [&] { return !pipeline_.book().Open().empty(); });
  ASSERT_FALSE(pipeline_.book().Open().empty());
  const absl::Time opened = clock_.Now();
  Live(16 * 60 / 3, looping,
       [&] { return Now().severity == Severity::kCritical; });
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_LE(clock_.Now() - opened, absl::Minutes(16));
  EXPECT_GE(clock_.Now() - opened, absl::Minutes(15));
  EXPECT_EQ(Now().confirmation, Confirmation::kUnavailable);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].reason, "gate_shut");
  EXPECT_TRUE(client_.requests().empty());
  bool loops = false;
  for (const IncidentSignal& s : Now().signals)
    loops = loops || (s.open && s.signal == Signal::kRepetitionLoop);
  EXPECT_TRUE(loops);
}

}  // namespace
}  // namespace reasonwatch
