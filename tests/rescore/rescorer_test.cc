#include "rescore/rescorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/strings.h"
#include "incidents/incident_book.h"
#include "tests/fakes/fake_store.h"
#include "tests/rescore/fake_client.h"

namespace reasonwatch {
namespace {

const absl::Time kBegin = absl::FromUnixSeconds(1700000000);

Finding CriticalFinding(Signal signal, double statistic = 1e9) {
  Finding f;
  f.signal = signal;
  f.model = "m";
  f.scope = Scope::kModel;
  f.response_id = "r1";
  f.time = kBegin;
  f.statistic = statistic;
  f.threshold = 1e6;
  f.passed_critical = true;
  f.effect = {-.4, -.5, -.3, "points"};
  if (signal == Signal::kLengthCollapse) f.effect = {.2, .1, .3, "ratio"};
  return f;
}

// A rescorer between an incident book and a fake model, in virtual time.
class RescorerTest : public ::testing::Test {
 protected:
  void Start(FakeClient::Answers answers, RescorerOptions options = {}) {
    client_.emplace(clock_, std::move(answers));
    endpoints_.watched = &*client_;
    Restart(options);
  }
  // As after a crash: the book and the store live on.
  void Restart(RescorerOptions options = {}) {
    rescorer_ = std::make_unique<Rescorer>(
        options, endpoints_, clock_, evaluator_, &store_,
        [this](const Verdict& v) {
          told_.push_back(v);
          auto event = book_.TakeVerdict(v);
          if (!event.has_value()) return;
          event_ = *event;
          ASSERT_TRUE(store_.PutIncident(event->incident).ok());
          rescorer_->Note(event->incident);
        });
    rescorer_->SetProblems(std::make_shared<const ProblemSet>(
        UniformProblems(problems_, trials_, trials_ / 8)));
    ASSERT_TRUE(rescorer_->Resume(book_.Open()).ok());
  }
  void Open(Signal signal) { Tell(CriticalFinding(signal)); }
  void Tell(const Finding& finding) {
    for (const IncidentEvent& event : book_.Take({finding}, ++responses_)) {
      event_ = event;
      rescorer_->Note(event.incident);
    }
  }
  // Steps until something was told, or for so long.
  void Run(absl::Duration at_most) {
    const absl::Time until = clock_.Now() + at_most;
    const size_t told = told_.size();
    while (clock_.Now() < until && told_.size() == told)
      clock_.Advance(rescorer_->Step());
  }
  void RunOn(absl::Duration time) {
    const absl::Time until = clock_.Now() + time;
    while (clock_.Now() < until) clock_.Advance(rescorer_->Step());
  }
  std::vector<RescoreJob> Jobs() {
    return *store_.LoadRescoreJobs(absl::InfinitePast());
  }
  Incident Now() { return book_.Open().front(); }

