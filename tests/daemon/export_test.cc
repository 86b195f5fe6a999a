#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "absl/strings/str_format.h"
#include "daemon/export/catalogue.h"
#include "daemon/export/label.h"
#include "daemon/export/telemetry.h"
#include "daemon/incident_json.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::set<std::string> Lines(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.insert(line);
  return out;
}

// Value of the one series that begins with `prefix`, NaN = there is none.
double Value(const std::string& text, const std::string& prefix) {
  double value = std::nan("");
  int found = 0;
  for (const std::string& line : Lines(text)) {
    if (line.rfind(prefix, 0) != 0) continue;
    value = std::strtod(line.c_str() + line.rfind(' '), nullptr);
    ++found;
  }
  EXPECT_LE(found, 1) << prefix;
  return value;
}

int CountOf(const std::string& text, const std::string& prefix) {
  int n = 0;
  for (const std::string& line : Lines(text)) n += line.rfind(prefix, 0) == 0;
  return n;
}

Scored Live(const std::string& model, const std::string& route) {
  Scored s;
  s.model = model;
  s.route = route;
  s.start = absl::FromUnixSeconds(1700000000);
  s.reading(Feature::kOutputTokens) = std::log2(1.0f + 300.0f);
  s.reading(Feature::kReasoningTokens) = 0;
  s.reading(Feature::kZeroThinking) = 1;
  s.reading(Feature::kBoxed) = 1;
  s.reading(Feature::kLeaked) = 0;
  s.grade = Grade::kCorrect;
  s.regime.fingerprint = "fp-1";
  return s;
}

Incident OpenIncident(const std::string& id) {
  Incident i;
  i.id = id;
  i.model = "m";
  i.route = "r";
  i.opened = absl::FromUnixSeconds(1700000000);
  i.signals.resize(1);
  i.signals[0].signal = Signal::kLengthCollapse;
  return i;
}

std::string IncidentSeriesName(const std::string& severity,
                               const std::string& confirmation) {
  return "reasonwatch_incident_open{confirmation=\"" + confirmation +
         "\",model=\"m\",route=\"r\",scope=\"route\",severity=\"" + severity +
         "\",signal=\"length_collapse\"}";
}

StreamSnapshot Snapshot() {
  StreamSnapshot s;
  s.model = "m";
  s.route = "r";
  s.state = StreamState::kWatching;
  s.reference_responses = 1234;
  s.coverage_ratio = 0.75;
  s.last_response = absl::FromUnixSeconds(1700000000);
  s.signals[0] = {true, 12.5, 4e6, 2e7, false};
  return s;
}

void Fill(Telemetry& t) {
  Scored s = Live("m", "r");
  t.ObserveResponse(s, ResponseOutcome::kScored);
  s.regime.fingerprint = "fp-2";
  s.start += absl::Seconds(5);
  t.ObserveResponse(s, ResponseOutcome::kScored);
  t.ObserveResponse(s, ResponseOutcome::kLate);
  StreamSnapshot snapshot = Snapshot();
  snapshot.halved_length_delay = 60;
  snapshot.distance_ratios = {1, .9, 1.4, 2};
  t.SetStream(snapshot);
  t.SetIncident(OpenIncident("inc-000000000001"));
  t.AddTap("grpc", [] {
    return TapCounters{10, {{"bad_utf8", 2}}, {{"queue_full", 3}}};
  });
  t.ObserveTapDuration("grpc", absl::Microseconds(50));
  t.CountStage(Stage::kEvaluate, 2);
  t.CountStageError(Stage::kEvaluate, "no_text");
  t.ObserveStageDuration(Stage::kEvaluate, absl::Microseconds(80));
  t.Heartbeat(Stage::kTap, absl::FromUnixSeconds(1700000000));
  t.SetBaseline("m", 40, 0.25);
  t.SetUnknownFormat("m", 0.1, true);
  t.SetQueue(0, 5, 4096, 1000);
  t.SetStore({7, 1, 2, 3, 4096, 5});
  t.SetRestartGap(absl::Seconds(4));
  t.SetGrader({{"graded", 2}}, 1);
  RescoreCounters rescore;
  rescore.jobs["created"] = 3;
  rescore.verdicts["confirmed"] = 1;
  rescore.errors["timeout"] = 2;
  rescore.judge.chains["rated"] = 4;
  t.SetRescore(rescore, {{"delivered", 1}});
}

