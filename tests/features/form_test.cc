// SPDX-License-Identifier: Apache-2.0
// Values are drawn from random schemas and accepted; each is then broken in one
// way and refused. Then the readings of calls and of structured answers.
#include <simdjson.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/scored.h"
#include "features/form/json_schema.h"
#include "features/form/structured_answer.h"
#include "features/form/tool_calls.h"
#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

// A random schema with a value that keeps to it and one that does not.
struct Example {
  std::string schema, good, bad;
};

class Forms : public ::testing::Test {
 protected:
  size_t Below(size_t n) { return random_() % n; }
  std::string Name() {
    std::string name;
    for (size_t n = 4 + Below(6); n > 0; --n)
      name += static_cast<char>('a' + Below(26));
    return name;
  }
  Example Leaf() {
    switch (Below(5)) {
      case 0:
        return {R"({"type":"string"})", "\"" + Name() + "\"", "17"};
      case 1:
        return {R"({"type":"integer"})", std::to_string(Below(99)), "1.5"};
      case 2:
        return {R"({"type":["number","null"]})", Below(2) ? "2.5" : "null",
                "\"2.5\""};
      case 3:
        return {R"({"type":"boolean"})", "true", "0"};
      default: {
        const std::string a = Name();
        return {R"({"enum":[")" + a + R"(","b"]})", "\"" + a + "\"",
                "\"" + a + "x\""};
      }
    }
  }
  Example Any(int depth) {
    if (depth == 0) return Leaf();
    switch (Below(4)) {
      case 0: {
        const Example item = Any(depth - 1);
        return {R"({"type":"array","items":)" + item.schema + "}",
                "[" + item.good + "," + item.good + "]",
                "[" + item.good + "," + item.bad + "]"};
      }
      case 1: {
        const Example one = Any(depth - 1);
        return {R"({"anyOf":[)" + one.schema + R"(,{"type":"null"}]})",
                Below(2) ? one.good : "null", one.bad};
      }
      default: {
        const Example required = Any(depth - 1);
        const Example other = Any(depth - 1);
        const std::string a = Name();
        const std::string b = Name() + "2";
        std::string bad;
        switch (Below(3)) {
          case 0:
            bad = "{\"" + b + "\":" + other.good + "}";
            break;
          case 1:
            bad = "{\"" + a + "\":" + required.bad + "}";
            break;
          default:
            bad = "{\"" + a + "\":" + required.good + ",\"zz\":1}";
        }
        return {R"({"type":"object","properties":{")" + a +
                    "\":" + required.schema + ",\"" + b + "\":" + other.schema +
                    R"(},"required":[")" + a +
                    R"("],"additionalProperties":false})",
                "{\"" + a + "\":" + required.good +
                    (Below(2) ? ",\"" + b + "\":" + other.good : "") + "}",
                bad};
      }
    }
  }

 private:
  std::mt19937 random_{11};
};

bool Accepts(const std::string& schema, const std::string& value) {
  simdjson::dom::parser a;
  simdjson::dom::parser b;
  const simdjson::padded_string s(schema);
  const simdjson::padded_string v(value);
  return JsonSchema(a.parse(s).value()).Accepts(b.parse(v).value());
}

TEST_F(Forms, AValueOfItsSchemaIsAcceptedAndABrokenOneIsNot) {
  for (int i = 0; i < 500; ++i) {
    const Example e = Any(static_cast<int>(Below(4)));
    EXPECT_TRUE(Accepts(e.schema, e.good)) << e.schema << e.good;
    EXPECT_FALSE(Accepts(e.schema, e.bad)) << e.schema << e.bad;
  }
}

