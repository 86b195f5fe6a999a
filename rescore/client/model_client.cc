// SPDX-License-Identifier: Apache-2.0
// A client that learns its server. The kind of server comes from its model list
// (vLLM, SGLang, llama.cpp, else unknown) and is asked for again every ten
// minutes; its limits come from its refusals: a request that is refused
// with a 4xx is sent again without priority, then with one choice, and the form
// that passed is remembered for later requests.
//
// Only a request that the server has certainly not begun (connection refused;
// 429 or 503 with Retry-After) is repeated after a pause. All else is asked
// once: the tokens may have been generated, and a second answer would be
// another sample.
//
// In order: URLs, ids and keys, the client's state, pauses and errors, one HTTP
// request, learning the server, one attempt, the loop of attempts, the three
// calls of the port, opening.
#include "rescore/client/model_client.h"

#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "core/response.h"
#include "rescore/client/body_facts.h"
#include "rescore/client/failure.h"
#include "rescore/client/http.h"
#include "rescore/client/load.h"
#include "rescore/client/request_body.h"
#include "util/json.h"
#include "util/mutex.h"
#include "util/secret.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::element;

constexpr char kOriginHeader[] = "x-reasonwatch-origin: rescore";
constexpr std::string_view kIdPrefix = "rw-";
// Longer than any id that the rescorer makes, and short enough for a header.
constexpr size_t kLongestId = 128;
// Keys are under 200 bytes; a file over this is some other file.
constexpr size_t kLongestKey = 4096;
// A server of many models writes some hundred KiB of metrics.
constexpr int64_t kMaxMetricsBytes = int64_t{8} << 20;
// After this the server's kind is asked for again: another server may have
// taken the address.
constexpr absl::Duration kKindHolds = absl::Minutes(10);
// The same for a server without a model list, which may have been starting.
constexpr absl::Duration kUnknownHolds = absl::Seconds(30);
// How often a pause looks at the stop flag.
constexpr absl::Duration kPauseStep = absl::Milliseconds(50);
// A conversation with every role, so that its rendering shows a template's
// layout of each.
constexpr char kProbeMessages[] =
    R"([{"role": "system", "content": "S"}, {"role": "user", "content": "A"}, )"
    R"({"role": "assistant", "content": "B"}, {"role": "user", "content": "C"}])";

bool IsHttpUrl(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (absl::StartsWithIgnoreCase(AbslView(url), AbslView(scheme)) &&
        url.size() > scheme.size())
      return std::none_of(url.begin(), url.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '@' || c == '#';
      });
  return false;
}

bool IsId(std::string_view id) {
  return id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '-' || c == '_' || c == '.';
         });
}

absl::StatusOr<std::string> ReadKey(const std::string& path) {
  RW_ASSIGN_OR_RETURN(std::string key, ReadSecret(path));
  absl::StripAsciiWhitespace(&key);
  if (key.empty() || key.size() > kLongestKey ||
      !std::all_of(key.begin(), key.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c));
      }))
    return absl::InvalidArgumentError(absl::StrCat(path, " holds no API key"));
  return key;
}

std::string StringAt(element object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return "";
  return std::string(value);
}

std::string Digest(std::string_view text) {
  return text.empty() ? "" : absl::StrFormat("%016x", StableHash(text));
}

// Digest of the entries by which llama.cpp describes the weights' file; its
// other entries are settings. "" = it has none of them.
std::string WeightsDigest(element model) {
  std::string described;
  for (const char* key : {"n_params", "size", "ftype", "n_vocab"}) {
    element value;
    if (model["meta"][key].get(value) == simdjson::SUCCESS)
      absl::StrAppendFormat(&described, "%s=%s ", key,
                            std::string(simdjson::minify(value)));
  }
  return Digest(described);
}

// The fixed conversation, for one token.
SampleRequest Probe(std::string_view model, absl::Time deadline) {
  SampleRequest probe;
  probe.model = model;
  probe.messages_json = kProbeMessages;
  probe.temperature = 0;
  probe.max_tokens = 1;
  probe.id = "rw-regime";
  probe.timeout = deadline - absl::Now();
  return probe;
}

class HttpModelClient : public ModelClient {
 public:
  explicit HttpModelClient(ModelClientOptions options)
      : options_(std::move(options)) {}

