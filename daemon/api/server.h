// SPDX-License-Identifier: Apache-2.0
// The daemon's one HTTP port: metrics, health, the page and the JSON API.
//
//   GET  /metrics                          Prometheus text format 0.0.4, or
//                                          OpenMetrics to those who accept it
//   GET  /-/healthy                        200 while the process serves
//   GET  /-/ready                          200, or 503 and the reason
//   POST /-/reload                         200, or 500 and the reason
//   GET  /                                 the page, an overview
//   GET  /incidents/<id>                   the page of one incident
//   GET  /setup                            the page of the steps that are left
//   GET  /assets/<file>                    scripts and styles of the page
//   GET  /runbooks/<name>                  the runbook of an alert, a signal
//                                          or a cause; /runbooks lists them
//   GET  /api/v1/page                      settings that the page needs
//   GET  /api/v1/setup                     SetupJson(): taps, models, steps
//   GET  /api/v1/shadow                    evidence that rose, and what other
//                                          budgets would have had
//   GET  /api/v1/incidents[?open=1&limit=] newest first, limit 1..1000 (100)
//   GET  /api/v1/incidents/<id>            404 if there is none; the same with
//                                          its story, for its page
//   GET  /api/v1/incidents/<id>/evidence   kept texts, redacted
//   POST /api/v1/incidents/<id>/<action>   acknowledge, wanted, false_alarm,
//                                          ask_again; {"note"} or no body
//   GET  /api/v1/history                   reasoning length by stream, a day
//   GET  /api/v1/streams
//   GET  /api/v1/coverage                 share of served traffic that was seen
//   GET  /api/v1/habits                    phrases by model, in the order of
//                                          their channels
//   GET  /api/v1/baseline                  the stored baseline of each model
//   GET  /api/v1/models/<name>/health[?replica=&fail=]
//                                          ok, suspect or confirmed
//                                          (model_health.h)
//   POST /api/v1/deployments               {"model", "version", "expected",
//                                          "note"}: a change that was made
//   POST /api/v1/selftest/forget           ends the made-up model of a
//   self-test POST /api/v1/selftest/result           SelfTestJson(): how one
//   has ended POST /api/v1/responses[?format=&wait=] responses that others saw;
//   answers
//                                          of tap/http/http_tap.h
//   POST /api/v1/litellm[?wait=]           the same in LiteLLM's form
//
// The page itself needs no token: it holds no data and asks for the token that
// the API wants. A POST with an Origin comes from a web page, and is refused
// unless it is our own.
//
// Errors of the API are {"error": "..."} with a fitting status.
#ifndef REASONWATCH_DAEMON_API_SERVER_H_
#define REASONWATCH_DAEMON_API_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/coverage.h"
#include "core/incident.h"
#include "core/ingest.h"
#include "core/metrics_form.h"
#include "core/model_event.h"
#include "core/picture.h"
#include "core/port_counts.h"
#include "core/rescore_job.h"
#include "core/selftest.h"
#include "core/shadow.h"
#include "core/snapshot.h"
#include "daemon/api/incident_json.h"
#include "daemon/api/setup_json.h"