  FakeClock clock_{kBegin};
  FakeEvaluator evaluator_;
  FakeStore store_;
  std::optional<FakeClient> client_;
  RescoreEndpoints endpoints_;
  IncidentBook book_{{.can_confirm = true}};
  std::unique_ptr<Rescorer> rescorer_;
  std::vector<Verdict> told_;
  IncidentEvent event_;
  int64_t responses_ = 0;
  int problems_ = 64;
  int trials_ = 16;
};

TEST_F(RescorerTest, ConfirmsALossAndPagesOnlyThen) {
  Start([](const SampleRequest&) { return false; });
  Open(Signal::kConsistencyRegression);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
  EXPECT_EQ(Now().severity, Severity::kWarning);
  Run(absl::Minutes(15));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kConfirmed);
  EXPECT_LE(told_[0].samples, 10);
  EXPECT_EQ(told_[0].pass_rate, 0);
  EXPECT_GT(told_[0].baseline_pass_rate, .8);
  EXPECT_EQ(Now().confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(RescorerTest, WhatWasNotReproducedIsAskedAgainWhereItIsRenewed) {
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
  EXPECT_EQ(Now().severity, Severity::kWarning);
  EXPECT_THAT(*store_.LoadRescoreJobs(absl::InfiniteFuture()),
              testing::IsEmpty());
  Finding more = CriticalFinding(Signal::kConsistencyRegression, 1e11);
  more.event = FindingEvent::kUpdated;
  Tell(more);
  RunOn(absl::Minutes(5));
  EXPECT_EQ(told_.size(), 1u);
  // Harmless still: asked, and cleared once more.
  more.renewed = true;
  Tell(more);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
  Run(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[1].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
  // A real loss this time, renewed before a minute has passed.
  healthy = false;
  more.statistic = 1e14;
  Tell(more);
  Run(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 3u);
  EXPECT_EQ(told_[2].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  std::set<std::string> ids;
  for (const SampleRequest& r : client_->requests())
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
}

TEST_F(RescorerTest, ARestartAsksTheRenewedQuestionAndNotTheOldOne) {
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(14));
  const size_t old_jobs = Jobs().size();
  healthy = false;
  Finding more = CriticalFinding(Signal::kConsistencyRegression, 1e11);
  more.event = FindingEvent::kUpdated;
  more.renewed = true;
  Tell(more);
  clock_.Advance(absl::Minutes(1));
  Restart();
  Run(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[1].kind, VerdictKind::kConfirmed);
  // Nothing that passed then weighs now.
  EXPECT_EQ(told_[1].pass_rate, 0);
  EXPECT_GT(Jobs().size(), old_jobs);
}

TEST_F(RescorerTest, AStaleNoteStartsNothing) {
  Start([](const SampleRequest&) { return true; });
  Open(Signal::kConsistencyRegression);
  const Incident before = Now();
  Run(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 1u);
  const size_t jobs = Jobs().size();
  // As it stood before the verdict reached it, and then as it stands.
  rescorer_->Note(before);
  RunOn(absl::Seconds(10));
  EXPECT_EQ(Jobs().size(), jobs);
  rescorer_->Note(Now());
  RunOn(absl::Minutes(5));
  EXPECT_EQ(Jobs().size(), jobs);
  EXPECT_EQ(told_.size(), 1u);
}

TEST_F(RescorerTest, FailuresSeenLiveAreAskedFirstAndGiveTheAdvantage) {
  std::set<std::string> asked;
  Start([&](const SampleRequest& r) {
    asked.insert(r.messages_json);
    return StableHash(r.id) % 4 == 0;
  });
  for (uint64_t p = 11; p < 21; ++p) {
    Scored failed = ScoredTrial(p, false);
    failed.start = kBegin;
    rescorer_->Observe(failed);
  }
  Scored passed = ScoredTrial(30, true);
  rescorer_->Observe(passed);
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(15));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kConfirmed);
  EXPECT_LE(asked.size(), 10u);
  for (const RescoreJob& job : Jobs())
    EXPECT_EQ(job.trigger, RescoreTrigger::kFailure);
}

TEST_F(RescorerTest, ASymptomOnANeighbourMakesItACandidate) {
  Start([](const SampleRequest&) { return true; });
  Scored near = ScoredTrial(0xfeed, true);  // in no baseline
  near.match.kind = MatchKind::kNear;
  near.match.neighbour = 5;
  near.match.distance = .2f;
  near.grade = Grade::kNotGraded;
  near.start = kBegin;
  rescorer_->Observe(near);  // nothing wrong with it
  near.match.neighbour = 6;
  near.reading(Feature::kSingleSentence) = 1;
  rescorer_->Observe(near);
  Open(Signal::kLengthCollapse);
  rescorer_->Step();
  int chosen = 0;
  for (const RescoreJob& job : Jobs()) {
    if (job.trigger != RescoreTrigger::kNear) continue;
    ++chosen;
    EXPECT_EQ(job.problem, 6u);
  }
  EXPECT_EQ(chosen, 1);
}

TEST_F(RescorerTest, AShutGateEndsInACriticalAlertWithin16Minutes) {
  Start([](const SampleRequest&) { return true; });
  client_->SetLoad(LoadReading{3, 8, .95});
  // Too few of them to page without a verdict.
  Finding loop = CriticalFinding(Signal::kRepetitionLoop);
  loop.effect = {.15, .1, .2, "points"};
  Tell(loop);
  EXPECT_EQ(Now().severity, Severity::kWarning);
  Run(absl::Minutes(16));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kUnavailable);
  EXPECT_EQ(told_[0].reason, "gate_shut");
  EXPECT_LE(clock_.Now() - kBegin, absl::Minutes(16));
  EXPECT_EQ(Now().confirmation, Confirmation::kUnavailable);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_THAT(client_->requests(), testing::IsEmpty());
  // A verdict that comes later still counts.
  client_->SetLoad(LoadReading{0, 0, .1});
  Run(absl::Hours(1));
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
}

TEST_F(RescorerTest, LoopsInAFifthOfResponsesPageWithoutAsking) {
  Start([](const SampleRequest&) { return true; });
  client_->SetLoad(LoadReading{3, 8, .95});
  Finding loop = CriticalFinding(Signal::kRepetitionLoop);
  loop.effect = {.3, .2, .4, "points"};
  Tell(loop);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
}

TEST_F(RescorerTest, WhereNobodyCanBeAskedItSaysSoAtOnce) {
  Start([](const SampleRequest&) { return true; });
  problems_ = 0;
  Restart();
  Open(Signal::kLengthCollapse);
  Run(absl::Seconds(1));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].reason, "no_problem");
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(RescorerTest, YieldsTheQuestionUnderWayAndAsksItLater) {
  Start([](const SampleRequest&) { return true; });
  int interruptions = 0;
  client_->SetDuring([&] {
    if (++interruptions > 1) return;
    client_->SetLoad(LoadReading{1, 5, .5});
    rescorer_->Watch();
  });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(2));
  EXPECT_EQ(rescorer_->Counters().yielded, 1);
  EXPECT_EQ(rescorer_->Counters().samples, 0);
  EXPECT_FALSE(rescorer_->Counters().gate_open);
  EXPECT_EQ(client_->requests().size(), 1u);
  client_->SetLoad(LoadReading{0, 0, .1});
  Run(absl::Minutes(10));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(client_->requests()[0].id, client_->requests()[1].id);
  EXPECT_THAT(rescorer_->Counters().errors, testing::IsEmpty());
}

