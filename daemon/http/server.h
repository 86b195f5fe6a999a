// The daemon's one HTTP port: metrics, health, the page and the JSON API.
//
//   GET  /metrics                          Prometheus text format 0.0.4
//   GET  /-/healthy                        200 while the process serves
//   GET  /-/ready                          200, or 503 and why not
//   POST /-/reload                         200, or 500 and why not
//   GET  /                                 the page
//   GET  /api/v1/incidents[?open=1&limit=] newest first, limit 1..1000 (100)
//   GET  /api/v1/incidents/<id>            404 where there is none
//   GET  /api/v1/streams
//   GET  /api/v1/habits                    phrases by model, in the order of
//                                          their channels
//   GET  /api/v1/baseline                  what is stored of each model
//   POST /api/v1/deployments               {"model", "version", "expected",
//                                          "note"}: a change that was made
//
// Errors of the API are {"error": "..."} with a fitting status.
#ifndef REASONWATCH_DAEMON_HTTP_SERVER_H_
#define REASONWATCH_DAEMON_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/ports.h"
#include "core/snapshot.h"

namespace reasonwatch {

struct HttpOptions {
  std::string listen = "127.0.0.1:9096";  // [::1]:9096; port 0 = any free one
  // PEM files; both or none. With client_ca clients need a certificate.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // Not empty: asked of every request but /-/healthy and /-/ready.
  std::string bearer_token;
  int threads = 4;
  // Connections that wait for a thread; further ones wait in the kernel.
  int max_waiting = 32;
  int64_t max_body_bytes = 64 << 10;
  absl::Duration io_timeout = absl::Seconds(5);          // one read or write
  absl::Duration keep_alive_timeout = absl::Seconds(2);  // idle connection
  int max_requests_per_connection = 100;
};

// Called from several HTTP threads at once; must be thread-safe and quick.
// All must be set.
struct HttpHandlers {
  std::function<std::string()> metrics;
  std::function<absl::Status()> ready;
  std::function<absl::Status()> reload;
  std::function<absl::StatusOr<std::vector<Incident>>(bool open_only,
                                                      int limit)>
      incidents;
  std::function<absl::StatusOr<Incident>(std::string_view id)> incident;
  // Of the model, in [from, to], oldest first.
  std::function<absl::StatusOr<std::vector<ModelEvent>>(
      std::string_view model, absl::Time from, absl::Time to)>
      events;
  std::function<absl::Status(const ModelEvent&)> deployment;
  std::function<absl::StatusOr<std::string>()> baseline;  // JSON
  std::function<std::vector<StreamSnapshot>()> streams;
  std::function<std::string()> habits;  // JSON
};

class HttpServer {
 public:
  // Stops.
  virtual ~HttpServer() = default;
  virtual int BoundPort() const = 0;
  // Takes no more connections and waits for the running requests, at most
  // about the sum of the two timeouts. Idempotent.
  virtual void Stop() = 0;
};

// Serves on threads of its own as soon as it returns. InvalidArgument for bad
// options or TLS files, Unavailable where the address is taken.
absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(
    HttpOptions options, HttpHandlers handlers);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_HTTP_SERVER_H_
