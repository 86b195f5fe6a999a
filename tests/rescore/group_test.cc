// SPDX-License-Identifier: Apache-2.0
// The pure parts of re-scoring: groups and their verdicts, the gate and the
// budgets, problem sets, canary evidence and paired ways.
#include "rescore/statistics/group.h"

#include <gtest/gtest.h>

#include <random>

#include "rescore/canaries/canary_watch.h"
#include "rescore/problem_row.h"
#include "rescore/server/headroom.h"
#include "rescore/statistics/paired_ways.h"
#include "tests/rescore/problems.h"

namespace reasonwatch {
namespace {

RescoreSample Sample(int index, bool passes, std::string way = "") {
  RescoreSample s;
  s.index = index;
  s.way = std::move(way);
  s.rewards = {passes, 1, 1, 1};
  return s;
}

const RewardSet kOutcomeOnly = SetOf(Reward::kOutcome);

TEST(ProblemSet, CountsOnlyTheTrialsThatWereAskedInOneWay) {
  std::vector<ProblemRow> rows;
  for (int i = 0; i < 5; ++i) rows.push_back(BaselineTrial(7, i > 0));
  for (int i = 0; i < 3; ++i) {
    rows.push_back(BaselineTrial(7, false));
    rows.back().response.sampling.temperature = 0;
  }
  const ProblemSet set = ProblemSet::Make(rows);
  const RescoreProblem* p = set.Find("m", 7);
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->trials[0].count, 5);
  EXPECT_EQ(p->trials[0].failures, 1);
  EXPECT_TRUE(p->solved);
  EXPECT_EQ(p->question.sampling.temperature, .7);
  EXPECT_FALSE(p->question.content.has_value());
  ASSERT_EQ(set.FindById("p7").size(), 1u);
}

TEST(HeadroomGate, LeavesRoomForNoMoreThanRanLive) {
  HeadroomGate gate(HeadroomOptions{});
  const absl::Time now = absl::FromUnixSeconds(1700000000);
  for (const double running : {0., 1., 3., 7.})
    for (const int at_once : {1, 4, 8}) {
      gate.Update(now, LoadReading{0, running, .1}, /*own=*/0);
      EXPECT_EQ(gate.RoomFor(at_once),
                std::max(1, at_once - static_cast<int>(running)));
      // Ours are not those of others.
      gate.Update(now, LoadReading{0, running, .1}, static_cast<int>(running));
      EXPECT_EQ(gate.RoomFor(at_once), at_once);
    }
  gate.Update(now, absl::UnimplementedError(""), 0);
  EXPECT_EQ(gate.RoomFor(8), 8);
}

TEST(HeadroomGate, SaysWhenItOpens) {
  HeadroomGate gate(HeadroomOptions{});
  const absl::Time now = absl::FromUnixSeconds(1700000000);
  gate.Update(now, LoadReading{2, 9, .9}, 0);
  EXPECT_EQ(gate.OpensAt(), absl::InfiniteFuture());
  gate.Update(now, LoadReading{0, 0, .1}, 0);
  const absl::Time opens = gate.OpensAt();
  EXPECT_EQ(opens, now + HeadroomOptions{}.settle);
  gate.Update(opens - absl::Seconds(1), LoadReading{0, 0, .1}, 0);
  EXPECT_FALSE(gate.open());
  gate.Update(opens + absl::Seconds(1), LoadReading{0, 0, .1}, 0);
  EXPECT_TRUE(gate.open());
}

TEST(PairedWays, TheReplicaThatDoesWorseIsNamed) {
  const ProblemSet set = UniformProblems(8, 8, 0);
  // A third of the usual way's answers come from the broken replica.
  std::vector<RescoreJob> jobs(8);
  std::vector<GroupView> groups;
  for (size_t p = 0; p < jobs.size(); ++p) {
    for (int i = 0; i < 4; ++i) {
      jobs[p].samples.push_back(
          Sample(i, (static_cast<int>(p) + i) % 3 != 0, kAgain));
      jobs[p].samples.push_back(Sample(i, false, "replica/bad"));
      jobs[p].samples.push_back(Sample(i, true, "replica/good"));
    }
    groups.push_back({set.Find("m", p + 1), &jobs[p]});
  }
  WaysAvailable available;
  for (const bool bad : {true, false}) {
    available.replicas = {"good"};
    if (bad) available.replicas.push_back("bad");
    std::string named;
    for (const Difference& d :
         CompareWays(groups, PlanWays(available), Reward::kOutcome))
      if (!d.cause.empty()) named = d.name + " " + d.cause;
    // Alone, one that does better shows that the watched one is at fault.
    EXPECT_EQ(named,
              bad ? "replica/bad replica_fault" : "replica/good replica_fault");
  }
}

TEST(ProblemSet, RewardsFormAndLengthAsTheBaselineHasThem) {
  const ProblemSet set = UniformProblems(4, 4, 0);
  const RescoreProblem& p = *set.Find("m", 1);
  EXPECT_EQ(set.Rewards(p, ScoredTrial(1, true)), (RewardVector{1, 1, 1, 1}));
  EXPECT_EQ(set.Rewards(p, ScoredTrial(1, true, 40)),
            (RewardVector{1, 1, 0, 1}));
  EXPECT_EQ(set.Rewards(p, ScoredTrial(1, true, 900)),
            (RewardVector{1, 1, 1, 0}));
  Scored unboxed = ScoredTrial(1, false);
  unboxed.reading(Feature::kBoxed) = 0;
  EXPECT_EQ(set.Rewards(p, unboxed), (RewardVector{0, 0, 1, 1}));
  Scored thoughtless = ScoredTrial(1, true);
  thoughtless.reading(Feature::kZeroThinking) = 1;
  EXPECT_EQ(set.Rewards(p, thoughtless)[1], 0);
  // A mark that the baseline never had is not missed.
  Scored stepped = ScoredTrial(1, true);
  stepped.reading(Feature::kSteps) = 1;
  EXPECT_EQ(set.Rewards(p, stepped)[1], 1);
  EXPECT_EQ(set.Rewards(p, Scored()), (RewardVector{-1, -1, -1, -1}));
}

TEST(Group, AdvantageIsAgainstTheGroupAndNeverOfOneThatIsAllAlike) {
  std::vector<RescoreSample> samples;
  for (int i = 0; i < 4; ++i) samples.push_back(Sample(i, i < 3));
  const GroupStatistics g = StatisticsOf(samples, Reward::kOutcome);
  EXPECT_DOUBLE_EQ(g.mean, .75);
  EXPECT_NEAR(*Advantage(g, 0), -.75 / std::sqrt(.1875), 1e-6);
  EXPECT_FALSE(
      Advantage(StatisticsOf(samples, Reward::kFormat), 0).has_value());
  EXPECT_FALSE(Advantage(GroupStatistics(), 0).has_value());
}

class JudgeTest : public ::testing::Test {
 protected:
  Verdict OfOne(const ProblemSet& set, RescoreTrigger trigger, int passes,
                int failures, std::string_view comparison = "",
                int compared = 0) {
    RescoreJob job;
    job.trigger = trigger;
    for (int i = 0; i < passes + failures; ++i)
      job.samples.push_back(Sample(i, i < passes));
    for (int i = 0; i < compared; ++i)
      job.samples.push_back(Sample(i, true, std::string(comparison)));
    return DecideVerdict(set, {{set.Find("m", 1), &job}}, kOutcomeOnly,
                         kProblemBounds, kGroupSize, comparison);
  }
};

TEST_F(JudgeTest, ConfirmsAndClears) {
  const ProblemSet set = UniformProblems(60, 16, 1);
  const Verdict lost = OfOne(set, RescoreTrigger::kFailure, 0, 4);
  EXPECT_EQ(lost.kind, VerdictKind::kConfirmed);
  EXPECT_GE(lost.bayes_factor, 30);
  EXPECT_EQ(lost.failures, 4);
  EXPECT_EQ(lost.pass_rate, 0);
  EXPECT_NEAR(lost.baseline_pass_rate, .94, .02);
  EXPECT_EQ(OfOne(set, RescoreTrigger::kFailure, 12, 0).kind,
            VerdictKind::kNotReproduced);
  const Verdict between = OfOne(set, RescoreTrigger::kFailure, 13, 3);
  EXPECT_EQ(between.kind, VerdictKind::kUndecided);
  EXPECT_EQ(between.reason, "cap");
}

TEST_F(JudgeTest, CountsTheFailureThatPickedTheProblem) {
  const ProblemSet set = UniformProblems(60, 16, 1);
  EXPECT_LT(OfOne(set, RescoreTrigger::kFailure, 2, 3).bayes_factor,
            OfOne(set, RescoreTrigger::kManual, 2, 3).bayes_factor);
}

TEST_F(JudgeTest, SaysNothingOnFewTrials) {
  const ProblemSet set = UniformProblems(1, 7, 0);
  const Verdict v = OfOne(set, RescoreTrigger::kManual, 0, 16);
  EXPECT_EQ(v.kind, VerdictKind::kUndecided);
  EXPECT_EQ(v.reason, "few_trials");
}

TEST_F(JudgeTest, AReferenceGivesTheTrialsThatAreMissing) {
  const ProblemSet set = UniformProblems(1, 1, 0);
  EXPECT_EQ(OfOne(set, RescoreTrigger::kManual, 0, 8, kReference, 8).kind,
            VerdictKind::kConfirmed);
  EXPECT_EQ(OfOne(set, RescoreTrigger::kManual, 14, 0, kReference, 14).kind,
            VerdictKind::kNotReproduced);
  // Fresh caches fail alike if the weights are at fault.
  const Verdict cached =
      OfOne(set, RescoreTrigger::kManual, 14, 0, kFreshCache, 14);
  EXPECT_EQ(cached.kind, VerdictKind::kUndecided);
  EXPECT_EQ(cached.reason, "few_trials");
}

// Rates of bar 12 with fewer repetitions; bench_detection has the whole of it.
TEST_F(JudgeTest, KeepsTheRatesOfTheDesign) {
  const ProblemSet set = UniformProblems(60, 16, 2);
  std::mt19937_64 random(11);
  const auto run = [&](double loss) {
    int confirmed = 0;
    int asked = 0;
    constexpr int kRuns = 400;
    for (int r = 0; r < kRuns; ++r) {
      const FailurePosterior h =
          PosteriorOf(set.PriorOf("m", Reward::kOutcome), {16, 2}, true);
      std::gamma_distribution<double> ga(h.a), gb(h.b);
      const double x = ga(random);
      const double q = x / (x + gb(random));
      RescoreJob job;
      job.trigger = RescoreTrigger::kFailure;
      VerdictKind kind = VerdictKind::kUndecided;
      while (kind == VerdictKind::kUndecided &&
             job.samples.size() < kGroupSize) {
        const bool passes =
            std::bernoulli_distribution((1 - q) * (1 - loss))(random);
        job.samples.push_back(
            Sample(static_cast<int>(job.samples.size()), passes));
        kind = DecideVerdict(set, {{set.Find("m", 1), &job}}, kOutcomeOnly,
                             kProblemBounds, kGroupSize)
                   .kind;
      }
      confirmed += kind == VerdictKind::kConfirmed;
      asked += static_cast<int>(job.samples.size());
    }
    return std::pair(confirmed / double{kRuns}, asked / double{kRuns});
  };
  const auto [false_confirms, asked] = run(0);
  EXPECT_LE(false_confirms, .02);
  EXPECT_LE(asked, 11);
  const auto [confirms, asked_of_lost] = run(.9);
  EXPECT_GE(confirms, .98);
  EXPECT_LE(asked_of_lost, 5);
}

TEST(Headroom, OpensOnlyAfterTheServerHasRestedAndShutsAtOnce) {
  HeadroomGate gate(HeadroomOptions{});
  absl::Time now = absl::UnixEpoch();
  const LoadReading idle{0, 1, .2};
  for (int i = 0; i < 30; ++i, now += absl::Seconds(1)) {
    gate.Update(now, idle, 0);
    EXPECT_FALSE(gate.open());
  }
  gate.Update(now, idle, 0);
  EXPECT_TRUE(gate.open());
  for (const LoadReading& busy :
       {LoadReading{1, 1, .2}, LoadReading{0, 4, .2}, LoadReading{0, 0, .7}}) {
    gate.Update(now, busy, 0);
    EXPECT_FALSE(gate.open());
    EXPECT_TRUE(gate.busy());
    gate.Update(now += absl::Seconds(29), idle, 0);
    gate.Update(now += absl::Seconds(29), idle, 0);
    EXPECT_FALSE(gate.open());
    gate.Update(now += absl::Seconds(2), idle, 0);
    EXPECT_TRUE(gate.open());
  }
  // Our own request is not others' load.
  gate.Update(now, LoadReading{0, 4, .2}, 1);
  EXPECT_FALSE(gate.busy());
  gate.Update(now, absl::UnavailableError("refused"), 0);
  EXPECT_FALSE(gate.open());
  gate.Update(now, LoadReading(), 0);
  EXPECT_TRUE(gate.busy());
  gate.Update(now, absl::UnimplementedError("no metrics"), 0);
  EXPECT_TRUE(gate.open());
}

TEST(Headroom, AsksSeldomWhereOthersUseTheServer) {
  HeadroomGate gate(HeadroomOptions{});
  absl::Time now = absl::UnixEpoch();
  double generated = 1000;
  const auto look = [&](double running, int own) {
    gate.Update(now, LoadReading{0, running, .2, generated}, own);
    now += absl::Seconds(1);
    return gate.open();
  };
  for (int i = 0; i < 40; ++i) look(0, 0);
  // Alone: one after the other, as our tokens are the server's.
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(look(1, 1));
    generated += 200;
    gate.Answered(now, 198);
    EXPECT_TRUE(look(0, 0));
  }
  // Requests of others between two readings show in the server's count.
  const auto shut = [&] {
    gate.Answered(now, 0);
    int seconds = 0;
    while (!look(0, 0) && seconds < 100) {
      generated += 500;
      ++seconds;
    }
    return seconds;
  };
  generated += 500;
  EXPECT_EQ(shut(), 30);
  EXPECT_EQ(shut(), 30);
  // They have gone: 30 s later nothing is held back any more.
  for (int i = 0; i < 31; ++i) look(0, 0);
  gate.Answered(now, 0);
  EXPECT_TRUE(look(0, 0));
  // A request beside ours is one of others.
  look(2, 1);
  gate.Answered(now, 0);
  EXPECT_FALSE(look(0, 0));
  // A server without a count that runs no other request is idle.
  HeadroomGate silent(HeadroomOptions{});
  for (int i = 0; i < 32; ++i)
    silent.Update(now += absl::Seconds(1), LoadReading{0, 0, .2}, 0);
  silent.Answered(now, 100);
  silent.Update(now, LoadReading{0, 0, .2}, 0);
  EXPECT_TRUE(silent.open());
}

