// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/incident_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/daemon/telemetry/sample.h"

namespace reasonwatch {
namespace {

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

TEST(IncidentJson, HabitsAreListedInTheirOrder) {
  const auto json = nlohmann::json::parse(
      HabitsJson({{"m", {{"Let x be", .75}, {"Step \xFF", .5}}}}));
  const auto& model = json["models"][0];
  EXPECT_EQ(model["model"], "m");
  EXPECT_EQ(model["habits"][0]["phrase"], "Let x be");
  EXPECT_EQ(model["habits"][0]["rate"], .75);
  EXPECT_EQ(model["habits"].size(), 2u);
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

TEST(IncidentJson, ThePageHasStoryGoldAndActions) {
  Incident incident;
  incident.id = "inc-000000000001";
  incident.signals.resize(1);
  Finding& f = incident.signals[0].finding;
  f.signal = incident.signals[0].signal = Signal::kConsistencyRegression;
  f.failing = {{255, "p/1", "algebra", 4, 3, 2, 0},
               {256, "p/2", "", 1, 1, 1, 0}};
  Story story;
  story.sentence = "S \xFF";
  SignalPicture signal;
  signal.unit = "tokens";
  signal.points.push_back({absl::UnixEpoch(), 2, kNotKnown, 5, kNotKnown});
  signal.buckets = {{0, 1, 2, 3}};
  story.picture.signals = {signal};
  story.picture.carriers = {{"replica", "a", 1, 2}};
  story.picture.examples = {{"r1", "t1", "a", absl::UnixEpoch(), 5, true}};
  IncidentExtras extras;
  extras.story = StoryJson(story);
  extras.gold = {{255, "42"}, {256, ""}};
  ModelEvent other;
  other.kind = kAcknowledgedEvent;
  other.new_value = "inc-000000000002";
  extras.events = {other};
  nlohmann::json json =
      nlohmann::json::parse(IncidentPageJson(incident, extras));
  EXPECT_EQ(json["sentence"], "S \xEF\xBF\xBD");
  const auto& picture = json["picture"];
  EXPECT_TRUE(picture["signals"][0]["points"][0]["low"].is_null());
  EXPECT_EQ(picture["signals"][0]["points"][0]["value"], 5);
  EXPECT_EQ(picture["signals"][0]["buckets"][0]["since"], 3);
  EXPECT_EQ(picture["carriers"][0]["name"], "a");
  EXPECT_EQ(picture["examples"][0]["trace_id"], "t1");
  const auto& failing = json["signals"][0]["failing_problems"];
  EXPECT_EQ(failing[0]["gold"], "42");
  EXPECT_FALSE(failing[1].contains("gold"));
  // Another incident of the model was acknowledged, not this one.
  EXPECT_TRUE(json["acknowledged"].is_null());
  EXPECT_EQ(json["timeline"].size(), 1u);

  extras.story = "not JSON";
  json = nlohmann::json::parse(IncidentPageJson(incident, extras));
  EXPECT_TRUE(json["sentence"].is_null());
  EXPECT_TRUE(json["picture"].is_null());
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

TEST(IncidentJson, AStreamListsEverySignal) {
  const nlohmann::json json =
      nlohmann::json::parse(StreamsJson({Snapshot()}))["streams"][0];
  EXPECT_EQ(json["state"], "watching");
  EXPECT_EQ(json["signals"].size(), static_cast<size_t>(kSignalCount));
  EXPECT_EQ(json["signals"][0]["critical_threshold"], 2e7);
  EXPECT_TRUE(json["halved_length_delay"].is_null());
  EXPECT_EQ(json["unknown_format"]["notice"], false);
}

TEST(IncidentJson, AStreamHasTheSourceOfItsLengths) {
  StreamSnapshot snapshot = Snapshot();
  snapshot.counts_differ = {.notice = true, .ratio = .25};
  snapshot.lengths = LengthSource::kEstimate;
  const nlohmann::json json =
      nlohmann::json::parse(StreamsJson({snapshot}))["streams"][0];
  EXPECT_EQ(json["counts_differ"]["notice"], true);
  EXPECT_EQ(json["counts_differ"]["ratio"], .25);
  EXPECT_EQ(json["lengths"], "estimate");
  EXPECT_EQ(json["length_drift"], 1);
}

TEST(IncidentJson, AStreamTellsOfNewPrompts) {
  StreamSnapshot snapshot = Snapshot();
  snapshot.new_prompts = {
      .notice = true, .share = .27, .since = absl::FromUnixSeconds(1700000000)};
  const nlohmann::json json =
      nlohmann::json::parse(StreamsJson({snapshot}))["streams"][0];
  EXPECT_EQ(json["new_prompts"]["notice"], true);
  EXPECT_EQ(json["new_prompts"]["share"], .27);
  EXPECT_EQ(json["new_prompts"]["since"], "2023-11-14T22:13:20+00:00");
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
