// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/credentials.h"

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

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

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(
    const GrpcTapOptions& options) {
  if (options.tls_cert.empty() && options.tls_key.empty() &&
      options.tls_client_ca.empty())
    return grpc::InsecureServerCredentials();
  if (options.tls_cert.empty() || options.tls_key.empty())
    return absl::InvalidArgumentError("TLS needs both a certificate and a key");
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  RW_ASSIGN_OR_RETURN(pair.cert_chain, ReadPem(options.tls_cert));
  RW_ASSIGN_OR_RETURN(pair.private_key, ReadPem(options.tls_key));
  grpc::SslServerCredentialsOptions ssl(
      options.tls_client_ca.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_key_cert_pairs.push_back(std::move(pair));
  if (!options.tls_client_ca.empty()) {
    RW_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadPem(options.tls_client_ca));
  }
  return grpc::SslServerCredentials(ssl);
}

}  // namespace reasonwatch
