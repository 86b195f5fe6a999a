// SPDX-License-Identifier: Apache-2.0
// Shards with all that they depend on, for their tests.
#ifndef REASONWATCH_TESTS_DAEMON_PIPELINE_SHARDS_RIG_H_
#define REASONWATCH_TESTS_DAEMON_PIPELINE_SHARDS_RIG_H_

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "answers/command/live_grader.h"
#include "core/clock.h"
#include "daemon/app/config/config.h"
#include "daemon/app/pipeline_metrics.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/observer.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/pipeline/shards.h"
#include "daemon/pipeline/snapshot_board.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "tests/daemon/pipeline/traffic.h"
#include "tests/fakes/fake_store.h"
#include "util/mutex.h"

namespace reasonwatch {

// The reports that the tests read.
struct Seen : public PipelineObserver {
  void OnScored(const Scored& /*scored*/, ResponseOutcome /*outcome*/,
                bool watched) override {
    scored += watched;
  }
  void OnIncident(const IncidentEvent& event) override {
    MutexLock lock(mutex);
    events.push_back(event);
  }
  void OnAccepted(const std::string& model) override {
    MutexLock lock(mutex);
    accepted.push_back(model);
  }

  std::atomic<int> scored = 0;
  Mutex mutex;
  std::vector<IncidentEvent> events ABSL_GUARDED_BY(mutex);
  std::vector<std::string> accepted ABSL_GUARDED_BY(mutex);
};

// Shards with all that they depend on; the order of members is that of lives.
struct Rig {
  explicit Rig(const Config& config_in, FakeStore* store = nullptr,
               int shard_count = 1, bool can_confirm = false,
               LiveGrader* grader = nullptr)
      : config(config_in),
        shards(Options(config, shard_count, can_confirm, grader), evaluator,
               observers, store, clock) {
    observers.Add(metrics);
    observers.Add(board);
    observers.Add(seen);
    ModelProfile unknown;
    unknown.learn_prefix = true;
    evaluator.SetDefaultProfile(unknown);
  }

  static PipelineOptions Options(const Config& config, int shard_count,
                                 bool can_confirm, LiveGrader* grader) {
    PipelineOptions options = PipelineOptionsOf(config);
    options.shards = shard_count;
    options.checkpoint_interval = absl::Milliseconds(20);
    options.snapshot_interval = absl::Milliseconds(20);
    options.grader = grader;
    options.incidents.can_confirm = can_confirm;
    return options;
  }

  // Before Start(). Returns whether the new state was stored.
  bool Import(const std::vector<Response>& rows, bool learn) {
    RecordedRows source(rows);
    const auto sink = shards.ImportSink(learn);
    RecordingImporter importer({.profile_of =
                                    [this](const std::string& model) {
                                      return ProfileOf(config, model);
                                    }},
                               evaluator, *sink);
    EXPECT_TRUE(importer.Run(source).ok());
    return sink->saved().ok();
  }

  int Offer(const std::vector<Response>& rows) {
    int accepted = 0;
    for (const Response& r : rows)
      accepted += shards.Offer(Response(r), 1000).accepted;
    return accepted;
  }
  bool Shows(std::string_view line) {
    return telemetry.Text().find(line) != std::string::npos;
  }
  std::vector<IncidentEvent> Events() {
    MutexLock lock(seen.mutex);
    return seen.events;
  }

  const Config config;
  Telemetry telemetry{{.version = "test", .max_streams = 64}};
  StandardEvaluator evaluator{"key"};
  WallClock clock;
  PipelineMetrics metrics{telemetry};
  SnapshotBoard board;
  Seen seen;
  ObserverList observers;
  Shards shards;
};

inline Config Sensitive() {
  Config config = DefaultConfig();
  config.false_alarms.mean_responses = 1e4;
  return config;
}

inline TrafficOptions WithoutEnds() {
  TrafficOptions options;
  options.with_ends = false;
  return options;
}

inline TrafficOptions Collapsed() {
  TrafficOptions options = WithoutEnds();
  options.collapsed = true;
  return options;
}

inline bool WaitFor(const std::function<bool()>& condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > limit) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_DAEMON_PIPELINE_SHARDS_RIG_H_
