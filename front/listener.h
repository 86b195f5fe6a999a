// SPDX-License-Identifier: Apache-2.0
// A listening socket that never blocks.
#ifndef REASONWATCH_FRONT_LISTENER_H_
#define REASONWATCH_FRONT_LISTENER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace reasonwatch {

// Belongs to one thread.
class Listener {
 public:
  enum class Result : uint8_t {
    kAccepted,
    kNone,           // nobody waits
    kNoDescriptors,  // or no memory for one more socket
    kFailed          // of this one connection
  };

  // Listens at the address or name; port 0 = any free one. Without
  // SO_REUSEPORT: a second daemon on the port must fail, not receive half of
  // the requests. Unavailable: in use, not an address of this machine, or not
  // permitted.
  static absl::StatusOr<Listener> Open(const std::string& host, int port);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  // A socket that does not block, and the peer's address without its port.
  Result Accept(int& fd, std::string& address);

  void Close();
  int fd() const { return fd_; }
  int port() const { return port_; }

 private:
  Listener(int fd, int port) : fd_(fd), port_(port) {}

  int fd_;
  int port_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_LISTENER_H_
