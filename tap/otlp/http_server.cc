// SPDX-License-Identifier: Apache-2.0
// The HTTP server over cpp-httplib. Before the token is checked nothing is read
// but the head, whose size httplib bounds; then the body comes piece by piece,
// decompressed, and is given up at the limit or after a time.
//
// In order: the pool of threads, the body, the server, the start.
#include "tap/otlp/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "util/bounded_pool.h"
#include "util/secret.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Connections that are served at once; the others wait, up to
// max_connections, and further ones stay in the kernel's backlog. An exporter
// that keeps its connection open holds a thread for the keep-alive's second.
constexpr int kThreads = 16;
constexpr time_t kKeepAliveSeconds = 1;
constexpr size_t kRequestsPerConnection = 1000;  // then others get the thread
// Silence in the middle of a request.
constexpr std::chrono::seconds kIoTimeout{5};
// The whole body, however slowly its bytes come.
constexpr std::chrono::seconds kBodyTimeout{30};
// As for gzip over gRPC: decoded bytes for each encoded one.
constexpr int64_t kFreeBytes = int64_t{1} << 20;
constexpr int64_t kRatio = 200;

// Connections that the kernel keeps until they are accepted; httplib asks for
// 5, which a few programs that export at the same moment exceed.
constexpr int kBacklog = 512;

// Reads the body. Returns the reason why it could not, "" = it did.
std::string_view ReadBody(const httplib::Request& request,
                          const httplib::ContentReader& reader, int64_t most,
                          std::string& body) {
  int64_t limit = most;
  int64_t length = 0;
  if (absl::SimpleAtoi(request.get_header_value("Content-Length"), &length)) {
    if (length > most) return "message_too_large";
    limit = std::min(limit, std::max(kFreeBytes, kRatio * length));
  }
  const auto until = std::chrono::steady_clock::now() + kBodyTimeout;
  std::string_view error;
  const bool read = reader([&](const char* data, size_t size) {
    if (static_cast<int64_t>(body.size() + size) > limit) {
      error = "message_too_large";
    } else if (std::chrono::steady_clock::now() > until) {
      error = "too_slow";
    } else {
      body.append(data, size);
    }
    return error.empty();
  });
  if (!error.empty()) return error;
  return read ? "" : "malformed";
}

int StatusOf(std::string_view error) {
  if (error == "message_too_large") return 413;
  if (error == "too_slow") return 408;
  return 400;
}

class Server : public OtlpHttpServer {
 public:
  Server(const OtlpTapOptions& options, std::string token,
         OtlpRequests& requests, std::unique_ptr<httplib::Server> server)
      : token_(std::move(token)),
        requests_(requests),
        server_(std::move(server)) {
    const int waiting = std::max(options.max_connections - kThreads, 0);
    server_->new_task_queue = [waiting] {
      return new BoundedPool<httplib::ThreadPool>(kThreads, waiting);
    };
    server_->set_socket_options([this](int socket) {
      SetReuseAddress(socket);
      socket_ = socket;
    });
    server_->set_payload_max_length(
        static_cast<size_t>(options.max_message_bytes));
    server_->set_read_timeout(kIoTimeout);
    server_->set_write_timeout(kIoTimeout);
    server_->set_keep_alive_timeout(kKeepAliveSeconds);
    server_->set_keep_alive_max_count(kRequestsPerConnection);
    server_->set_tcp_nodelay(true);
    AddRoute("/v1/traces", OtlpSignal::kTraces);
    AddRoute("/v1/logs", OtlpSignal::kLogs);
    server_->Post("/v1/metrics",
                  [this](const httplib::Request&, httplib::Response& response,
                         const httplib::ContentReader&) {
                    // SDKs export metrics too unless they are told not to; 404
                    // makes them say so and go on.
                    requests_.intake().CountError("metrics_not_read");
                    Refuse(404, "metrics are not read here", response);
                  });
  }
  ~Server() override { Stop(); }