  absl::StatusOr<std::vector<Response>> Sample(
      const SampleRequest& request) override;
  absl::StatusOr<LoadReading> Load() override;
  absl::StatusOr<Regime> ReadRegime(std::string_view model) override;
  absl::StatusOr<PromptCount> CountPrompt(std::string_view model) override;

 private:
  // The server as it was learnt.
  struct Server {
    ServerKind kind = ServerKind::kUnknown;
    absl::Time known_since = absl::InfinitePast();
    bool takes_priority = true;
    int most_choices = 1024;
    std::string root;     // of the model: a path or a name
    std::string weights;  // WeightsDigest()
  };
  struct Answer {
    std::string body;
    BodyFacts facts;
  };
  struct Attempt {
    absl::StatusOr<Answer> answer = absl::UnknownError("");
    std::optional<absl::Duration> again_after;  // absent = don't
  };

  absl::StatusOr<HttpRequest> NewRequest(std::string url) const;
  absl::StatusOr<std::string> Fetch(const std::string& path,
                                    std::optional<std::string> post,
                                    absl::Time deadline,
                                    const std::atomic<bool>* stop) const;
  // Asks which server this is, unless that is known.
  absl::Status LearnServer(absl::Time deadline, const std::atomic<bool>* stop);
  Attempt Try(const SampleRequest& request, const RequestExtras& extras,
              absl::Time deadline, int retries) const;
  absl::StatusOr<Answer> Ask(const SampleRequest& request, bool prompt_text);
  std::string ServedModel(std::string_view model) const {
    return options_.served_model.empty() ? std::string(model)
                                         : options_.served_model;
  }
  absl::Duration PauseAfter(int retries) const {
    return std::min(
        options_.retry_pause * (int64_t{1} << std::min(retries, 20)),
        options_.longest_pause);
  }

  const ModelClientOptions options_;
  Mutex mutex_;
  Server server_ ABSL_GUARDED_BY(mutex_);
};

bool Is(const absl::Status& status, ClientFailure failure) {
  return ClientFailureName(status) == ClientFailureName(failure);
}

bool HasPriorities(ServerKind kind) {
  return kind == ServerKind::kVllm || kind == ServerKind::kSglang;
}

bool Stopped(const std::atomic<bool>* stop) { return stop != nullptr && *stop; }

// False: the stop flag came up.
bool Pause(absl::Duration duration, const std::atomic<bool>* stop) {
  const absl::Time until = absl::Now() + duration;
  while (!Stopped(stop)) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) return true;
    std::this_thread::sleep_for(
        absl::ToChronoMilliseconds(std::min(left, kPauseStep)));
  }
  return false;
}

absl::Status StatusOf(const HttpFailure& failure) {
  return ClientFailureStatus(failure.failure, failure.detail);
}

absl::Status StatusOf(const HttpReply& reply) {
  ClientFailure failure = ClientFailure::kBadBody;
  if (reply.status == 401 || reply.status == 403)
    failure = ClientFailure::kUnauthorised;
  else if (reply.status == 429)
    failure = ClientFailure::kHttp429;
  else if (reply.status >= 500)
    failure = ClientFailure::kHttp5xx;
  else if (reply.status == 404 && BlamesModel(reply.body))
    failure = ClientFailure::kWrongModel;
  else if (reply.status >= 400)
    failure = ClientFailure::kHttp4xx;
  else if (reply.status >= 300)
    failure = ClientFailure::kHttp3xx;
  return ClientFailureStatus(
      failure,
      absl::StrFormat("HTTP %d, %s", reply.status, ErrorKind(reply.body)));
}

absl::StatusOr<HttpRequest> HttpModelClient::NewRequest(std::string url) const {
  HttpRequest http;
  http.url = std::move(url);
  http.ca_file = options_.ca_file;
  http.connect_timeout = options_.connect_timeout;
  http.max_body_bytes = options_.max_body_bytes;
  http.headers = {kOriginHeader, "accept: application/json, text/event-stream"};
  if (!options_.header.empty()) http.headers.push_back(options_.header);
  if (!options_.api_key_file.empty()) {
    const absl::StatusOr<std::string> key = ReadKey(options_.api_key_file);
    if (!key.ok())
      return ClientFailureStatus(ClientFailure::kBadRequest,
                                 StdView(key.status().message()));
    http.headers.push_back("authorization: Bearer " + *key);
  }
  return http;
}

