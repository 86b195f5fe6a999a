// SPDX-License-Identifier: Apache-2.0
// Requests drawn at random: one set of wishes, said in a random API, in a
// random one of the spellings that its servers know, among keys that nobody
// knows, in any order. Every wish must be read back, and nothing else.
//
// In order: a JSON object in random order, the wishes, their spellings, the
// APIs, the test.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tap/exchange/exchange.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Random = std::mt19937_64;

size_t Below(Random& random, size_t n) { return random() % n; }

template <typename T>
const T& OneOf(Random& random, const std::vector<T>& options) {
  return options[Below(random, options.size())];
}

// Keys with raw JSON values, written in random order.
class Json {
 public:
  Json& Add(std::string_view key, std::string value) {
    keys_.emplace_back(std::string(key), std::move(value));
    return *this;
  }
  Json& Text(std::string_view key, std::string_view value) {
    return Add(key, JsonString(value));
  }
  bool empty() const { return keys_.empty(); }
  std::string Write(Random& random) {
    std::shuffle(keys_.begin(), keys_.end(), random);
    std::string out = "{";
    for (const auto& [key, value] : keys_) {
      if (out.size() > 1) out += ",";
      out += JsonString(key) + ":" + value;
    }
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> keys_;
};

std::string Words(Random& random, size_t most) {
  static const std::vector<std::string> kWords = {
      "sum", "of",  "ten", "apples", "naïve", "数", "\"quoted\"",
      "\n",  "a/b", "and", "then",   "🙂",  "x²"};
  std::string text = "say";
  for (size_t n = Below(random, most); n > 0; --n)
    text += " " + OneOf(random, kWords);
  return text + " end";
}

struct Wanted {
  std::string model, system, user, session, client_user, effort, tool;
  Thinking thinking = Thinking::kUnstated;
  int64_t max_tokens = 0;
  std::optional<int64_t> budget;
  int32_t n = 1;
  bool has_temperature = false;
  bool schema = false;
  bool tool_turn = false;
};

Wanted Draw(Random& random) {
  Wanted w;
  w.model = "org/model-" + std::to_string(Below(random, 1000)) + ":v1";
  if (Below(random, 2) != 0) w.system = Words(random, 6);
  w.user = Words(random, 12);
  if (Below(random, 2) != 0) w.session = "s-" + std::to_string(random());
  if (Below(random, 2) != 0) w.client_user = "u-" + std::to_string(random());
  w.effort = OneOf<std::string>(
      random, {"", "", "none", "minimal", "low", "medium", "high", "xhigh"});
  w.thinking = static_cast<Thinking>(Below(random, 3));
  // Both at once has no meaning.
  if (w.thinking == Thinking::kOn && w.effort == "none") w.effort = "low";
  if (Below(random, 2) != 0)
    w.max_tokens = static_cast<int64_t>(1 + Below(random, 100'000));
  if (Below(random, 3) == 0) w.n = static_cast<int32_t>(2 + Below(random, 7));
  w.has_temperature = Below(random, 2) != 0;
  if (Below(random, 2) != 0) w.tool = "look_up";
  w.schema = Below(random, 3) == 0;
  return w;
}

constexpr std::string_view kSchema = R"({"type":"object","required":["a"]})";

// The reading that these wishes must give.
Thinking ExpectedThinking(const Wanted& w) {
  return w.thinking == Thinking::kUnstated && w.effort == "none"
             ? Thinking::kOff
             : w.thinking;
}

// Thinking as servers of OpenAI's APIs spell it.
void SpellThinking(Random& random, Wanted& w, Json& body) {
  if (w.thinking == Thinking::kUnstated) return;
  const bool on = w.thinking == Thinking::kOn;
  const std::string flag = on ? "true" : "false";
  const int64_t budget = on ? static_cast<int64_t>(2 + Below(random, 9000)) : 0;
  const std::string tokens = std::to_string(budget);
  switch (Below(random, 12)) {
    case 0:
      body.Add("chat_template_kwargs", "{\"enable_thinking\":" + flag + "}");
      break;
    case 1:
      body.Add("chat_template_kwargs", "{\"thinking\":" + flag + "}");
      break;
    case 2:
      body.Add("enable_thinking", flag);
      break;
    case 3:
      body.Add("extra_body",
               "{\"chat_template_kwargs\":{\"enable_thinking\":" + flag + "}}");
      break;
    case 4:
      body.Add("reasoning", "{\"enabled\":" + flag + "}");
      break;
    case 5:
      if (on) w.budget = budget;
      body.Add("thinking",
               on ? R"({"type":"enabled","budget_tokens":)" + tokens + "}"
                  : R"({"type":"disabled"})");
      break;
    case 6:
      body.Add("think", flag);
      break;
    case 7:
      w.budget = budget;
      body.Add("thinking_budget", tokens);
      break;
    case 8:
      body.Add("thinking", flag);
      break;
    case 9:
      w.budget = budget;
      body.Add("thinking_token_budget", tokens);
      break;
    case 10:
      w.user += on ? " /think" : " /no_think";
      break;
    default:
      w.user = (on ? "/think " : "/no_think\n") + w.user;
      break;
  }
}

void SpellCommon(Random& random, const Wanted& w, Json& body) {
  if (w.has_temperature) body.Add("temperature", "0.25");
  if (w.n > 1) body.Add("n", std::to_string(w.n));
  if (Below(random, 2) != 0) body.Add("stream", "true");
  if (Below(random, 2) != 0) body.Add("x_unknown", R"([{"thinking":1},null])");
  if (Below(random, 2) != 0) body.Add("max_tokens_note", "null");
}

void SpellSession(Random& random, const Wanted& w, Json& body) {
  Json metadata;
  if (!w.session.empty()) {
    const auto key = OneOf<std::string>(
        random, {"session_id", "conversation_id", "chat_id", "thread_id"});
    (Below(random, 2) != 0 ? metadata : body).Text(key, w.session);
  }
  if (!w.client_user.empty()) {
    if (Below(random, 2) != 0)
      metadata.Text("user_id", w.client_user);
    else
      body.Text("user", w.client_user);
  }
  if (!metadata.empty()) body.Add("metadata", metadata.Write(random));
}

std::string Message(Random& random, std::string_view role,
                    std::string_view text) {
  Json message;
  message.Text("role", role);
  if (Below(random, 2) != 0) {
    message.Text("content", text);
  } else {
    Json part;
    part.Text("type", "text").Text("text", text);
    message.Add("content", "[" + part.Write(random) + "]");
  }
  return message.Write(random);
}

HttpExchange Chat(Random& random, Wanted& w) {
  Json body;
  SpellThinking(random, w, body);
  body.Text("model", w.model);
  std::string turns;
  if (!w.system.empty())
    turns = Message(random, Below(random, 2) != 0 ? "system" : "developer",
                    w.system) +
            ",";
  turns += Message(random, "user", w.user);
  body.Add("messages", "[" + turns + "]");
  if (!w.effort.empty()) {
    switch (Below(random, 3)) {
      case 0:
        body.Text("reasoning_effort", w.effort);
        break;
      case 1:
        body.Text("effort", w.effort);
        break;
      default:
        body.Add("generation_config",
                 "{\"reasoning_effort\":" + JsonString(w.effort) + "}");
    }
  }
  if (w.max_tokens > 0)
    body.Add(OneOf<std::string>(random, {"max_tokens", "max_completion_tokens",
                                         "max_new_tokens"}),
             std::to_string(w.max_tokens));
  if (!w.tool.empty())
    body.Add("tools", R"([{"type":"function","function":{"name":"look_up",)"
                      R"("parameters":)" +
                          std::string(kSchema) + "}}]");
  if (w.schema) {
    if (Below(random, 2) != 0)
      body.Add("response_format", R"({"type":"json_schema","json_schema":)"
                                  R"({"name":"n","schema":)" +
                                      std::string(kSchema) + "}}");
    else
      body.Add("guided_json", std::string(kSchema));
  }
  SpellCommon(random, w, body);
  SpellSession(random, w, body);
  HttpExchange x;
  x.path = OneOf<std::string>(
      random, {"/v1/chat/completions", "/openai/v1/chat/completions?x=1",
               "/proxy/llm/chat/completions/", ""});
  x.request_body = body.Write(random);
  return x;
}

HttpExchange ResponsesApi(Random& random, Wanted& w) {
  Json body;
  SpellThinking(random, w, body);
  body.Text("model", w.model);
  if (!w.system.empty()) body.Text("instructions", w.system);
  if (Below(random, 2) != 0) {
    body.Text("input", w.user);
  } else {
    body.Add("input", R"([{"type":"message","role":"user","content":)"
                      R"([{"type":"input_text","text":)" +
                          JsonString(w.user) + "}]}]");
  }
  if (!w.effort.empty() && w.thinking == Thinking::kUnstated)
    body.Add("reasoning", "{\"effort\":" + JsonString(w.effort) + "}");
  else
    w.effort.clear();
  if (w.max_tokens > 0)
    body.Add("max_output_tokens", std::to_string(w.max_tokens));
  if (!w.tool.empty())
    body.Add("tools", R"([{"type":"function","name":"look_up","parameters":)" +
                          std::string(kSchema) + "}]");
  if (w.schema)
    body.Add("text", R"({"format":{"type":"json_schema","name":"n","schema":)" +
                         std::string(kSchema) + "}}");
  SpellCommon(random, w, body);
  SpellSession(random, w, body);
  HttpExchange x;
  x.path = "/v1/responses";
  x.request_body = body.Write(random);
  return x;
}

HttpExchange Anthropic(Random& random, Wanted& w) {
  Json body;
  body.Text("model", w.model);
  if (w.thinking == Thinking::kOn && Below(random, 2) != 0)
    body.Add("thinking", R"({"type":"adaptive"})");
  else if (w.thinking == Thinking::kOn) {
    w.budget = static_cast<int64_t>(1024 + Below(random, 9000));
    body.Add("thinking", R"({"type":"enabled","budget_tokens":)" +
                             std::to_string(*w.budget) + "}");
  }
  if (w.thinking == Thinking::kOff)
    body.Add("thinking", R"({"type":"disabled"})");
  if (!w.effort.empty())
    body.Add("output_config", "{\"effort\":" + JsonString(w.effort) + "}");
  if (!w.system.empty()) {
    if (Below(random, 2) != 0)
      body.Text("system", w.system);
    else
      body.Add("system", R"([{"type":"text","text":)" + JsonString(w.system) +
                             R"(,"cache_control":{"type":"ephemeral"}}])");
  }
  std::string turns = Message(random, "user", w.user);
  if (Below(random, 3) == 0) {
    w.tool_turn = true;
    turns += R"(,{"role":"assistant","content":[{"type":"tool_use","id":"t",)"
             R"("name":"look_up","input":{}}]},{"role":"user","content":[)"
             R"({"type":"tool_result","tool_use_id":"t","content":"42"}]})";
  }
  body.Add("messages", "[" + turns + "]");
  if (w.max_tokens > 0) body.Add("max_tokens", std::to_string(w.max_tokens));
  if (!w.tool.empty())
    body.Add("tools", R"([{"name":"look_up","input_schema":)" +
                          std::string(kSchema) + "}]");
  if (w.schema)
    body.Add("output_format",
             R"({"type":"json_schema","schema":)" + std::string(kSchema) + "}");
  w.n = 1;
  SpellCommon(random, w, body);
  SpellSession(random, w, body);
  HttpExchange x;
  x.path = OneOf<std::string>(random, {"/v1/messages", "/anthropic/messages"});
  x.request_body = body.Write(random);
  return x;
}

HttpExchange Ollama(Random& random, Wanted& w) {
  Json body;
  body.Text("model", w.model);
  if (w.thinking != Thinking::kUnstated)
    body.Add("think", w.thinking == Thinking::kOn ? "true" : "false");
  w.effort.clear();
  std::string turns;
  if (!w.system.empty()) turns = Message(random, "system", w.system) + ",";
  turns += Message(random, "user", w.user);
  body.Add("messages", "[" + turns + "]");
  Json options;
  if (w.max_tokens > 0)
    options.Add("num_predict", std::to_string(w.max_tokens));
  if (w.has_temperature) options.Add("temperature", "0.25");
  if (!options.empty()) body.Add("options", options.Write(random));
  if (!w.tool.empty())
    body.Add("tools", R"([{"type":"function","function":{"name":"look_up",)"
                      R"("parameters":)" +
                          std::string(kSchema) + "}}]");
  if (w.schema) body.Add("format", std::string(kSchema));
  w.n = 1;
  w.session.clear();
  w.client_user.clear();
  HttpExchange x;
  x.path = "/api/chat";
  x.request_body = body.Write(random);
  return x;
}

HttpExchange Gemini(Random& random, Wanted& w) {
  Json config;
  Json thinking;
  thinking.Add("includeThoughts", "true");
  if (w.thinking == Thinking::kOff) w.budget = 0;
  if (w.thinking != Thinking::kUnstated)
    thinking.Add("thinkingBudget", w.thinking == Thinking::kOff ? "0" : "-1");
  if (!w.effort.empty() && w.effort != "none")
    thinking.Text("thinkingLevel", w.effort);
  else
    w.effort.clear();
  config.Add("thinkingConfig", thinking.Write(random));
  if (w.max_tokens > 0)
    config.Add("maxOutputTokens", std::to_string(w.max_tokens));
  if (w.has_temperature) config.Add("temperature", "0.25");
  if (w.n > 1) config.Add("candidateCount", std::to_string(w.n));
  if (w.schema)
    config.Add("responseMimeType", "\"application/json\"")
        .Add("responseSchema", std::string(kSchema));
  Json body;
  body.Add("generationConfig", config.Write(random));
  body.Add("contents", R"([{"role":"user","parts":[{"text":)" +
                           JsonString(w.user) + "}]}]");
  if (!w.system.empty())
    body.Add("systemInstruction",
             "{\"parts\":[{\"text\":" + JsonString(w.system) + "}]}");
  if (!w.tool.empty())
    body.Add("tools", R"([{"functionDeclarations":[{"name":"look_up",)"
                      R"("parameters":)" +
                          std::string(kSchema) + "}]}]");
  w.session.clear();
  w.client_user.clear();
  HttpExchange x;
  w.model = "gemini-" + std::to_string(Below(random, 100));
  x.path = "/v1beta/models/" + w.model +
           OneOf<std::string>(random, {":generateContent?key=k",
                                       ":streamGenerateContent?alt=sse"});
  x.request_body = body.Write(random);
  return x;
}

using Api = HttpExchange (*)(Random&, Wanted&);

bool Holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

// True if a string somewhere inside of `element` is this text.
bool Says(const simdjson::dom::element& element, std::string_view text) {
  std::string_view found;
  if (element.get(found) == simdjson::SUCCESS) return found == text;
  simdjson::dom::array array;
  if (element.get(array) == simdjson::SUCCESS)
    for (const auto& entry : array)
      if (Says(entry, text)) return true;
  simdjson::dom::object object;
  if (element.get(object) == simdjson::SUCCESS)
    for (const auto& [key, value] : object)
      if (Says(value, text)) return true;
  return false;
}

bool Says(const std::string& json, std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(json).get(root) == simdjson::SUCCESS && Says(root, text);
}

class ExchangeProperty : public testing::TestWithParam<Api> {};

TEST_P(ExchangeProperty, EveryWishIsReadBackInEverySpelling) {
  Random random(7);
  for (int round = 0; round < 400; ++round) {
    Wanted w = Draw(random);
    HttpExchange x = GetParam()(random, w);
    x.request_headers = {{"content-type", "application/json"}};
    x.response_body = R"({"id":"r1","model":"served","choices":[]})";
    SCOPED_TRACE(x.path + " " + x.request_body);
    const auto read = ReadHttpExchange(x);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_FALSE(read->request_unread);
    const Response& r = read->response;
    EXPECT_EQ(r.model, w.model);
    EXPECT_EQ(r.asked_model, w.model);
    EXPECT_EQ(r.id, "r1");
    EXPECT_EQ(r.intent.thinking, ExpectedThinking(w));
    EXPECT_EQ(r.intent.effort, w.effort);
    EXPECT_EQ(r.intent.max_tokens, w.max_tokens);
    EXPECT_EQ(r.intent.thinking_budget, w.budget);
    EXPECT_EQ(r.sampling.n, w.n);
    EXPECT_EQ(r.sampling.temperature,
              w.has_temperature ? std::optional(.25) : std::nullopt);
    EXPECT_FALSE(r.without_reasoning_text);
    EXPECT_EQ(r.session, w.session);
    EXPECT_EQ(r.user, w.client_user);
    EXPECT_TRUE(r.prompt == w.user || Says(r.messages_json, w.user))
        << r.messages_json;
    EXPECT_EQ(Holds(r.messages_json, "\"role\":\"tool\""), w.tool_turn);
    EXPECT_TRUE(r.system_prompt == w.system || Says(r.messages_json, w.system));
    EXPECT_EQ(r.tools_json.empty(), w.tool.empty());
    if (!w.tool.empty()) {
      EXPECT_TRUE(Holds(r.tools_json, "\"function\":{\"name\":\"look_up\""))
          << r.tools_json;
      EXPECT_TRUE(Holds(r.tools_json, "\"parameters\":" + std::string(kSchema)))
          << r.tools_json;
    }
    EXPECT_EQ(r.response_format_json.empty(), !w.schema);
    if (w.schema) {
      EXPECT_TRUE(
          Holds(r.response_format_json, "\"schema\":" + std::string(kSchema)))
          << r.response_format_json;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, ExchangeProperty,
                         testing::Values(&Chat, &ResponsesApi, &Anthropic,
                                         &Ollama, &Gemini));

}  // namespace
}  // namespace reasonwatch
