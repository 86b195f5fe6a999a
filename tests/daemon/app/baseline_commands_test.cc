// SPDX-License-Identifier: Apache-2.0
// `reasonwatch baseline` on a database of its own: the formats of problem sets,
// imports of responses and of sets, export and errors, and recording.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/app/commands/baseline.h"
#include "daemon/app/settings.h"
#include "daemon/app/stored_baseline.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/observer.h"
#include "daemon/recordings/export_baseline.h"
#include "daemon/recordings/problem_sets.h"
#include "daemon/recordings/record_baseline.h"
#include "evaluator/asked_problems.h"
#include "storage/baseline_store.h"
#include "tap/jsonl/recorded.h"

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Read {
  std::vector<ImportedProblem> problems;
  std::vector<std::string> errors;  // "line: why"
};

Read ReadAll(BaselineFormat format, const std::string& text) {
  std::istringstream in(text);
  const auto reader = ProblemReader::Make(format, in);
  Read read;
  std::vector<ImportedProblem> one;
  while (true) {
    const auto more = reader->Next(one);
    if (!more.ok()) {
      read.errors.push_back(std::to_string(reader->line()) + ": " +
                            std::string(more.status().message()));
      if (absl::IsDataLoss(more.status())) return read;
      continue;
    }
    if (!*more) return read;
    for (ImportedProblem& p : one) read.problems.push_back(std::move(p));
  }
}

TEST(BaselineFormats, ReadGsm8kUpToItsResult) {
  const Read read = ReadAll(
      BaselineFormat::kGsm8k,
      "\xEF\xBB\xBF{\"question\": \"How far?\", \"answer\": \"2*5\\n#### "
      "1,000\"}\n\n{\"question\": \"And?\", \"answer\": \"5\"}\n[1]\n{\n");
  ASSERT_EQ(read.problems.size(), 1u);
  EXPECT_EQ(read.problems[0].problem.gold, "1000");
  EXPECT_EQ(read.problems[0].problem.answer_kind, AnswerKind::kNumber);
  EXPECT_EQ(read.problems[0].text.prompt, "How far?");
  EXPECT_THAT(read.errors, ElementsAre(HasSubstr("3: answer has no"),
                                       HasSubstr("4: not a JSON object"),
                                       HasSubstr("5: not JSON")));
}

TEST(BaselineFormats, ReadMathAndAime) {
  const Read math = ReadAll(
      BaselineFormat::kMath,
      R"({"problem": "P", "answer": "\\frac{1}{2}", "unique_id": "t/1"})");
  ASSERT_EQ(math.problems.size(), 1u);
  EXPECT_EQ(math.problems[0].problem.gold, "\\frac{1}{2}");
  EXPECT_EQ(math.problems[0].problem.id, "t/1");
  EXPECT_EQ(math.problems[0].problem.answer_kind, AnswerKind::kMath);
  for (const char* text :
       {R"({"ID": "2024-I-1", "Problem": "P", "Answer": 204})",
        "ID,Problem,Answer\n2024-I-1,P,204\n"}) {
    const Read aime = ReadAll(BaselineFormat::kAime, text);
    ASSERT_EQ(aime.problems.size(), 1u) << text;
    EXPECT_EQ(aime.problems[0].problem.gold, "204");
    EXPECT_EQ(aime.problems[0].problem.id, "2024-I-1");
    EXPECT_EQ(aime.problems[0].problem.answer_kind, AnswerKind::kNumber);
  }
}

TEST(BaselineFormats, ReadWhatAProblemIsOf) {
  for (const auto& [format, text] :
       {std::pair(BaselineFormat::kMath,
                  R"({"problem": "P", "answer": "1", "subject": "Algebra"})"),
        std::pair(BaselineFormat::kChoice,
                  R"({"question": "C?", "options": ["a", "b"], "answer": "A",
                   "category": "Algebra"})"),
        std::pair(BaselineFormat::kGsm8k,
                  R"({"question": "Q", "answer": "#### 1",
                   "family": "Algebra", "subject": "x"})"),
        std::pair(BaselineFormat::kCsv,
                  "question,answer,Subject\nQ,1, Algebra\n"),
        std::pair(BaselineFormat::kExport,
                  R"({"model": "m", "prompt": "P", "problem": {"id": "1",
                   "answer": "1", "family": "Algebra"}})")}) {
    std::string line = text;
    if (format != BaselineFormat::kCsv) std::erase(line, '\n');
    const Read read = ReadAll(format, line);
    ASSERT_EQ(read.problems.size(), 1u) << text;
    EXPECT_EQ(read.problems[0].problem.family, "Algebra") << text;
  }
}