TEST(Headroom, AsksInAPauseOfOthersWhereThereIsOne) {
  HeadroomGate gate(HeadroomOptions{});
  absl::Time now = absl::UnixEpoch();
  const auto opens = [&](double running) {
    gate.Update(now += absl::Seconds(1), LoadReading{0, running, .2}, 0);
    return gate.open();
  };
  for (int i = 0; i < 40; ++i) opens(i % 2);
  EXPECT_FALSE(opens(1));
  EXPECT_TRUE(opens(0));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(opens(1));
  // There is none: it is not waited for again while it stays so.
  EXPECT_TRUE(opens(1));
  gate.Answered(now, 100);
  for (int i = 0; i < 29; ++i) EXPECT_FALSE(opens(1));
  EXPECT_TRUE(opens(1));
  EXPECT_TRUE(opens(0));
  EXPECT_FALSE(opens(1));
}

TEST(ProblemSet, TakesStoredProblemsAsTheyWereAskedMost) {
  StoredProblem stored;
  stored.problem = {"m", 77, "s77", AnswerKind::kNumber, "5", 12, 2};
  stored.text.prompt = "How many?";
  stored.trials = {
      {"temperature=0.7 thinking=on max_tokens=1024 streamed", {6, 1}},
      {"temperature=0.7 thinking=on max_tokens=4096 streamed", {4, 0}},
      {"temperature=1", {5, 5}},
      {"temperature=0.7 nonsense=1", {90, 90}}};
  StoredProblem known = stored;  // the recorded one says more
  known.problem.digest = 1;
  StoredProblem wordless = stored;
  wordless.problem.digest = 78;
  wordless.text = {};
  StoredProblem untried = stored;
  untried.problem.digest = 79;
  untried.trials.clear();
  const ProblemSet set =
      UniformProblems(4, 16, 1).With({stored, known, wordless, untried});
  const RescoreProblem* p = set.Find("m", 77);
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->trials[0].count, 10);
  EXPECT_EQ(p->trials[0].failures, 1);
  EXPECT_TRUE(p->solved);
  EXPECT_EQ(p->question.sampling.temperature, .7);
  EXPECT_FALSE(p->question.sampling.top_p.has_value());
  EXPECT_EQ(p->question.intent.thinking, Thinking::kOn);
  EXPECT_TRUE(p->question.streamed);
  EXPECT_EQ(p->max_tokens, 4096);
  EXPECT_EQ(p->question.problem->answer, "5");
  EXPECT_EQ(set.Find("m", 1)->id, "p1");
  EXPECT_EQ(set.Find("m", 78), nullptr);
  ASSERT_NE(set.Find("m", 79), nullptr);
  EXPECT_FALSE(set.Find("m", 79)->solved);
  EXPECT_EQ(set.SolvedOf("m", 0).size(), 5u);
  // Another model has no other trials, and still its own prior.
  stored.problem.model = "other";
  stored.trials = {{"", {40, 0}}};
  const ProblemSet other = ProblemSet().With({stored});
  EXPECT_LT(other.PriorOf("other", Reward::kOutcome).rate(), .1);
}

