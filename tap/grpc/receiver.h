// SPDX-License-Identifier: Apache-2.0
// One wire message to one record: size, parsing, conversion, hand-over.
#ifndef REASONWATCH_TAP_GRPC_RECEIVER_H_
#define REASONWATCH_TAP_GRPC_RECEIVER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "reasonwatch/v1/tap.pb.h"
#include "tap/intake.h"
#include "tap/sink.h"

namespace reasonwatch {

// Belongs to the tap's thread. `intake` must outlive it.
class Receiver {
 public:
  Receiver(TapIntake& intake, int64_t max_message_bytes);

  struct Received {
    std::string_view error;  // the reason of the rejection; "" = it was offered
    TapOutcome outcome;
  };
  // Empties the buffer. A record without an id is given one that begins with
  // "tap-", the time of the tap's start and a number. With the metadata
  // x-reasonwatch-wait: true a full queue is no loss and is not counted: the
  // sender comes again.
  Received Receive(grpc::ByteBuffer& buffer,
                   const grpc::ServerContext& context);

 private:
  TapIntake& intake_;
  const int64_t max_message_bytes_;
  const std::string id_prefix_;
  int64_t made_ids_ = 0;
  v1::Response message_;  // parsed into again and again, to keep its memory
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_RECEIVER_H_