TEST(BaselineFormats, ReadChoicesInTheFormsInWhichTheyArePublished) {
  const Read read =
      ReadAll(BaselineFormat::kChoice,
              R"({"question": "C?", "choices": ["Rome", "Paris"], "answer": 1}
{"question": "C?", "options": ["Rome", "Paris"], "answer": "b"}
{"question": "C?", "options": {"A": "Rome", "B": "Paris"}, "answer": "Paris"}
{"question": "C?", "choices": {"label": ["A", "B"], "text": ["Rome", "Paris"]}, "answerKey": "B"}
{"question": "C?", "options": ["Rome", "Paris"], "answer": "Oslo"}
{"question": "C?", "options": ["Rome"], "answer": "A"}
)");
  ASSERT_EQ(read.problems.size(), 4u);
  for (const ImportedProblem& p : read.problems) {
    EXPECT_EQ(p.problem.gold, "B");
    EXPECT_EQ(p.text.prompt, "C?\n\nA. Rome\nB. Paris");
  }
  EXPECT_THAT(read.errors, ElementsAre(HasSubstr("5: answer 'Oslo'"),
                                       HasSubstr("6: options")));
}

TEST(BaselineFormats, ReadCsvWithQuotesAndLineBreaks) {
  const Read read =
      ReadAll(BaselineFormat::kCsv,
              "id,Question,answer,answer_kind\r\na,\"What is\n1,1?\",2,number"
              "\r\n\r\nb,\"Say \"\"hi\"\"\",hi,text\nc,short\nd,x,y,odd\n"
              "e,\xff,1,\n");
  ASSERT_EQ(read.problems.size(), 2u);
  EXPECT_EQ(read.problems[0].text.prompt, "What is\n1,1?");
  EXPECT_EQ(read.problems[0].problem.answer_kind, AnswerKind::kNumber);
  EXPECT_EQ(read.problems[1].text.prompt, "Say \"hi\"");
  EXPECT_THAT(read.errors,
              ElementsAre(HasSubstr("6: 2 fields"), HasSubstr("7: answer_kind"),
                          HasSubstr("8: not UTF-8")));
  EXPECT_THAT(ReadAll(BaselineFormat::kCsv, "a,b\n1,2\n").errors,
              ElementsAre(HasSubstr("name the columns")));
  EXPECT_THAT(
      ReadAll(BaselineFormat::kCsv, "question,answer\n\"x,1\ny,2\n").errors,
      ElementsAre(HasSubstr("2: a quote is not closed")));
}

TEST(BaselineFormats, AreGuessedFromTheFirstLine) {
  const auto guess = [](const char* line) {
    return GuessBaselineFormat(line).value_or(BaselineFormat::kAuto);
  };
  EXPECT_EQ(guess(R"({"model": "m", "content": "x"})"),
            BaselineFormat::kResponses);
  EXPECT_EQ(guess(R"({"question": "q", "answer": "x #### 1"})"),
            BaselineFormat::kGsm8k);
  EXPECT_EQ(guess(R"({"problem": "q", "answer": "1"})"), BaselineFormat::kMath);
  EXPECT_EQ(guess(R"({"question": "q", "options": [], "answer": "1"})"),
            BaselineFormat::kChoice);
  EXPECT_EQ(guess("id,question,answer"), BaselineFormat::kCsv);
  EXPECT_EQ(guess(R"({"model": "m", "problem": {}, "regimes": []})"),
            BaselineFormat::kExport);
  EXPECT_EQ(guess("{"), BaselineFormat::kAuto);
  EXPECT_EQ(guess(R"({"x": 1})"), BaselineFormat::kAuto);
}

class InFolder : public testing::Test {
 protected:
  InFolder() {
    std::string name = testing::TempDir() + "/baselineXXXXXX";
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
    config_.storage.path = folder_ + "/data";
    store_ = OpenBaselineStore({.folder = config_.storage.path}).value();
  }
  ~InFolder() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }
  std::string Text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in),
            std::istreambuf_iterator<char>()};
  }
  BaselineImportReport Import(const BaselineImportOptions& options) {
    const auto report =
        ImportBaselineFile(options, config_, store_.get(), messages_);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(BaselineImportReport());
  }

  std::string folder_;
  Config config_ = DefaultConfig();
  std::unique_ptr<BaselineStore> store_;
  std::ostringstream messages_;
};