TEST_F(RescorerTest, EveryFaultIsCountedByNameAndNeverConfirms) {
  const std::vector<std::pair<std::string, std::function<void(FakeClient&)>>>
      faults = {
          {"deadline_exceeded",
           [](FakeClient& c) { c.SetFault(absl::DeadlineExceededError("")); }},
          {"unavailable",
           [](FakeClient& c) { c.SetFault(absl::UnavailableError("")); }},
          {"data_loss",
           [](FakeClient& c) { c.SetFault(absl::DataLossError("")); }},
          {"cancelled",
           [](FakeClient& c) { c.SetFault(absl::CancelledError("")); }},
          {"http_500", [](FakeClient& c) { c.SetHttpStatus(500); }},
          {"no_response", [](FakeClient& c) { c.SetNoResponse(); }},
          {"unreadable", [](FakeClient& c) { c.SetGarbage(); }},
      };
  for (const auto& [name, make] : faults) {
    store_.Clear();
    book_ = IncidentBook({.can_confirm = true});
    told_.clear();
    Start([](const SampleRequest&) { return false; });
    make(*client_);
    Open(Signal::kConsistencyRegression);
    RunOn(absl::Hours(2));
    ASSERT_EQ(told_.size(), 2u) << name;
    EXPECT_EQ(told_[0].kind, VerdictKind::kUnavailable) << name;
    EXPECT_EQ(told_[0].reason, name);
    EXPECT_EQ(told_[1].kind, VerdictKind::kUndecided) << name;
    EXPECT_EQ(told_[1].reason, name);
    EXPECT_GT(rescorer_->Counters().errors[name], 0) << name;
    EXPECT_EQ(rescorer_->Counters().samples, 0) << name;
    // Backed off: a minute between two at last.
    EXPECT_LE(client_->requests().size(), 40u) << name;
    EXPECT_EQ(Now().confirmation, Confirmation::kUnavailable) << name;
  }
}