  absl::Status Start(const std::string& listen) {
    const size_t colon = listen.rfind(':');
    if (colon == std::string::npos || colon == 0 ||
        !absl::SimpleAtoi(listen.substr(colon + 1), &port_) || port_ < 0 ||
        port_ > 65535)
      return absl::InvalidArgumentError(
          absl::StrFormat("tap.otlp.http %s is not host:port", listen));
    std::string host = listen.substr(0, colon);
    if (host.front() == '[' && host.back() == ']')
      host = host.substr(1, host.size() - 2);
    const bool bound = port_ == 0
                           ? (port_ = server_->bind_to_any_port(host)) > 0
                           : server_->bind_to_port(host, port_);
    if (!bound)
      return absl::UnavailableError(
          absl::StrFormat("can't listen on %s for OTLP: in use, not an address "
                          "of this host, or not permitted",
                          listen));
    ::listen(socket_, kBacklog);
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
  void AddRoute(const char* path, OtlpSignal signal) {
    server_->Post(path, [this, signal](const httplib::Request& request,
                                       httplib::Response& response,
                                       const httplib::ContentReader& reader) {
      Handle(signal, request, response, reader);
    });
  }

  static void Refuse(int status, std::string_view message,
                     httplib::Response& response) {
    response.status = status;
    // The rest of the body was not read, so the connection is of no more use.
    response.set_header("Connection", "close");
    response.set_content(
        absl::StrFormat("{\"message\":%s}", JsonString(message)),
        "application/json");
  }

  void Handle(OtlpSignal signal, const httplib::Request& request,
              httplib::Response& response,
              const httplib::ContentReader& reader) {
    if (!token_.empty() &&
        !SameSecret(request.get_header_value("Authorization"),
                    "Bearer " + token_)) {
      requests_.intake().CountError("unauthenticated");
      response.set_header("WWW-Authenticate", "Bearer");
      return Refuse(401, "a bearer token is needed", response);
    }
    const std::string type = request.get_header_value("Content-Type");
    const bool json = absl::StartsWithIgnoreCase(type, "application/json");
    if (!json && !absl::StartsWithIgnoreCase(type, "application/x-protobuf")) {
      requests_.intake().CountError("unsupported_content_type");
      return Refuse(415, "application/x-protobuf or application/json",
                    response);
    }
    std::string body;
    const std::string_view error =
        ReadBody(request, reader, requests_.max_message_bytes(), body);
    if (!error.empty()) {
      requests_.intake().CountError(error);
      return Refuse(StatusOf(error), error, response);
    }
    const OtlpAnswer answer = requests_.Handle(
        signal, json ? OtlpEncoding::kJson : OtlpEncoding::kProtobuf, body);
    if (!answer.error.empty())
      return Refuse(StatusOf(answer.error), answer.error, response);
    response.set_content(answer.body,
                         json ? "application/json" : "application/x-protobuf");
  }

  const std::string token_;
  OtlpRequests& requests_;
  const std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  int socket_ = -1;  // httplib's
  std::thread thread_;
  std::atomic<bool> ended_ = false;
  std::once_flag stopped_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<OtlpHttpServer>> StartOtlpHttpServer(
    const OtlpTapOptions& options, std::string token, OtlpRequests& requests) {
  std::unique_ptr<httplib::Server> http;
  if (options.tls_cert.empty()) {
    http = std::make_unique<httplib::Server>();
  } else {
    http = std::make_unique<httplib::SSLServer>(
        options.tls_cert.c_str(), options.tls_key.c_str(),
        options.tls_client_ca.empty() ? nullptr
                                      : options.tls_client_ca.c_str());
    if (!http->is_valid())
      return absl::InvalidArgumentError(absl::StrFormat(
          "tap.otlp.tls: cannot use %s, %s %s", options.tls_cert,
          options.tls_key, options.tls_client_ca));
  }
  auto server = std::make_unique<Server>(options, std::move(token), requests,
                                         std::move(http));
  const absl::Status started = server->Start(options.http_listen);
  if (!started.ok()) return started;
  return std::unique_ptr<OtlpHttpServer>(std::move(server));
}

}  // namespace reasonwatch
