#include "daemon/pipeline/shards.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "core/mutex.h"
#include "daemon/config.h"
#include "daemon/grader/live_grader.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/settings.h"
#include "tests/daemon/traffic.h"
#include "tests/fakes/fake_store.h"

namespace reasonwatch {
namespace {

// Shards with all that they stand on; the order of members is that of lives.
struct Rig {
  explicit Rig(const Config& config_in, FakeStore* store = nullptr,
               int shard_count = 1, bool can_confirm = false,
               LiveGrader* grader = nullptr)
      : config(config_in),
        shards(config, Options(shard_count, can_confirm, grader), evaluator,
               telemetry, store, [this](const IncidentEvent& event) {
                 MutexLock lock(mutex);
                 events.push_back(event);
               }) {
    ModelProfile unknown;
    unknown.learn_prefix = true;
    evaluator.SetDefaultProfile(unknown);
  }

  static ShardsOptions Quick(int shard_count) {
    ShardsOptions options;
    options.shards = shard_count;
    options.checkpoint_interval = absl::Milliseconds(20);
    options.snapshot_interval = absl::Milliseconds(20);
    return options;
  }

  ShardsOptions Options(int shard_count, bool can_confirm, LiveGrader* grader) {
    ShardsOptions options = Quick(shard_count);
    options.grader = grader;
    options.can_confirm = can_confirm;
    options.on_scored = [this](const Scored&) { ++scored; };
    return options;
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
    MutexLock lock(mutex);
    return events;
  }

  const Config config;
  Mutex mutex;
  std::vector<IncidentEvent> events;
  std::atomic<int> scored = 0;
  Telemetry telemetry{{.version = "test", .max_streams = 64}};
  StandardEvaluator evaluator{"key"};
  Shards shards;
};

Config Sensitive() {
  Config config = DefaultConfig();
  config.false_alarms.mean_responses = 1e4;
  return config;
}

TrafficOptions WithoutEnds() {
  TrafficOptions options;
  options.with_ends = false;
  return options;
}

TrafficOptions Collapsed() {
  TrafficOptions options = WithoutEnds();
  options.collapsed = true;
  return options;
}

bool WaitFor(const std::function<bool()>& condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > limit) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

TEST(Shards, DropByCountWhateverTheSizeOfWhatComes) {
  Config config = DefaultConfig();
  config.queue.records = 100;
  Rig rig(config);
  const std::vector<Response> rows = Traffic(0, 130, WithoutEnds());
  // Not started, so nothing leaves the queue.
  int accepted = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t bytes = i % 2 == 0 ? 1 : 100000;
    const TapOutcome outcome = rig.shards.Offer(Response(rows[i]), bytes);
    EXPECT_EQ(outcome.accepted, i < 100) << i;
    EXPECT_EQ(outcome.dropped_reason, i < 100 ? "" : "queue_full");
    accepted += outcome.accepted;
  }
  EXPECT_EQ(accepted, 100);
  rig.shards.Start();
  rig.shards.Drain();
  EXPECT_TRUE(rig.shards.Offer(Response(rows[100]), 1).accepted);
  rig.shards.Stop();
  EXPECT_TRUE(
      rig.Shows("reasonwatch_stage_records_total{stage=\"detect\"} 101"))
      << rig.telemetry.Text();
}

TEST(Shards, FillUpByBytesWithoutLookingAtTheOneThatComes) {
  Config config = DefaultConfig();
  config.queue.bytes = 1000;
  Rig rig(config);
  std::vector<Response> rows = Traffic(0, 4, WithoutEnds());
  EXPECT_TRUE(rig.shards.Offer(std::move(rows[0]), 999).accepted);
  // One byte is left: the next goes in whole.
  EXPECT_TRUE(rig.shards.Offer(std::move(rows[1]), 50000).accepted);
  EXPECT_FALSE(rig.shards.Offer(std::move(rows[2]), 50000).accepted);
  EXPECT_FALSE(rig.shards.Offer(std::move(rows[3]), 1).accepted);
}

TEST(Shards, SayThatCoverageIsLowAfterLosses) {
  for (const bool lossy : {false, true}) {
    Config config = Sensitive();
    config.queue.records = 200;
    Rig rig(config);
    rig.shards.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
    // 21 of the last 1,000 offers are over the 2 % that are tolerated.
    EXPECT_EQ(rig.Offer(Traffic(300, 200 + (lossy ? 21 : 20), Collapsed())),
              200);
    rig.shards.Start();
    rig.shards.Drain();
    rig.shards.Stop();
    const auto events = rig.Events();
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.front().kind, IncidentEvent::Kind::kOpened);
    EXPECT_EQ(events.front().finding.low_coverage, lossy);
  }
}

