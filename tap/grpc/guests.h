// SPDX-License-Identifier: Apache-2.0
// Services of other taps that the gRPC tap's server carries: on its port and
// socket, under its limits and its TLS. A guest checks the token itself.
#ifndef REASONWATCH_TAP_GRPC_GUESTS_H_
#define REASONWATCH_TAP_GRPC_GUESTS_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

struct GrpcGuest {
  grpc::Service* service = nullptr;
  std::string health_name;  // by which the health service knows it
};

// Filled before the gRPC tap starts. Not thread-safe.
class GrpcGuests {
 public:
  // `service` must outlive the gRPC tap.
  void Add(grpc::Service& service, std::string_view health_name) {
    guests_.push_back({&service, std::string(health_name)});
  }
  const std::vector<GrpcGuest>& all() const { return guests_; }

 private:
  std::vector<GrpcGuest> guests_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_GUESTS_H_
