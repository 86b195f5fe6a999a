// SPDX-License-Identifier: Apache-2.0
// The front of a port: accepts connections and bounds each of them. One thread
// serves all sockets, and none of them can make it wait. It hands on whole
// requests of HTTP/1, whose answers workers make, or it relays HTTP/2.
#ifndef REASONWATCH_FRONT_FRONT_H_
#define REASONWATCH_FRONT_FRONT_H_

#include <functional>
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
  // Further connections are refused by the system; those that are open go on.
  virtual void StopAccepting() = 0;
  // Accepts nothing more, waits for the requests that are being answered, and
  // at most options.stop_timeout for their answers to be read. Idempotent.
  virtual void Stop() = 0;
};

// Serves as soon as it returns. InvalidArgument: options out of range, a port
// that is not set, or unusable TLS files; Unavailable: the address can't be
// listened at, or the process has no descriptors.
absl::StatusOr<std::unique_ptr<Front>> StartFront(FrontOptions options,
                                                  FrontPorts ports);

// A front of a server that speaks HTTP/2 itself: passes bytes on between each
// connection and a socket that `hand_on` gives to the server, and looks at the
// frames only. `hand_on` owns the descriptor; false: the server does not take
// it. Called on the front's thread. Options of requests and answers have no
// meaning here; max_head_bytes is for the headers of one call. Errors as above.
absl::StatusOr<std::unique_ptr<Front>> StartRelay(
    FrontOptions options, std::function<bool(int)> hand_on);

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_FRONT_H_