TEST(Catalogue, StandsInTheOrderOfTheEnumeration) {
  ASSERT_EQ(MetricCatalogue().size(), static_cast<size_t>(kMetricCount));
  std::set<std::string_view> names;
  for (size_t i = 0; i < kMetricCount; ++i) {
    const MetricInfo& m = MetricCatalogue()[i];
    EXPECT_EQ(m.metric, static_cast<Metric>(i)) << m.name;
    EXPECT_TRUE(names.insert(m.name).second) << m.name;
    EXPECT_EQ(m.name.rfind("reasonwatch_", 0), 0u) << m.name;
    EXPECT_EQ(m.type == MetricType::kCounter, m.name.ends_with("_total"))
        << m.name;
    EXPECT_FALSE(m.tells.empty()) << m.name;
  }
}

// After a change: run with REASONWATCH_UPDATE_GOLDEN=1.
TEST(Catalogue, IsTheDocumentedOne) {
  const std::string path =
      std::string(REASONWATCH_SOURCE_DIR) + "/docs/metrics.md";
  if (std::getenv("REASONWATCH_UPDATE_GOLDEN") != nullptr)
    std::ofstream(path) << MetricsMarkdown();
  std::ifstream file(path);
  std::stringstream documented;
  documented << file.rdbuf();
  EXPECT_EQ(documented.str(), MetricsMarkdown());
}

