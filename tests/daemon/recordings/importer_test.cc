// SPDX-License-Identifier: Apache-2.0
// The importer with a sink that writes down its calls: their order, habits,
// grades, prefixes and errors; then the sample that habits are mined from.
#include "daemon/recordings/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/scored.h"
#include "daemon/recordings/habit_sample.h"
#include "daemon/recordings/recording_source.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

// Writes its calls down.
class FakeSink : public BaselineSink {
 public:
  absl::StatusOr<Start> Begin(const std::string& model,
                              const std::string& prefix) override {
    calls.push_back("begin " + model);
    prefixes.push_back(prefix);
    if (!begin.ok()) return begin;
    return Start{known_prefix.empty() ? prefix : known_prefix,
                 std::make_shared<ProblemIndex>(), habits};
  }
  void SetHabits(const std::string& model,
                 std::shared_ptr<const HabitProfile> mined_now) override {
    calls.push_back("habits " + model);
    mined = std::move(mined_now);
  }
  void Observe(const Response& response, Scored scored) override {
    calls.push_back("observe " + response.id);
    observed.push_back(std::move(scored));
  }
  absl::Status Finish(const std::string& model) override {
    calls.push_back("finish " + model);
    return absl::OkStatus();
  }

  absl::Status begin;
  std::string known_prefix;
  std::shared_ptr<const HabitProfile> habits;
  std::shared_ptr<const HabitProfile> mined;
  std::vector<std::string> calls;
  std::vector<std::string> prefixes;
  std::vector<Scored> observed;
};

Response Row(const std::string& model, const std::string& id) {
  Response r;
  r.model = model;
  r.id = id;
  r.prompt = "What is 1 and 1?";
  r.content = "The answer is 2.";
  return r;
}

absl::StatusOr<ImportReport> Import(const std::vector<Response>& rows,
                                    BaselineSink& sink,
                                    StandardEvaluator& evaluator) {
  RecordedRows source(rows);
  return RecordingImporter(
             {.profile_of = [](const std::string&) { return ModelProfile(); }},
             evaluator, sink)
      .Run(source);
}

TEST(RecordingImporter, CallsTheSinkModelByModelAndRowByRow) {
  std::vector<Response> rows = {Row("b", "1"), Row("a", "2"), Row("b", "3")};
  rows.push_back(Row("c", "canary"));
  rows.back().origin = Origin::kCanary;
  FakeSink sink;
  StandardEvaluator evaluator("key");
  const auto report = Import(rows, sink, evaluator);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(sink.calls, ElementsAre("begin a", "begin b", "habits a",
                                      "habits b", "observe 1", "observe 2",
                                      "observe 3", "finish a", "finish b"));
  EXPECT_THAT(report->models, ElementsAre("a", "b"));
  EXPECT_EQ(report->responses, 3);
}

TEST(RecordingImporter, MinesOnlyForASinkThatHasNoHabits) {
  FakeSink sink;
  sink.habits = std::make_shared<const HabitProfile>(
      std::vector<Habit>{{"The answer", .9}});
  StandardEvaluator evaluator("key");
  ASSERT_TRUE(Import({Row("a", "1")}, sink, evaluator).ok());
  EXPECT_THAT(sink.calls, ElementsAre("begin a", "observe 1", "finish a"));
  EXPECT_EQ(sink.observed.front().habits_known, 1);
  EXPECT_EQ(sink.observed.front().habits, 1u);
}

TEST(RecordingImporter, GradesByTheProblemsOfTheWholeRecording) {
  // The first row asks a problem whose answer only the last one brings.
  std::vector<Response> rows = {Row("a", "1"), Row("a", "2"), Row("a", "3")};
  rows[1].content = "The answer is 3.";
  rows[2].problem = Problem{"p", "2", AnswerKind::kNumber};
  FakeSink sink;
  StandardEvaluator evaluator("key");
  const auto report = Import(rows, sink, evaluator);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->graded, 3);
  EXPECT_EQ(report->correct, 2);
}