TEST(HourlyBudget, RunsDryAndFillsAgain) {
  absl::Time now = absl::UnixEpoch();
  HourlyBudget budget(3600, now);
  EXPECT_TRUE(budget.Allows(now));
  budget.Spend(3700);
  EXPECT_FALSE(budget.Allows(now));
  EXPECT_FALSE(budget.Allows(now + absl::Seconds(99)));
  EXPECT_TRUE(budget.Allows(budget.NextAllowed(now)));
  EXPECT_LE(budget.NextAllowed(now) - now, absl::Seconds(102));
  // An hour's worth at most, however long nothing was asked.
  EXPECT_DOUBLE_EQ(budget.level(now + absl::Hours(50)), 3600);
  budget.Restore(-10, now, now);
  EXPECT_FALSE(budget.Allows(now));
  HourlyBudget off(0, now);
  EXPECT_FALSE(off.Allows(now + absl::Hours(5)));
}

TEST(CanaryWatch, SoundsFewFalseAlarmsAndFindsALossSoon) {
  std::mt19937_64 random(11);
  constexpr int kRuns = 300;
  const auto delay = [&](double failures, double expected) {
    double sum = 0;
    for (int run = 0; run < kRuns; ++run) {
      CanaryWatch watch;
      int n = 0;
      while (!watch.alarm() && n < 20000) {
        watch.Add(expected, std::bernoulli_distribution(failures)(random));
        ++n;
      }
      sum += n;
    }
    return sum / kRuns;
  };
  EXPECT_GE(delay(.1, .1), kCanaryAlarm);
  EXPECT_LE(delay(.55, .1), 15);
  EXPECT_LE(delay(.91, .1), 6);
  EXPECT_LE(delay(.325, .1), 45);
}

