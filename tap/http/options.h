// SPDX-License-Identifier: Apache-2.0
// The options of the HTTP tap, with their defaults.
#ifndef REASONWATCH_TAP_HTTP_OPTIONS_H_
#define REASONWATCH_TAP_HTTP_OPTIONS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace reasonwatch {

struct HttpTapOptions {
  bool on = true;  // `enabled` in the configuration
  // Bodies that are read at once; further ones are answered 429.
  int32_t max_requests = 4;
  // Longest wait for room, of a sender that asks for it.
  absl::Duration max_wait = absl::Seconds(30);

  bool enabled() const { return on; }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_HTTP_OPTIONS_H_
