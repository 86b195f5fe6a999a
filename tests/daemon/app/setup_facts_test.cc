// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/setup_facts.h"

#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

TEST(SetupFacts, AreReadFromTheMetrics) {
  const SetupFacts facts = SetupFactsOf(
      ReadMetrics("reasonwatch_tap_records_total{source=\"http\"} 12\n"
                  "reasonwatch_tap_dropped_total{source=\"http\",reason="
                  "\"invalid\"} 2\n"
                  "reasonwatch_tap_dropped_total{source=\"http\",reason="
                  "\"queue_full\"} 0\n"
                  "reasonwatch_tap_dropped_total{source=\"grpc\",reason="
                  "\"queue_full\"} 5\n"
                  "reasonwatch_tap_ignored_total{source=\"http\",reason="
                  "\"embeddings\"} 4\n"
                  "reasonwatch_responses_total{model=\"m\",route=\"a\",outcome="
                  "\"scored\"} 6\n"
                  "reasonwatch_responses_total{model=\"m\",route=\"b\",outcome="
                  "\"scored\"} 3\n"
                  "reasonwatch_responses_total{model=\"m\",route=\"b\",outcome="
                  "\"unreadable\"} 1\n"
                  "reasonwatch_zero_thinking_responses_total{model=\"m\",route="
                  "\"a\"} 4\n"
                  "reasonwatch_stage_dropped_total{stage=\"order\",reason="
                  "\"duplicate\"} 8\n"),
      {{"http", {"http://127.0.0.1:9096/api/v1/responses"}},
       {"otlp", {"127.0.0.1:4317", "127.0.0.1:4318"}}});
  ASSERT_EQ(facts.sources.size(), 2u);
  EXPECT_EQ(facts.sources[0].source, "http");
  EXPECT_EQ(facts.sources[0].received, 12);
  EXPECT_EQ(facts.sources[0].refused, (SetupCounts{{"invalid", 2}}));
  EXPECT_EQ(facts.sources[0].ignored, (SetupCounts{{"embeddings", 4}}));
  // A tap at which nothing has arrived yet.
  EXPECT_EQ(facts.sources[1].source, "otlp");
  EXPECT_EQ(facts.sources[1].received, 0);
  EXPECT_EQ(facts.sources[1].addresses.size(), 2u);
  ASSERT_EQ(facts.models.size(), 1u);
  EXPECT_EQ(facts.models[0].scored, 9);
  EXPECT_EQ(facts.models[0].with_reasoning, 5);
  EXPECT_EQ(facts.models[0].unreadable, 1);
  EXPECT_EQ(facts.left_out, (SetupCounts{{"duplicate", 8}}));
}

TEST(SetupFacts, AddressesHaveThePortsThatWereBound) {
  TapOptions taps;
  taps.grpc.listen = "[::1]:0";
  taps.grpc.unix_socket = "/run/rw.sock";
  taps.agento11y.enabled = false;
  taps.otlp.http_listen = "0.0.0.0:4318";
  taps.files.paths = {{"/var/log/*.jsonl", "litellm", ""}};
  const TapAddresses all = TapAddressesOf(
      taps, {{"tap_port", "41333"}, {"otlp_http_port", "4318"}}, "http://h:1");
  EXPECT_EQ(all, (TapAddresses{{"grpc", {"[::1]:41333", "unix:/run/rw.sock"}},
                               {"ext_proc", {"[::1]:41333"}},
                               {"otlp", {"0.0.0.0:4318/v1/traces"}},
                               {"http", {"http://h:1/api/v1/responses"}},
                               {"files", {"/var/log/*.jsonl"}}}));
  // Ports that are off.
  taps = TapOptions();
  taps.grpc.listen.clear();
  taps.http.on = false;
  EXPECT_TRUE(TapAddressesOf(taps, {{"tap_port", "0"}}, "http://h:1").empty());
}

}  // namespace
}  // namespace reasonwatch
