// SPDX-License-Identifier: Apache-2.0
// The front of an HTTP port: accepts connections, bounds each of them, and
// hands on whole requests only. One thread serves all sockets, and none of them
// can make it wait; workers make the answers.
#ifndef REASONWATCH_FRONT_FRONT_H_
#define REASONWATCH_FRONT_FRONT_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/port_counts.h"
#include "front/options.h"
#include "front/ports.h"

namespace reasonwatch {

// Thread-safe.
class Front {
 public:
  // Stops.
  virtual ~Front() = default;
  virtual int port() const = 0;
  // `name` is the port in the result.
  virtual PortCounts Counts(std::string_view name) const = 0;
  // Accepts nothing more, waits for the requests that are being answered, and
  // at most options.stop_timeout for their answers to be read. Idempotent.
  virtual void Stop() = 0;
};

// Serves as soon as it returns. InvalidArgument: options out of range, a port
// that is not set, or unusable TLS files; Unavailable: the address can't be
// listened at, or the process has no descriptors.
absl::StatusOr<std::unique_ptr<Front>> StartFront(FrontOptions options,
                                                  FrontPorts ports);

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_FRONT_H_
