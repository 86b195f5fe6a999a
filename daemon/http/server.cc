#include "daemon/http/server.h"

#include <httplib.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "daemon/http/page.h"
#include "daemon/incident_json.h"

namespace reasonwatch {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMaxLimit = 1000;
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kJson[] = "application/json";
constexpr char kMetricsText[] = "text/plain; version=0.0.4; charset=utf-8";

// httplib's pool queues without bound. This one makes the accepting thread
// wait, so that more connections stay in the kernel's backlog.
class BoundedPool : public httplib::ThreadPool {
 public:
  BoundedPool(int threads, int max_waiting)
      : httplib::ThreadPool(static_cast<size_t>(threads)),
        slots_(threads + max_waiting) {}
  void enqueue(std::function<void()> task) override {
    slots_.acquire();
    httplib::ThreadPool::enqueue([this, task = std::move(task)] {
      task();
      slots_.release();
    });
  }

 private:
  std::counting_semaphore<> slots_;
};

// Without SO_REUSEPORT, which httplib sets: a second daemon on the same port
// must fail, not take half of the scrapes.
void SetSocketOptions(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

bool IsBearer(const httplib::Request& request, const std::string& token) {
  const std::string given = request.get_header_value("Authorization");
  const std::string expected = "Bearer " + token;
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

int HttpStatus(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kFailedPrecondition:
      return 503;
    default:
      return 500;
  }
}

// Only ASCII of our own comes here, but a path in a status may hold anything.
std::string ErrorJson(absl::string_view message) {
  std::string escaped;
  for (char c : message) {
    const bool plain = c >= ' ' && c < 0x7F && c != '"' && c != '\\';
    escaped.push_back(plain ? c : '?');
  }
  return absl::StrFormat("{\"error\":\"%s\"}", escaped);
}

void SendError(httplib::Response& response, const absl::Status& status) {
  response.status = HttpStatus(status);
  response.set_content(ErrorJson(status.message()), kJson);
}

void SendText(httplib::Response& response, const absl::Status& status,
              int error_status) {
  response.status = status.ok() ? 200 : error_status;
  response.set_content(
      status.ok() ? "ok\n" : std::string(status.message()) + "\n", kText);
}

struct Address {
  std::string host;
  int port = 0;
};
absl::StatusOr<Address> ParseAddress(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  Address address;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &address.port) ||
      address.port < 0 || address.port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrFormat("http.listen %s is not host:port", listen));
  }
  address.host = listen.substr(0, colon);
  if (address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

class Server : public HttpServer {
 public:
  Server(HttpOptions options, HttpHandlers handlers,
         std::unique_ptr<httplib::Server> server)
      : options_(std::move(options)),
        handlers_(std::move(handlers)),
        server_(std::move(server)) {
    const auto micros = [](absl::Duration d) {
      return absl::ToChronoMicroseconds(d);
    };
    server_->new_task_queue = [this] {
      return new BoundedPool(options_.threads, options_.max_waiting);
    };
    server_->set_socket_options(SetSocketOptions);
    server_->set_payload_max_length(
        static_cast<size_t>(options_.max_body_bytes));
    server_->set_read_timeout(micros(options_.io_timeout));
    server_->set_write_timeout(micros(options_.io_timeout));
    server_->set_keep_alive_timeout(
        absl::ToInt64Seconds(options_.keep_alive_timeout));
    server_->set_keep_alive_max_count(
        static_cast<size_t>(options_.max_requests_per_connection));
    server_->set_tcp_nodelay(true);
    server_->set_default_headers(
        {{"X-Content-Type-Options", "nosniff"},
         {"Cache-Control", "no-store"},
         {"Content-Security-Policy",
          "default-src 'none'; connect-src 'self'; img-src data:; style-src "
          "'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors "
          "'none'; base-uri 'none'; form-action 'none'"}});
    server_->set_exception_handler([](const httplib::Request&,
                                      httplib::Response& response,
                                      std::exception_ptr) {
      SendError(response, absl::InternalError("internal error"));
    });
    Route();
  }

  ~Server() override { Stop(); }

  absl::Status Start() {
    const absl::StatusOr<Address> address = ParseAddress(options_.listen);
    if (!address.ok()) return address.status();
    port_ = address->port;
    const bool bound =
        port_ == 0 ? (port_ = server_->bind_to_any_port(address->host)) > 0
                   : server_->bind_to_port(address->host, port_);
    if (!bound) {
      return absl::UnavailableError(
          absl::StrFormat("cannot listen on %s", options_.listen));
    }
    thread_ = std::thread([this] {
      server_->listen_after_bind();
      ended_ = true;
    });
    // stop() before the loop runs would be lost.
    while (!server_->is_running() && !ended_)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return absl::OkStatus();
  }

  int BoundPort() const override { return port_; }

  void Stop() override {
    std::call_once(stopped_, [this] {
      if (!thread_.joinable()) return;
      server_->stop();
      thread_.join();
    });
  }

 private:
  using Handler = httplib::Server::Handler;

  Handler Guarded(Handler handler) {
    if (options_.bearer_token.empty()) return handler;
    return [this, handler = std::move(handler)](const httplib::Request& request,
                                                httplib::Response& response) {
      if (IsBearer(request, options_.bearer_token)) {
        handler(request, response);
        return;
      }
      response.status = 401;
      response.set_header("WWW-Authenticate", "Bearer");
      response.set_content(ErrorJson("a bearer token is needed"), kJson);
    };
  }

  // Paths are regular expressions to httplib. They hold no repetition but a
  // bounded one, so that no request can make std::regex recurse deeply.
  void Route() {
    server_->Get("/-/healthy",
                 [](const httplib::Request&, httplib::Response& response) {
                   SendText(response, absl::OkStatus(), 500);
                 });
    server_->Get("/-/ready",
                 [this](const httplib::Request&, httplib::Response& response) {
                   SendText(response, handlers_.ready(), 503);
                 });
    server_->Post("/-/reload", Guarded([this](const httplib::Request& request,
                                              httplib::Response& response) {
                    // Only browsers send an Origin, and no page of ours posts.
                    if (request.has_header("Origin")) {
                      response.status = 403;
                      response.set_content("not from a web page\n", kText);
                      return;
                    }
                    SendText(response, handlers_.reload(), 500);
                  }));
    server_->Get("/metrics", Guarded([this](const httplib::Request&,
                                            httplib::Response& response) {
                   response.set_content(handlers_.metrics(), kMetricsText);
                 }));
    server_->Get(
        "/", Guarded([](const httplib::Request&, httplib::Response& response) {
          const std::string_view page = PageHtml();
          response.set_content(page.data(), page.size(),
                               "text/html; charset=utf-8");
        }));
    server_->Get(
        "/api/v1/streams",
        Guarded([this](const httplib::Request&, httplib::Response& response) {
          response.set_content(StreamsJson(handlers_.streams()), kJson);
        }));
    server_->Get("/api/v1/habits", Guarded([this](const httplib::Request&,
                                                  httplib::Response& response) {
                   response.set_content(handlers_.habits(), kJson);
                 }));
    server_->Get("/api/v1/incidents",
                 Guarded([this](const httplib::Request& request,
                                httplib::Response& response) {
                   Incidents(request, response);
                 }));
    server_->Get(
        "/api/v1/incidents/(inc-[0-9a-f]{12})",
        Guarded([this](const httplib::Request& request,
                       httplib::Response& response) {
          const std::string id = request.matches[1];
          const absl::StatusOr<Incident> incident = handlers_.incident(id);
          if (!incident.ok()) {
            SendError(response, incident.status());
            return;
          }
          const TimeSpan span = TimelineOf(*incident);
          const absl::StatusOr<std::vector<ModelEvent>> events =
              handlers_.events(incident->model, span.from, span.to);
          if (!events.ok()) {
            SendError(response, events.status());
            return;
          }
          response.set_content(IncidentJson(*incident, *events), kJson);
        }));
    server_->Get(
        "/api/v1/baseline",
        Guarded([this](const httplib::Request&, httplib::Response& response) {
          const absl::StatusOr<std::string> json = handlers_.baseline();
          if (!json.ok()) {
            SendError(response, json.status());
            return;
          }
          response.set_content(*json, kJson);
        }));
    server_->Post("/api/v1/deployments",
                  Guarded([this](const httplib::Request& request,
                                 httplib::Response& response) {
                    Deployment(request, response);
                  }));
    server_->set_error_handler(
        [](const httplib::Request&, httplib::Response& response) {
          if (response.body.empty()) {
            response.set_content(
                ErrorJson(response.status == 404 ? "no such page or incident"
                                                 : "bad request"),
                kJson);
          }
        });
  }

  void Deployment(const httplib::Request& request,
                  httplib::Response& response) {
    // As for reload: no page of ours posts.
    if (request.has_header("Origin")) {
      response.status = 403;
      response.set_content(ErrorJson("not from a web page"), kJson);
      return;
    }
    const absl::StatusOr<ModelEvent> event =
        ParseDeployment(request.body, absl::Now());
    if (!event.ok()) {
      SendError(response, event.status());
      return;
    }
    const absl::Status taken = handlers_.deployment(*event);
    if (!taken.ok()) {
      SendError(response, taken);
      return;
    }
    response.set_content(EventJson(*event), kJson);
  }

  void Incidents(const httplib::Request& request, httplib::Response& response) {
    int limit = kDefaultLimit;
    if (request.has_param("limit") &&
        (!absl::SimpleAtoi(request.get_param_value("limit"), &limit) ||
         limit < 1 || limit > kMaxLimit)) {
      SendError(response,
                absl::InvalidArgumentError(absl::StrFormat(
                    "limit is not a number from 1 to %d", kMaxLimit)));
      return;
    }
    const std::string open = request.get_param_value("open");
    if (open != "" && open != "0" && open != "1") {
      SendError(response, absl::InvalidArgumentError("open is not 0 or 1"));
      return;
    }
    const absl::StatusOr<std::vector<Incident>> incidents =
        handlers_.incidents(open == "1", limit);
    if (!incidents.ok()) {
      SendError(response, incidents.status());
      return;
    }
    response.set_content(IncidentsJson(*incidents), kJson);
  }

  const HttpOptions options_;
  const HttpHandlers handlers_;
  const std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
  std::atomic<bool> ended_ = false;
  std::once_flag stopped_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(
    HttpOptions options, HttpHandlers handlers) {
  if (!handlers.metrics || !handlers.ready || !handlers.reload ||
      !handlers.incidents || !handlers.incident || !handlers.streams ||
      !handlers.events || !handlers.deployment || !handlers.baseline) {
    return absl::InvalidArgumentError("an HTTP handler is missing");
  }
  if (options.threads < 1 || options.max_waiting < 0) {
    return absl::InvalidArgumentError("HTTP needs at least one thread");
  }
  if (options.tls_cert.empty() != options.tls_key.empty() ||
      (options.tls_cert.empty() && !options.tls_client_ca.empty())) {
    return absl::InvalidArgumentError("http.tls needs cert and key");
  }
  std::unique_ptr<httplib::Server> server;
  if (options.tls_cert.empty()) {
    server = std::make_unique<httplib::Server>();
  } else {
    server = std::make_unique<httplib::SSLServer>(
        options.tls_cert.c_str(), options.tls_key.c_str(),
        options.tls_client_ca.empty() ? nullptr
                                      : options.tls_client_ca.c_str());
    if (!server->is_valid()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("http.tls: cannot use %s, %s %s", options.tls_cert,
                          options.tls_key, options.tls_client_ca));
    }
  }
  auto result = std::make_unique<Server>(
      std::move(options), std::move(handlers), std::move(server));
  const absl::Status started = result->Start();
  if (!started.ok()) return started;
  return std::unique_ptr<HttpServer>(std::move(result));
}

}  // namespace reasonwatch