TEST_F(Forms, ReferencesAreFollowedAlsoInACircle) {
  const std::string schema =
      R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":)"
      R"({"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},)"
      R"("required":["next"]}}})";
  EXPECT_TRUE(Accepts(schema, R"({"next":{"next":null}})"));
  EXPECT_FALSE(Accepts(schema, R"({"next":{"next":3}})"));
  EXPECT_FALSE(Accepts(schema, R"({"next":{}})"));
  // A reference to itself alone asks for nothing.
  EXPECT_TRUE(Accepts(R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":)"
                      R"("#/$defs/a"}}})",
                      "3"));
  EXPECT_TRUE(Accepts(R"({"$ref":"#"})", "3"));
}

TEST_F(Forms, HostileSchemasAreBounded) {
  std::string deep;
  std::string wide = R"({"type":"string"})";
  for (int i = 0; i < 300; ++i) deep += R"({"items":)";
  deep += "{}" + std::string(300, '}');
  EXPECT_TRUE(Accepts(deep, std::string(300, '[') + std::string(300, ']')));
  // Alternatives of alternatives: 3^6 ways to be wrong.
  for (int i = 0; i < 6; ++i)
    wide = R"({"anyOf":[)" + wide + "," + wide + "," + wide + "]}";
  simdjson::dom::parser parser;
  const simdjson::padded_string text(wide);
  const JsonSchema schema(parser.parse(text).value());
  simdjson::dom::parser values;
  const simdjson::padded_string value(std::string("[1,2,3]"));
  for (int i = 0; i < 100; ++i) schema.Accepts(values.parse(value).value());
}

constexpr char kTools[] =
    R"([{"type":"function","function":{"name":"read","parameters":{"type":)"
    R"("object","properties":{"path":{"type":"string"},"limit":{"type":)"
    R"("integer"}},"required":["path"]}}},{"type":"function","function":)"
    R"({"name":"now"}}])";

Scored Calls(std::vector<ToolCall> calls, std::string tools = kTools,
             std::string answer = "") {
  Trace trace;
  trace.has_text = true;
  trace.answer = std::move(answer);
  trace.calls = std::move(calls);
  trace.tool_calls = static_cast<int32_t>(trace.calls.size());
  Response response;
  response.tools_json = std::move(tools);
  Scored scored;
  ReadToolCalls(trace, response, {}, scored);
  return scored;
}

float Invalid(const Scored& s) { return s.reading(Feature::kToolCallInvalid); }

TEST(ToolCalls, AreHeldToTheSchemaThatWasOffered) {
  EXPECT_EQ(Invalid(Calls({{"read", R"({"path":"/a","limit":3})"}})), 0);
  EXPECT_EQ(Invalid(Calls({{"now", ""}})), 0);
  EXPECT_EQ(Invalid(Calls({{"now", "{}"}, {"read", R"({"path":"b"})"}})), 0);
  EXPECT_EQ(Invalid(Calls({{"read", R"({"path":"/a")"}})), 1);
  EXPECT_EQ(Invalid(Calls({{"read", R"({"limit":3})"}})), 1);
  EXPECT_EQ(Invalid(Calls({{"read", R"({"path":7})"}})), 1);
  EXPECT_EQ(Invalid(Calls({{"read", ""}})), 1);
  EXPECT_EQ(Invalid(Calls({{"raed", R"({"path":"/a"})"}})), 1);
  EXPECT_EQ(Invalid(Calls({{"now", "3"}})), 1);
  EXPECT_EQ(Invalid(Calls({{"now", ""}, {"read", "{"}})), 1);
  // Without the tools only the JSON can be wrong.
  EXPECT_EQ(Invalid(Calls({{"raed", R"({"path":7})"}}, "")), 0);
  EXPECT_EQ(Invalid(Calls({{"read", R"("path")"}}, "")), 1);
  // No call says nothing.
  EXPECT_TRUE(std::isnan(Invalid(Calls({}))));
}

TEST(ToolCalls, MayBePrintedAsText) {
  const auto printed = [](std::string answer) {
    return Calls({}, kTools, std::move(answer)).reading(Feature::kToolMarkup);
  };
  EXPECT_EQ(printed("read_file\npath: \"/srv/a\"\nlimit: 3"), 1);
  EXPECT_EQ(printed("I look.\n\ncall\npath: \"a\"\nall: true\nDone."), 1);
  EXPECT_EQ(printed(R"({"name": "read", "arguments": {"path": "/a"}})"), 1);
  EXPECT_EQ(printed("Name: Ada\nCity: Porto\nAmount: 20\nYear: 1999"), 0);
  EXPECT_EQ(printed("Result\nThe path: \"a\" is wrong.\nSo: \"b\" it is."), 0);
  EXPECT_EQ(printed(R"({"name": "Ada", "year": 1815})"), 0);
  EXPECT_EQ(printed("path\nname: \"a\""), 0);
}

TEST(ToolCalls, ThatAreMissingThoughWorkIsClaimed) {
  const auto claimed = [](std::string answer) {
    return Calls({}, kTools, std::move(answer)).reading(Feature::kClaimedWork);
  };
  EXPECT_EQ(claimed("I have now updated the file as you asked."), 1);
  EXPECT_EQ(claimed("Ich habe die Tests ausgef\u00fchrt."), 1);
  EXPECT_EQ(claimed("The file should be updated."), 0);
  EXPECT_EQ(claimed("I have no idea. It was updated by others."), 0);
  EXPECT_EQ(Calls({{"now", ""}}, kTools, "I have updated the file.")
                .reading(Feature::kClaimedWork),
            0);
  EXPECT_TRUE(std::isnan(
      Calls({}, "", "I have updated it.").reading(Feature::kClaimedWork)));
  EXPECT_EQ(Calls({}).reading(Feature::kToolCalled), 0);
  EXPECT_EQ(Calls({{"now", ""}}).reading(Feature::kToolCalled), 1);
}

Scored Answer(std::string answer, std::string format, std::string prompt) {
  Trace trace;
  trace.has_text = true;
  trace.answer = std::move(answer);
  Response response;
  response.response_format_json = std::move(format);
  PromptText text;
  text.user = std::move(prompt);
  Scored scored;
  ReadStructuredAnswer(trace, response, text, scored);
  return scored;
}

TEST(StructuredAnswers, AreHeldToTheFormThatWasAskedFor) {
  constexpr char kSchema[] =
      R"({"type":"json_schema","json_schema":{"schema":{"type":"object",)"
      R"("properties":{"name":{"type":"string"}},"required":["name"]}}})";
  const auto broken = [](std::string answer, std::string format) {
    return Answer(std::move(answer), std::move(format), "Who?")
        .reading(Feature::kFormBroken);
  };
  EXPECT_EQ(broken(R"({"name":"Ada"})", kSchema), 0);
  EXPECT_EQ(broken(R"({"nome":"Ada"})", kSchema), 1);
  EXPECT_EQ(broken("Ada.", kSchema), 1);
  EXPECT_EQ(broken("```json\n{\"name\":\"Ada\"}\n```", kSchema), 1);
  EXPECT_EQ(broken("[1, 2]", R"({"type":"json_object"})"), 0);
  EXPECT_EQ(broken("{\"a\": {\"a\": 1}", R"({"type":"json_object"})"), 1);
  // A text that was not asked to be JSON, and is not.
  EXPECT_TRUE(std::isnan(broken("Ada.", "")));
  EXPECT_TRUE(std::isnan(broken("[1] says so.", R"({"type":"text"})")));
  EXPECT_EQ(broken("{\"a\": 1", ""), 1);
  EXPECT_EQ(broken("Here:\n```json\n{\"a\": 1}\n```", ""), 0);
}

TEST(StructuredAnswers, AreWantedIfThePromptSpeaksOfJson) {
  const std::string prompt = "Give name and year as JSON.";
  const auto read = [&](std::string answer, Feature f) {
    return Answer(std::move(answer), "", prompt).reading(f);
  };
  EXPECT_EQ(read(R"({"name":"Ada","year":1815})", Feature::kJsonAnswer), 1);
  EXPECT_EQ(read("Ada, 1815", Feature::kJsonAnswer), 0);
  EXPECT_EQ(read("Here:\n```json\n{\"name\":1}\n```", Feature::kJsonAnswer), 0);
  EXPECT_EQ(read(R"({"name":"Ada"})", Feature::kJsonKeysUnasked), 0);
  EXPECT_EQ(read(R"({"name":"Ada","!":1815})", Feature::kJsonKeysUnasked), 1);
  EXPECT_TRUE(
      std::isnan(Answer("Ada", "", "Who?").reading(Feature::kJsonAnswer)));
}

}  // namespace
}  // namespace reasonwatch
