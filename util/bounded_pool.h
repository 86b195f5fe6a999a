// SPDX-License-Identifier: Apache-2.0
// Bounds for an HTTP server of cpp-httplib, whose own pool queues without any.
#ifndef REASONWATCH_UTIL_BOUNDED_POOL_H_
#define REASONWATCH_UTIL_BOUNDED_POOL_H_

#include <sys/socket.h>

#include <cstddef>
#include <functional>
#include <semaphore>
#include <utility>

namespace reasonwatch {

// Makes the accepting thread wait, so that more connections stay in the
// kernel's backlog. Pool: httplib::ThreadPool; a parameter, so that this room
// needs no HTTP.
template <typename Pool>
class BoundedPool : public Pool {
 public:
  // Connections that are served at once, and that wait for a thread.
  BoundedPool(int threads, int max_waiting)
      : Pool(static_cast<size_t>(threads)), slots_(threads + max_waiting) {}
  void enqueue(std::function<void()> task) override {
    slots_.acquire();
    Pool::enqueue([this, task = std::move(task)] {
      task();
      slots_.release();
    });
  }

 private:
  std::counting_semaphore<> slots_;
};

// Without SO_REUSEPORT, which httplib sets: a second daemon on the same port
// must fail, not receive half of the requests.
inline void SetReuseAddress(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_BOUNDED_POOL_H_