TEST(Shards, WatchTheFirstStreamsAndCountTheRest) {
  Config config = DefaultConfig();
  config.streams.max = 2;
  Rig rig(config);
  rig.shards.Start();
  for (const char* route : {"one", "two", "three", "one"}) {
    TrafficOptions options = WithoutEnds();
    options.route = route;
    options.id_prefix =
        std::string(route) + std::to_string(rig.Events().size());
    rig.Offer(Traffic(0, 10, options));
  }
  rig.shards.Drain();
  rig.shards.Stop();
  std::vector<std::string> routes;
  for (const StreamSnapshot& s : rig.shards.Snapshots())
    routes.push_back(s.route);
  EXPECT_EQ(routes, (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(rig.Shows("reason=\"stream_limit\",stage=\"detect\"} 10") ||
              rig.Shows("stage=\"detect\",reason=\"stream_limit\"} 10"))
      << rig.telemetry.Text();
}

TEST(Shards, TakeFromManyThreadsAndLoseNothing) {
  Rig rig(DefaultConfig(), nullptr, 3);
  rig.shards.Start();
  std::vector<std::thread> taps;
  for (int t = 0; t < 4; ++t)
    taps.emplace_back([&rig, t] {
      TrafficOptions options;
      options.model = "model-" + std::to_string(t);
      EXPECT_EQ(rig.Offer(Traffic(0, 150, options)), 150);
    });
  for (int i = 0; i < 20; ++i) {
    rig.telemetry.Text();
    rig.shards.Snapshots();
    rig.shards.Reload(rig.config);
  }
  for (std::thread& tap : taps) tap.join();
  rig.shards.Drain();
  rig.shards.Stop();
  rig.shards.Stop();
  int64_t responses = 0;
  for (const StreamSnapshot& s : rig.shards.Snapshots())
    responses += s.responses;
  // Without the first of each, which had begun before its tap was heard.
  EXPECT_GE(responses, 4 * 145);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_stage_records_total{stage=\"detect\"} 600"));
}

TEST(Shards, CheckpointWhatASuccessorGoesOnWith) {
  FakeStore store;
  {
    Rig rig(Sensitive(), &store);
    rig.shards.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
    rig.shards.Start();
    rig.Offer(Traffic(300, 100, WithoutEnds()));
    rig.Offer(Traffic(400, 40, Collapsed()));
    rig.shards.Drain();
    ASSERT_FALSE(rig.Events().empty());
    // As a crash leaves it: nothing is stopped in order.
    ASSERT_TRUE(WaitFor([&] { return store.LoadFact("checkpoint_ns").ok(); }));
    const auto blobs = store.LoadState();
    const auto incidents = store.LoadIncidents(/*open_only=*/true, 0);
    ASSERT_EQ(incidents->size(), 1u);
    Rig next(Sensitive(), &store);
    ASSERT_TRUE(next.shards.Restore(*blobs, *incidents).ok());
    EXPECT_FALSE(next.shards.LastResponses()["m"].empty());
    next.shards.Start();
    next.Offer(Traffic(440, 300, WithoutEnds()));
    next.shards.Drain();
    next.shards.Stop();
    ASSERT_FALSE(next.Events().empty());
    EXPECT_EQ(next.Events().back().kind, IncidentEvent::Kind::kClosed);
    EXPECT_EQ(next.Events().back().incident.id, incidents->front().id);
  }
}

TEST(Shards, StoreTheEvidenceWithTheIncident) {
  FakeStore store;
  Rig rig(Sensitive(), &store);
  rig.shards.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
  // What was learnt is kept before a single response has come.
  EXPECT_EQ(store.calls(), "S");
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  rig.shards.Stop();
  // No incident is followed by anything but others and their state.
  const std::string calls = store.calls();
  ASSERT_NE(calls.find('I'), std::string::npos);
  EXPECT_NE(calls.back(), 'I');
  const auto open = store.LoadIncidents(/*open_only=*/true, 0);
  ASSERT_EQ(open->size(), 1u);
  // The state that lies there knows of every open signal: recovery closes it.
  Rig next(Sensitive(), &store);
  ASSERT_TRUE(next.shards.Restore(*store.LoadState(), *open).ok());
  next.shards.Start();
  next.Offer(Traffic(360, 300, WithoutEnds()));
  next.shards.Drain();
  next.shards.Stop();
  EXPECT_TRUE(store.LoadIncidents(/*open_only=*/true, 0)->empty());
}

TEST(Shards, GoOnWatchingWhileTheStoreRefuses) {
  FakeStore store;
  Rig rig(Sensitive(), &store);
  EXPECT_TRUE(
      rig.shards.Import(Traffic(0, 300, WithoutEnds()), true).saved.ok());
  store.SetRefuses(true);
  EXPECT_FALSE(
      rig.shards.Import(Traffic(0, 300, WithoutEnds()), true).saved.ok());
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_FALSE(rig.Events().empty());
}

TEST(Shards, SaveAgainWhatTheStoreHasRefused) {
  FakeStore store;
  Rig rig(DefaultConfig(), &store);
  rig.shards.Start();
  store.SetRefuses(true);
  // Over 256 learnt rows, which are saved once and not again.
  rig.Offer(Traffic(0, 1000, WithoutEnds()));
  rig.shards.Drain();
  absl::SleepFor(absl::Milliseconds(50));
  rig.Offer(Traffic(1000, 1, WithoutEnds()));
  rig.shards.Drain();
  store.SetRefuses(false);
  EXPECT_TRUE(WaitFor([&, sent = 1001]() mutable {
    rig.Offer(Traffic(sent++, 1, WithoutEnds()));
    rig.shards.Drain();
    return store.checkpoints() > 0;
  }));
  ModelPipeline copy("m", WatchOptionsOf(rig.config), {});
  EXPECT_TRUE(copy.Restore(*store.LoadState(), {}).ok());
  ASSERT_NE(copy.watch().reference("r"), nullptr);
  EXPECT_GT(copy.watch().reference("r")->rows(), 256u);
  rig.shards.Stop();
}

TEST(Shards, MineHabitsOnImportAndKeepThem) {
  const std::vector<Response> recorded = Traffic(0, 100, WithoutEnds());
  const Response live = Traffic(500, 1, WithoutEnds()).front();
  TrafficOptions broken = WithoutEnds();
  broken.collapsed = true;
  const Response bare = Traffic(501, 1, broken).front();
  Response cut = live;
  cut.finish_reason = "length";
  FakeStore store;
  std::vector<Habit> mined;
  uint32_t bits = 0;
  {
    Rig rig(DefaultConfig(), &store);
    EXPECT_EQ(rig.evaluator.Evaluate(live).habits_known, 0);
    rig.shards.Import(recorded, /*learn=*/true);
    ASSERT_EQ(rig.evaluator.Habits().count("m"), 1u);
    mined = rig.evaluator.Habits()["m"]->habits();
    const Scored scored = rig.evaluator.Evaluate(live);
    bits = scored.habits;
    EXPECT_NE(bits, 0u);
    EXPECT_EQ(scored.habits_known, mined.size());
    EXPECT_NE(rig.evaluator.Evaluate(bare).habits, bits);
    EXPECT_EQ(rig.evaluator.Evaluate(cut).habits_known, 0);
  }
  ASSERT_FALSE(mined.empty());
  EXPECT_EQ(mined.front().phrase, "Step # looks at the digits");
  Rig next(DefaultConfig(), &store);
  ASSERT_TRUE(next.shards.Restore(*store.LoadState(), {}).ok());
  EXPECT_EQ(next.evaluator.Evaluate(live).habits, bits);
  // What was learnt knows the phrases by their places: they stay.
  next.shards.Import(Traffic(0, 40, broken), /*learn=*/false);
  EXPECT_EQ(next.evaluator.Habits()["m"]->habits(), mined);
}

TEST(Shards, KeepThePrefixThatLiveTrafficHasShown) {
  TrafficOptions bare = WithoutEnds();
  bare.with_prefix = false;
  const std::vector<Response> recorded = Traffic(0, 100, bare);
  const Response live = Traffic(500, 1, WithoutEnds()).front();
  FakeStore store;
  uint64_t learnt = 0;
  {
    Rig rig(DefaultConfig(), &store);
    rig.shards.Import(recorded, /*learn=*/true);
    EXPECT_EQ(rig.evaluator.Evaluate(live).prefix_digest, 0u);
    rig.shards.Start();
    rig.Offer(Traffic(100, 60, WithoutEnds()));
    rig.shards.Drain();
    rig.shards.Stop();
    learnt = rig.evaluator.Evaluate(live).prefix_digest;
    EXPECT_NE(learnt, 0u);
  }
  Rig next(DefaultConfig(), &store);
  ASSERT_TRUE(next.shards.Restore(*store.LoadState(), {}).ok());
  next.shards.Import(recorded, /*learn=*/false);
  EXPECT_EQ(next.evaluator.Evaluate(live).prefix_digest, learnt);
  EXPECT_TRUE(next.evaluator.Evaluate(live).prompt_beginnings.empty());
}

TEST(Shards, CallASilentModelStaleWhileAnotherIsBusy) {
  TrafficOptions silent = WithoutEnds();
  silent.model = "silent";
  std::vector<StateBlob> blobs;
  {
    StandardEvaluator evaluator("key");
    ModelPipeline pipeline("silent", WatchOptionsOf(DefaultConfig()), {});
    for (const Response& r : Traffic(0, 60, silent))
      pipeline.Take(evaluator.Evaluate(r), false);
    pipeline.set_received(absl::Now() - absl::Hours(25));
    blobs = pipeline.Save(/*all=*/true);
  }
  Rig rig(DefaultConfig());
  ASSERT_TRUE(rig.shards.Restore(blobs, {}).ok());
  rig.shards.Start();
  TrafficOptions busy = WithoutEnds();
  busy.model = "busy";
  rig.Offer(Traffic(0, 60, busy));
  rig.shards.Drain();
  rig.shards.Stop();
  const auto snapshots = rig.shards.Snapshots();
  ASSERT_EQ(snapshots.size(), 2u);
  EXPECT_NE(snapshots[0].state, StreamState::kStale);
  EXPECT_EQ(snapshots[1].model, "silent");
  EXPECT_EQ(snapshots[1].state, StreamState::kStale);
}

TEST(Shards, TakeNewBudgetsAndSignalsWhileRunning) {
  Rig rig(Sensitive());
  rig.shards.Start();
  rig.Offer(Traffic(0, 40, WithoutEnds()));
  const auto stream = [&] {
    const auto all = rig.shards.Snapshots();
    return all.empty() ? StreamSnapshot() : all.front();
  };
  // Length collapse weighs 2 of the 16 of all nine signals; the route has .85
  // of what it shares with its two replicas.
  const auto opens_at = [&](double threshold) {
    return std::abs(stream().signals[0].threshold / threshold - 1) < 1e-9;
  };
  ASSERT_TRUE(WaitFor([&] { return opens_at(1e4 * 16 / 2 / .85); }));
  Config fresh = Sensitive();
  fresh.false_alarms.mean_responses = 1e6;
  fresh.signals["length_runaway"].enabled = false;
  rig.shards.Reload(fresh);
  EXPECT_TRUE(WaitFor([&] { return opens_at(1e6 * 15 / 2 / .85); }));
  EXPECT_FALSE(stream().signals[1].enabled);
  // A model that comes later has them too.
  TrafficOptions later = WithoutEnds();
  later.model = "later";
  rig.Offer(Traffic(0, 40, later));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_EQ(stream().model, "later");
  EXPECT_TRUE(opens_at(1e6 * 15 / 2 / .85));
}

TEST(Shards, SplitTheBudgetOverRestoredStreamsFromTheFirstResponse) {
  Config config = DefaultConfig();
  std::vector<Response> rows;
  for (const char* model : {"x", "y", "z"}) {
    TrafficOptions options = WithoutEnds();
    options.model = model;
    for (Response& r : Traffic(0, 40, options)) rows.push_back(std::move(r));
  }
  Rig rig(config);
  rig.shards.Import(rows, /*learn=*/true);
  rig.shards.Start();
  rig.shards.Drain();
  rig.shards.Stop();
  // 100,000 responses a month until more is known, on each of 3 streams; 4
  // warnings of all signals together.
  for (const StreamSnapshot& s : rig.shards.Snapshots()) {
    double false_warnings = 0;
    for (const SignalSnapshot& signal : s.signals)
      false_warnings += 1e5 / signal.threshold;
    EXPECT_DOUBLE_EQ(3 * false_warnings, 4);
  }
}

TEST(Shards, FitAGrownReferenceInTheBackground) {
  FakeStore store;
  Rig rig(DefaultConfig(), &store);
  rig.shards.Start();
  int sent = 0;
  const auto offer = [&](int n) {
    rig.Offer(Traffic(sent, n, WithoutEnds()));
    sent += n;
  };
  for (int i = 0; i < 12; ++i) {
    offer(100);
    rig.shards.Drain();
  }
  // 1,200 less the 500 in quarantine: more than is fitted in place. Once the
  // fit is in, the saved reference wants none.
  EXPECT_TRUE(WaitFor([&] {
    offer(1);
    rig.shards.Drain();
    ModelPipeline copy("m", WatchOptionsOf(rig.config), {});
    if (!copy.Restore(*store.LoadState(), {}).ok()) return false;
    const StreamReference* reference = copy.watch().reference("r");
    return reference != nullptr && reference->rows() > 400 &&
           !reference->WantsFit();
  }));
  rig.shards.Stop();
}

TEST(Shards, TellUnreadableAndForeignResponsesApart) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  Response nothing;
  nothing.id = "nothing";
  nothing.model = "m";
  nothing.route = "r";
  Response canary = Traffic(0, 1, WithoutEnds()).front();
  canary.origin = Origin::kCanary;
  // Only a stream that is watched has series of its own.
  rig.Offer({Traffic(1, 1, WithoutEnds()).front(), nothing, canary});
  rig.shards.Drain();
  rig.shards.Stop();
  for (const char* outcome : {"unreadable", "not_live", "scored"}) {
    const std::string text = rig.telemetry.Text();
    const size_t at = text.find("outcome=\"" + std::string(outcome) + "\"");
    ASSERT_NE(at, std::string::npos) << outcome;
    EXPECT_EQ(text.substr(text.find("} ", at), 4), "} 1\n") << outcome;
  }
}

