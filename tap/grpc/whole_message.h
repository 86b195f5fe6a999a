// SPDX-License-Identifier: Apache-2.0
// Calls of one message each, as a service of gRPC's callback API. The token is
// judged before gRPC reads the message: to gRPC each is a stream of the client,
// which on the wire is the same.
#ifndef REASONWATCH_TAP_GRPC_WHOLE_MESSAGE_H_
#define REASONWATCH_TAP_GRPC_WHOLE_MESSAGE_H_

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <string_view>
#include <utility>

#include "tap/grpc/token.h"

namespace reasonwatch {

// Thread-safe once the server runs.
class WholeMessageService : public grpc::Service {
 public:
  // The answer to a whole message; on gRPC's threads, several at once.
  using Handler = std::function<grpc::Status(const grpc::ByteBuffer& request,
                                             grpc::ByteBuffer& response)>;

  // `count` is called with "unauthenticated" or "too_slow" for each call that
  // is refused for it.
  explicit WholeMessageService(std::function<void(std::string_view)> count)
      : count_(std::move(count)) {}

 protected:
  // `path` is a constant such as "/package.Service/Method". `token` is first
  // used when the server runs, and must outlive it.
  void AddCall(const char* path, const TokenCheck& token, Handler handler);

 private:
  class Call;

  const std::function<void(std::string_view)> count_;
  int calls_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_WHOLE_MESSAGE_H_
