// SPDX-License-Identifier: Apache-2.0
// The options of the ext_proc tap, with their defaults.
#ifndef REASONWATCH_TAP_EXT_PROC_OPTIONS_H_
#define REASONWATCH_TAP_EXT_PROC_OPTIONS_H_

#include <cstdint>

namespace reasonwatch {

struct ExtProcOptions {
  bool enabled = true;  // where the gRPC tap, which carries it, is on too
  // HTTP exchanges under way at once, all connections together.
  int64_t max_exchanges = 16384;
  // Text of all exchanges under way. Above half of it no new exchange is
  // begun; above all of it an exchange that grows is given up.
  int64_t max_bytes = int64_t{512} << 20;
  // Text of one request, and of one response without the wrapping of its
  // events; the configuration has it of tap.grpc.max_message.
  int64_t max_body_bytes = int64_t{64} << 20;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXT_PROC_OPTIONS_H_