absl::StatusOr<std::string> HttpModelClient::Fetch(
    const std::string& path, std::optional<std::string> post,
    absl::Time deadline, const std::atomic<bool>* stop) const {
  RW_ASSIGN_OR_RETURN(HttpRequest http, NewRequest(options_.endpoint + path));
  http.timeout = deadline - absl::Now();
  http.stop = stop;
  if (post.has_value())
    http.headers.push_back("content-type: application/json");
  http.post = std::move(post);
  HttpResult result = Exchange(http);
  if (result.failure.has_value()) return StatusOf(*result.failure);
  if (result.reply.status != 200) return StatusOf(result.reply);
  return std::move(result.reply.body);
}

absl::Status HttpModelClient::LearnServer(absl::Time deadline,
                                          const std::atomic<bool>* stop) {
  const absl::Time now = absl::Now();
  {
    MutexLock lock(mutex_);
    if (now - server_.known_since < kKindHolds) return absl::OkStatus();
  }
  const absl::StatusOr<std::string> text =
      Fetch("/v1/models", std::nullopt, deadline, stop);
  Server server;
  server.known_since = now;
  simdjson::dom::parser parser;
  element models;
  element first;
  if (!text.ok()) {
    // A server may lack the list. One that can't be reached, or wants a key,
    // is an error.
    if (!Is(text.status(), ClientFailure::kHttp4xx) &&
        !Is(text.status(), ClientFailure::kHttp5xx))
      return text.status();
    server.known_since = now - kKindHolds + kUnknownHolds;
  } else if (ParseJson(parser, *text).get(models) == simdjson::SUCCESS &&
             models.at_pointer("/data/0").get(first) == simdjson::SUCCESS) {
    const std::string owner = StringAt(first, "owned_by");
    if (owner == "vllm") server.kind = ServerKind::kVllm;
    if (owner == "sglang") server.kind = ServerKind::kSglang;
    if (owner == "llamacpp") server.kind = ServerKind::kLlamaCpp;
    server.root = StringAt(first, "root");
    server.weights = WeightsDigest(first);
  }
  MutexLock lock(mutex_);
  // The limits that were learnt stay unless it is another kind of server.
  if (server.kind == server_.kind) {
    server.takes_priority = server_.takes_priority;
    server.most_choices = server_.most_choices;
  }
  server_ = server;
  return absl::OkStatus();
}

HttpModelClient::Attempt HttpModelClient::Try(const SampleRequest& request,
                                              const RequestExtras& extras,
                                              absl::Time deadline,
                                              int retries) const {
  const absl::StatusOr<RequestBody> body = BuildRequestBody(request, extras);
  if (!body.ok()) return {body.status(), std::nullopt};
  absl::StatusOr<HttpRequest> http =
      NewRequest(options_.endpoint + "/v1/" + body->path);
  if (!http.ok()) return {http.status(), std::nullopt};
  http->headers.push_back("content-type: application/json");
  http->headers.push_back("x-request-id: " + extras.id);
  http->post = body->json;
  http->timeout = deadline - absl::Now();
  http->stop = request.stop;
  HttpResult result = Exchange(*http);

  const absl::Duration pause = PauseAfter(retries);
  if (result.failure.has_value()) {
    const HttpFailure& f = *result.failure;
    std::optional<absl::Duration> again;
    if (f.failure == ClientFailure::kRefused) again = pause;
    return {StatusOf(f), again};
  }
  HttpReply& reply = result.reply;
  if (reply.status != 200) {
    std::optional<absl::Duration> again;
    if ((reply.status == 429 || reply.status == 503) &&
        reply.retry_after.has_value() &&
        *reply.retry_after <= options_.longest_pause)
      again = std::max(*reply.retry_after, pause);
    return {StatusOf(reply), again};
  }
  absl::StatusOr<BodyFacts> facts = ReadBodyFacts(reply.body);
  if (!facts.ok()) return {facts.status(), std::nullopt};
  if (!IsSameModel(extras.model, facts->model))
    return {ClientFailureStatus(ClientFailure::kWrongModel,
                                "the answer names another model"),
            std::nullopt};
  return {Answer{std::move(reply.body), *std::move(facts)}, std::nullopt};
}

