// SPDX-License-Identifier: Apache-2.0
// The handlers of cpp-httplib behind a front, which gives them whole requests.
//
// kRoutes names every path with its method, its handler and whether the bearer
// token guards it; the rest of the file is in this order: helpers of an answer,
// the server, the verdict on a head, the handlers, the start.
#include "daemon/api/server.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "daemon/api/http_answers.h"
#include "daemon/api/incident_json.h"
#include "daemon/api/listen_address.h"
#include "daemon/api/model_health.h"
#include "daemon/api/own_page.h"
#include "daemon/api/page.h"
#include "daemon/api/selftest_json.h"
#include "daemon/api/setup_json.h"
#include "daemon/api/shadow_json.h"
#include "front/front.h"
#include "front/httplib_bridge.h"
#include "front/own_host.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Incidents of one answer, by default and at most: a screen of them, and all
// that a large fleet has in a month.
constexpr int kDefaultLimit = 100;
constexpr int kMaxLimit = 1000;
constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kOpenMetricsText[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr char kMetricsText[] = "text/plain; version=0.0.4; charset=utf-8";

// A body that no handler reads; some clients send one with a GET.
constexpr int64_t kMaxUnreadBody = 4096;

// The page runs its own script and style files, and asks nothing of other
// servers.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; connect-src 'self'; img-src data:; style-src 'self'; "
    "script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action "
    "'none'";

class Server final : public HttpServer {
 public:
  Server(HttpOptions options, HttpHandlers handlers)
      : options_(std::move(options)), handlers_(std::move(handlers)) {
    own_names_ = options_.allowed_hosts;
    if (!options_.external_url.empty())
      own_names_.push_back(options_.external_url);
    SetLimits();
    SetHeadersAndErrors();
    AddRoutes();
  }

  ~Server() override { Stop(); }

  absl::Status Start();
  int BoundPort() const override { return front_->port(); }
  PortCounts Counts() const override {
    PortCounts counts = front_->Counts("http");
    counts.refused["unauthenticated"] += unauthenticated_;
    return counts;
  }
  void Stop() override {
    if (front_ != nullptr) front_->Stop();
  }

 private:
  enum class Guard { kNone, kToken };
  using Handler = void (Server::*)(const httplib::Request&, httplib::Response&);
  struct Route {
    const char* method;
    const char* path;
    Guard guard;
    Handler handle;
  };
  static const Route kRoutes[];

  void SetLimits();
  void SetHeadersAndErrors();
  void AddRoutes();
  FrontVerdict Judge(const HttpHead& head) const;
  httplib::Server::Handler HandlerOf(const Route& route);

  void Healthy(const httplib::Request&, httplib::Response& response) {
    SendText(response, absl::OkStatus(), 500);
  }
  void Ready(const httplib::Request&, httplib::Response& response) {
    SendText(response, handlers_.ready(), 503);
  }
  void Reload(const httplib::Request& request, httplib::Response& response) {
    // Only browsers send an Origin, and our page does not ask for a reload.
    if (request.has_header("Origin")) {
      response.status = 403;
      response.set_content("not from a web page\n", kText);
      return;
    }
    SendText(response, handlers_.reload(), 500);
  }
  void Metrics(const httplib::Request& request, httplib::Response& response) {
    const bool open = absl::StrContains(request.get_header_value("Accept"),
                                        "application/openmetrics-text");
    response.set_content(handlers_.metrics(open ? MetricsForm::kOpenMetrics
                                                : MetricsForm::kText),
                         open ? kOpenMetricsText : kMetricsText);
  }
  void Page(const httplib::Request&, httplib::Response& response) {
    response.set_content(PageHtml("", "overview"), kHtml);
  }
  void IncidentPage(const httplib::Request&, httplib::Response& response) {
    response.set_content(PageHtml("../", "incident"), kHtml);
  }
  void SetupPage(const httplib::Request&, httplib::Response& response) {
    response.set_content(PageHtml("", "setup"), kHtml);
  }
  void AssetFile(const httplib::Request& request, httplib::Response& response);
  void Runbooks(const httplib::Request&, httplib::Response& response) {
    response.set_content(RunbookListHtml(""), kHtml);
  }
  void OneRunbook(const httplib::Request& request, httplib::Response& response);
  void PageSettings(const httplib::Request&, httplib::Response& response) {
    response.set_content(
        PageSettingsJson({.external_url = options_.external_url,
                          .trace_url = options_.trace_url,
                          .evidence = options_.evidence,
                          .asks_again = options_.asks_again}),
        kJson);
  }
  void Setup(const httplib::Request&, httplib::Response& response) {
    response.set_content(SetupJson(handlers_.setup()), kJson);
  }
  void Shadow(const httplib::Request&, httplib::Response& response) {
    response.set_content(ShadowJson(handlers_.shadow()), kJson);
  }
  void Sparks(const httplib::Request&, httplib::Response& response) {
    response.set_content(SparksJson(handlers_.sparks()), kJson);
  }
  void Streams(const httplib::Request&, httplib::Response& response) {
    response.set_content(StreamsJson(handlers_.streams()), kJson);
  }
  void Coverage(const httplib::Request&, httplib::Response& response) {
    response.set_content(CoverageJson(handlers_.coverage()), kJson);
  }
  void Habits(const httplib::Request&, httplib::Response& response) {
    response.set_content(HabitsJson(handlers_.habits()), kJson);
  }
  void Health(const httplib::Request& request, httplib::Response& response) {
    const HealthAnswer answer =
        AnswerHealth(handlers_.incidents(/*open_only=*/true, kMaxLimit),
                     {request.matches[1], request.get_param_value("replica"),
                      request.get_param_value("fail")});
    response.status = answer.status;
    response.set_content(answer.json, kJson);
  }
  void Baseline(const httplib::Request&, httplib::Response& response);
  void Incidents(const httplib::Request& request, httplib::Response& response);
  void OneIncident(const httplib::Request& request,
                   httplib::Response& response);
  void Evidence(const httplib::Request& request, httplib::Response& response) {
    response.set_content(handlers_.evidence(request.matches[1].str()), kJson);
  }
  absl::StatusOr<IncidentExtras> ExtrasOf(const Incident& incident) const;
  void Act(const httplib::Request& request, httplib::Response& response);
  void Deployment(const httplib::Request& request, httplib::Response& response);
  void ForgetSelfTest(const httplib::Request& request,
                      httplib::Response& response);
  void SelfTestResult(const httplib::Request& request,
                      httplib::Response& response);
  void Responses(const httplib::Request& request, httplib::Response& response);
  void LiteLlm(const httplib::Request& request, httplib::Response& response);
  void Ingest(const httplib::Request& request, std::string format,
              httplib::Response& response);
  httplib::Server::HandlerWithContentReader ReaderOf(const Route& route);
  bool Passes(const Route& route, const httplib::Request& request,
              httplib::Response& response) const;

  const HttpOptions options_;
  const HttpHandlers handlers_;
  std::vector<std::string> own_names_;
  BridgedServer server_;
  mutable std::atomic<int64_t> unauthenticated_ = 0;  // by handlers
  std::unique_ptr<Front> front_;  // the last, since it calls the others
};

// Paths are regular expressions to httplib. They hold no repetition but a
// bounded one, so that no request can make std::regex recurse deeply.
const Server::Route Server::kRoutes[] = {
    {"GET", "/-/healthy", Guard::kNone, &Server::Healthy},
    {"GET", "/-/ready", Guard::kNone, &Server::Ready},
    {"POST", "/-/reload", Guard::kToken, &Server::Reload},
    {"GET", "/metrics", Guard::kToken, &Server::Metrics},
    {"GET", "/", Guard::kNone, &Server::Page},
    {"GET", "/incidents/(inc-[0-9a-f]{12})", Guard::kNone,
     &Server::IncidentPage},
    {"GET", "/setup", Guard::kNone, &Server::SetupPage},
    {"GET", "/assets/([a-z.]{1,32})", Guard::kNone, &Server::AssetFile},
    {"GET", "/runbooks", Guard::kNone, &Server::Runbooks},
    {"GET", "/runbooks/([A-Za-z_]{1,64})", Guard::kNone, &Server::OneRunbook},
    {"GET", "/api/v1/page", Guard::kToken, &Server::PageSettings},
    {"GET", "/api/v1/setup", Guard::kToken, &Server::Setup},
    {"GET", "/api/v1/shadow", Guard::kToken, &Server::Shadow},
    {"GET", "/api/v1/history", Guard::kToken, &Server::Sparks},
    {"GET", "/api/v1/streams", Guard::kToken, &Server::Streams},
    {"GET", "/api/v1/coverage", Guard::kToken, &Server::Coverage},
    {"GET", "/api/v1/habits", Guard::kToken, &Server::Habits},
    {"GET", "/api/v1/incidents", Guard::kToken, &Server::Incidents},
    {"GET", "/api/v1/incidents/(inc-[0-9a-f]{12})", Guard::kToken,
     &Server::OneIncident},
    {"GET", "/api/v1/incidents/(inc-[0-9a-f]{12})/evidence", Guard::kToken,
     &Server::Evidence},
    {"POST", "/api/v1/incidents/(inc-[0-9a-f]{12})/([a-z_]{1,16})",
     Guard::kToken, &Server::Act},
    {"GET", "/api/v1/baseline", Guard::kToken, &Server::Baseline},
    {"GET", "/api/v1/models/(.+)/health", Guard::kToken, &Server::Health},
    {"POST", "/api/v1/deployments", Guard::kToken, &Server::Deployment},
    {"POST", "/api/v1/selftest/forget", Guard::kToken, &Server::ForgetSelfTest},
    {"POST", "/api/v1/selftest/result", Guard::kToken, &Server::SelfTestResult},
    {"POST", "/api/v1/responses", Guard::kToken, &Server::Responses},
    {"POST", "/api/v1/litellm", Guard::kToken, &Server::LiteLlm},
};

void Server::SetLimits() {
  // Each route has a limit of its own; see ReaderOf().
  server_.set_payload_max_length(static_cast<size_t>(
      std::max(options_.max_body_bytes, options_.max_ingest_bytes)));
  // httplib names these two to the client; the front holds to them.
  server_.set_keep_alive_timeout(
      absl::ToInt64Seconds(options_.keep_alive_timeout));
  server_.set_keep_alive_max_count(
      static_cast<size_t>(options_.max_requests_per_connection));
}

// All that changes something is a POST, and every POST needs the token, so no
// body is read before the token was seen. The handlers ask for it again.
FrontVerdict Server::Judge(const HttpHead& head) const {
  FrontVerdict verdict;
  const std::string& token = options_.bearer_token;
  verdict.is_proven =
      token.empty() || IsBearer(head.Find("Authorization"), token);
  if (token.empty() && !IsOwnHost(head.Find("Host"), own_names_))
    verdict.refusal = Refusal::kForeignHost;
  if (!verdict.is_proven && head.method == "POST" && head.HasBody())
    verdict.refusal = Refusal::kUnauthenticated;
  const std::string_view path = head.Path();
  if (head.method != "POST")
    verdict.max_body_bytes = kMaxUnreadBody;
  else if (path == "/api/v1/responses" || path == "/api/v1/litellm")
    verdict.max_body_bytes = options_.max_ingest_bytes;
  else
    verdict.max_body_bytes = options_.max_body_bytes;
  return verdict;
}

void Server::SetHeadersAndErrors() {
  server_.set_default_headers(
      {{"X-Content-Type-Options", "nosniff"},
       {"Cache-Control", "no-store"},
       {"Referrer-Policy", "no-referrer"},
       {"Content-Security-Policy", kContentSecurityPolicy}});
  server_.set_exception_handler([](const httplib::Request&,
                                   httplib::Response& response,
                                   std::exception_ptr) {
    SendError(response, absl::InternalError("internal error"));
  });
  server_.set_error_handler(
      [](const httplib::Request&, httplib::Response& response) {
        if (!response.body.empty()) return;
        response.set_content(
            ErrorJson(response.status == 404 ? "no such page or incident"
                                             : "bad request"),
            kJson);
      });
}

void Server::AddRoutes() {
  for (const Route& route : kRoutes) {
    if (std::string_view(route.method) == "POST") {
      server_.Post(route.path, ReaderOf(route));
    } else {
      server_.Get(route.path, HandlerOf(route));
    }
  }
}

bool Server::Passes(const Route& route, const httplib::Request& request,
                    httplib::Response& response) const {
  if (route.guard == Guard::kNone || options_.bearer_token.empty() ||
      IsBearer(request.get_header_value("Authorization"),
               options_.bearer_token))
    return true;
  ++unauthenticated_;
  response.status = 401;
  response.set_header("WWW-Authenticate", "Bearer");
  response.set_content(ErrorJson("a bearer token is needed"), kJson);
  return false;
}

httplib::Server::Handler Server::HandlerOf(const Route& route) {
  return [this, &route](const httplib::Request& request,
                        httplib::Response& response) {
    if (Passes(route, request, response))
      (this->*route.handle)(request, response);
  };
}

// The token is asked for before the body is read, and the body is read up to
// the limit of its route only, whatever its encoding makes of it.
httplib::Server::HandlerWithContentReader Server::ReaderOf(const Route& route) {
  const bool ingests =
      route.handle == &Server::Responses || route.handle == &Server::LiteLlm;
  const auto most = static_cast<size_t>(ingests ? options_.max_ingest_bytes
                                                : options_.max_body_bytes);
  return [this, &route, most](const httplib::Request& request,
                              httplib::Response& response,
                              const httplib::ContentReader& read) {
    if (!Passes(route, request, response)) {
      // The rest of the body must not be read as the next request.
      response.set_header("Connection", "close");
      return;
    }
    httplib::Request whole = request;
    bool too_large = false;
    // A request that announces no body has none, as `curl -X POST` sends it.
    const bool empty = !request.has_header("Content-Length") &&
                       !request.has_header("Transfer-Encoding");
    const bool came = empty || read([&](const char* data, size_t size) {
                        too_large = size > most - whole.body.size();
                        if (!too_large) whole.body.append(data, size);
                        return !too_large;
                      });
    if (came) return (this->*route.handle)(whole, response);
    response.set_header("Connection", "close");
    if (too_large) response.status = 413;
    if (response.status < 400) response.status = 400;
    response.set_content(
        ErrorJson(response.status == 413
                      ? "the body is too large; send it in parts"
                      : "the body could not be read"),
        kJson);
  };
}

void Server::Responses(const httplib::Request& request,
                       httplib::Response& response) {
  Ingest(request,
         request.has_param("format") ? request.get_param_value("format")
                                     : "reasonwatch",
         response);
}

void Server::LiteLlm(const httplib::Request& request,
                     httplib::Response& response) {
  Ingest(request, "litellm", response);
}

void Server::Ingest(const httplib::Request& request, std::string format,
                    httplib::Response& response) {
  IngestRequest ingest;
  ingest.body = request.body;
  ingest.format = std::move(format);
  ingest.wait = request.get_param_value("wait") == "true";
  ingest.origin = request.get_header_value("x-reasonwatch-origin");
  const IngestAnswer answer = handlers_.ingest(ingest);
  response.status = answer.status;
  if (answer.status == 429) response.set_header("Retry-After", "1");
  response.set_content(answer.json, kJson);
}

absl::Status Server::Start() {
  RW_ASSIGN_OR_RETURN(const ListenAddress address,
                      ParseListenAddress(options_.listen));
  FrontOptions front;
  front.host = address.host;
  front.port = address.port;
  front.tls_cert = options_.tls_cert;
  front.tls_key = options_.tls_key;
  front.tls_client_ca = options_.tls_client_ca;
  front.workers = options_.threads;
  front.max_connections = options_.max_connections;
  front.max_of_peer = options_.max_connections_of_peer;
  front.max_requests_per_connection = options_.max_requests_per_connection;
  front.max_held_bytes = options_.max_held_bytes;
  front.handshake_timeout = front.head_timeout = front.grace =
      front.stop_timeout = options_.io_timeout;
  front.idle_timeout = options_.keep_alive_timeout;
  absl::StatusOr<std::unique_ptr<Front>> started = StartFront(
      std::move(front),
      {.judge = [this](const HttpHead& head) { return Judge(head); },
       .serve = [this](const FrontRequest& r) { return server_.Serve(r); }});
  if (absl::IsInvalidArgument(started.status()))
    return absl::InvalidArgumentError(
        absl::StrFormat("http: %s", started.status().message()));
  if (!started.ok())
    return absl::UnavailableError(
        absl::StrFormat("cannot listen on %s", options_.listen));
  front_ = *std::move(started);
  return absl::OkStatus();
}

void Server::OneIncident(const httplib::Request& request,
                         httplib::Response& response) {
  const std::string id = request.matches[1];
  const absl::StatusOr<Incident> incident = handlers_.incident(id);
  if (!incident.ok()) {
    SendError(response, incident.status());
    return;
  }
  const absl::StatusOr<IncidentExtras> extras = ExtrasOf(*incident);
  if (!extras.ok()) {
    SendError(response, extras.status());
    return;
  }
  response.set_content(IncidentPageJson(*incident, *extras), kJson);
}

absl::StatusOr<IncidentExtras> Server::ExtrasOf(
    const Incident& incident) const {
  IncidentExtras extras;
  const TimeSpan span = TimelineOf(incident);
  RW_ASSIGN_OR_RETURN(extras.events,
                      handlers_.events(incident.model, span.from, span.to));
  extras.story = handlers_.story(incident);
  RW_ASSIGN_OR_RETURN(extras.jobs, handlers_.jobs(incident));
  std::vector<uint64_t> problems;
  for (const IncidentSignal& s : incident.signals)
    for (const FailingProblem& p : s.finding.failing)
      problems.push_back(p.problem);
  RW_ASSIGN_OR_RETURN(const std::vector<std::string> gold,
                      handlers_.gold(incident.model, problems));
  for (size_t i = 0; i < problems.size() && i < gold.size(); ++i)
    extras.gold[problems[i]] = gold[i];
  return extras;
}

void Server::Act(const httplib::Request& request, httplib::Response& response) {
  if (!IsOwnPage({.origin = request.get_header_value("Origin"),
                  .host = request.get_header_value("Host"),
                  .external_url = options_.external_url,
                  .has_token = !options_.bearer_token.empty()})) {
    response.status = 403;
    response.set_content(
        ErrorJson("not from this page; set http.external_url to its address"),
        kJson);
    return;
  }
  const std::string id = request.matches[1];
  const auto action = ValueOf(kIncidentActionNames, request.matches[2].str());
  if (!action.has_value())
    return SendError(response, absl::NotFoundError("no such action"));
  const absl::StatusOr<Incident> incident = handlers_.incident(id);
  if (!incident.ok()) {
    SendError(response, incident.status());
    return;
  }
  const absl::StatusOr<ModelEvent> event =
      ParseAction(*action, *incident, request.body, absl::Now());
  if (!event.ok()) {
    SendError(response, event.status());
    return;
  }
  const absl::Status done = handlers_.act(*action, *incident, *event);
  if (!done.ok()) {
    SendError(response, done);
    return;
  }
  response.set_content(EventJson(*event), kJson);
}

void Server::AssetFile(const httplib::Request& request,
                       httplib::Response& response) {
  const std::string name = request.matches[1];
  const Asset* asset = FindAsset(name);
  if (asset == nullptr) {
    response.status = 404;
    return;
  }
  response.set_content(asset->body.data(), asset->body.size(), TypeOf(*asset));
}

void Server::OneRunbook(const httplib::Request& request,
                        httplib::Response& response) {
  const std::string name = request.matches[1];
  const std::string page = RunbookHtml(name);
  if (page.empty()) {
    response.status = 404;
    response.set_content(RunbookListHtml("../"), kHtml);
    return;
  }
  response.set_content(page, kHtml);
}

void Server::Baseline(const httplib::Request&, httplib::Response& response) {
  const absl::StatusOr<std::string> json = handlers_.baseline();
  if (!json.ok()) {
    SendError(response, json.status());
    return;
  }
  response.set_content(*json, kJson);
}

void Server::Deployment(const httplib::Request& request,
                        httplib::Response& response) {
  if (IsFromPage(request, response)) return;
  const absl::StatusOr<ModelEvent> event =
      ParseDeployment(request.body, absl::Now());
  if (!event.ok()) {
    SendError(response, event.status());
    return;
  }
  const absl::Status accepted = handlers_.deployment(*event);
  if (!accepted.ok()) {
    SendError(response, accepted);
    return;
  }
  response.set_content(EventJson(*event), kJson);
}

void Server::ForgetSelfTest(const httplib::Request& request,
                            httplib::Response& response) {
  if (IsFromPage(request, response)) return;
  const absl::Status done = handlers_.forget_selftest();
  if (!done.ok()) return SendError(response, done);
  response.set_content("{}", kJson);
}

void Server::SelfTestResult(const httplib::Request& request,
                            httplib::Response& response) {
  if (IsFromPage(request, response)) return;
  const absl::StatusOr<SelfTestReport> report = ParseSelfTest(request.body);
  if (!report.ok()) return SendError(response, report.status());
  handlers_.selftest_result(report->result, report->every);
  response.set_content("{}", kJson);
}

void Server::Incidents(const httplib::Request& request,
                       httplib::Response& response) {
  int limit = kDefaultLimit;
  if (request.has_param("limit") &&
      (!absl::SimpleAtoi(request.get_param_value("limit"), &limit) ||
       limit < 1 || limit > kMaxLimit)) {
    SendError(response, absl::InvalidArgumentError(absl::StrFormat(
                            "limit is not a number from 1 to %d", kMaxLimit)));
    return;
  }
  const std::string open = request.get_param_value("open");
  if (!open.empty() && open != "0" && open != "1") {
    SendError(response, absl::InvalidArgumentError("open is not 0 or 1"));
    return;
  }
  const absl::StatusOr<std::vector<Incident>> incidents =
      handlers_.incidents(open == "1", limit);
  if (!incidents.ok()) {
    SendError(response, incidents.status());
    return;
  }
  response.set_content(IncidentsJson(*incidents, handlers_.sentence), kJson);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(
    HttpOptions options, HttpHandlers handlers) {
  if (!handlers.metrics || !handlers.ready || !handlers.reload ||
      !handlers.incidents || !handlers.incident || !handlers.streams ||
      !handlers.coverage || !handlers.habits || !handlers.events ||
      !handlers.deployment || !handlers.baseline || !handlers.ingest ||
      !handlers.story || !handlers.sentence || !handlers.sparks ||
      !handlers.gold || !handlers.jobs || !handlers.act ||
      !handlers.forget_selftest || !handlers.selftest_result ||
      !handlers.evidence) {
    return absl::InvalidArgumentError("an HTTP handler is missing");
  }
  if (options.threads < 1)
    return absl::InvalidArgumentError("HTTP needs at least one thread");
  if (options.tls_cert.empty() != options.tls_key.empty() ||
      (options.tls_cert.empty() && !options.tls_client_ca.empty())) {
    return absl::InvalidArgumentError("http.tls needs cert and key");
  }
  auto result =
      std::make_unique<Server>(std::move(options), std::move(handlers));
  const absl::Status started = result->Start();
  if (!started.ok()) return started;
  return std::unique_ptr<HttpServer>(std::move(result));
}

}  // namespace reasonwatch
