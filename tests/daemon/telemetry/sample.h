// SPDX-License-Identifier: Apache-2.0
// Reports to Telemetry, and readers of its text, for the tests.
#ifndef REASONWATCH_TESTS_DAEMON_TELEMETRY_SAMPLE_H_
#define REASONWATCH_TESTS_DAEMON_TELEMETRY_SAMPLE_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "core/feature.h"
#include "core/grade.h"
#include "core/scored.h"
#include "core/store.h"
#include "core/store_health.h"
#include "daemon/telemetry/telemetry.h"

namespace reasonwatch {

inline std::set<std::string> Lines(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.insert(line);
  return out;
}

// Value of the one series that begins with `prefix`, NaN = there is none.
inline double Value(const std::string& text, const std::string& prefix) {
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

inline int CountOf(const std::string& text, const std::string& prefix) {
  int n = 0;
  for (const std::string& line : Lines(text)) n += line.rfind(prefix, 0) == 0;
  return n;
}

inline Scored Live(const std::string& model, const std::string& route) {
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

inline Incident OpenIncident(const std::string& id) {
  Incident i;
  i.id = id;
  i.model = "m";
  i.route = "r";
  i.opened = absl::FromUnixSeconds(1700000000);
  i.signals.resize(1);
  i.signals[0].signal = Signal::kLengthCollapse;
  return i;
}

inline std::string IncidentSeriesName(const std::string& severity,
                                      const std::string& confirmation) {
  return "reasonwatch_incident_open{confirmation=\"" + confirmation +
         "\",model=\"m\",route=\"r\",scope=\"route\",severity=\"" + severity +
         "\",signal=\"length_collapse\"}";
}

inline StreamSnapshot Snapshot() {
  StreamSnapshot s;
  s.model = "m";
  s.route = "r";
  s.state = StreamState::kWatching;
  s.reference_responses = 1234;
  s.coverage_ratio = 0.75;
  s.last_response = absl::FromUnixSeconds(1700000000);
  s.signals[0] = {true, 12.5, 4e6, 2e7, false};
  auto expected = std::make_shared<ExpectedReadings>();
  expected->reasoning = {100, 400, 900};
  expected->output = {200, 500, 1000};
  expected->rate.fill(ExpectedReadings::kNone);
  expected->rate[static_cast<size_t>(Feature::kBoxed)] = .25;
  expected->rate[static_cast<size_t>(Feature::kRefusal)] = .125;
  expected->rate[static_cast<size_t>(Feature::kZeroThinking)] = .5;
  s.expected = std::move(expected);
  return s;
}

inline void Fill(Telemetry& t) {
  t.SetBaseline("m", 40);
  Scored s = Live("m", "r");
  t.ObserveResponse(s, ResponseOutcome::kScored);
  s.regime.fingerprint = "fp-2";
  s.start += absl::Seconds(5);
  t.ObserveResponse(s, ResponseOutcome::kScored);
  t.ObserveResponse(s, ResponseOutcome::kUnreadable);
  StreamSnapshot snapshot = Snapshot();
  snapshot.halved_length_delay = 60;
  snapshot.distance_ratios = {1, .9, 1.4, 2};
  t.SetStream(snapshot);
  t.SetIncident(OpenIncident("inc-000000000001"));
  IncidentInfo info;
  info.incident = OpenIncident("inc-000000000001");
  info.incident.onset_time = absl::FromUnixSeconds(1700000000);
  info.incident.signals[0].finding.effect = {.25, .2, .3, "ratio"};
  info.incident.causes = {{"gateway", 1, ""}};
  info.sentence = "Reasoning is 25 % \"of\" its usual length";
  info.url = "http://h:1/incidents/inc-000000000001";
  info.affected = 3;
  info.seen = 4;
  t.SetIncidentInfos({info});
  t.SetPageUrl("http://h:1");
  StoreHealth health;
  health.table_bytes = {{"incidents", 4096}};
  t.SetStoreHealth(health);
  PortCounts port;
  port.port = "http";
  port.refused["silent"] = 1;
  t.SetPorts({port});
  t.CountAction("m", "acknowledge");
  t.AddTap("grpc", [] {
    TapCounters counters;
    counters.records = 10;
    counters.errors["bad_utf8"] = 2;
    counters.dropped["queue_full"] = 3;
    counters.ignored["other_path"] = 4;
    return counters;
  });
  t.ObserveTapDuration("grpc", absl::Microseconds(50));
  CoverageSnapshot coverage;
  coverage.target = "envoy";
  coverage.ratio = .5;
  coverage.looks = 7;
  coverage.failures = 2;
  coverage.restarts = 1;
  t.SetCoverage({coverage});
  t.CountStage(Stage::kEvaluate, 2);
  t.CountStageError(Stage::kEvaluate, "no_text");
  t.ObserveStageDuration(Stage::kEvaluate, absl::Microseconds(80));
  t.Heartbeat(Stage::kTap, absl::FromUnixSeconds(1700000000));
  t.SetUnknownFormat("m", 0.1, true);
  t.SetCountsDiffer("m", 0.2, true);
  t.SetQueue(0, 5, 4096, 1000);
  t.SetStore({7, 1, 2, 3, 4096, 5});
  t.SetRestartGap(absl::Seconds(4));
  t.SetGrader({{"graded", 2}}, 1);
  t.SetEvidence({{"written", 2}, {"failed", 0}}, 4096);
  t.ExpectSelfTest(absl::Hours(1), absl::FromUnixSeconds(1700000000));
  SelfTestResult selftest;
  selftest.hops = {{"tap", absl::Seconds(2)}};
  selftest.failed = "incident";
  t.CountSelfTest(selftest, absl::ZeroDuration(),
                  absl::FromUnixSeconds(1700000100));
  t.SetFramesForgotten(3);
  RescoreTotals rescore;
  rescore.jobs["created"] = 3;
  rescore.verdicts["confirmed"] = 1;
  rescore.errors["timeout"] = 2;
  rescore.judge_chains["rated"] = 4;
  rescore.webhooks["delivered"] = 1;
  rescore.evaluations["sent"] = 5;
  t.SetRescore(rescore);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_DAEMON_TELEMETRY_SAMPLE_H_