absl::StatusOr<HttpModelClient::Answer> HttpModelClient::Ask(
    const SampleRequest& request, bool prompt_text) {
  const absl::Time deadline = absl::Now() + request.timeout;
  RequestExtras extras;
  extras.model = ServedModel(request.model);
  extras.id = absl::StartsWith(request.id, AbslView(kIdPrefix))
                  ? request.id
                  : std::string(kIdPrefix) + request.id;
  extras.prompt_text = prompt_text;
  extras.body = options_.extra_body;
  if (!IsId(extras.id))
    return ClientFailureStatus(ClientFailure::kBadRequest,
                               "the id has other than letters and digits");
  if (extras.model.empty())
    return ClientFailureStatus(ClientFailure::kBadRequest, "no model is named");

  bool with_priority = true;
  bool one_choice = false;
  for (int retries = 0;;) {
    if (Stopped(request.stop))
      return ClientFailureStatus(ClientFailure::kCancelled, "stopped");
    if (absl::Now() >= deadline)
      return ClientFailureStatus(ClientFailure::kTimeout, "no time was left");
    Attempt attempt;
    const absl::Status learnt = LearnServer(deadline, request.stop);
    if (learnt.ok()) {
      {
        MutexLock lock(mutex_);
        extras.server = server_.kind;
        extras.priority = with_priority && server_.takes_priority;
        extras.n =
            one_choice ? 1 : std::clamp(request.n, 1, server_.most_choices);
      }
      attempt = Try(request, extras, deadline, retries);
    } else {
      attempt.answer = learnt;
      if (Is(learnt, ClientFailure::kRefused))
        attempt.again_after = PauseAfter(retries);
    }
    if (attempt.answer.ok()) {
      MutexLock lock(mutex_);
      if (!with_priority) server_.takes_priority = false;
      if (one_choice) server_.most_choices = 1;
      return attempt.answer;
    }
    // Priority and several choices are wishes: the refusal may be about them.
    if (Is(attempt.answer.status(), ClientFailure::kHttp4xx)) {
      if (extras.priority && HasPriorities(extras.server)) {
        with_priority = false;
        continue;
      }
      if (extras.n > 1) {
        one_choice = true;
        continue;
      }
    }
    if (!attempt.again_after.has_value() || retries >= options_.max_retries ||
        absl::Now() + *attempt.again_after >= deadline)
      return attempt.answer;
    if (!Pause(*attempt.again_after, request.stop))
      return ClientFailureStatus(ClientFailure::kCancelled, "stopped");
    ++retries;
  }
}

absl::StatusOr<std::vector<Response>> HttpModelClient::Sample(
    const SampleRequest& request) {
  Response response;
  response.time = absl::Now();
  RW_ASSIGN_OR_RETURN(Answer answer, Ask(request, /*prompt_text=*/false));
  response.end_time = absl::Now();
  response.id = absl::StartsWith(request.id, AbslView(kIdPrefix))
                    ? request.id
                    : std::string(kIdPrefix) + request.id;
  response.model = request.model;
  response.origin = Origin::kRescore;
  response.messages_json = request.messages_json;
  response.prompt = request.prompt;
  response.body = std::move(answer.body);
  response.body_type = answer.facts.sse ? BodyType::kSse : BodyType::kJson;
  response.streamed = answer.facts.sse;
  response.http_status = 200;
  response.intent.effort = request.effort;
  response.intent.thinking = request.thinking;
  response.intent.max_tokens = request.max_tokens;
  if (!std::isnan(request.temperature))
    response.sampling.temperature = request.temperature;
  if (!std::isnan(request.top_p)) response.sampling.top_p = request.top_p;
  response.sampling.n = answer.facts.choices;
  response.regime.fingerprint = answer.facts.fingerprint;
  {
    MutexLock lock(mutex_);
    response.regime.engine = ServerKindName(server_.kind);
  }
  std::vector<Response> responses(static_cast<size_t>(answer.facts.choices),
                                  response);
  for (size_t i = 0; i < responses.size(); ++i)
    responses[i].sampling.choice_index = static_cast<int32_t>(i);
  return responses;
}