namespace reasonwatch {

struct HttpOptions {
  std::string listen = "127.0.0.1:9096";  // [::1]:9096; port 0 = any free one
  // PEM files; certificate and key both or none. If client_ca is set, clients
  // need a certificate.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // Every request but /-/healthy and /-/ready must bear it; "" = none need to.
  std::string bearer_token;
  // A scrape, a page and a health check at once, one to spare, and those that
  // post responses.
  int threads = 8;
  // Address of the page as its readers know it, without a slash at its end; ""
  // = an address of this machine.
  std::string external_url;
  // Link to a response in the operator's tracing, with {trace_id} or
  // {response_id} in it; "" = none.
  std::string trace_url;
  // Texts of incidents may be kept, so the page asks for them.
  bool evidence = false;
  // A server to ask again is configured.
  bool asks_again = false;
  // Connections in all, and of one address; when they are used up, those that
  // do nothing give way (front/places.h).
  int max_connections = 256;
  int max_connections_of_peer = 128;
  // Names under which the daemon is asked, besides addresses, localhost and
  // the name in external_url. Without a token other names in Host are refused,
  // since a web page can give its own name our address.
  std::vector<std::string> allowed_hosts;
  // Bytes of requests that are held in all.
  int64_t max_held_bytes = int64_t{128} << 20;
  // A deployment has at most three texts of 512 bytes.
  int64_t max_body_bytes = 64 << 10;
  // Decoded bytes of posted responses.
  int64_t max_ingest_bytes = int64_t{32} << 20;
  // For the head of a request, and for a body or an answer to begin to flow.
  absl::Duration io_timeout = absl::Seconds(5);
  absl::Duration keep_alive_timeout = absl::Seconds(30);  // idle connection
  int max_requests_per_connection = 100;
};

// The sources of everything that is served. Called from several HTTP threads at
// once; each must be thread-safe and quick. All must be set.
struct HttpHandlers {
  std::function<std::string(MetricsForm)> metrics;
  std::function<absl::Status()> ready;
  std::function<absl::Status()> reload;
  std::function<absl::StatusOr<std::vector<Incident>>(bool open_only,
                                                      int limit)>
      incidents;
  std::function<absl::StatusOr<Incident>(std::string_view id)> incident;
  // StoryJson() of the incident, "" = nothing is known.
  std::function<std::string(const Incident&)> story;
  // The first line of it, also for many incidents at once.
  std::function<std::string(const Incident&)> sentence;
  std::function<std::vector<StreamSpark>()> sparks;
  // {"examples": [...]}: kept texts of the incident.
  std::function<std::string(std::string_view id)> evidence;
  // Expected answers of these problems of the model; in their order.
  std::function<absl::StatusOr<std::vector<std::string>>(
      std::string_view model, const std::vector<uint64_t>& problems)>
      gold;
  // Questions that were asked for the incident.
  std::function<absl::StatusOr<std::vector<RescoreJob>>(const Incident&)> jobs;
  // The operator's word on the incident; `event` says the same to its model.
  std::function<absl::Status(IncidentAction, const Incident&,
                             const ModelEvent& event)>
      act;
  // Events of the model in [from, to], oldest first.
  std::function<absl::StatusOr<std::vector<ModelEvent>>(
      std::string_view model, absl::Time from, absl::Time to)>
      events;
  std::function<absl::Status(const ModelEvent&)> deployment;
  // Forgets the model kSelftestModel; OK once it is gone.
  std::function<absl::Status()> forget_selftest;
  // A self-test has ended; the next is expected after `every`, 0 = none is.
  std::function<void(const SelfTestResult&, absl::Duration every)>
      selftest_result;
  std::function<absl::StatusOr<std::string>()> baseline;  // JSON
  std::function<SetupFacts()> setup;
  std::function<ShadowReport()> shadow;
  std::function<std::vector<StreamSnapshot>()> streams;
  std::function<std::vector<CoverageSnapshot>()> coverage;
  std::function<HabitPhrases()> habits;
  // Posted responses, on several threads at once; may wait (core/ingest.h).
  std::function<IngestAnswer(const IngestRequest&)> ingest;
};

class HttpServer {
 public:
  // Stops.
  virtual ~HttpServer() = default;
  virtual int BoundPort() const = 0;
  virtual PortCounts Counts() const = 0;
  // Accepts no more connections and waits for the running requests, and at most
  // io_timeout for their answers to be read. Idempotent.
  virtual void Stop() = 0;
};

// Serves on threads of its own as soon as it returns. InvalidArgument for bad
// options or TLS files, Unavailable if the address is in use.
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(
    HttpOptions options, HttpHandlers handlers);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_SERVER_H_
