// SPDX-License-Identifier: Apache-2.0
// The text that Telemetry serves after each kind of report. In this order: the
// catalogue's families and labels, responses, bounds, incidents, streams, taps,
// storage, threads, grader and re-scoring, baseline and stage times.
#include "daemon/telemetry/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "daemon/telemetry/catalogue.h"
#include "tests/daemon/telemetry/sample.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
                  "\"unreadable\",route=\"r\"}"),
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

TEST(Telemetry, AnOpenIncidentHasItsWordsAndNumbersWhileItIsOpen) {
  Telemetry t({});
  Fill(t);
  std::string text = t.Text();
  const std::string info =
      "reasonwatch_incident_info{cause=\"gateway\",confirmation=\"pending\","
      "incident=\"inc-000000000001\",model=\"m\",replica=\"\",route=\"r\","
      "scope=\"route\",sentence=\"Reasoning is 25 % \\\"of\\\" its usual "
      "length\",severity=\"warning\",signal=\"length_collapse\","
      "url=\"http://h:1/incidents/inc-000000000001\"}";
  EXPECT_EQ(Value(text, info), 1);
  const std::string labels = "{incident=\"inc-000000000001\",model=\"m\"";
  EXPECT_EQ(Value(text, "reasonwatch_incident_responses" + labels +
                            ",state=\"affected\"}"),
            3);
  EXPECT_EQ(Value(text, "reasonwatch_incident_responses" + labels +
                            ",state=\"all\"}"),
            4);
  EXPECT_EQ(
      Value(text, "reasonwatch_incident_effect" + labels + ",unit=\"ratio\"}"),
      .25);
  EXPECT_EQ(Value(text, "reasonwatch_incident_onset_timestamp_seconds" +
                            labels + "}"),
            1700000000);
  t.SetIncidentInfos({});
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_incident_info{"), 0);
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_incident_responses{"), 0);
}

TEST(Telemetry, ShowsABoundedNumberOfIncidentsTheGravestFirst) {
  Telemetry t({});
  std::vector<IncidentInfo> infos(400);
  for (size_t i = 0; i < infos.size(); ++i) {
    infos[i].incident = OpenIncident("inc-" + std::to_string(i));
    infos[i].sentence = std::string(2000, 'x');
  }
  infos.back().incident.severity = Severity::kCritical;
  t.SetIncidentInfos(infos);
  const std::string text = t.Text();
  EXPECT_EQ(CountOf(text, "reasonwatch_incident_info{"), 256);
  EXPECT_THAT(text, ::testing::HasSubstr("incident=\"inc-399\""));
  EXPECT_THAT(text,
              ::testing::Not(::testing::HasSubstr(std::string(513, 'x'))));
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
  EXPECT_EQ(CountOf(t.Text(), "reasonwatch_stream_state{"), kStreamStateCount);
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

TEST(Telemetry, PullsTapTotalsAsDifferences) {
  Telemetry t({});
  TapCounters totals;
  totals.records = 10;
  totals.errors["bad_utf8"] = 2;
  t.AddTap("grpc", [&totals] { return totals; });
  const std::string records = "reasonwatch_tap_records_total{source=\"grpc\"}";
  EXPECT_EQ(Value(t.Text(), records), 10);
  EXPECT_EQ(Value(t.Text(), records), 10);
  totals.records = 15;
  totals.dropped["queue_full"] = 4;
  totals.ignored["other_path"] = 3;
  EXPECT_EQ(Value(t.Text(), records), 15);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_tap_dropped_total{reason=\"queue_"
                  "full\",source=\"grpc\"}"),
            4);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_tap_ignored_total{reason=\"other_"
                  "path\",source=\"grpc\"}"),
            3);
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

TEST(Telemetry, CountsTheFramesThatMatchingForgot) {
  Telemetry t({.version = "1"});
  t.SetFramesForgotten(3);
  t.SetFramesForgotten(8);
  EXPECT_NE(t.Text().find("reasonwatch_frames_forgotten_total 8\n"),
            std::string::npos);
}

TEST(Telemetry, CountsWhatRescoringHasDoneSinceTheLastTime) {
  Telemetry t({});
  RescoreTotals now;
  now.jobs["created"] = 5;
  now.samples = 7;
  now.errors["http_5xx"] = 2;
  now.webhooks["delivered"] = 1;
  t.SetRescore(now);
  now.samples = 9;
  now.gate_open = true;
  now.judge_chains["rated"] = 4;
  now.anchor_error = .25;
  now.webhooks["delivered"] = 3;
  now.evaluations["dropped"] = 6;
  t.SetRescore(now);
  const std::string text = t.Text();
  for (const char* line :
       {"reasonwatch_rescore_jobs_total{state=\"created\"} 5",
        "reasonwatch_rescore_samples_total 9",
        "reasonwatch_rescore_errors_total{reason=\"http_5xx\"} 2",
        "reasonwatch_webhook_deliveries_total{outcome=\"delivered\"} 3",
        "reasonwatch_evaluation_events_total{outcome=\"dropped\"} 6",
        "reasonwatch_judge_chains_total{outcome=\"rated\"} 4",
        "reasonwatch_judge_anchor_error 0.25",
        "reasonwatch_rescore_gate_open 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(Telemetry, ShowsHowMuchOfLiveTrafficTheBaselineKnows) {
  Telemetry t({});
  Scored known = Live("m", "r");
  known.match.kind = MatchKind::kExact;
  t.ObserveResponse(known, ResponseOutcome::kScored);
  const std::string ratio = "reasonwatch_baseline_match_ratio{model=\"m\"}";
  // Without a baseline there is nothing to match.
  EXPECT_TRUE(std::isnan(Value(t.Text(), ratio)));
  t.SetBaseline("m", 40);
  t.ObserveResponse(known, ResponseOutcome::kScored);
  EXPECT_EQ(Value(t.Text(), ratio), 1);
  Scored near = Live("m", "r");
  near.match.kind = MatchKind::kNear;
  for (int i = 0; i < 3; ++i) t.ObserveResponse(near, ResponseOutcome::kScored);
  EXPECT_EQ(Value(t.Text(), ratio), .25);
  // Only the last 1,000 count.
  for (int i = 0; i < 997; ++i)
    t.ObserveResponse(known, ResponseOutcome::kScored);
  EXPECT_NEAR(Value(t.Text(), ratio), .997, 1e-9);
  // Two more push two of the near ones out of the window.
  t.ObserveResponse(known, ResponseOutcome::kScored);
  t.ObserveResponse(known, ResponseOutcome::kScored);
  EXPECT_NEAR(Value(t.Text(), ratio), .999, 1e-9);
}

TEST(Telemetry, TimesOnlyTheStagesThatWorkOnOneResponse) {
  Telemetry t({});
  for (int i = 0; i < kStageCount; ++i)
    t.ObserveStageDuration(static_cast<Stage>(i), absl::Microseconds(30));
  const std::string text = t.Text();
  EXPECT_EQ(CountOf(text, "reasonwatch_stage_duration_seconds_count{"), 3);
  EXPECT_EQ(
      Value(text, "reasonwatch_stage_duration_seconds_count{stage=\"detect\"}"),
      1);
}

TEST(TelemetryPorts, ShowsEachPortAndNeverCountsDown) {
  Telemetry telemetry({});
  PortCounts port;
  port.port = "http";
  port.connections = 3;
  port.held_bytes = 100;
  port.answer_bytes = 20;
  port.accepting = false;
  port.refused = {{"evicted", 5}, {"silent", 0}};
  telemetry.SetPorts({port});
  port.refused["evicted"] = 4;
  telemetry.SetPorts({port});
  const std::string text = telemetry.Text();
  for (const char* line :
       {"reasonwatch_port_connections{port=\"http\"} 3\n",
        "reasonwatch_port_held_bytes{port=\"http\"} 120\n",
        "reasonwatch_port_accepting{port=\"http\"} 0\n",
        "reasonwatch_port_refused_total{port=\"http\",reason=\"evicted\"} 5\n",
        "reasonwatch_port_refused_total{port=\"http\",reason=\"silent\"} 0\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace reasonwatch