TEST(CanaryWatch, RecoversAndOutlivesARestart) {
  CanaryWatch watch;
  for (int i = 0; i < 30; ++i) watch.Add(.1, true);
  EXPECT_TRUE(watch.alarm());
  EXPECT_FALSE(watch.recovered());
  CanaryWatch again;
  ASSERT_TRUE(again.Parse(watch.Print()));
  EXPECT_NEAR(again.statistic(), watch.statistic(), watch.statistic() * 1e-5);
  int n = 0;
  while (!again.recovered() && n < 1000) {
    again.Add(.1, n % 10 == 9);
    ++n;
  }
  EXPECT_LE(n, 120);
  EXPECT_FALSE(again.Parse("1 2 3"));
  EXPECT_FALSE(again.Parse("1 2 3 4 5 nan"));
}

TEST(Localise, AVariantStandsInTheWrappingOfItsProblem) {
  Response question;
  question.problem = Problem{"variant/t/1", "3", AnswerKind::kNumber};
  question.prompt = "Solve: Ann has 1 \"pear\".\nBox the answer.";
  const ProblemVariant variant{"Ann has 1 \"pear\".", "Bo has 9 \"figs\".",
                               "9"};
  auto asked = AskVariant(question, variant);
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->prompt, "Solve: Bo has 9 \"figs\".\nBox the answer.");
  EXPECT_EQ(asked->problem->answer, "9");
  question.messages_json =
      R"([{"role":"user","content":"Solve: Ann has 1 \"pear\"."}])";
  asked = AskVariant(question, variant);
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->messages_json,
            R"([{"role":"user","content":"Solve: Bo has 9 \"figs\"."}])");
  EXPECT_FALSE(AskVariant(question, {"Cy has", "x", "1"}).has_value());
}

