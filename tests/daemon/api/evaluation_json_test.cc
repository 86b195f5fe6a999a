// SPDX-License-Identifier: Apache-2.0
// The form that OTLP/HTTP with JSON prescribes for log records.
#include "daemon/api/evaluation_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

EvaluationEvent Graded() {
  EvaluationEvent e;
  e.time = absl::FromUnixNanos(1800000000123456789);
  e.name = "correctness";
  e.score = 1;
  e.label = "correct";
  e.response_id = "chatcmpl-1";
  e.trace_id = "0AF7651916CD43DD8448EB211C80319C";
  e.model = "heron";
  return e;
}

Json RecordsOf(const std::vector<EvaluationEvent>& events) {
  const Json json = Json::parse(EvaluationsJson(events));
  EXPECT_EQ(json["resourceLogs"].size(), 1u);
  const Json& resource = json["resourceLogs"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0]["value"]["stringValue"],
            "reasonwatch");
  EXPECT_EQ(resource["scopeLogs"][0]["scope"]["name"], "reasonwatch");
  return resource["scopeLogs"][0]["logRecords"];
}

Json AttributesOf(const Json& record) {
  Json all = Json::object();
  for (const Json& a : record["attributes"])
    all[a["key"].get<std::string>()] = a["value"];
  return all;
}

TEST(EvaluationsJson, IsALogRecordOfTheConvention) {
  const Json records = RecordsOf({Graded()});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["eventName"], "gen_ai.evaluation.result");
  // 64-bit numbers as strings.
  EXPECT_EQ(records[0]["timeUnixNano"], "1800000000123456789");
  EXPECT_EQ(records[0]["traceId"], "0af7651916cd43dd8448eb211c80319c");
  const Json attributes = AttributesOf(records[0]);
  EXPECT_EQ(attributes["gen_ai.evaluation.name"]["stringValue"], "correctness");
  EXPECT_EQ(attributes["gen_ai.evaluation.score.value"]["doubleValue"], 1);
  EXPECT_EQ(attributes["gen_ai.evaluation.score.label"]["stringValue"],
            "correct");
  EXPECT_EQ(attributes["gen_ai.response.id"]["stringValue"], "chatcmpl-1");
  EXPECT_EQ(attributes["gen_ai.request.model"]["stringValue"], "heron");
  EXPECT_FALSE(attributes.contains("gen_ai.evaluation.explanation"));
  EXPECT_FALSE(attributes.contains("reasonwatch.incident.id"));
}

TEST(EvaluationsJson, LeavesOutWhatIsNotKnown) {
  EvaluationEvent e = Graded();
  e.score = std::nan("");
  e.response_id.clear();
  for (const char* id : {"", "chatcmpl-1", "00000000000000000000000000000000",
                         "0af7651916cd43dd8448eb211c80319z"}) {
    e.trace_id = id;
    EXPECT_FALSE(RecordsOf({e})[0].contains("traceId")) << id;
  }
  const Json attributes = AttributesOf(RecordsOf({e})[0]);
  EXPECT_FALSE(attributes.contains("gen_ai.evaluation.score.value"));
  EXPECT_FALSE(attributes.contains("gen_ai.response.id"));
}

TEST(EvaluationsJson, AnIncidentHasItsSentence) {
  EvaluationEvent e = Graded();
  e.name = "length_collapse";
  e.score = .04;
  e.label = "opened";
  e.explanation = "Reasoning is 4 % of its usual length";
  e.incident = "inc-0123456789ab";
  e.route = "a\xff";
  const Json records = RecordsOf({Graded(), e});
  ASSERT_EQ(records.size(), 2u);
  const Json attributes = AttributesOf(records[1]);
  EXPECT_EQ(attributes["gen_ai.evaluation.explanation"]["stringValue"],
            e.explanation);
  EXPECT_EQ(attributes["reasonwatch.incident.id"]["stringValue"], e.incident);
  EXPECT_EQ(attributes["reasonwatch.route"]["stringValue"], "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace reasonwatch