std::string Rows(int n, const std::string& build) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    Response r;
    r.id = build + "-" + std::to_string(i);
    r.model = "m";
    r.prompt = "What is " + std::to_string(i % 10) + " and 1?";
    r.content =
        "The answer is " + std::to_string(i % 10 + (i % 7 == 0 ? 2 : 1)) + ".";
    r.problem = Problem{"p" + std::to_string(i % 10),
                        std::to_string(i % 10 + 1), AnswerKind::kNumber};
    r.regime.fingerprint = build;
    r.sampling.temperature = .5;
    text += WriteRecorded(r) + "\n";
  }
  return text;
}

TEST_F(InFolder, ImportingResponsesAgainChangesNothing) {
  const std::string old_build = File("old.jsonl", Rows(40, "old"));
  BaselineImportReport report = Import({.path = old_build});
  EXPECT_EQ(report.responses, 40);
  EXPECT_EQ(report.learnt, 40);
  EXPECT_EQ(report.fresh, 10);
  const int64_t revision = store_->Baselines()->front().revision;
  report = Import({.path = old_build});
  EXPECT_EQ(report.learnt, 0);
  EXPECT_EQ(report.fresh, 0);
  EXPECT_EQ(store_->Baselines()->front().revision, revision);
  // More responses continue the same reference.
  report = Import({.path = File("new.jsonl", Rows(20, "new"))});
  EXPECT_EQ(report.learnt, 20);
  const BaselineInfo info = store_->Baselines()->front();
  EXPECT_EQ(info.responses, 60);
  EXPECT_GT(info.revision, revision);
  int trials = 0;
  int failures = 0;
  const auto problems = store_->Problems("m").value();
  for (const BaselineProblem& p : problems) {
    trials += p.trials;
    failures += p.failures;
  }
  EXPECT_EQ(trials, 60);
  EXPECT_EQ(failures, 6 + 3);
  EXPECT_EQ(store_->Trials("m")->size(), 20u);
  EXPECT_EQ(store_->Trials("m")->front().regime.sampling, "temperature=0.5");
  // --replace forgets all of it.
  Import({.path = old_build, .replace = true});
  EXPECT_EQ(store_->Baselines()->front().responses, 40);
}

TEST_F(InFolder, HabitsOfAnImportReachTheDaemonWithItsReference) {
  std::string rows;
  for (int i = 0; i < 60; ++i) {
    Response r;
    r.id = "r" + std::to_string(i);
    r.model = "m";
    r.prompt = "What is " + std::to_string(i) + " and 1?";
    r.content = "Let us add the two numbers.\nThe answer is " +
                std::to_string(i + 1) + ".";
    r.problem = Problem{"p" + std::to_string(i), std::to_string(i + 1),
                        AnswerKind::kNumber};
    rows += WriteRecorded(r) + "\n";
  }
  Import({.path = File("r.jsonl", rows)});
  ModelPipeline golden("m", WatchOptionsOf(config_),
                       IncidentOptionsOf(config_));
  ASSERT_TRUE(golden.RestoreReference(store_->Golden("m").value()).ok());
  ASSERT_NE(golden.habits(), nullptr);
  const std::vector<Habit> mined = golden.habits()->habits();
  ASSERT_FALSE(mined.empty());
  EXPECT_EQ(mined.front().rate, 1);

  StandardEvaluator evaluator("key");
  Telemetry telemetry({.version = "test"});
  ObserverList nobody;
  const WallClock clock;
  Shards shards(PipelineOptionsOf(config_), evaluator, nobody,
                /*store=*/nullptr, clock);
  ASSERT_TRUE(
      ApplyStoredBaselines(*store_, /*all_problems=*/true, shards, telemetry)
          .ok());
  ASSERT_EQ(evaluator.Habits().count("m"), 1u);
  EXPECT_EQ(evaluator.Habits()["m"]->habits(), mined);

  // More responses are read with the same habits, which are not mined again.
  Import({.path = File("more.jsonl", Rows(40, "other"))});
  ASSERT_TRUE(golden.RestoreReference(store_->Golden("m").value()).ok());
  EXPECT_EQ(golden.habits()->habits(), mined);
}