TEST(Shards, CountErrorsInsideSuccessfulResponses) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  Response error = Traffic(0, 1, WithoutEnds()).front();
  error.content.reset();
  error.reasoning.reset();
  error.http_status = 200;
  error.finish_reason = "stop";
  error.body = R"({"error":{"message":"no text of it","code":500}})";
  rig.Offer({error});
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_EQ(rig.scored, 0);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_stage_errors_total{reason=\"server_error\","
                "stage=\"evaluate\"} 1"));
}

TEST(Shards, TakeTheRegimeFromTheBody) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  Response response = Traffic(0, 1, WithoutEnds()).front();
  response.regime = {};
  response.body = R"({"choices":[{"message":{"content":"It is 4."},
      "finish_reason":"stop"}],"system_fingerprint":"build-7"})";
  rig.Offer({response});
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_NE(rig.telemetry.Text().find("fingerprint=\"build-7\""),
            std::string::npos);
}

TEST(Shards, ReRunsThatComeThroughATapAreNotLive) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  std::vector<Response> rows = Traffic(0, 20, WithoutEnds());
  for (size_t i = 10; i < rows.size(); ++i) {
    rows[i].id = "rw-" + rows[i].id;
    rows[i].origin = Origin::kRescore;
  }
  rig.Offer(rows);
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_EQ(rig.scored, 10);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_stage_records_total{stage=\"detect\"} 10"));
}