absl::StatusOr<LoadReading> HttpModelClient::Load() {
  const absl::Time deadline = absl::Now() + options_.load_timeout;
  RW_ASSIGN_OR_RETURN(
      HttpRequest http,
      NewRequest(options_.metrics_url.empty() ? options_.endpoint + "/metrics"
                                              : options_.metrics_url));
  http.timeout = options_.load_timeout;
  http.max_body_bytes = kMaxMetricsBytes;
  const HttpResult result = Exchange(http);
  if (result.failure.has_value()) return StatusOf(*result.failure);
  if (result.reply.status == 200) {
    if (const std::optional<LoadReading> load =
            ParseLoadMetrics(result.reply.body))
      return *load;
  } else if (result.reply.status == 401 || result.reply.status == 403 ||
             result.reply.status == 429 || result.reply.status == 503) {
    return StatusOf(result.reply);
  }
  // llama.cpp without --metrics reports its slots all the same.
  const absl::StatusOr<std::string> slots =
      Fetch("/slots", std::nullopt, deadline, nullptr);
  if (slots.ok()) {
    if (const std::optional<LoadReading> load = ParseLoadSlots(*slots))
      return *load;
  } else if (Is(slots.status(), ClientFailure::kTimeout)) {
    return slots.status();
  }
  return absl::UnimplementedError("the server reports no load in a known form");
}

absl::StatusOr<Regime> HttpModelClient::ReadRegime(std::string_view model) {
  const absl::Time deadline = absl::Now() + options_.regime_timeout;
  RW_RETURN_IF_ERROR(LearnServer(deadline, nullptr));
  Server server;
  {
    MutexLock lock(mutex_);
    server = server_;
  }
  Regime regime;
  regime.engine = ServerKindName(server.kind);
  regime.weights_version =
      server.weights.empty() ? server.root : server.weights;
  simdjson::dom::parser parser;
  element object;
  // The string under `key` of the answer of `path`; "" if there is none.
  const auto read = [&](const std::string& path, std::string_view key,
                        std::optional<std::string> post = std::nullopt) {
    const absl::StatusOr<std::string> text =
        Fetch(path, std::move(post), deadline, nullptr);
    if (!text.ok() || ParseJson(parser, *text).get(object) != simdjson::SUCCESS)
      return std::string();
    return StringAt(object, key);
  };
  if (server.kind == ServerKind::kLlamaCpp) {
    regime.fingerprint = read("/props", "build_info");
    regime.template_hash =
        Digest(read("/apply-template", "prompt",
                    absl::StrFormat("{\"messages\": %s}", kProbeMessages)));
    return regime;
  }
  RW_ASSIGN_OR_RETURN(const Answer answer,
                      Ask(Probe(model, deadline), /*prompt_text=*/true));
  regime.fingerprint = answer.facts.fingerprint;
  regime.template_hash = Digest(answer.facts.prompt_text);
  std::string version;
  if (server.kind == ServerKind::kVllm) {
    version = read("/version", "version");
  } else if (server.kind == ServerKind::kSglang) {
    version = read("/server_info", "version");
    if (std::string weights = read("/model_info", "weight_version");
        !weights.empty())
      regime.weights_version = std::move(weights);
  }
  if (!version.empty()) regime.engine += " " + version;
  return regime;
}

absl::StatusOr<PromptCount> HttpModelClient::CountPrompt(
    std::string_view model) {
  RW_ASSIGN_OR_RETURN(const Answer answer,
                      Ask(Probe(model, absl::Now() + options_.regime_timeout),
                          /*prompt_text=*/false));
  return PromptCount{answer.facts.prompt_tokens, answer.facts.model};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelClient>> OpenModelClient(
    ModelClientOptions options) {
  while (absl::EndsWith(options.endpoint, "/")) options.endpoint.pop_back();
  if (absl::EndsWith(options.endpoint, "/v1"))
    options.endpoint.resize(options.endpoint.size() - 3);
  if (!IsHttpUrl(options.endpoint))
    return absl::InvalidArgumentError("endpoint is no http or https URL");
  if (!options.metrics_url.empty() && !IsHttpUrl(options.metrics_url))
    return absl::InvalidArgumentError("metrics_url is no http or https URL");
  if (!options.api_key_file.empty())
    RW_RETURN_IF_ERROR(ReadKey(options.api_key_file).status());
  if (!options.ca_file.empty() && !std::ifstream(options.ca_file))
    return absl::NotFoundError("the certificate file can't be read");
  RW_ASSIGN_OR_RETURN(options.extra_body, ExtraMembers(options.extra_body));
  return std::make_unique<HttpModelClient>(std::move(options));
}

}  // namespace reasonwatch