TEST_F(InFolder, ResponsesThatOtherProgramsRecordedAreLearnt) {
  std::string batch;
  std::string litellm;
  for (int i = 0; i < 30; ++i) {
    const std::string body =
        "{\"id\":\"c" + std::to_string(i) +
        "\",\"model\":\"m\",\"created\":" + std::to_string(1700000000 + i) +
        ",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
        "{\"role\":\"assistant\",\"content\":\"It is so.\"}}],"
        "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}";
    batch += "{\"custom_id\":\"q" + std::to_string(i) +
             "\",\"response\":{\"status_code\":200,\"body\":" + body + "}}\n";
    litellm += "{\"id\":\"c" + std::to_string(i) +
               "\",\"call_type\":\"acompletion\",\"status\":\"success\","
               "\"model\":\"n\",\"messages\":[{\"role\":\"user\","
               "\"content\":\"And?\"}],\"response\":" +
               body + "}\n";
  }
  batch += "{\"custom_id\":\"late\",\"response\":{\"status_code\":500}}\n";
  BaselineImportReport report = Import({.path = File("b.jsonl", batch)});
  EXPECT_EQ(report.format, BaselineFormat::kOpenAiBatch);
  EXPECT_EQ(report.learnt, 30);
  EXPECT_EQ(report.bad_lines, 1);
  EXPECT_THAT(messages_.str(), HasSubstr("b.jsonl:31: "));
  EXPECT_EQ(Import({.path = folder_ + "/b.jsonl"}).learnt, 0);
  report = Import({.path = File("l.jsonl", litellm),
                   .format = BaselineFormat::kLiteLlm,
                   .model = "mine"});
  EXPECT_EQ(report.learnt, 30);
  EXPECT_THAT(report.models, ElementsAre("mine"));
  EXPECT_EQ(GuessBaselineFormat(litellm.substr(0, litellm.find('\n'))).value(),
            BaselineFormat::kLiteLlm);
}

TEST_F(InFolder, HowAResponseWasAskedIsPartOfItsRegime) {
  Response r;
  r.model = "m";
  r.prompt = "What is 2 and 1?";
  r.content = "The answer is 3.";
  r.problem = Problem{"p", "3", AnswerKind::kNumber};
  r.sampling.temperature = .5;
  r.intent.effort = "high";
  r.intent.thinking = Thinking::kOn;
  r.intent.max_tokens = 3000;
  r.streamed = true;
  Import({.path = File("one.jsonl", WriteRecorded(r) + "\n")});
  ASSERT_EQ(store_->Trials("m")->size(), 1u);
  EXPECT_EQ(store_->Trials("m")->front().regime.sampling,
            "temperature=0.5 thinking=on effort=high max_tokens=4096 streamed");
}

TEST_F(InFolder, AStoredProblemIsFoundInAnotherWrappingAndNear) {
  const std::string prompt =
      "A farmer fills 14 crates with 23 pears each and gives 31 pears away. "
      "How many pears are left?";
  Import({.path = File("q.csv", "question,answer\n\"" + prompt + "\",291\n"),
          .model = "m"});
  const auto problems = store_->Problems("m").value();
  ASSERT_EQ(problems.size(), 1u);
  const auto index =
      IndexOf(problems, store_->Texts("m").value(), PrefixProfile());
  Match match = index->FindByText("Question: " + prompt +
                                  "\nPut your final answer in \\boxed{}.");
  EXPECT_EQ(match.kind, MatchKind::kExact);
  EXPECT_EQ(match.problem, problems[0].digest);
  match = index->FindByText(
      "A farmer fills 17 crates with 29 pears each and gives 12 pears away. "
      "How many pears are left?");
  EXPECT_EQ(match.kind, MatchKind::kNear);
  EXPECT_EQ(match.problem, problems[0].digest);
  // Recorded responses to it in that wrapping are trials of it.
  Response r;
  r.model = "m";
  r.prompt = "Question: " + prompt + "\nPut your final answer in \\boxed{}.";
  r.content = "\\boxed{291}";
  r.sampling.temperature = 1;
  const BaselineImportReport report =
      Import({.path = File("r.jsonl", WriteRecorded(r) + "\n")});
  EXPECT_EQ(report.correct, 1);
  EXPECT_EQ(store_->Problems("m")->front().trials, 1);
}

TEST_F(InFolder, ADryRunStoresNothing) {
  const auto report = ImportBaselineFile(
      {.path = File("r.jsonl", Rows(40, "b")), .dry_run = true}, config_,
      nullptr, messages_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->learnt, 40);
  EXPECT_TRUE(store_->Baselines()->empty());
}

TEST_F(InFolder, WhatIsExportedIsImportedAsItWas) {
  Import({.path = File("r.jsonl", Rows(40, "b"))});
  Import({.path = File("q.csv", "question,answer\nWhy?,42\n"), .model = "m"});
  std::ostringstream first;
  ASSERT_EQ(ExportBaseline(*store_, "m", first).value(), 11);
  config_.storage.path = folder_ + "/other";
  store_ = OpenBaselineStore({.folder = config_.storage.path}).value();
  const std::string path = File("e.jsonl", first.str());
  Import({.path = path});
  Import({.path = path});
  std::ostringstream second;
  ASSERT_TRUE(ExportBaseline(*store_, "m", second).ok());
  EXPECT_EQ(second.str(), first.str());
}