TEST(Shards, AVerdictChangesItsIncidentAndIsStored) {
  FakeStore store;
  Rig rig(Sensitive(), &store, /*shard_count=*/1, /*can_confirm=*/true);
  rig.shards.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  ASSERT_FALSE(rig.Events().empty());
  const Incident before = rig.Events().back().incident;
  EXPECT_EQ(before.confirmation, Confirmation::kPending);
  Verdict verdict;
  verdict.kind = VerdictKind::kConfirmed;
  verdict.model = before.model;
  verdict.incident = before.id;
  verdict.differences = {{"fresh_cache", .5, .3, .7, 32, "cache_or_batching"}};
  rig.shards.TakeVerdict(verdict);
  verdict.incident = "inc-unknown";
  rig.shards.TakeVerdict(verdict);
  verdict.model = "unknown";
  rig.shards.TakeVerdict(verdict);
  rig.shards.Drain();
  rig.shards.Stop();
  const Incident after = rig.Events().back().incident;
  EXPECT_EQ(after.confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(after.causes.front().cause, "cache_or_batching");
  EXPECT_EQ(store.LoadIncident(before.id)->confirmation,
            Confirmation::kConfirmed);
  EXPECT_TRUE(rig.Shows("confirmation=\"confirmed\""));
}

TEST(Shards, NamesThatAreNeverWatchedTakeNoSeries) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  Response junk;
  junk.id = "junk";
  junk.model = "invented";
  rig.Offer({junk});
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_EQ(rig.telemetry.Text().find("invented"), std::string::npos);
}