TEST(RecordingImporter, LooksForProblemsBehindThePrefixThatTheSinkNames) {
  std::vector<Response> rows;
  for (int i = 0; i < 30; ++i) {
    rows.push_back(Row("a", std::to_string(i)));
    rows.back().prompt =
        "You are a tutor. Answer briefly and kindly.\n\nWhat is " +
        std::to_string(i) + " and 1?";
    rows.back().problem =
        Problem{"p" + std::to_string(i), "2", AnswerKind::kNumber};
  }
  FakeSink sink;
  StandardEvaluator evaluator("key");
  ASSERT_TRUE(Import(rows, sink, evaluator).ok());
  EXPECT_THAT(sink.prefixes, ElementsAre(HasSubstr("briefly and kindly")));
  EXPECT_FALSE(evaluator.LearnsPrefix("a"));
  // The same problem is another one behind another prefix.
  FakeSink other;
  other.known_prefix = "Nothing that these prompts begin with.\n";
  StandardEvaluator evaluator2("key");
  ASSERT_TRUE(Import(rows, other, evaluator2).ok());
  EXPECT_NE(sink.observed.front().match.problem,
            other.observed.front().match.problem);
}

TEST(RecordingImporter, EndsWithTheErrorOfTheSink) {
  FakeSink sink;
  sink.begin = absl::FailedPreconditionError("frozen");
  StandardEvaluator evaluator("key");
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Import({Row("a", "1")}, sink, evaluator).status()));
  EXPECT_THAT(sink.calls, ElementsAre("begin a"));
}

TEST(RecordingImporter, ReportsABadLineOfAFileOnce) {
  const std::string path = testing::TempDir() + "/importer_test.jsonl";
  std::ofstream(path) << WriteRecorded(Row("a", "1")) << "\n{\n\n"
                      << WriteRecorded(Row("b", "2")) << "\n";
  RecordedFileSource source(path, RecordFormat::kReasonwatch, "m");
  FakeSink sink;
  StandardEvaluator evaluator("key");
  std::vector<std::pair<int64_t, std::string>> bad;
  RecordingImporter importer(
      {.profile_of = [](const std::string&) { return ModelProfile(); },
       .bad_line = [&](int64_t line,
                       std::string_view why) { bad.emplace_back(line, why); }},
      evaluator, sink);
  const auto report = importer.Run(source);
  std::filesystem::remove(path);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(bad, ElementsAre(Pair(2, HasSubstr("not JSON"))));
  EXPECT_EQ(report->bad_lines, 1);
  // Both rows are of the model that the source was given.
  EXPECT_THAT(report->models, ElementsAre("m"));
  EXPECT_THAT(sink.observed, SizeIs(2));
}

TEST(HabitSample, IsEvenlySpacedAndPrefersSolvedResponses) {
  HabitSample few(3);
  EXPECT_TRUE(few.WantsNext() && few.WantsNext() && few.WantsNext());
  EXPECT_FALSE(few.WantsNext());

  constexpr size_t kMany = 10 * kMaxHabitTraces;
  HabitSample many(kMany);
  size_t wanted = 0;
  size_t wanted_of_first_half = 0;
  for (size_t i = 0; i < kMany; ++i) {
    const bool wants = many.WantsNext();
    wanted += wants;
    wanted_of_first_half += wants && i < kMany / 2;
  }
  EXPECT_EQ(wanted, 2 * kMaxHabitTraces);
  EXPECT_EQ(wanted_of_first_half, kMaxHabitTraces);

  const auto trace = [](const std::string& line) {
    Trace t;
    t.has_text = true;
    t.answer = line + "\nIt is so.";
    return t;
  };
  HabitSample sample(2 * kMinHabitTraces);
  for (size_t i = 0; i < kMinHabitTraces; ++i)
    sample.Add(Grade::kNotGraded, trace("Perhaps it is one"));
  EXPECT_FALSE(sample.Mine().empty());
  for (size_t i = 0; i < kMinHabitTraces; ++i)
    sample.Add(Grade::kCorrect, trace("Surely it is one"));
  const HabitProfile mined = sample.Mine();
  for (const Habit& habit : mined.habits())
    EXPECT_THAT(habit.phrase, testing::Not(HasSubstr("Perhaps")));
}

}  // namespace
}  // namespace reasonwatch
