// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/port.h"

#include <grpcpp/security/server_credentials.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// As GRPC_ARG_MAX_METADATA_SIZE, of which this is the compressed form.
constexpr size_t kMaxHeaderBytes = size_t{16} << 10;

}  // namespace

void GrpcPort::Prepare(grpc::ServerBuilder& builder) {
  // TLS ends at the front.
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
}

absl::Status GrpcPort::Start(const GrpcTapOptions& options) {
  FrontOptions front;
  const size_t colon = options.listen.rfind(':');
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(options.listen.substr(colon + 1), &front.port))
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is not host:port", options.listen));
  front.host = options.listen.substr(0, colon);
  if (front.host.front() == '[' && front.host.back() == ']')
    front.host = front.host.substr(1, front.host.size() - 2);
  front.tls_cert = options.tls_cert;
  front.tls_key = options.tls_key;
  front.tls_client_ca = options.tls_client_ca;
  front.alpn = "h2";
  front.max_connections = options.max_connections;
  front.max_of_peer = std::max(options.max_connections / 2, 1);
  front.max_head_bytes = kMaxHeaderBytes;
  front.grace = absl::Seconds(20);
  front.stop_timeout = absl::Seconds(1);
  RW_ASSIGN_OR_RETURN(
      front_, StartRelay(std::move(front), [this](int fd) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
            connection;
        connection.fd = fd;
        acceptor_->HandleNewConnection(&connection);
        return true;
      }));
  return absl::OkStatus();
}

std::vector<PortCounts> GrpcPort::Counts(std::string_view name) const {
  if (front_ == nullptr) return {};
  return {front_->Counts(name)};
}

void GrpcPort::StopAccepting() {
  if (front_ != nullptr) front_->StopAccepting();
}

void GrpcPort::Stop() {
  if (front_ != nullptr) front_->Stop();
}

}  // namespace reasonwatch
