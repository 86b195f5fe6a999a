// SPDX-License-Identifier: Apache-2.0
// Which responses are graded, and which only counted.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "core/feature.h"
#include "core/grade.h"
#include "core/response.h"
#include "core/scored.h"
#include "evaluator/standard_evaluator.h"

namespace reasonwatch {

// Found by gtest, so that a failure reads "correct" instead of a byte.
void PrintTo(Grade grade, std::ostream* os) { *os << GradeName(grade); }

namespace {

Response Asked(std::string content) {
  Response r;
  r.model = "m";
  r.prompt = "How many pens are in 9 boxes of 4?";
  r.problem = Problem{};
  r.problem->answer = "36";
  r.problem->answer_kind = AnswerKind::kNumber;
  r.content = std::move(content);
  r.finish_reason = "stop";
  return r;
}

Grade GradeOf(const Response& response) {
  return StandardEvaluator("key").Evaluate(response).grade;
}

TEST(Graded, IsAResponseThatCameWhole) {
  EXPECT_EQ(GradeOf(Asked("The answer is 36.")), Grade::kCorrect);
  EXPECT_EQ(GradeOf(Asked("The answer is 35.")), Grade::kIncorrect);
}

TEST(Graded, IsNoResponseThatWasCutOff) {
  for (const TransportEnd end :
       {TransportEnd::kClientAbort, TransportEnd::kUpstreamReset}) {
    Response r = Asked("The answer is 3");
    r.transport_end = end;
    EXPECT_EQ(GradeOf(r), Grade::kNotGraded);
    // Not even by its caller, who saw a part of it.
    r.verdict = CallerVerdict::kIncorrect;
    EXPECT_EQ(GradeOf(r), Grade::kNotGraded);
  }
  Response aborted = Asked("The answer is 3");
  aborted.finish_reason = "abort";
  EXPECT_EQ(GradeOf(aborted), Grade::kNotGraded);
}

TEST(Graded, IsNoResponseOfAnotherWatchedModel) {
  StandardEvaluator evaluator("key");
  evaluator.SetProfile("m", {});
  evaluator.SetProfile("large", {});
  Response r = Asked("The answer is 35.");
  r.asked_model = "large";
  EXPECT_EQ(evaluator.Evaluate(r).grade, Grade::kNotGraded);
  // A name that nobody watches is an alias.
  r.asked_model = "best";
  EXPECT_EQ(evaluator.Evaluate(r).grade, Grade::kIncorrect);
  r.asked_model = "m";
  EXPECT_EQ(evaluator.Evaluate(r).grade, Grade::kIncorrect);
}

TEST(Graded, AMissingAnswerIsNoAnswer) {
  EXPECT_EQ(GradeOf(Asked("")), Grade::kNoAnswer);
  EXPECT_EQ(GradeOf(Asked(" \n")), Grade::kNoAnswer);
  Response unseen = Asked("");
  unseen.content.reset();  // a tap that carries no text
  EXPECT_EQ(GradeOf(unseen), Grade::kNotGraded);
  unseen.body = R"({"choices": [{"message": {"content": null},
                                "finish_reason": "stop"}]})";
  unseen.body_type = BodyType::kJson;
  EXPECT_EQ(GradeOf(unseen), Grade::kNoAnswer);
}

TEST(Graded, ARefusalIsAReadingAndNoWrongNumber) {
  const StandardEvaluator evaluator("key");
  const Scored refused =
      evaluator.Evaluate(Asked("I'm sorry, but I can't help with 9 boxes."));
  EXPECT_EQ(refused.grade, Grade::kRefused);
  EXPECT_EQ(refused.readings[static_cast<size_t>(Feature::kRefusal)], 1);
  const Scored answered = evaluator.Evaluate(Asked("The answer is 36."));
  EXPECT_EQ(answered.readings[static_cast<size_t>(Feature::kRefusal)], 0);
}

}  // namespace
}  // namespace reasonwatch