TEST_F(RescorerTest, SpendsNoMoreThanItsBudget) {
  RescorerOptions options;
  options.tokens_per_hour = 440;  // two samples of 220
  options.localise = false;
  Start([](const SampleRequest& r) { return StableHash(r.id) % 8 != 0; },
        options);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  EXPECT_GE(rescorer_->Counters().samples, 2);
  EXPECT_LE(rescorer_->Counters().samples, 4);
  EXPECT_EQ(told_.front().reason, "budget");
  // A restart does not fill it up.
  const auto before = client_->requests().size();
  Restart(options);
  RunOn(absl::Minutes(1));
  EXPECT_LE(client_->requests().size(), before + 1);
}

TEST_F(RescorerTest, AQuestionWithoutAnAnswerIsPaidByItsTime) {
  RescorerOptions options;
  options.tokens_per_hour = 2000;
  options.timeout = absl::Minutes(1);
  Start([](const SampleRequest&) { return true; }, options);
  // Every question takes the whole of its time, and up to its last token.
  client_->SetDuring([&] { clock_.Advance(absl::Seconds(58)); });
  client_->SetFault(absl::DeadlineExceededError(""));
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  const auto asked = client_->requests().size();
  const auto most = static_cast<double>(client_->requests()[0].max_tokens);
  EXPECT_GE(asked, 1u);
  EXPECT_LE(static_cast<double>(asked), 1 + 3000 / most);
  // What was spent on them is spent after a restart too.
  Restart(options);
  RunOn(absl::Minutes(2));
  EXPECT_LE(client_->requests().size(), asked + 1);
}

TEST_F(RescorerTest, AQuestionUnderWayDoesNotHoldUpTheAlert) {
  Start([](const SampleRequest&) { return true; });
  // Each takes nearly all of its five minutes.
  client_->SetDuring([&] {
    for (int i = 0; i < 740 && !*client_->requests().back().stop; ++i) {
      clock_.Advance(absl::Milliseconds(400));
      rescorer_->Watch();
    }
  });
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(25));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kUnavailable);
  EXPECT_EQ(told_[0].reason, "slow");
  EXPECT_LE(told_[0].time - kBegin, absl::Minutes(16));
  EXPECT_EQ(rescorer_->Counters().yielded, 1);
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(RescorerTest, AVerdictThatIsLateComesAfterARestartToo) {
  Start([](const SampleRequest&) { return true; });
  client_->SetLoad(LoadReading{3, 8, .95});
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(16));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kUnavailable);
  Restart();
  client_->SetLoad(LoadReading{0, 0, .1});
  Run(absl::Minutes(30));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[1].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
}

TEST_F(RescorerTest, CanariesRotateAndOneThatFailsIsAskedAgain) {
  RescorerOptions options;
  options.canaries_per_hour = 60;
  problems_ = 8;
  Start(
      [&](const SampleRequest& r) {
        return r.messages_json.find("What is 3 ") == std::string::npos;
      },
      options);
  RunOn(absl::Minutes(12));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(told_[0].problem, 3u);
  EXPECT_EQ(told_[0].incident, "");
  std::set<uint64_t> asked;
  for (const RescoreJob& job : Jobs()) asked.insert(job.problem);
  EXPECT_EQ(asked.size(), 8u);
}

TEST_F(RescorerTest, AskedByHand) {
  Start([](const SampleRequest&) { return true; });
  EXPECT_TRUE(absl::IsNotFound(rescorer_->Ask("m", 999).status()));
  ASSERT_TRUE(rescorer_->Ask("m", 2).ok());
  Run(absl::Minutes(5));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].problem, 2u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kNotReproduced);
}

TEST_F(RescorerTest, SendsTheQuestionAsTheBaselineAskedIt) {
  Start([](const SampleRequest&) { return true; });
  ASSERT_TRUE(rescorer_->Ask("m", 2).ok());
  Run(absl::Minutes(5));
  const SampleRequest r = client_->requests().front();
  EXPECT_EQ(r.model, "m");
  EXPECT_EQ(r.messages_json,
            "[{\"role\":\"user\",\"content\":\"What is 2 + 1?\"}]");
  EXPECT_EQ(r.temperature, .7);
  EXPECT_EQ(r.top_p, .95);
  EXPECT_EQ(r.id.substr(0, 3), "rw-");
  EXPECT_EQ(r.cache_salt, "");
  EXPECT_NE(r.seed, client_->requests()[1].seed);
}

