// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "tap/grpc/credentials.h"
#include "tap/grpc/limits.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// gRPC would take a socket away from the process that serves it.
absl::Status CheckUnixSocket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return absl::InvalidArgumentError(
        absl::StrFormat("socket path longer than %d bytes: %s",
                        sizeof(address.sun_path) - 1, path));
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::UnavailableError("can't make a socket");
  const int result =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
  if (result == 0)
    return absl::UnavailableError(
        absl::StrFormat("another process serves the socket %s", path));
  return absl::OkStatus();
}

}  // namespace

absl::Status StartServer(const GrpcTapOptions& options, grpc::Service& service,
                         std::span<const GrpcGuest> guests,
                         ListeningServer& listening) {
  RW_RETURN_IF_ERROR(CheckTlsFiles(options));

  // protobuf would write a line to stderr for every malformed message.
  google::protobuf::SetLogHandler(nullptr);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::ServerBuilder builder;
  ApplyLimits(options, builder);
  if (!options.listen.empty()) listening.port.Prepare(builder);
  int socket_bound = 0;
  if (!options.unix_socket.empty()) {
    RW_RETURN_IF_ERROR(CheckUnixSocket(options.unix_socket));
    builder.AddListeningPort("unix:" + options.unix_socket,
                             grpc::InsecureServerCredentials(), &socket_bound);
  }
  builder.RegisterService(&service);
  for (const GrpcGuest& guest : guests) builder.RegisterService(guest.service);
  listening.queue = builder.AddCompletionQueue();
  listening.server = builder.BuildAndStart();
  if (listening.server == nullptr)
    return absl::UnavailableError(absl::StrFormat(
        "can't listen on %s%s: in use, or not permitted",
        options.unix_socket.empty() ? "" : "unix:", options.unix_socket));
  if (!options.listen.empty())
    RW_RETURN_IF_ERROR(listening.port.Start(options));
  const std::string& socket_path = options.unix_socket;
  // 0660: the owner and its group may report, nobody else.
  if (!socket_path.empty() && chmod(socket_path.c_str(), 0660) != 0)
    return absl::UnavailableError(
        absl::StrFormat("can't set the mode of %s: %s", socket_path,
                        std::generic_category().message(errno)));
  grpc::HealthCheckServiceInterface& health =
      *listening.server->GetHealthCheckService();
  health.SetServingStatus("reasonwatch.v1.Tap", true);
  for (const GrpcGuest& guest : guests)
    health.SetServingStatus(guest.health_name, true);
  return absl::OkStatus();
}

}  // namespace reasonwatch
