// SPDX-License-Identifier: Apache-2.0
// The bearer token that calls must carry.
#ifndef REASONWATCH_TAP_GRPC_TOKEN_H_
#define REASONWATCH_TAP_GRPC_TOKEN_H_

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace reasonwatch {

class TokenCheck {
 public:
  // "" = every call passes. InvalidArgument if the file can't be read or holds
  // no token; white space around the token is not part of it.
  static absl::StatusOr<TokenCheck> FromFile(const std::string& path);

  // True if the call carries `authorization: Bearer TOKEN`.
  bool Passes(const grpc::ServerContextBase& context) const;

 private:
  explicit TokenCheck(std::string token) : token_(std::move(token)) {}
  std::string token_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_TOKEN_H_