TEST(Localise, TheIntervalHoldsTheTrueDifference) {
  std::mt19937_64 random(5);
  int held = 0;
  constexpr int kRuns = 2000;
  for (int r = 0; r < kRuns; ++r) {
    Pairs pairs;
    for (int i = 0; i < 32; ++i) {
      const bool usual = std::bernoulli_distribution(.5)(random);
      const bool mine = std::bernoulli_distribution(.8)(random);
      ++(usual ? (mine ? pairs.both : pairs.worse)
               : (mine ? pairs.better : pairs.neither));
    }
    const Difference d = PairedDifference(pairs, 1);
    held += d.low <= .3 && .3 <= d.high;
  }
  EXPECT_GE(held, kRuns * .94);
}

// rewards: outcome, format.
RescoreSample Rewarded(int index, std::string_view way, int outcome,
                       int format) {
  RescoreSample s;
  s.index = index;
  s.way = way;
  s.rewards = {static_cast<int8_t>(outcome), static_cast<int8_t>(format), -1,
               -1};
  return s;
}

TEST(Localise, AnUnreadableAnswerOfBrokenFormIsNoSuccess) {
  const ProblemSet set = UniformProblems(1, 8, 0);
  RescoreJob job;
  job.samples = {
      // Broken on the usual way, right on the other.
      Rewarded(0, kAgain, -1, 0), Rewarded(0, kReference, 1, 1),
      // The other way round.
      Rewarded(1, kAgain, 1, 1), Rewarded(1, kReference, -1, 0),
      // Broken on both.
      Rewarded(2, kAgain, -1, 0), Rewarded(2, kReference, -1, 0),
      // In perfect form, but not graded: no pair.
      Rewarded(3, kAgain, -1, 1), Rewarded(3, kReference, 1, 1),
      Rewarded(4, kAgain, 1, 1), Rewarded(4, kReference, -1, 1),
      // Nothing is known of it at all, or nothing was asked beside it.
      Rewarded(5, kAgain, -1, -1), Rewarded(5, kReference, 1, 1),
      Rewarded(6, kReference, 1, 1)};
  const std::vector<GroupView> groups = {{set.Find("m", 1), &job}};
  const Pairs outcome = PairsOf(groups, kReference, Reward::kOutcome);
  EXPECT_EQ(outcome.better, 1);
  EXPECT_EQ(outcome.worse, 1);
  EXPECT_EQ(outcome.neither, 1);
  EXPECT_EQ(outcome.both, 0);
  EXPECT_EQ(outcome.count(), 3);
  // Form itself needs no such rule.
  const Pairs format = PairsOf(groups, kReference, Reward::kFormat);
  EXPECT_EQ(format.count(), 5);
  EXPECT_EQ(format.both, 2);
}