TEST(Shards, OneImpossibleTimeMovesNoClock) {
  Rig rig(Sensitive());
  rig.shards.Import(Traffic(0, 300, WithoutEnds()), true);
  rig.shards.Start();
  for (absl::Time t : {absl::UnixEpoch(), absl::FromUnixSeconds(-62000000000),
                       absl::FromUnixSeconds(250000000000)}) {
    Response r = Traffic(300, 1, WithoutEnds()).front();
    r.id = absl::FormatTime(t);
    r.time = t;
    r.end_time = t + absl::Seconds(1);
    rig.Offer({r});
  }
  std::vector<Response> collapsed = Traffic(301, 60, Collapsed());
  for (Response& r : collapsed) r.time = absl::Now();
  rig.Offer(std::move(collapsed));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_FALSE(rig.Events().empty());
  for (const StreamSnapshot& s : rig.shards.Snapshots())
    EXPECT_NE(s.state, StreamState::kStale);
}

TEST(Shards, AShadowSignalOpensNothingUntilItAlerts) {
  Config config = Sensitive();
  for (auto& [name, signal] : config.signals) signal.shadow = true;
  Rig rig(config);
  rig.shards.Import(Traffic(0, 300, WithoutEnds()), true);
  rig.shards.Start();
  rig.Offer(Traffic(300, 60, Collapsed()));
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_TRUE(rig.Events().empty());
}