TEST_F(InFolder, ErrorsSayWhatToDo) {
  const auto why = [&](const BaselineImportOptions& options) {
    return std::string(
        ImportBaselineFile(options, config_, store_.get(), messages_)
            .status()
            .message());
  };
  const std::string problems =
      File("g.jsonl", "{\"question\": \"q\", \"answer\": \"#### 1\"}\n");
  EXPECT_THAT(why({.path = problems}), HasSubstr("--model"));
  EXPECT_THAT(why({.path = folder_ + "/none"}), HasSubstr("can't open"));
  EXPECT_THAT(why({.path = File("x", "hello\n")}), HasSubstr("first line"));
  EXPECT_THAT(
      why({.path = problems, .format = BaselineFormat::kMath, .model = ""}),
      HasSubstr("--model"));
  EXPECT_THAT(why({.path = File("m.jsonl", "{\"x\": 1}\n"),
                   .format = BaselineFormat::kMath,
                   .model = "m"}),
              HasSubstr("no usable row"));
  EXPECT_THAT(messages_.str(), HasSubstr("m.jsonl:1: problem is missing"));
}

// Answers each question with its own number; fails while `down`.
class FakeClient : public ModelClient {
 public:
  absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) override {
    ++requests;
    if (down) return absl::UnavailableError("connection refused");
    if (stop_after > 0 && requests == stop_after) stop = true;
    std::vector<Response> responses;
    for (int i = 0; i < std::min(request.n, 3); ++i) {
      Response& r = responses.emplace_back();
      r.origin = Origin::kRescore;
      const nlohmann::json messages =
          nlohmann::json::parse(request.messages_json);
      r.content = "The answer is " +
                  messages.back()["content"].get<std::string>() + ".";
    }
    return responses;
  }
  absl::StatusOr<LoadReading> Load() override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<Regime> ReadRegime(std::string_view) override {
    Regime regime;
    regime.fingerprint = "fake-1";
    return regime;
  }

  int requests = 0;
  int stop_after = 0;
  bool down = false;
  std::atomic<bool> stop = false;
};

TEST_F(InFolder, RecordingGoesOnWhereItEnded) {
  std::string csv = "question,answer\n";
  for (int i = 0; i < 20; ++i)
    csv += std::to_string(100 + i) + "," + std::to_string(100 + i) + "\n";
  Import({.path = File("q.csv", csv), .model = "m"});
  BaselineRecordOptions options;
  options.model = "m";
  options.out = folder_ + "/out.jsonl";
  options.n = 4;

  FakeClient client;
  client.stop_after = 9;
  auto report =
      RecordBaseline(options, *store_, client, client.stop, messages_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->stopped);
  const int64_t before = report->answers;
  EXPECT_GT(before, 0);
  EXPECT_LT(before, 80);
  // SIGKILL leaves a torn line.
  std::ofstream(options.out, std::ios::app) << "{\"id\": \"rec";
  client.stop = false;
  client.stop_after = 0;
  report = RecordBaseline(options, *store_, client, client.stop, messages_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->stopped);
  EXPECT_EQ(report->had, before);
  EXPECT_EQ(report->answers, 80 - before);
  // All is there: nobody is asked.
  const int requests = client.requests;
  report = RecordBaseline(options, *store_, client, client.stop, messages_);
  EXPECT_EQ(client.requests, requests);

  const BaselineImportReport imported = Import({.path = options.out});
  EXPECT_EQ(imported.learnt, 80);
  EXPECT_EQ(imported.correct, 80);
  const auto trials = store_->Trials("m").value();
  ASSERT_EQ(trials.size(), 20u);
  EXPECT_EQ(trials[0].trials, 4);
  EXPECT_EQ(trials[0].regime.regime.fingerprint, "fake-1");
}

TEST_F(InFolder, RecordingGivesUpOnAServerThatIsDown) {
  std::string csv = "question,answer\n";
  for (int i = 0; i < 20; ++i) csv += "q" + std::to_string(i) + ",1\n";
  Import({.path = File("q.csv", csv), .model = "m"});
  FakeClient client;
  client.down = true;
  BaselineRecordOptions options;
  options.model = "m";
  options.out = folder_ + "/out.jsonl";
  const auto report =
      RecordBaseline(options, *store_, client, client.stop, messages_);
  EXPECT_TRUE(absl::IsUnavailable(report.status())) << report.status();
  EXPECT_EQ(client.requests, 10);
  options.model = "nobody";
  EXPECT_TRUE(absl::IsNotFound(
      RecordBaseline(options, *store_, client, client.stop, messages_)
          .status()));
}

}  // namespace
}  // namespace reasonwatch
