// SPDX-License-Identifier: Apache-2.0
// Answers that the model agrees with itself on: learnt from repeats, graded,
// saved. In this order: the collection alone, then within a pipeline.
#include "baseline/agreed/agreed_problems.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "daemon/app/config/config.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/regime_log.h"
#include "evaluator/standard_evaluator.h"
#include "tests/daemon/pipeline/traffic.h"

namespace reasonwatch {
namespace {

Scored Answer(uint64_t prompt, uint64_t answer) {
  Scored s;
  s.prompt_key = prompt;
  s.answer_key = answer;
  return s;
}

TEST(AgreedProblems, ThreeOfFourAnswersAgree) {
  AgreedProblems problems;
  for (uint64_t answer : {7u, 8u, 7u})
    EXPECT_EQ(problems.Learn(Answer(1, answer)).problem, 0u);
  const auto settled = problems.Learn(Answer(1, 7));
  EXPECT_EQ(settled.problem, 1u);
  EXPECT_TRUE(settled.agreed);
  EXPECT_EQ(settled.trials, 4);
  EXPECT_EQ(settled.failures, 1);
  EXPECT_EQ(problems.agreed(), 1);

  Scored same = Answer(1, 7);
  EXPECT_TRUE(problems.Grade(same));
  EXPECT_EQ(same.grade, Grade::kCorrect);
  Scored other = Answer(1, 9);
  EXPECT_TRUE(problems.Grade(other));
  EXPECT_EQ(other.grade, Grade::kIncorrect);
  EXPECT_EQ(other.match.problem, 1u);
}

TEST(AgreedProblems, TwoOfFourDoNotAndGradeNothing) {
  AgreedProblems problems;
  AgreedProblems::Settled settled;
  for (uint64_t answer : {7u, 8u, 7u, 8u})
    settled = problems.Learn(Answer(1, answer));
  EXPECT_EQ(settled.trials, 4);
  EXPECT_FALSE(settled.agreed);
  Scored again = Answer(1, 7);
  EXPECT_FALSE(problems.Grade(again));
}

TEST(AgreedProblems, AGradeThatIsThereStays) {
  AgreedProblems problems;
  for (int i = 0; i < 4; ++i) problems.Learn(Answer(1, 7));
  Scored graded = Answer(1, 9);
  graded.grade = Grade::kCorrect;
  EXPECT_FALSE(problems.Grade(graded));
  EXPECT_EQ(graded.grade, Grade::kCorrect);
}

TEST(AgreedProblems, AreBoundedAndForgetWhatIsNotAskedForLongest) {
  AgreedProblems problems;
  const auto ask = [&](uint64_t prompt) {
    for (int i = 0; i < 4; ++i) problems.Learn(Answer(prompt, 7));
  };
  const auto known = [&](uint64_t prompt) {
    Scored s = Answer(prompt, 7);
    return problems.Grade(s);
  };
  const auto last = static_cast<uint64_t>(kMaxAskedAgain) + 1;
  for (uint64_t prompt = 1; prompt <= last; ++prompt) ask(prompt);
  EXPECT_LE(problems.agreed(), static_cast<int64_t>(kMaxAskedAgain));
  EXPECT_GT(problems.forgotten(), 0);
  EXPECT_FALSE(known(1));
  EXPECT_TRUE(known(last));
}

TEST(AgreedProblems, RememberWhatWasAskedOnceWhileTheyGrow) {
  // Keys by chance, as digests are.
  std::mt19937_64 random(5);
  std::vector<uint64_t> prompts(40);
  for (uint64_t& prompt : prompts) prompt = random();
  AgreedProblems problems;
  const auto renew = [&] {
    StateWriter out;
    out.Field("state", problems);
    const std::string bytes = out.Finish();
    StateReader in(bytes);
    problems = AgreedProblems();
    in.Field("state", problems);
    EXPECT_TRUE(in.AtEnd());
    return bytes.size();
  };
  for (int round = 0; round < 4; ++round) {
    for (size_t i = 0; i < prompts.size(); ++i) {
      problems.Learn(Answer(prompts[i], 7));
      // Far from the 128 kB of the whole table.
      if (i == prompts.size() / 2) {
        EXPECT_LT(renew(), 40'000u);
      }
    }
  }
  EXPECT_EQ(problems.forgotten(), 0);
  EXPECT_EQ(problems.agreed(), 40);
}

TEST(AgreedProblems, RefuseATableOfASizeThatTheyNeverHave) {
  for (const size_t size : {1u, 64u, 100u, 16384u}) {
    StateWriter out;
    out.PlainVector("once", std::vector<std::array<uint64_t, 2>>(size));
    out.Plain("again", uint32_t{0});
    out.Plain("clock", int64_t{0});
    out.Plain("forgotten", int64_t{0});
    const std::string bytes = out.Finish();
    AgreedProblems problems;
    StateReader in(bytes);
    in.Field("state", problems);
    EXPECT_FALSE(in.ok()) << size;
  }
}

TEST(AgreedProblems, ComeBackFromTheirBytesAndRefuseBrokenOnes) {
  AgreedProblems problems;
  for (uint64_t prompt = 1; prompt < 50; ++prompt)
    for (int i = 0; i < static_cast<int>(prompt % 6); ++i)
      problems.Learn(Answer(prompt, 7));
  StateWriter out;
  out.Field("state", problems);
  const std::string bytes = out.Finish();
  AgreedProblems restored;
  StateReader in(bytes);
  in.Field("state", restored);
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(restored.agreed(), problems.agreed());
  StateWriter again;
  again.Field("state", restored);
  EXPECT_EQ(again.Finish(), bytes);

  AgreedProblems broken;
  StateReader cut(std::string_view(bytes).substr(0, bytes.size() / 2));
  cut.Field("state", broken);
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(broken.agreed(), 0);
}

// 40 questions that nobody has labelled, asked in turn.
Response Question(int i, bool wrong) {
  Response r;
  r.id = absl::StrFormat("q-%d", i);
  r.model = "m";
  r.time = absl::FromUnixSeconds(1750000000) + i * absl::Seconds(3);
  r.prompt = absl::StrFormat("How many legs do %d spiders have?", i % 40 + 2);
  const int legs = 8 * (i % 40 + 2) + (wrong ? 3 : 0);
  r.content = absl::StrFormat(
      "A spider has eight legs, so we multiply. %s The answer is %d.",
      i % 3 == 0 ? "That is easily done." : "Each of them counts.", legs);
  return r;
}

class Unlabelled : public testing::Test {
 protected:
  Unlabelled() : evaluator_("a key of the test") { Renew(); }

  void Renew() {
    Config config = DefaultConfig();
    config.false_alarms.mean_responses = 1e4;
    WatchOptions watch = WatchOptionsOf(config);
    watch.reference.quarantine = 50;
    pipeline_ = std::make_unique<ModelPipeline>("m", watch, IncidentOptions{});
  }
  std::vector<IncidentEvent> Feed(int i, bool wrong) {
    return pipeline_->Observe(evaluator_.Evaluate(Question(i, wrong)), false);
  }

  StandardEvaluator evaluator_;
  std::unique_ptr<ModelPipeline> pipeline_;
};

TEST_F(Unlabelled, OtherAnswersThanBeforeAreARegression) {
  int i = 0;
  for (; i < 400; ++i) EXPECT_TRUE(Feed(i, false).empty());
  EXPECT_EQ(pipeline_->agreed().agreed(), 40);
  EXPECT_EQ(pipeline_->DrainAgreed().size(), 40u);
  // It survives a restart.
  const auto blobs = pipeline_->Save(true);
  Renew();
  ASSERT_TRUE(pipeline_->Restore(blobs, {}).ok());
  EXPECT_EQ(pipeline_->agreed().agreed(), 40);
  bool opened = false;
  for (; i < 460; ++i)
    for (const IncidentEvent& event : Feed(i, true))
      opened = opened || (event.kind == IncidentEvent::Kind::kOpened &&
                          event.signal == Signal::kConsistencyRegression);
  EXPECT_TRUE(opened);
}

TEST_F(Unlabelled, WhatAnAlarmShowsIsNotLearnt) {
  int i = 0;
  for (; i < 400; ++i) Feed(i, false);
  bool open = false;
  while (!open && i < 600) {
    Feed(i++, true);
    open = !pipeline_->book().Open().empty();
  }
  ASSERT_TRUE(open);
  const int64_t trials = pipeline_->watch().posteriors().trials();
  const double rate = pipeline_->watch().posteriors().pooled_rate();
  const int64_t learnt = pipeline_->watch().reference("default")->responses();
  for (int n = 0; n < 1000; ++n) Feed(i++, true);
  EXPECT_FALSE(pipeline_->book().Open().empty());
  EXPECT_EQ(pipeline_->watch().posteriors().trials(), trials);
  EXPECT_EQ(pipeline_->watch().posteriors().pooled_rate(), rate);
  EXPECT_EQ(pipeline_->watch().reference("default")->responses(), learnt);
  EXPECT_EQ(pipeline_->agreed().agreed(), 40);

  // Until the operator says that it is wanted: then it is the normal answer.
  const auto closed = pipeline_->Accept(absl::Now(), "wanted");
  ASSERT_FALSE(closed.empty());
  EXPECT_EQ(closed.front().incident.close_reason, "accepted");
  for (int n = 0; n < 600; ++n) EXPECT_TRUE(Feed(i++, true).empty());
  EXPECT_EQ(pipeline_->agreed().agreed(), 40);
}

TEST_F(Unlabelled, AReferenceIsPutInPlaceOfAnother) {
  for (int i = 0; i < 400; ++i) Feed(i, false);
  const auto golden = pipeline_->SaveReference();
  const int64_t learnt = pipeline_->watch().reference("default")->responses();
  pipeline_->ResetReference();
  EXPECT_TRUE(pipeline_->watch().Empty());
  EXPECT_EQ(pipeline_->agreed().agreed(), 0);
  ASSERT_TRUE(pipeline_->RestoreReference(golden).ok());
  EXPECT_EQ(pipeline_->agreed().agreed(), 40);
  EXPECT_EQ(pipeline_->watch().reference("default")->responses(), learnt);
}

TEST(KeyedAnswers, DependOnTheKeyAndNotOnTheWording) {
  const StandardEvaluator one("one");
  const StandardEvaluator two("two");
  Response a = Question(0, false);
  Response b = a;
  b.content = "Sixteen legs in all: **The answer is 16**.";
  EXPECT_EQ(one.Evaluate(a).answer_key, one.Evaluate(b).answer_key);
  EXPECT_NE(one.Evaluate(a).answer_key, two.Evaluate(a).answer_key);
  EXPECT_NE(one.Evaluate(a).prompt_key, two.Evaluate(a).prompt_key);
  b.content = "The answer is 17.";
  EXPECT_NE(one.Evaluate(a).answer_key, one.Evaluate(b).answer_key);
  b.transport_end = TransportEnd::kClientAbort;
  EXPECT_EQ(one.Evaluate(b).answer_key, 0u);
}

std::vector<ModelEvent> Show(RegimeLog& log, const std::string& build) {
  Scored s;
  s.model = "m";
  s.regime.fingerprint = build;
  return log.Observe(s);
}

TEST(RegimeLog, TellsANewBuildOnceAndARollbackToo) {
  RegimeLog log;
  EXPECT_TRUE(Show(log, "a").empty());
  auto events = Show(log, "b");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, "fingerprint");
  EXPECT_EQ(events[0].old_value, "a");
  EXPECT_EQ(events[0].new_value, "b");
  // Replicas of both builds while it rolls out.
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(Show(log, i % 2 == 0 ? "a" : "b").empty());
  for (int i = 0; i < 600; ++i) Show(log, "b");
  StateWriter out;
  out.Field("state", log);
  const std::string bytes = out.Finish();
  RegimeLog restored;
  StateReader in(bytes);
  in.Field("state", restored);
  EXPECT_TRUE(in.AtEnd());
  events = Show(restored, "a");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].new_value, "a");
}

}  // namespace
}  // namespace reasonwatch