TEST(Shards, UnknownFormatIsANoticeWithoutWords) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  std::vector<Response> rows;
  for (int i = 0; i < 60; ++i) {
    Response r;
    r.id = std::to_string(i);
    r.model = "m";
    r.route = "r";
    r.time = absl::Now() + absl::Milliseconds(i);
    r.content = "<secret_thoughts>private</secret_thoughts> 4";
    rows.push_back(std::move(r));
  }
  ASSERT_EQ(rig.Offer(rows), 60);
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_TRUE(rig.Shows("reasonwatch_unknown_format_notice{model=\"m\"} 1"));
  EXPECT_TRUE(rig.Shows("reasonwatch_unknown_format_ratio{model=\"m\"} 1"));
  EXPECT_TRUE(rig.Events().empty());
  const std::vector<StreamSnapshot> snapshots = rig.shards.Snapshots();
  ASSERT_FALSE(snapshots.empty());
  EXPECT_TRUE(snapshots[0].unknown_format.notice);
  EXPECT_EQ(snapshots[0].unknown_format.shapes,
            std::vector<std::string>{"<word_word>…</word_word> then text"});
}

TEST(Shards, CanariesOpenAnIncidentOfAModelWithoutTraffic) {
  FakeStore store;
  const Config config = DefaultConfig();
  Verdict verdict;
  verdict.kind = VerdictKind::kConfirmed;
  verdict.trigger = RescoreTrigger::kCanary;
  verdict.model = "quiet";
  verdict.incident = "inc-0123456789ab";
  verdict.time = absl::Now();
  verdict.samples = 40;
  verdict.failures = 30;
  verdict.pass_rate = .25;
  verdict.baseline_pass_rate = .9;
  verdict.bayes_factor = 1e5;
  verdict.outcomes = {{0xabc, 8, 8, 4, 0}, {0xdef, 8, 7, 4, 4}};
  {
    Rig rig(config, &store, 1, /*can_confirm=*/true);
    rig.shards.Start();
    // One problem alone is told, and opens nothing.
    Verdict one = verdict;
    one.incident.clear();
    one.problem = 7;
    rig.shards.TakeVerdict(one);
    rig.shards.TakeVerdict(verdict);
    rig.shards.TakeVerdict(verdict);
    ASSERT_TRUE(WaitFor([&] { return !rig.Events().empty(); }));
    rig.shards.Drain();
    EXPECT_EQ(rig.Events()[0].kind, IncidentEvent::Kind::kOpened);
    const Incident incident = rig.Events()[0].incident;
    EXPECT_EQ(incident.id, verdict.incident);
    EXPECT_EQ(incident.severity, Severity::kCritical);
    EXPECT_EQ(incident.scope, Scope::kModel);
    const Finding& finding = incident.signals[0].finding;
    ASSERT_EQ(finding.failing.size(), 1u);
    EXPECT_EQ(finding.failing[0].id, "0000000000000abc");
    EXPECT_EQ(finding.failing[0].passed_before, 8);
    EXPECT_EQ(finding.failing[0].trials_now, 4);
    EXPECT_EQ(finding.families, (std::vector<FamilyCount>{{"", 2, 1}}));
    rig.shards.Stop();
  }
  // The detectors hold nothing of it, and it stays open all the same.
  Rig rig(config, &store, 1, /*can_confirm=*/true);
  ASSERT_TRUE(rig.shards
                  .Restore(*store.LoadState(),
                           *store.LoadIncidents(/*open_only=*/true, 0))
                  .ok());
  rig.shards.Start();
  absl::SleepFor(absl::Milliseconds(1500));
  EXPECT_TRUE(rig.Events().empty());
  verdict.kind = VerdictKind::kNotReproduced;
  rig.shards.TakeVerdict(verdict);
  ASSERT_TRUE(WaitFor([&] { return !rig.Events().empty(); }));
  EXPECT_EQ(rig.Events()[0].incident.close_reason, "recovered");
  rig.shards.Stop();
}

TEST(Shards, AWantedChangeIsToldToWhoeverRemembersTheModel) {
  std::vector<std::string> told;
  const Config config = DefaultConfig();
  Telemetry telemetry({.version = "test", .max_streams = 64});
  StandardEvaluator evaluator("key");
  ShardsOptions options;
  options.on_accepted = [&](const std::string& model) {
    told.push_back(model);
  };
  Shards shards(config, options, evaluator, telemetry, nullptr,
                [](const IncidentEvent&) {});
  shards.Accept("m", "wanted", {}, {});
  EXPECT_EQ(told, std::vector<std::string>{"m"});
}

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
  EXPECT_EQ(rig.scored, 50);
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
  EXPECT_TRUE(WaitFor([&] { return rig.scored == 200; }));
  rig.shards.Stop();
  // What waited is judged by all else that it shows.
  EXPECT_EQ(rig.scored, 220);
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
