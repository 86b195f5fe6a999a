// SPDX-License-Identifier: Apache-2.0
// Shards beside the operator's own grader.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/daemon/pipeline/shards_rig.h"

namespace reasonwatch {
namespace {

LiveGraderOptions Grader(const std::string& command) {
  LiveGraderOptions options;
  options.command.command = command;
  options.command.restarts = -1;
  return options;
}

// Nothing else may grade while it is set.
Grade NeverAsked(const GradingQuestion&) {
  ADD_FAILURE() << "a worker has waited for a grader";
  return Grade::kUngradable;
}

TEST(ShardsWithAGrader, TakeItsGrades) {
  LiveGrader grader(
      Grader("while read -r l; do echo '{\"grade\":\"incorrect\"}'; done"));
  ASSERT_TRUE(grader.Start().ok());
  Rig rig(DefaultConfig(), nullptr, 2, false, &grader);
  rig.evaluator.SetGrader(NeverAsked);
  rig.shards.Start();
  EXPECT_EQ(rig.Offer(Traffic(0, 50, WithoutEnds())), 50);
  rig.shards.Drain();
  EXPECT_EQ(rig.seen.scored, 50);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_grades_total{grade=\"incorrect\",model=\"m\"} 50"))
      << rig.telemetry.Text();
  rig.shards.Stop();
  EXPECT_EQ(grader.Answers().at("graded"), 50);
}

TEST(ShardsWithAGrader, GoOnBesideOneThatHangsAndEndWithIt) {
  LiveGraderOptions options = Grader("sleep 600");
  options.command.timeout = absl::Seconds(60);
  LiveGrader grader(options);
  ASSERT_TRUE(grader.Start().ok());
  Rig rig(DefaultConfig(), nullptr, 1, false, &grader);
  rig.evaluator.SetGrader(NeverAsked);
  rig.shards.Start();
  EXPECT_EQ(rig.Offer(Traffic(0, 20, WithoutEnds())), 20);
  TrafficOptions others = WithoutEnds();
  others.id_prefix = "other";
  std::vector<Response> rows = Traffic(20, 200, others);
  for (Response& r : rows) r.problem.reset();
  EXPECT_EQ(rig.Offer(rows), 200);
  EXPECT_TRUE(WaitFor([&] { return rig.seen.scored == 200; }));
  rig.shards.Stop();
  // The answers that waited are judged by all else that they show.
  EXPECT_EQ(rig.seen.scored, 220);
  EXPECT_TRUE(rig.Shows(
      "reasonwatch_grades_total{grade=\"ungradable\",model=\"m\"} 20"))
      << rig.telemetry.Text();
}

TEST(ShardsWithAGrader, AskNobodyWhereTheCallerSaysItself) {
  LiveGrader grader(Grader("exit 1"));
  ASSERT_TRUE(grader.Start().ok());
  Rig rig(DefaultConfig(), nullptr, 1, false, &grader);
  rig.evaluator.SetGrader(NeverAsked);
  rig.shards.Start();
  std::vector<Response> rows = Traffic(0, 20, WithoutEnds());
  for (Response& r : rows) r.verdict = CallerVerdict::kCorrect;
  EXPECT_EQ(rig.Offer(rows), 20);
  rig.shards.Drain();
  EXPECT_TRUE(
      rig.Shows("reasonwatch_grades_total{grade=\"correct\",model=\"m\"} 20"))
      << rig.telemetry.Text();
  EXPECT_EQ(grader.starts(), 0);
}

}  // namespace
}  // namespace reasonwatch