TEST_F(RescorerTest, NamesTheCacheThatCarriesTheLoss) {
  Start([](const SampleRequest& r) { return !r.cache_salt.empty(); });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[1].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(Now().causes.front().cause, "cache_or_batching");
  EXPECT_THAT(*store_.LoadRescoreJobs(absl::InfiniteFuture()),
              testing::IsEmpty());
}

TEST_F(RescorerTest, NamesTheWeightsWhereOnlyTheReferenceDoesBetter) {
  FakeClient reference(clock_, [](const SampleRequest&) { return true; });
  endpoints_.reference = &reference;
  Start([](const SampleRequest&) { return false; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(Now().causes.front().cause, "quantization_or_weights");
}

TEST_F(RescorerTest, NamesTheThinkingThatMustBeAskedFor) {
  Start([](const SampleRequest& r) { return r.thinking == Thinking::kOn; });
  Open(Signal::kLengthCollapse);
  RunOn(absl::Minutes(14));
  EXPECT_EQ(Now().causes.front().cause, "effort_or_thinking_switch");
}

TEST_F(RescorerTest, ALossThatNeedsAFilledContextIsFoundThere) {
  Start([](const SampleRequest& r) { return r.messages_json.size() < 1000; });
  Finding f = CriticalFinding(Signal::kConsistencyRegression);
  f.strata = {"context fill 50-75 %"};
  Tell(f);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(told_[1].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(told_[1].reason, kFilledContext);
  EXPECT_EQ(Now().causes.front().cause, "context_saturation");
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(RescorerTest, OtherLogProbabilitiesNameTheWeights) {
  const auto body = [](double value) {
    return absl::StrFormat(
        "{\"choices\":[{\"logprobs\":{\"content\":[{\"logprob\":%g}]}}]}",
        value);
  };
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  client_->SetLogprobs(body(-.5));
  RunOn(absl::Minutes(2));
  EXPECT_TRUE(store_.LoadFact("rescore_fingerprint/m").ok());
  healthy = false;
  client_->SetLogprobs(body(-.7));
  Restart();
  RunOn(absl::Minutes(1));  // the stored one is read, not taken anew
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_LE(told_[1].fingerprint_p, kFingerprintError);
  EXPECT_EQ(Now().causes.front().cause, "quantization_or_weights");
}

TEST_F(RescorerTest, AnotherTemplateBehindTheEndpointIsToldAndNamed) {
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  Regime regime;
  regime.fingerprint = "build-1";
  regime.template_hash = "aaaa";
  client_->SetRegime(regime);
  RunOn(absl::Hours(1));
  EXPECT_GE(client_->regime_reads(), 3);
  EXPECT_LE(client_->regime_reads(), 5);
  const auto events = [&] {
    return *store_.LoadEvents("m", absl::InfinitePast(), absl::InfiniteFuture(),
                              100);
  };
  EXPECT_TRUE(events().empty());
  regime.template_hash = "bbbb";
  client_->SetRegime(regime);
  RunOn(absl::Minutes(20));
  ASSERT_EQ(events().size(), 1u);
  EXPECT_EQ(events()[0].kind, "template_hash");
  EXPECT_EQ(events()[0].old_value, "aaaa");
  EXPECT_EQ(events()[0].new_value, "bbbb");
  // A restart does not forget what it was.
  Restart();
  const int reads = client_->regime_reads();
  healthy = false;
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(15));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_GT(client_->regime_reads(), reads);
  EXPECT_EQ(told_[0].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(told_[0].healthy_template_hash, "aaaa");
  EXPECT_EQ(told_[0].template_hash, "bbbb");
  EXPECT_EQ(Now().causes.front().cause, "prompt_or_template_change");
  EXPECT_NE(Now().causes.front().evidence.find("bbbb"), std::string::npos);
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(RescorerTest, AWantedChangeIsTheMeasureFromThenOn) {
  const auto body = [](double base) {
    return absl::StrFormat(
        R"({"choices":[{"logprobs":{"content":[{"logprob":%f}]}}]})", base);
  };
  Start([](const SampleRequest&) { return true; });
  Regime regime;
  regime.template_hash = "aaaa";
  client_->SetRegime(regime);
  client_->SetLogprobs(body(-.5));
  RunOn(absl::Minutes(2));
  const std::string before = *store_.LoadFact("rescore_fingerprint/m");
  regime.template_hash = "bbbb";
  client_->SetRegime(regime);
  client_->SetLogprobs(body(-.7));
  rescorer_->Forget("m");
  RunOn(absl::Minutes(2));
  EXPECT_NE(*store_.LoadFact("rescore_fingerprint/m"), before);
  EXPECT_TRUE(
      store_.LoadEvents("m", absl::InfinitePast(), absl::InfiniteFuture(), 100)
          ->empty());
  Restart();
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].healthy_template_hash, "bbbb");
  EXPECT_EQ(told_[0].template_hash, "bbbb");
}

TEST_F(RescorerTest, AModelThatLooksTextsUpFailsTheirVariants) {
  RescorerOptions options;
  options.variant = [](std::string_view id, uint64_t draw) {
    const std::string number(id.substr(1));
    return std::optional<ProblemVariant>(
        {absl::StrFormat("What is %s + 1?", number),
         absl::StrFormat("What is %d + 1?", 1000 + draw % 1000), "7"});
  };
  Start(
      [](const SampleRequest& r) {
        for (int n = 1; n <= 64; ++n)
          if (r.messages_json.find(absl::StrFormat("What is %d + 1?", n)) !=
              std::string::npos)
            return true;
        return false;
      },
      options);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[1].kind, VerdictKind::kNotReproduced);
  ASSERT_EQ(told_[1].differences.size(), 1u);
  const Difference& d = told_[1].differences[0];
  EXPECT_EQ(d.name, kVariant);
  EXPECT_EQ(d.cause, "surface_pattern");
  EXPECT_EQ(d.value, -1);
  EXPECT_LT(d.high, -.8);
  EXPECT_EQ(d.pairs, 32);
  EXPECT_EQ(Now().causes.front().cause, "surface_pattern");
  EXPECT_EQ(Now().severity, Severity::kWarning);
}

TEST_F(RescorerTest, AModelThatSolvesVariantsTooHasNoSurfacePattern) {
  RescorerOptions options;
  options.variant = [](std::string_view id, uint64_t draw) {
    if (id != "p1" && id != "p2") return std::optional<ProblemVariant>();
    return std::optional<ProblemVariant>(
        {absl::StrFormat("What is %s + 1?", std::string(id.substr(1))),
         absl::StrFormat("What is %d + 1?", 1000 + draw % 1000), "7"});
  };
  Start([](const SampleRequest&) { return true; }, options);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  ASSERT_EQ(told_.size(), 2u);
  ASSERT_EQ(told_[1].differences.size(), 1u);
  EXPECT_EQ(told_[1].differences[0].cause, "");
  EXPECT_EQ(told_[1].differences[0].value, 0);
}

// No live response ever comes.
TEST_F(RescorerTest, CanariesWatchAQuietService) {
  RescorerOptions options;
  options.canaries_per_hour = 30;
  double loss = 0;
  // Fails an eighth of what it is asked, as its baseline did.
  Start(
      [&](const SampleRequest& r) {
        const double u = static_cast<double>(StableHash(r.id) % 10000) / 10000;
        return u < 7. / 8 * (1 - loss);
      },
      options);
  RunOn(absl::Hours(72));
  for (const Verdict& v : told_) EXPECT_EQ(v.incident, "");
  EXPECT_TRUE(book_.Open().empty());
  loss = .5;
  const absl::Time lost = clock_.Now();
  while (book_.Open().empty() && clock_.Now() < lost + absl::Hours(24))
    clock_.Advance(rescorer_->Step());
  ASSERT_EQ(book_.Open().size(), 1u);
  EXPECT_LE(clock_.Now() - lost, absl::Hours(2));
  EXPECT_EQ(Now().confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_EQ(Now().scope, Scope::kModel);
  EXPECT_EQ(Now().signals[0].signal, Signal::kConsistencyRegression);
  EXPECT_EQ(Now().signals[0].finding.channel, kCanaryChannel);
  EXPECT_LT(Now().signals[0].finding.effect.high, 0);
  EXPECT_EQ(event_.kind, IncidentEvent::Kind::kOpened);
  const Verdict confirmed = *Now().verdict;
  int samples = 0;
  int passed = 0;
  for (const ProblemOutcome& o : confirmed.outcomes) {
    EXPECT_EQ(o.trials_before, 16);
    samples += o.trials_now;
    passed += o.passed_now;
  }
  EXPECT_EQ(samples, confirmed.samples);
  EXPECT_EQ(samples - passed, confirmed.failures);
  const std::string id = Now().id;
  // It is one incident while the loss lasts, over a restart too.
  RunOn(absl::Hours(5));
  Restart(options);
  RunOn(absl::Hours(5));
  ASSERT_EQ(book_.Open().size(), 1u);
  EXPECT_EQ(Now().id, id);
  loss = 0;
  const absl::Time well = clock_.Now();
  while (!book_.Open().empty() && clock_.Now() < well + absl::Hours(24))
    clock_.Advance(rescorer_->Step());
  EXPECT_TRUE(book_.Open().empty());
  EXPECT_LE(clock_.Now() - well, absl::Hours(6));
  EXPECT_EQ(event_.incident.close_reason, "recovered");
}

TEST_F(RescorerTest, WithoutCanariesNothingHoldsTheirIncidentOpen) {
  RescorerOptions options;
  options.canaries_per_hour = 30;
  Start([](const SampleRequest&) { return false; }, options);
  RunOn(absl::Hours(3));
  ASSERT_EQ(book_.Open().size(), 1u);
  options.canaries_per_hour = 0;
  Restart(options);
  EXPECT_TRUE(book_.Open().empty());
  EXPECT_EQ(event_.incident.close_reason, "no_data");
}

TEST_F(RescorerTest, FewTrialsAreMadeUpForByTheReference) {
  trials_ = 1;
  problems_ = 4;
  FakeClient reference(clock_, [](const SampleRequest&) { return true; });
  endpoints_.reference = &reference;
  Start([](const SampleRequest&) { return false; });
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(14));
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, VerdictKind::kConfirmed);
  EXPECT_FALSE(reference.requests().empty());
}

TEST_F(RescorerTest, ARestartGoesOnWhereItWas) {
  RescorerOptions options;
  options.localise = false;
  Start([](const SampleRequest& r) { return StableHash(r.id) % 3 != 0; },
        options);
  Open(Signal::kConsistencyRegression);
  int restarts = 0;
  while (told_.empty() && restarts < 500) {
    clock_.Advance(absl::Seconds(31));
    rescorer_->Step();
    clock_.Advance(absl::Seconds(31));
    rescorer_->Step();
    ++restarts;
    if (told_.empty()) Restart(options);
  }
  ASSERT_FALSE(told_.empty());
  // Nothing was asked twice.
  std::set<std::string> ids;
  for (const SampleRequest& r : client_->requests())
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
}

TEST_F(RescorerTest, AsksNothingWhileTheStoreRefuses) {
  Start([](const SampleRequest&) { return true; });
  store_.SetRefuses(true);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(5));
  EXPECT_THAT(client_->requests(), testing::IsEmpty());
  EXPECT_GT(rescorer_->Counters().errors["not_stored"], 0);
  store_.SetRefuses(false);
  Run(absl::Minutes(10));
  EXPECT_FALSE(told_.empty());
}

TEST_F(RescorerTest, AClosedIncidentIsAskedNoMore) {
  Start([](const SampleRequest& r) { return StableHash(r.id) % 3 != 0; });
  Open(Signal::kConsistencyRegression);
  clock_.Advance(absl::Seconds(31));
  rescorer_->Step();
  Finding closed = CriticalFinding(Signal::kConsistencyRegression);
  closed.event = FindingEvent::kClosed;
  Tell(closed);
  RunOn(absl::Minutes(20));
  EXPECT_THAT(told_, testing::IsEmpty());
  EXPECT_LE(client_->requests().size(), 1u);
  for (const RescoreJob& job : Jobs()) EXPECT_EQ(job.reason, "closed");
}

}  // namespace
}  // namespace reasonwatch
