// SPDX-License-Identifier: Apache-2.0
#include "front/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"

namespace reasonwatch {
namespace {

// Connections that the kernel keeps until they are accepted: a few hundred
// programs may export at the same moment.
constexpr int kBacklog = 512;

int PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return 0;
  const in_port_t port =
      address.ss_family == AF_INET6
          ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
          : reinterpret_cast<const sockaddr_in*>(&address)->sin_port;
  return ntohs(port);
}

// -1 if the address can't be listened at.
int ListenAt(const addrinfo& info) {
  const int fd =
      socket(info.ai_family, info.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
             info.ai_protocol);
  if (fd < 0) return -1;
  const int yes = 1;
  const int no = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (info.ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
  if (bind(fd, info.ai_addr, info.ai_addrlen) == 0 && listen(fd, kBacklog) == 0)
    return fd;
  close(fd);
  return -1;
}

}  // namespace

absl::StatusOr<Listener> Listener::Open(const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int fd = -1;
  if (getaddrinfo(host.c_str(), absl::StrFormat("%d", port).c_str(), &hints,
                  &found) == 0) {
    for (const addrinfo* a = found; a != nullptr && fd < 0; a = a->ai_next)
      fd = ListenAt(*a);
    freeaddrinfo(found);
  }
  if (fd < 0)
    return absl::UnavailableError(
        absl::StrFormat("cannot listen on %s:%d: in use, not an address of "
                        "this machine, or not permitted",
                        host, port));
  return Listener(fd, PortOf(fd));
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_) {}

Listener::~Listener() { Close(); }

void Listener::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Listener::Result Listener::Accept(int& fd, std::string& address) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  fd = accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size,
               SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    switch (errno) {
      case EAGAIN:
        return Result::kNone;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return Result::kNoDescriptors;
      default:
        return Result::kFailed;
    }
  }
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  std::array<char, NI_MAXHOST> name = {};
  address =
      getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, name.data(),
                  name.size(), nullptr, 0, NI_NUMERICHOST) == 0
          ? std::string(name.data())
          : std::string("unknown");
  return Result::kAccepted;
}

}  // namespace reasonwatch