TEST(Label, IsCutAtACharacterAndRepaired) {
  EXPECT_EQ(LabelValue("gpt-\xC3\xA9"), "gpt-\xC3\xA9");
  EXPECT_EQ(LabelValue("a\xFF\xC3z"), "a??z");
  EXPECT_EQ(LabelValue("\xED\xA0\x80"), "???");  // a surrogate
  EXPECT_EQ(LabelValue("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(LabelValue(std::string(500, 'x')).size(), kMaxLabelBytes);
  EXPECT_EQ(LabelValue(std::string(kMaxLabelBytes - 1, 'x') + "\xC3\xA9"),
            std::string(kMaxLabelBytes - 1, 'x'));
}

TEST(Telemetry, ShowsEveryFamilyOfTheCatalogueFromTheStart) {
  Telemetry t({.version = "1.2.3"});
  std::set<std::string> shown;
  for (const std::string& line : Lines(t.Text())) {
    if (line.rfind("# TYPE ", 0) == 0)
      shown.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  std::set<std::string> expected;
  for (const MetricInfo& m : MetricCatalogue())
    expected.insert(std::string(m.name));
  EXPECT_EQ(shown, expected);
  EXPECT_EQ(Value(t.Text(), "reasonwatch_build_info{version=\"1.2.3\"}"), 1);
}

TEST(Telemetry, UsesTheLabelsOfTheCatalogue) {
  Telemetry t({.version = "1"});
  Fill(t);
  const std::set<std::string> lines = Lines(t.Text());
  for (const MetricInfo& m : MetricCatalogue()) {
    const std::string suffix = m.type == MetricType::kHistogram ? "_count" : "";
    std::set<std::string> expected(m.labels.begin(), m.labels.end());
    int series = 0;
    for (const std::string& line : lines) {
      const std::string name = line.substr(0, line.find_first_of("{ "));
      if (name != std::string(m.name) + suffix) continue;
      ++series;
      std::set<std::string> labels;
      for (size_t at = line.find('{'); at != std::string::npos;) {
        const size_t equals = line.find("=\"", at);
        if (equals == std::string::npos) break;
        labels.insert(line.substr(at + 1, equals - at - 1));
        at = line.find(',', equals);
      }
      EXPECT_EQ(labels, expected) << line;
    }
    EXPECT_GT(series, 0) << m.name;
  }
}

TEST(Telemetry, CountsHowResponsesAreMarkedUp) {
  Telemetry t({.version = "1"});
  Scored scored;
  scored.model = "m";
  scored.route = "r";
  const auto count = [&](Markup markup) {
    scored.markup = std::move(markup);
    t.ObserveResponse(scored, ResponseOutcome::kScored);
  };
  count({.state = MarkerState::kUnclosed,
         .source = ReasoningSource::kInText,
         .reasoning_field = "",
         .unknown_shape = "",
         .body_error = ""});
  count({.state = MarkerState::kNone,
         .source = ReasoningSource::kField,
         .reasoning_field = "reasoning_content",
         .unknown_shape = "",
         .body_error = ""});
  count({.state = MarkerState::kNone,
         .source = ReasoningSource::kField,
         .reasoning_field = "made up by a server",
         .unknown_shape = "",
         .body_error = ""});
  const std::string text = t.Text();
  const auto state = [&](std::string_view name) {
    return Value(
        text,
        "reasonwatch_marker_responses_total{marker=\"reasoning_block\","
        "model=\"m\",state=\"" +
            std::string(name) + "\"}");
  };
  EXPECT_EQ(state("unclosed"), 1);
  EXPECT_EQ(state("none"), 2);
  EXPECT_EQ(state("stripped"), 0);
  const auto field = [&](std::string_view name) {
    return Value(text, "reasonwatch_reasoning_field_responses_total{field=\"" +
                           std::string(name) + "\",model=\"m\"}");
  };
  EXPECT_EQ(field("content"), 1);
  EXPECT_EQ(field("reasoning_content"), 1);
  EXPECT_EQ(field("other"), 1);
}

TEST(Telemetry, PassesPromtool) {
  if (std::system("command -v promtool > /dev/null") != 0)
    GTEST_SKIP() << "promtool is not installed";
  Telemetry t({.version = "1"});
  Fill(t);
  t.ObserveResponse(Live("bad\xFF\"\n\\", "r"), ResponseOutcome::kScored);
  for (const std::string& text :
       {t.Text(), Telemetry({.version = "1"}).Text()}) {
    FILE* promtool = popen("promtool check metrics 2>&1", "w");
    ASSERT_NE(promtool, nullptr);
    fwrite(text.data(), 1, text.size(), promtool);
    EXPECT_EQ(pclose(promtool), 0);
  }
}

TEST(Telemetry, TurnsReadingsBackIntoTokens) {
  Telemetry t({});
  Fill(t);
  const std::string text = t.Text();
  EXPECT_EQ(Value(text, "reasonwatch_output_tokens_sum{model=\"m\""), 600);
  EXPECT_EQ(Value(text,
                  "reasonwatch_reasoning_tokens_bucket{model=\"m\",route="
                  "\"r\",le=\"0\"}"),
            2);
  EXPECT_EQ(Value(text,
                  "reasonwatch_zero_thinking_responses_total{model=\"m\",route="
                  "\"r\"}"),
            2);
  EXPECT_EQ(Value(text,
                  "reasonwatch_responses_total{model=\"m\",outcome="
                  "\"late\",route=\"r\"}"),
            1);
  EXPECT_EQ(Value(text,
                  "reasonwatch_marker_responses_total{marker=\"boxed\","
                  "model=\"m\",state=\"present\"}"),
            2);
  EXPECT_EQ(Value(text,
                  "reasonwatch_marker_responses_total{marker=\"leaked\""
                  ",model=\"m\",state=\"absent\"}"),
            2);
  // A marker that was not looked for says nothing.
  EXPECT_EQ(Value(text,
                  "reasonwatch_marker_responses_total{marker=\"steps\","
                  "model=\"m\",state=\"absent\"}"),
            0);
  EXPECT_EQ(
      Value(text, "reasonwatch_grades_total{grade=\"correct\",model=\"m\"}"),
      2);
}

TEST(Telemetry, CountsEmptyAnswersByTheirReasonAndThePointsOfTheRubric) {
  Telemetry t({});
  Scored s;
  s.model = "m";
  s.route = "r";
  s.finish = Finish::kStop;
  s.reading(Feature::kStopEmpty) = 1;
  s.reading(Feature::kReasoningWithoutAnswer) = 1;
  t.ObserveResponse(s, ResponseOutcome::kScored);
  s.finish = Finish::kThinkingBudget;
  s.reading(Feature::kStopEmpty) = 0;
  t.ObserveResponse(s, ResponseOutcome::kScored);
  s.reading(Feature::kReasoningWithoutAnswer) = 0;
  s.reading(Feature::kRubricConnected) = 1;
  t.ObserveResponse(s, ResponseOutcome::kScored);
  const std::string text = t.Text();
  const auto empty = [&](const char* reason) {
    return Value(
        text, absl::StrFormat("reasonwatch_empty_answers_total{finish_reason="
                              "\"%s\",model=\"m\",route=\"r\"}",
                              reason));
  };
  EXPECT_EQ(empty("stop"), 1);
  EXPECT_EQ(empty("thinking_budget"), 1);
  EXPECT_EQ(empty("length"), 0);
  const auto points = [&](const char* property, const char* le) {
    return Value(text,
                 absl::StrFormat("reasonwatch_rubric_score_bucket{model=\"m\","
                                 "property=\"%s\",le=\"%s\"}",
                                 property, le));
  };
  EXPECT_EQ(points("connected", "0"), 0);
  EXPECT_EQ(points("connected", "1"), 1);
  EXPECT_EQ(points("follows", "2"), 0);
}

TEST(IncidentJson, HabitsAreListedInTheirOrder) {
  const auto json = nlohmann::json::parse(
      HabitsJson({{"m", std::make_shared<const HabitProfile>(std::vector<Habit>{
                            {"Let x be", .75}, {"Step \xFF", .5}})}}));
  const auto& model = json["models"][0];
  EXPECT_EQ(model["model"], "m");
  EXPECT_EQ(model["habits"][0]["phrase"], "Let x be");
  EXPECT_EQ(model["habits"][0]["rate"], .75);
  EXPECT_EQ(model["habits"].size(), 2u);
}

TEST(Telemetry, ANewRegimeIsADeployment) {
  Telemetry t({});
  Scored s = Live("m", "r");
  t.ObserveResponse(s, ResponseOutcome::kScored);
  EXPECT_TRUE(
      std::isnan(Value(t.Text(), "reasonwatch_deployment_timestamp_seconds{")));
  for (int i = 0; i < 20; ++i) {
    s.start += absl::Seconds(1);
    s.regime.fingerprint = "other-" + std::to_string(i);
    t.ObserveResponse(s, ResponseOutcome::kScored);
  }
  EXPECT_EQ(Value(t.Text(), "reasonwatch_deployment_timestamp_seconds{"),
            1700000020);
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_regime_info{"), 8);
}

TEST(Telemetry, StreamsOverTheCapShareTheLabelOther) {
  Telemetry t({.version = "1", .max_streams = 3});
  for (int i = 0; i < 50; ++i) {
    t.ObserveResponse(Live("m" + std::to_string(i), "r"),
                      ResponseOutcome::kScored);
    StreamSnapshot snapshot = Snapshot();
    snapshot.model = "m" + std::to_string(i);
    t.SetStream(snapshot);
  }
  Incident incident = OpenIncident("inc-000000000001");
  incident.model = "m40";
  t.SetIncident(incident);
  const std::string text = t.Text();
  EXPECT_EQ(CountOf(text, "reasonwatch_zero_thinking_responses_total{"), 4);
  EXPECT_EQ(Value(text,
                  "reasonwatch_zero_thinking_responses_total{model="
                  "\"other\",route=\"other\"}"),
            47);
  EXPECT_EQ(Value(text,
                  "reasonwatch_telemetry_series_overflow_total{family="
                  "\"reasonwatch_responses_total\"}"),
            47);
  EXPECT_EQ(CountOf(text, "reasonwatch_reference_responses{"), 3);
  // The alert fires all the same.
  EXPECT_EQ(
      Value(text,
            "reasonwatch_incident_open{confirmation=\"pending\",model="
            "\"other\",route=\"other\",scope=\"route\",severity=\"warning\","
            "signal=\"length_collapse\"}"),
      1);
}

TEST(Telemetry, ReasonsAreBounded) {
  Telemetry t({});
  for (int i = 0; i < 100; ++i)
    t.CountStageError(Stage::kEvaluate, "reason" + std::to_string(i));
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_stage_errors_total{"), 33);
  EXPECT_EQ(Value(t.Text(), "reasonwatch_stage_errors_total{reason=\"other\""),
            68);
}

TEST(Telemetry, AnIncidentMovesItsOneAndLeavesZeros) {
  Telemetry t({});
  t.ObserveResponse(Live("m", "r"), ResponseOutcome::kScored);
  const std::string base = IncidentSeriesName("warning", "unavailable");
  EXPECT_EQ(Value(t.Text(), base), 0);

  Incident incident = OpenIncident("inc-000000000001");
  t.SetIncident(incident);
  const std::string pending = IncidentSeriesName("warning", "pending");
  EXPECT_EQ(Value(t.Text(), pending), 1);
  EXPECT_EQ(Value(t.Text(), base), 0);
  t.SetIncident(incident);
  EXPECT_EQ(Value(t.Text(), pending), 1);

  incident.severity = Severity::kCritical;
  incident.confirmation = Confirmation::kConfirmed;
  t.SetIncident(incident);
  const std::string confirmed = IncidentSeriesName("critical", "confirmed");
  EXPECT_EQ(Value(t.Text(), pending), 0);
  EXPECT_EQ(Value(t.Text(), confirmed), 1);

  // A second incident with the same labels keeps the series up.
  Incident second = incident;
  second.id = "inc-000000000002";
  second.replica = "replica-2";
  t.SetIncident(second);
  incident.closed = absl::FromUnixSeconds(1700000100);
  t.SetIncident(incident);
  EXPECT_EQ(Value(t.Text(), confirmed), 1);
  second.closed = incident.closed;
  t.SetIncident(second);
  t.SetIncident(second);
  EXPECT_EQ(Value(t.Text(), confirmed), 0);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_incidents_total{model=\"m\",signal=\"length_"
                  "collapse\",verdict=\"confirmed\"}"),
            2);
}

TEST(Telemetry, ASignalThatRecoveredGoesToZeroWhileTheIncidentIsOpen) {
  Telemetry t({});
  Incident incident = OpenIncident("inc-000000000001");
  t.SetIncident(incident);
  incident.signals[0].open = false;
  incident.signals.push_back({Signal::kFormatMarkers, Finding(), true});
  t.SetIncident(incident);
  EXPECT_EQ(Value(t.Text(), IncidentSeriesName("warning", "pending")), 0);
  EXPECT_THAT(t.Text(), HasSubstr("signal=\"format_markers\"} 1\n"));
}

TEST(Telemetry, EverySignalOfAStreamAndItsModelIsAtZeroFromTheStart) {
  Telemetry t({});
  t.ObserveResponse(Live("m", "r"), ResponseOutcome::kScored);
  const std::string text = t.Text();
  EXPECT_EQ(CountOf(text, "reasonwatch_incident_open{"), 2 * kSignalCount);
  for (const char* of :
       {"route=\"r\",scope=\"route\"", "route=\"\",scope=\"model\""}) {
    EXPECT_EQ(Value(text,
                    "reasonwatch_incident_open{confirmation="
                    "\"unavailable\",model=\"m\"," +
                        std::string(of) +
                        ",severity=\"warning\",signal=\""
                        "length_collapse\"}"),
              0)
        << of;
  }
}

TEST(Telemetry, ARestoredIncidentIsNotCountedAgain) {
  Telemetry t({});
  Incident incident = OpenIncident("inc-000000000001");
  incident.confirmation = Confirmation::kUnavailable;
  t.RestoreIncident(incident);
  EXPECT_EQ(Value(t.Text(), IncidentSeriesName("warning", "unavailable")), 1);
  t.SetIncident(incident);
  incident.closed = absl::FromUnixSeconds(1700000100);
  t.SetIncident(incident);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_incidents_total{model=\"m\",signal=\"length_"
                  "collapse\",verdict=\"unavailable\"}"),
            0);
}

TEST(Telemetry, ShowsOneStateAndOnlyWhatIsKnown) {
  Telemetry t({});
  StreamSnapshot snapshot = Snapshot();
  t.SetStream(snapshot);
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_stream_state{"), 7);
  const std::string watching =
      "reasonwatch_stream_state{model=\"m\",route=\"r\",state=\"watching\"}";
  EXPECT_EQ(Value(t.Text(), watching), 1);
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_detector_statistic{"), 1);
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_halved_length_delay_responses{"), 0);
  snapshot.state = StreamState::kBlind;
  snapshot.halved_length_delay = 60;
  snapshot.distance_ratios = {1, .9, 1.4, 2};
  snapshot.signals[0].enabled = false;
  t.SetStream(snapshot);
  EXPECT_EQ(Value(t.Text(), watching), 0);
  EXPECT_EQ(Value(t.Text(), "reasonwatch_halved_length_delay_responses{"), 60);
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_detector_statistic{"), 0);
}

TEST(Telemetry, ARemovedStreamLeavesOnlyItsOpenIncident) {
  Telemetry t({});
  Fill(t);
  t.RemoveStream("m", "r");
  for (const std::string& line : Lines(t.Text())) {
    if (line.find("model=\"m\"") == std::string::npos) continue;
    EXPECT_TRUE(line.rfind("reasonwatch_incident_open{", 0) == 0 &&
                line.ends_with(" 1"))
        << line;
  }
  Incident incident = OpenIncident("inc-000000000001");
  incident.closed = absl::FromUnixSeconds(1700000100);
  t.SetIncident(incident);
  EXPECT_THAT(t.Text(), Not(HasSubstr("reasonwatch_incident_open{")));
}

TEST(Telemetry, PullsTapTotalsAsDifferences) {
  Telemetry t({});
  TapCounters totals{10, {{"bad_utf8", 2}}, {}};
  t.AddTap("grpc", [&totals] { return totals; });
  const std::string records = "reasonwatch_tap_records_total{source=\"grpc\"}";
  EXPECT_EQ(Value(t.Text(), records), 10);
  EXPECT_EQ(Value(t.Text(), records), 10);
  totals.records = 15;
  totals.dropped["queue_full"] = 4;
  EXPECT_EQ(Value(t.Text(), records), 15);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_tap_dropped_total{reason=\"queue_"
                  "full\",source=\"grpc\"}"),
            4);
  totals.records = 16;
  t.RemoveTap("grpc");
  EXPECT_EQ(Value(t.Text(), records), 16);
}

TEST(Telemetry, StoreStatisticsGrow) {
  Telemetry t({});
  t.SetStore({7, 1, 2, 3, 4096, 5});
  t.SetStore({9, 1, 2, 0, 8192, 5});
  EXPECT_EQ(
      Value(t.Text(), "reasonwatch_stage_records_total{stage=\"storage\"}"), 9);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_stage_dropped_total{reason=\"queue_"
                  "full\",stage=\"storage\"}"),
            2);
  EXPECT_EQ(Value(t.Text(), "reasonwatch_storage_database_bytes"), 8192);
}

TEST(Telemetry, SeveralThreadsLoseNothing) {
  Telemetry t({.version = "1", .max_streams = 4});
  constexpr int kEach = 2000;
  {
    std::vector<std::jthread> threads;
    for (int w = 0; w < 4; ++w) {
      threads.emplace_back([&t, w] {
        const Scored s = Live("m" + std::to_string(w % 2), "r");
        for (int i = 0; i < kEach; ++i) {
          t.ObserveResponse(s, ResponseOutcome::kScored);
          if (i % 500 == 0) t.SetStream(Snapshot());
        }
      });
    }
    threads.emplace_back([&t] {
      for (int i = 0; i < 20; ++i) t.Text();
    });
  }
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_responses_total{model=\"m1\",outcome="
                  "\"scored\",route=\"r\"}"),
            2 * kEach);
}

IncidentEvent SampleEvent() {
  IncidentEvent event;
  event.kind = IncidentEvent::Kind::kOpened;
  event.finding.response_id = "resp-7";
  event.finding.time = absl::FromUnixSeconds(1700000000);
  event.finding.statistic = 12.5;
  event.finding.threshold = 10;
  event.finding.onset_id = "resp-3";
  event.finding.effect = {0.5, 0.4, std::nan(""), "ratio"};
  event.finding.channel = "output_tokens";
  event.finding.channels = {{"output_tokens", 0.75}};
  event.finding.strata = {"mathematics"};
  event.incident = OpenIncident("inc-000000000001");
  event.incident.causes = {{"version_change", 1.0, "fp-1 \xFF fp-2"}};
  return event;
}

TEST(Telemetry, CountsWhatTheOperatorsGraderDid) {
  Telemetry t({.version = "1"});
  t.SetGrader({{"graded", 2}, {"timeout", 0}}, 1);
  t.SetGrader({{"graded", 5}, {"timeout", 1}}, 3);
  const std::string text = t.Text();
  EXPECT_NE(
      text.find("reasonwatch_grader_answers_total{result=\"graded\"} 5\n"),
      std::string::npos);
  EXPECT_NE(
      text.find("reasonwatch_grader_answers_total{result=\"timeout\"} 1\n"),
      std::string::npos);
  EXPECT_NE(text.find("reasonwatch_grader_starts_total 3\n"),
            std::string::npos);
}

TEST(IncidentJson, ARegressionNamesFamiliesAndProblems) {
  Incident incident;
  incident.signals.resize(2);
  Finding& f = incident.signals[0].finding;
  f.signal = incident.signals[0].signal = Signal::kConsistencyRegression;
  f.families = {{"algebra", 7, 5}, {"", 2, 0}};
  f.failing = {{255, "p/1", "algebra", 4, 3, 2, 0}};
  const nlohmann::json json = nlohmann::json::parse(IncidentJson(incident, {}));
  const auto& s = json["signals"][0];
  EXPECT_EQ(
      s["families"][0],
      (nlohmann::json{{"family", "algebra"}, {"asked", 7}, {"failing", 5}}));
  EXPECT_EQ(s["families"][1]["family"], "");
  EXPECT_EQ(s["failing_problems"][0],
            (nlohmann::json{{"id", "p/1"},
                            {"digest", "00000000000000ff"},
                            {"family", "algebra"},
                            {"before", {{"passed", 3}, {"asked", 4}}},
                            {"now", {{"passed", 0}, {"asked", 2}}}}));
  EXPECT_FALSE(json["signals"][1].contains("families"));
}

TEST(IncidentJson, AFindingLineBeginsWithTheContract) {
  const std::string line = FindingLine(SampleEvent());
  EXPECT_EQ(
      line.substr(0, line.find(",\"time\"")),
      "{\"id\":\"resp-7\",\"event\":\"opened\",\"incident\":"
      "\"inc-000000000001\",\"signal\":\"length_collapse\",\"scope\":"
      "\"route\",\"severity\":\"warning\",\"statistic\":12.5,\"threshold\":"
      "10.0,\"onset_id\":\"resp-3\",\"effect\":{\"value\":0.5,\"low\":0.4,"
      "\"high\":null,\"unit\":\"ratio\"},\"causes\":[{\"cause\":"
      "\"version_change\",\"weight\":1.0,\"evidence\":\"fp-1 \xEF\xBF\xBD "
      "fp-2\"}]");
  const nlohmann::json json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2023-11-14T22:13:20+00:00");
  EXPECT_EQ(json["model"], "m");
  EXPECT_EQ(json["confirmation"], "pending");
  EXPECT_EQ(json["channels"][0]["share"], 0.75);
  EXPECT_EQ(json["strata"][0], "mathematics");
  EXPECT_TRUE(json["onset_time"].is_null());
}

TEST(IncidentJson, AnIncidentKeepsItsSignalsAndNeverThrows) {
  Incident incident = OpenIncident("inc-\xFF");
  incident.model = "\xC3";
  incident.signals[0].finding.affected_share =
      std::numeric_limits<double>::infinity();
  const nlohmann::json json = nlohmann::json::parse(IncidentJson(incident));
  EXPECT_EQ(json["open"], true);
  EXPECT_TRUE(json["closed"].is_null());
  EXPECT_EQ(json["signals"][0]["signal"], "length_collapse");
  EXPECT_TRUE(json["signals"][0]["affected_share"].is_null());
  EXPECT_EQ(nlohmann::json::parse(IncidentsJson({}))["incidents"].size(), 0u);
}

TEST(Telemetry, CountsWhatRescoringHasDoneSinceTheLastTime) {
  Telemetry t({});
  RescoreCounters now;
  now.jobs["created"] = 5;
  now.samples = 7;
  now.errors["http_5xx"] = 2;
  t.SetRescore(now, {{"delivered", 1}});
  now.samples = 9;
  now.gate_open = true;
  now.judge.chains["rated"] = 4;
  now.judge.anchor_error = .25;
  t.SetRescore(now, {{"delivered", 3}});
  const std::string text = t.Text();
  for (const char* line :
       {"reasonwatch_rescore_jobs_total{state=\"created\"} 5",
        "reasonwatch_rescore_samples_total 9",
        "reasonwatch_rescore_errors_total{reason=\"http_5xx\"} 2",
        "reasonwatch_webhook_deliveries_total{outcome=\"delivered\"} 3",
        "reasonwatch_judge_chains_total{outcome=\"rated\"} 4",
        "reasonwatch_judge_anchor_error 0.25",
        "reasonwatch_rescore_gate_open 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(IncidentJson, AStreamListsEverySignal) {
  const nlohmann::json json =
      nlohmann::json::parse(StreamsJson({Snapshot()}))["streams"][0];
  EXPECT_EQ(json["state"], "watching");
  EXPECT_EQ(json["signals"].size(), static_cast<size_t>(kSignalCount));
  EXPECT_EQ(json["signals"][0]["critical_threshold"], 2e7);
  EXPECT_TRUE(json["halved_length_delay"].is_null());
  EXPECT_EQ(json["unknown_format"]["notice"], false);
}

TEST(IncidentJson, AStreamTellsOfUnknownFormats) {
  StreamSnapshot snapshot = Snapshot();
  snapshot.unknown_format = {
      .notice = true, .ratio = .5, .shapes = {"<word>…"}};
  const nlohmann::json json =
      nlohmann::json::parse(StreamsJson({snapshot}))["streams"][0];
  EXPECT_EQ(json["unknown_format"]["notice"], true);
  EXPECT_EQ(json["unknown_format"]["ratio"], .5);
  EXPECT_EQ(json["unknown_format"]["shapes"][0], "<word>…");
}

}  // namespace
}  // namespace reasonwatch
