// SPDX-License-Identifier: Apache-2.0
// The handlers of cpp-httplib behind a front, which asks for the token before
// it reads a body and gives whole requests only.
//
// In order: the body, the server, the verdict on a head, the handlers, the
// start.
#include "tap/otlp/http_server.h"

#include <httplib.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "front/front.h"
#include "front/httplib_bridge.h"
#include "util/secret.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Requests that are read at once.
constexpr int kWorkers = 16;
constexpr int kRequestsPerConnection = 1000;
// A body that no handler reads.
constexpr int64_t kMaxUnreadBody = 4096;
// Whole requests that are held in all: a few of the largest, or many usual
// ones.
constexpr int64_t kLeastHeldBytes = int64_t{128} << 20;
constexpr int64_t kLargestHeld = 4;
// As for gzip over gRPC: decoded bytes for each encoded one.
constexpr int64_t kFreeBytes = int64_t{1} << 20;
constexpr int64_t kRatio = 200;

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
  std::string_view error;
  const bool read = reader([&](const char* data, size_t size) {
    if (static_cast<int64_t>(body.size() + size) > limit) {
      error = "message_too_large";
    } else {
      body.append(data, size);
    }
    return error.empty();
  });
  if (!error.empty()) return error;
  return read ? "" : "malformed";
}

int StatusOf(std::string_view error) {
  return error == "message_too_large" ? 413 : 400;
}

class Server : public OtlpHttpServer {
 public:
  Server(std::string token, OtlpRequests& requests)
      : token_(std::move(token)), requests_(requests) {
    server_.set_payload_max_length(
        static_cast<size_t>(requests_.max_message_bytes()));
    server_.set_keep_alive_max_count(kRequestsPerConnection);
    AddRoute("/v1/traces", OtlpSignal::kTraces);
    AddRoute("/v1/logs", OtlpSignal::kLogs);
    server_.Post("/v1/metrics",
                 [this](const httplib::Request&, httplib::Response& response,
                        const httplib::ContentReader&) {
                   // SDKs export metrics too unless they are told not to; 404
                   // makes them say so and go on.
                   requests_.intake().CountError("metrics_not_read");
                   Refuse(404, "metrics are not read here", response);
                 });
  }
  ~Server() override { Stop(); }

  absl::Status Start(const OtlpTapOptions& options) {
    const std::string& listen = options.http_listen;
    FrontOptions front;
    const size_t colon = listen.rfind(':');
    if (colon == std::string::npos || colon == 0 ||
        !absl::SimpleAtoi(listen.substr(colon + 1), &front.port) ||
        front.port < 0 || front.port > 65535)
      return absl::InvalidArgumentError(
          absl::StrFormat("tap.otlp.http %s is not host:port", listen));
    front.host = listen.substr(0, colon);
    if (front.host.front() == '[' && front.host.back() == ']')
      front.host = front.host.substr(1, front.host.size() - 2);
    front.tls_cert = options.tls_cert;
    front.tls_key = options.tls_key;
    front.tls_client_ca = options.tls_client_ca;
    front.error_key = "message";
    front.workers = kWorkers;
    front.max_connections = options.max_connections;
    front.max_of_peer = std::max(options.max_connections / 2, 1);
    front.max_requests_per_connection = kRequestsPerConnection;
    front.max_held_bytes =
        std::max(kLeastHeldBytes, kLargestHeld * requests_.max_message_bytes());
    absl::StatusOr<std::unique_ptr<Front>> started = StartFront(
        std::move(front),
        {.judge = [this](const HttpHead& head) { return Judge(head); },
         .serve = [this](const FrontRequest& r) { return server_.Serve(r); },
         .count = [this](Refusal refusal) { Count(refusal); }});
    if (absl::IsInvalidArgument(started.status()))
      return absl::InvalidArgumentError(
          absl::StrFormat("tap.otlp.tls: %s", started.status().message()));
    if (!started.ok())
      return absl::UnavailableError(
          absl::StrFormat("can't listen on %s for OTLP: in use, not an address "
                          "of this host, or not permitted",
                          listen));
    front_ = *std::move(started);
    return absl::OkStatus();
  }

  int BoundPort() const override { return front_->port(); }
  PortCounts Counts() const override { return front_->Counts("otlp"); }
  void Stop() override {
    if (front_ != nullptr) front_->Stop();
  }

 private:
  bool IsAllowed(std::string_view authorization) const {
    return token_.empty() || SameSecret(authorization, "Bearer " + token_);
  }

  FrontVerdict Judge(const HttpHead& head) const {
    FrontVerdict verdict;
    verdict.is_proven = IsAllowed(head.Find("Authorization"));
    verdict.max_body_bytes = kMaxUnreadBody;
    if (head.method != "POST") return verdict;
    if (!verdict.is_proven && head.HasBody())
      verdict.refusal = Refusal::kUnauthenticated;
    // Also for metrics: their sender is to read that they have no place here.
    if (head.Path().substr(0, 4) == "/v1/")
      verdict.max_body_bytes = requests_.max_message_bytes();
    return verdict;
  }

  // The fate of requests is among the errors of the tap; the front's own
  // counters have the connections too.
  void Count(Refusal refusal) {
    if (refusal == Refusal::kUnauthenticated || refusal == Refusal::kTooLarge ||
        refusal == Refusal::kTooSlow)
      requests_.intake().CountError(NameOf(kRefusalNames, refusal));
  }

  void AddRoute(const char* path, OtlpSignal signal) {
    server_.Post(path, [this, signal](const httplib::Request& request,
                                      httplib::Response& response,
                                      const httplib::ContentReader& reader) {
      Handle(signal, request, response, reader);
    });
  }

  static void Refuse(int status, std::string_view message,
                     httplib::Response& response) {
    response.status = status;
    response.set_content(
        absl::StrFormat("{\"message\":%s}", JsonString(message)),
        "application/json");
  }

  void Handle(OtlpSignal signal, const httplib::Request& request,
              httplib::Response& response,
              const httplib::ContentReader& reader) {
    if (!IsAllowed(request.get_header_value("Authorization"))) {
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
  BridgedServer server_;
  std::unique_ptr<Front> front_;  // the last, since it calls the others
};

}  // namespace

absl::StatusOr<std::unique_ptr<OtlpHttpServer>> StartOtlpHttpServer(
    const OtlpTapOptions& options, std::string token, OtlpRequests& requests) {
  auto server = std::make_unique<Server>(std::move(token), requests);
  const absl::Status started = server->Start(options);
  if (!started.ok()) return started;
  return std::unique_ptr<OtlpHttpServer>(std::move(server));
}

}  // namespace reasonwatch
