// SPDX-License-Identifier: Apache-2.0
// The way of responses through the shards: queues and drops, streams, threads,
// repaired times, unreadable and foreign responses, formats.
#include "daemon/pipeline/shards.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/daemon/pipeline/shards_rig.h"

namespace reasonwatch {
namespace {

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
    rig.Import(Traffic(0, 300, WithoutEnds()), /*learn=*/true);
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
  for (const StreamSnapshot& s : rig.board.Snapshots())
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
    rig.board.Snapshots();
    rig.shards.Reload(WatchOptionsOf(rig.config),
                      IncidentOptionsOf(rig.config));
  }
  for (std::thread& tap : taps) tap.join();
  rig.shards.Drain();
  rig.shards.Stop();
  rig.shards.Stop();
  int64_t responses = 0;
  for (const StreamSnapshot& s : rig.board.Snapshots())
    responses += s.responses;
  // Without the first of each, which had begun before its tap was heard.
  EXPECT_GE(responses, 4 * 145);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_stage_records_total{stage=\"detect\"} 600"));
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
  EXPECT_EQ(rig.seen.scored, 0);
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
  EXPECT_EQ(rig.seen.scored, 10);
  EXPECT_TRUE(
      rig.Shows("reasonwatch_stage_records_total{stage=\"detect\"} 10"));
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
  rig.Import(Traffic(0, 300, WithoutEnds()), true);
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
  rig.Offer(collapsed);
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_FALSE(rig.Events().empty());
  for (const StreamSnapshot& s : rig.board.Snapshots())
    EXPECT_NE(s.state, StreamState::kStale);
}

TEST(Shards, TokenCountsThatTheTextContradictsAreANotice) {
  Rig rig(DefaultConfig());
  rig.shards.Start();
  std::vector<Response> rows;
  for (int i = 0; i < 100; ++i) {
    Response r;
    r.id = std::to_string(i);
    r.model = "m";
    r.route = "r";
    r.time = absl::Now() + absl::Milliseconds(i);
    r.reasoning = std::string(1200, 'a');
    r.content = std::string(800, 'b');
    r.usage.output_tokens = 500;
    // A server that counts no reasoning in every fifth response.
    r.usage.reasoning_tokens = i % 5 == 0 ? 0 : 300;
    rows.push_back(std::move(r));
  }
  ASSERT_EQ(rig.Offer(rows), 100);
  rig.shards.Drain();
  rig.shards.Stop();
  EXPECT_TRUE(
      rig.Shows("reasonwatch_token_counts_differ_notice{model=\"m\"} 1"));
  EXPECT_TRUE(
      rig.Shows("reasonwatch_token_counts_differ_ratio{model=\"m\"} 0.2"));
  EXPECT_TRUE(rig.Events().empty());
  const std::vector<StreamSnapshot> snapshots = rig.board.Snapshots();
  ASSERT_FALSE(snapshots.empty());
  EXPECT_TRUE(snapshots[0].counts_differ.notice);
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
  const std::vector<StreamSnapshot> snapshots = rig.board.Snapshots();
  ASSERT_FALSE(snapshots.empty());
  EXPECT_TRUE(snapshots[0].unknown_format.notice);
  EXPECT_EQ(snapshots[0].unknown_format.shapes,
            std::vector<std::string>{"<word_word>…</word_word> then text"});
}

}  // namespace
}  // namespace reasonwatch