TEST(Localise, NothingReadableIsNoDifference) {
  const ProblemSet set = UniformProblems(1, 8, 0);
  RescoreJob job;
  for (int i = 0; i < 8; ++i) {
    job.samples.push_back(Rewarded(i, kAgain, -1, 1));
    job.samples.push_back(Rewarded(i, kReference, -1, 1));
  }
  WaysAvailable available;
  available.reference = true;
  EXPECT_TRUE(CompareWays({{set.Find("m", 1), &job}}, PlanWays(available),
                          Reward::kOutcome)
                  .empty());
}

TEST(Localise, NamesTheMostSpecificWayThatCarriesTheLoss) {
  const ProblemSet set = UniformProblems(1, 8, 0);
  RescoreJob job;
  for (int i = 0; i < 32; ++i) {
    job.samples.push_back(Sample(i, i % 2 == 0, kAgain));
    job.samples.push_back(Sample(i, true, kFreshCache));
    job.samples.push_back(Sample(i, i % 2 == 0, kOtherStream));
    job.samples.push_back(Sample(i, true, kReference));
  }
  WaysAvailable available;
  available.reference = true;
  const auto differences = CompareWays({{set.Find("m", 1), &job}},
                                       PlanWays(available), Reward::kOutcome);
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0].name, kFreshCache);
  EXPECT_EQ(differences[0].cause, "cache_or_batching");
  EXPECT_DOUBLE_EQ(differences[0].value, .5);
  EXPECT_GT(differences[0].low, 0);
  EXPECT_EQ(differences[1].cause, "");
  EXPECT_DOUBLE_EQ(differences[1].value, 0);
  EXPECT_GT(differences[2].low, 0);
  EXPECT_EQ(differences[2].cause, "");
}

