// SPDX-License-Identifier: Apache-2.0
// The steps of the setup: each is done by one fact, and says how to get there.
#include "daemon/api/setup_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

SetupFacts Complete() {
  SetupFacts facts;
  SetupSource source;
  source.source = "grpc";
  source.addresses = {"127.0.0.1:9095"};
  source.received = 100;
  facts.sources = {source};
  facts.models = {{"heron", 99, 90, 1, 3}};
  StreamSnapshot stream;
  stream.model = "heron";
  stream.state = StreamState::kWatching;
  facts.streams = {stream};
  facts.has_problems = facts.asks_again = facts.scraped = true;
  facts.has_webhook = facts.has_address = true;
  return facts;
}

Json StepsOf(const SetupFacts& facts) {
  return Json::parse(SetupJson(facts))["steps"];
}

// The names of the steps that are not done, in their order.
std::string Left(const SetupFacts& facts) {
  std::string left;
  for (const Json& step : StepsOf(facts))
    if (!step["done"].get<bool>())
      left += step["step"].get<std::string>() + " ";
  return left;
}

std::string TextOf(const SetupFacts& facts, const std::string& name) {
  for (const Json& step : StepsOf(facts))
    if (step["step"] == name) return step["text"];
  return "";
}

TEST(SetupJson, HasEveryStepInItsOrder) {
  EXPECT_EQ(Left(Complete()), "");
  EXPECT_EQ(Left(SetupFacts()),
            "traffic read reasoning reference baseline rescore alerts ");
}

TEST(SetupJson, NamesTheAddressesWhileNothingArrives) {
  SetupFacts facts = Complete();
  facts.sources[0].received = 0;
  facts.models.clear();
  facts.streams.clear();
  EXPECT_EQ(Left(facts), "traffic read reasoning reference ");
  EXPECT_NE(TextOf(facts, "traffic").find("grpc at 127.0.0.1:9095"),
            std::string::npos);
}

TEST(SetupJson, ModelsWithoutReasoningAreNamed) {
  SetupFacts facts = Complete();
  for (const char* model : {"a", "b", "c", "d", "e"})
    facts.models.push_back({model, 50, 4, 0, 0});
  EXPECT_EQ(Left(facts), "reasoning ");
  EXPECT_NE(TextOf(facts, "reasoning").find("of a, b, c and 2 more has any"),
            std::string::npos)
      << TextOf(facts, "reasoning");
  // A model that was not read yet says nothing.
  facts = Complete();
  facts.models.push_back({"new", 0, 0, 5, 0});
  EXPECT_EQ(Left(facts), "");
}

TEST(SetupJson, RefusalsHaveWordsAndOutweighOnlyAsTheMost) {
  SetupFacts facts = Complete();
  facts.sources[0].received = 1000;
  facts.sources[0].refused = {{"queue_full", 7}, {"a_new_reason", 2}};
  facts.sources[0].errors = {{"unknown_key", 3}, {"none", 0}};
  EXPECT_EQ(Left(facts), "");
  const Json json = Json::parse(SetupJson(facts));
  const Json& source = json["sources"][0];
  EXPECT_EQ(source["accepted"], 991);
  EXPECT_EQ(source["refused"][0]["reason"], "a_new_reason");
  EXPECT_EQ(source["refused"][0]["text"], "");
  EXPECT_EQ(source["refused"][1]["count"], 7);
  EXPECT_EQ(source["refused"][1]["text"], ReasonText("queue_full"));
  EXPECT_EQ(source["errors"].size(), 1u);
  facts.sources[0].refused["invalid"] = 800;
  EXPECT_EQ(Left(facts), "read ");
}

TEST(SetupJson, AYoungReferenceSaysHowItLeaves) {
  SetupFacts facts = Complete();
  facts.streams[0].state = StreamState::kProvisional;
  facts.streams[0].route = "tutor";
  facts.streams[0].reference_responses = 300;
  facts.streams[0].reference_needed = 2000;
  EXPECT_EQ(Left(facts), "reference ");
  EXPECT_NE(TextOf(facts, "reference")
                .find("Not yet for heron tutor. heron "
                      "tutor: warnings only: 300 of"),
            std::string::npos)
      << TextOf(facts, "reference");
}

TEST(SetupJson, AnAlarmNeedsOneWayOut) {
  SetupFacts facts = Complete();
  facts.scraped = false;
  EXPECT_EQ(Left(facts), "");
  facts.has_webhook = facts.has_address = false;
  EXPECT_EQ(Left(facts), "alerts ");
  EXPECT_NE(TextOf(facts, "alerts").find("http.external_url"),
            std::string::npos);
  facts = Complete();
  facts.asks_again = facts.has_problems = false;
  EXPECT_EQ(Left(facts), "baseline rescore ");
}

TEST(SetupJson, NeverThrowsOnBytesThatAreNoText) {
  SetupFacts facts = Complete();
  facts.models[0].model = "\xff<script>";
  EXPECT_EQ(Json::parse(SetupJson(facts))["models"][0]["model"],
            "\xEF\xBF\xBD<script>");
}

}  // namespace
}  // namespace reasonwatch
