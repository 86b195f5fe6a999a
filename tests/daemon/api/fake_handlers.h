// SPDX-License-Identifier: Apache-2.0
// Handlers of the HTTP server that give sample values, and a server before
// them on a free port.
#ifndef REASONWATCH_TESTS_DAEMON_API_FAKE_HANDLERS_H_
#define REASONWATCH_TESTS_DAEMON_API_FAKE_HANDLERS_H_

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/server.h"
#include "util/mutex.h"

namespace reasonwatch {

inline Incident SampleIncident() {
  const absl::Time now = absl::Now();
  Incident i;
  i.id = "inc-0123456789ab";
  i.model = "reasoner-32b";
  i.route = "chat <script>alert(1)</script>";
  i.severity = Severity::kCritical;
  i.confirmation = Confirmation::kUnavailable;
  i.opened = now - absl::Minutes(42);
  i.onset_time = now - absl::Minutes(55);
  i.onset_id = "chatcmpl-8412";
  IncidentSignal s;
  s.signal = Signal::kLengthCollapse;
  s.finding.statistic = 3.4e9;
  s.finding.threshold = 4.1e6;
  s.finding.effect = {0.46, 0.41, 0.52, "ratio"};
  s.finding.affected_share = 0.82;
  s.finding.responses_since_onset = 214;
  s.finding.channels = {{"reasoning_tokens.low", 0.61},
                        {"output_tokens.low", 0.27},
                        {"single_sentence", 0.12}};
  s.finding.strata = {"mathematics", "thinking on"};
  i.signals.push_back(s);
  s.signal = Signal::kFormatMarkers;
  s.finding.effect = {-0.31, -0.36, -0.26, "points"};
  s.finding.channels = {{"steps.absent", 0.9}, {"boxed.absent", 0.1}};
  s.finding.strata.clear();
  i.signals.push_back(s);
  i.causes = {{"version_change", 0.6,
               "fingerprint fp_44a1 since 214 responses, fp_3f90 before"},
              {"prompt_or_template_change", 0.3, "template hash unchanged"},
              {"unknown", 0.1, ""}};
  return i;
}

inline std::vector<StreamSnapshot> SampleStreams() {
  StreamSnapshot s;
  s.model = "reasoner-32b";
  s.route = "chat";
  s.state = StreamState::kWatching;
  s.responses = 48210;
  s.reference_responses = 12034;
  s.coverage_ratio = 0.97;
  s.responses_per_hour = 1260;
  s.last_response = absl::Now() - absl::Seconds(4);
  s.signals = {{{true, 3.4e9, 4.1e6, 2.2e7, true},
                {true, 0.4, 4.1e6, 2.2e7, false},
                {true, 1.2e7, 4.1e6, 2.2e7, true},
                {true, 31, 4.1e6, 2.2e7, false}}};
  s.halved_length_delay = 38;
  std::vector<StreamSnapshot> out = {s};
  s.route = "batch-grading";
  s.state = StreamState::kBlind;
  s.coverage_ratio = 0.31;
  s.responses_per_hour = std::nan("");
  s.halved_length_delay = std::nan("");
  for (auto& signal : s.signals) signal = {true, 1.1, 9e5, 3e6, false};
  out.push_back(s);
  return out;
}

struct Fake {
  std::atomic<bool> ready = false;
  std::atomic<int> reloads = 0;
  HttpHandlers Handlers() {
    HttpHandlers h;
    h.metrics = [](MetricsForm form) {
      return std::string(form == MetricsForm::kText
                             ? "reasonwatch_build_info 1\n"
                             : "# EOF\n");
    };
    h.ready = [this] {
      return ready ? absl::OkStatus()
                   : absl::UnavailableError("database is not open");
    };
    h.reload = [this] {
      ++reloads;
      return reloads > 1 ? absl::InvalidArgumentError("bad \"key\"")
                         : absl::OkStatus();
    };
    AddIncidents(h);
    AddStories(h);
    h.shadow = [] {
      ShadowReport report;
      report.rows.push_back(
          {{false, 1}, "one false alarm a month", true, 2, 1});
      report.rises.emplace_back();
      report.rises[0].peak = 2;
      return report;
    };
    h.setup = [] {
      SetupFacts facts;
      facts.sources.emplace_back();
      facts.sources[0].source = "http";
      facts.sources[0].received = 12;
      return facts;
    };
    h.streams = SampleStreams;
    h.coverage = [] {
      CoverageSnapshot known;
      known.target = "envoy <b>";
      known.counter = "requests_total";
      known.served = 200;
      known.seen = 150;
      known.ratio = .75;
      known.read = absl::UnixEpoch();
      CoverageSnapshot failed;
      failed.target = "other";
      failed.error = "HTTP 404";
      return std::vector<CoverageSnapshot>{known, failed};
    };
    h.habits = [] {
      return HabitPhrases{{"reasoner-32b", {{"Wait", .5}, {"So", .25}}}};
    };
    h.events = [this](std::string_view model, absl::Time,
                      absl::Time) -> absl::StatusOr<std::vector<ModelEvent>> {
      std::vector<ModelEvent> found;
      MutexLock lock(mutex);
      for (const ModelEvent& e : told)
        if (e.model == model) found.push_back(e);
      return found;
    };
    h.deployment = [this](const ModelEvent& event) {
      MutexLock lock(mutex);
      told.push_back(event);
      return absl::OkStatus();
    };
    h.forget_selftest = [this] {
      return forgets++ > 0 ? absl::DeadlineExceededError("busy")
                           : absl::OkStatus();
    };
    h.selftest_result = [this](const SelfTestResult& result,
                               absl::Duration every) {
      MutexLock lock(mutex);
      selftests.emplace_back(result, every);
    };
    h.baseline = [] { return std::string("{\"baselines\":[]}"); };
    h.ingest = [this](const IngestRequest& request) -> IngestAnswer {
      MutexLock lock(mutex);
      ingested.push_back(request);
      return {request.wait ? 429 : 202, "{\"accepted\":1}"};
    };
    return h;
  }
  static void AddIncidents(HttpHandlers& h) {
    h.incidents = [](bool open_only, int limit) {
      std::vector<Incident> out = {SampleIncident()};
      if (!open_only) {
        out.push_back(SampleIncident());
        out.back().closed = absl::Now() - absl::Hours(3);
        out.back().close_reason = "recovered";
      }
      out.resize(std::min(out.size(), static_cast<size_t>(limit)));
      return absl::StatusOr<std::vector<Incident>>(out);
    };
    h.incident = [](std::string_view id) -> absl::StatusOr<Incident> {
      if (id != "inc-0123456789ab") return absl::NotFoundError("no incident");
      return SampleIncident();
    };
  }
  void AddStories(HttpHandlers& h) {
    h.story = [](const Incident& incident) {
      return R"({"as_of":null,"sentence":"Story of )" + incident.model +
             R"(","picture":{"signals":[],"carriers":[],"examples":[]}})";
    };
    h.sentence = [](const Incident& incident) {
      return "Line of " + incident.model;
    };
    h.evidence = [](std::string_view id) {
      return R"({"examples":[{"side":"incident","id":")" + std::string(id) +
             R"("}]})";
    };
    h.sparks = [] {
      StreamSpark spark;
      spark.model = "reasoner-32b";
      spark.step = absl::Minutes(10);
      spark.points.push_back({absl::UnixEpoch(), 3, 10, 20, 30});
      return std::vector<StreamSpark>{spark};
    };
    h.gold = [](std::string_view, const std::vector<uint64_t>& problems)
        -> absl::StatusOr<std::vector<std::string>> {
      return std::vector<std::string>(problems.size(), "42");
    };
    h.jobs = [](const Incident&) -> absl::StatusOr<std::vector<RescoreJob>> {
      RescoreJob job;
      job.id = "rw-1";
      job.samples.resize(3);
      job.samples[0].rewards[0] = 1;
      job.samples[1].rewards[0] = 0;
      return std::vector<RescoreJob>{job};
    };
    h.act = [this](IncidentAction action, const Incident& incident,
                   const ModelEvent& event) {
      MutexLock lock(mutex);
      acted.emplace_back(NameOf(kIncidentActionNames, action));
      EXPECT_EQ(event.model, incident.model);
      told.push_back(event);
      return acted.size() > 4 ? absl::UnavailableError("stopping")
                              : absl::OkStatus();
    };
  }
  std::atomic<int> forgets = 0;
  Mutex mutex;
  std::vector<std::pair<SelfTestResult, absl::Duration>> selftests
      ABSL_GUARDED_BY(mutex);
  std::vector<ModelEvent> told ABSL_GUARDED_BY(mutex);
  std::vector<std::string> acted ABSL_GUARDED_BY(mutex);
  std::vector<IngestRequest> ingested ABSL_GUARDED_BY(mutex);
};

inline HttpOptions AnyPort() {
  HttpOptions options;
  options.listen = "127.0.0.1:0";
  return options;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpOptions options) {
    auto server = StartHttpServer(std::move(options), fake_.Handlers());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  httplib::Client Client() {
    return httplib::Client("127.0.0.1", server_->BoundPort());
  }

  Fake fake_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_DAEMON_API_FAKE_HANDLERS_H_