TEST(Localise, SaturationIsNamedByTheLossUnderAFilledContext) {
  const ProblemSet set = UniformProblems(1, 8, 0);
  RescoreJob job;
  for (int i = 0; i < 32; ++i) {
    job.samples.push_back(Sample(i, true, kAgain));
    job.samples.push_back(Sample(i, i % 3 == 0, kFilledContext));
  }
  WaysAvailable available;
  available.filled_context = true;
  const auto differences = CompareWays({{set.Find("m", 1), &job}},
                                       PlanWays(available), Reward::kOutcome);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].cause, "context_saturation");
}

TEST(Localise, FillsTheContextBeforeTheQuestion) {
  Response question;
  question.prompt = "Say \"one\".";
  const auto filled = FillContext(question, 100);
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(filled->front(), '[');
  EXPECT_NE(filled->find("harbour"), std::string::npos);
  EXPECT_NE(
      filled->find("{\"role\":\"user\",\"content\":\"Say \\\"one\\\".\"}]"),
      std::string::npos);
  question.messages_json =
      R"( [{"role":"system","content":"s"}, {"role":"user","content":"x"}] )";
  const auto behind = FillContext(question, 100);
  ASSERT_TRUE(behind.ok());
  EXPECT_EQ(
      behind->find(R"([{"role":"system","content":"s"},{"role":"user","c)"),
      0u);
  EXPECT_NE(behind->find(R"(,{"role":"user","content":"x"}])"),
            std::string::npos);
  question.messages_json = R"([{"role":"user","content":"x"}])";
  question.system_prompt = "s";
  EXPECT_EQ(
      *FillContext(question, 0),
      R"([{"role":"system","content":"s"},{"role":"user","content":"x"}])");
  question.messages_json = "{}";
  EXPECT_FALSE(FillContext(question, 100).ok());
}

}  // namespace
}  // namespace reasonwatch
