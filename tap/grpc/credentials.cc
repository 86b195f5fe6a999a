// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/credentials.h"

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad() || text.empty())
    return absl::InvalidArgumentError(
        absl::StrFormat("can't read %s, or it is empty", path));
  return text;
}

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  RW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  if (text.find("-----BEGIN ") == std::string::npos)
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is no PEM file", path));
  return text;
}

}  // namespace

absl::Status CheckTlsFiles(const GrpcTapOptions& options) {
  if (options.tls_cert.empty() && options.tls_key.empty() &&
      options.tls_client_ca.empty())
    return absl::OkStatus();
  if (options.tls_cert.empty() || options.tls_key.empty())
    return absl::InvalidArgumentError("TLS needs both a certificate and a key");
  for (const std::string& path :
       {options.tls_cert, options.tls_key, options.tls_client_ca})
    if (!path.empty()) RW_RETURN_IF_ERROR(ReadPem(path).status());
  return absl::OkStatus();
}

}  // namespace reasonwatch
