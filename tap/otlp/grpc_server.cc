// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/grpc_server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tap/grpc/credentials.h"
#include "tap/grpc/limits.h"
#include "tap/grpc/options.h"
#include "tap/grpc/port.h"
#include "tap/grpc/whole_message.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

constexpr char kTracesPath[] =
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
constexpr char kLogsPath[] =
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

// The exporters repeat a call with UNAVAILABLE or RESOURCE_EXHAUSTED, and give
// one up with INVALID_ARGUMENT: a message that is wrong stays wrong.
grpc::Status StatusOf(std::string_view error) {
  if (error == "message_too_large")
    return {grpc::StatusCode::INVALID_ARGUMENT,
            "message larger than tap.otlp.max_message"};
  if (error == "malformed_gzip")
    return {grpc::StatusCode::INVALID_ARGUMENT, "gzip that can't be undone"};
  return {grpc::StatusCode::INVALID_ARGUMENT, "message can't be parsed"};
}

std::string Joined(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

class ExportService : public WholeMessageService {
 public:
  ExportService(const char* path, OtlpSignal signal, OtlpRequests& requests,
                const TokenCheck& token)
      : WholeMessageService([&requests](std::string_view error) {
          requests.intake().CountError(error);
        }) {
    AddCall(path, token,
            [signal, &requests](const grpc::ByteBuffer& request,
                                grpc::ByteBuffer& response) -> grpc::Status {
              const OtlpAnswer answer = requests.Handle(
                  signal, OtlpEncoding::kProtobuf, Joined(request));
              if (!answer.error.empty()) return StatusOf(answer.error);
              const grpc::Slice slice(answer.body);
              response = grpc::ByteBuffer(&slice, 1);
              return grpc::Status::OK;
            });
  }
};

GrpcTapOptions ServerOptions(const OtlpTapOptions& options) {
  GrpcTapOptions grpc;
  grpc.listen = options.grpc_listen;
  grpc.max_message_bytes = options.max_message_bytes;
  grpc.max_streams = 64;
  grpc.tls_cert = options.tls_cert;
  grpc.tls_key = options.tls_key;
  grpc.tls_client_ca = options.tls_client_ca;
  return grpc;
}

}  // namespace

class OtlpGrpcServer::Impl {
 public:
  Impl(const TokenCheck& token, OtlpRequests& requests)
      : token_(token),
        traces_(kTracesPath, OtlpSignal::kTraces, requests, token_),
        logs_(kLogsPath, OtlpSignal::kLogs, requests, token_) {}

  absl::Status Start(const OtlpTapOptions& options) {
    const GrpcTapOptions server_options = ServerOptions(options);
    RW_RETURN_IF_ERROR(CheckOptions(server_options));
    RW_RETURN_IF_ERROR(CheckTlsFiles(server_options));
    // protobuf would write a line to stderr for every malformed message.
    google::protobuf::SetLogHandler(nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    ApplyLimits(server_options, builder);
    // A compressed message arrives as it is, and is undone within bounds.
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, true);
    builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    port_.Prepare(builder);
    builder.RegisterService(&traces_);
    builder.RegisterService(&logs_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr)
      return absl::UnavailableError("can't start a server for OTLP");
    RW_RETURN_IF_ERROR(port_.Start(server_options));
    return absl::OkStatus();
  }

  void Stop(absl::Duration deadline) {
    if (server_ == nullptr) return;
    port_.StopAccepting();
    server_->Shutdown(std::chrono::system_clock::now() +
                      absl::ToChronoMilliseconds(std::clamp(
                          deadline, absl::ZeroDuration(), absl::Hours(24))));
    port_.Stop();
  }

  int bound_port() const { return port_.bound_port(); }
  std::vector<PortCounts> Ports() const { return port_.Counts("otlp_grpc"); }

 private:
  const TokenCheck token_;
  ExportService traces_;
  ExportService logs_;
  std::unique_ptr<grpc::Server> server_;
  GrpcPort port_;  // behind the server, which it calls
};

OtlpGrpcServer::OtlpGrpcServer(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
OtlpGrpcServer::~OtlpGrpcServer() { Stop(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<OtlpGrpcServer>> OtlpGrpcServer::Start(
    const OtlpTapOptions& options, const TokenCheck& token,
    OtlpRequests& requests) {
  auto impl = std::make_unique<Impl>(token, requests);
  RW_RETURN_IF_ERROR(impl->Start(options));
  return std::unique_ptr<OtlpGrpcServer>(new OtlpGrpcServer(std::move(impl)));
}

std::vector<PortCounts> OtlpGrpcServer::Ports() const { return impl_->Ports(); }
int OtlpGrpcServer::BoundPort() const { return impl_->bound_port(); }
void OtlpGrpcServer::Stop(absl::Duration deadline) { impl_->Stop(deadline); }

}  // namespace reasonwatch
