// SPDX-License-Identifier: Apache-2.0
// Gives whole requests to the handlers of a cpp-httplib server that never
// listens: they read from memory and write to it.
#ifndef REASONWATCH_FRONT_HTTPLIB_BRIDGE_H_
#define REASONWATCH_FRONT_HTTPLIB_BRIDGE_H_

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "front/ports.h"

namespace reasonwatch {

// Belongs to one request.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(const FrontRequest& request)
      : request_(request), head_(request.head), body_(request.body) {}

  std::string& written() { return written_; }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    std::string_view& from = head_.empty() ? body_ : head_;
    const size_t n = std::min(size, from.size());
    std::memcpy(to, from.data(), n);
    from.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, size_t size) override {
    written_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = request_.peer;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  // httplib refuses those that select() can't wait for.
  socket_t socket() const override { return 0; }

 private:
  const FrontRequest& request_;
  std::string_view head_;
  std::string_view body_;
  std::string written_;
};

// Routes and limits are httplib's. Serve() may be called by several threads at
// once when all handlers are in place.
class BridgedServer final : public httplib::Server {
 public:
  // The bytes of the answer; "" = httplib could not make one.
  std::string Serve(const FrontRequest& request) {
    MemoryStream stream(request);
    bool closed = false;
    process_request(stream, request.close, closed, nullptr);
    return std::move(stream.written());
  }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_HTTPLIB_BRIDGE_H_
