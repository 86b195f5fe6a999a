// SPDX-License-Identifier: Apache-2.0
// The threads that make the answers of a front.
#ifndef REASONWATCH_FRONT_WORKERS_H_
#define REASONWATCH_FRONT_WORKERS_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "front/ports.h"
#include "util/mutex.h"

namespace reasonwatch {

// Thread-safe. The queue holds one request of a connection at most, so the
// bound of the connections bounds it.
class FrontWorkers {
 public:
  struct Done {
    uint64_t id = 0;  // of the connection
    std::string answer;
  };

  // `on_done` is called on a worker when DrainDone() has something new; both
  // functions must outlive this object.
  FrontWorkers(int threads,
               const std::function<std::string(const FrontRequest&)>& serve,
               std::function<void()> on_done);
  // Makes the answers of all requests that were submitted.
  ~FrontWorkers();

  void Submit(uint64_t id, FrontRequest request);
  std::vector<Done> DrainDone();

 private:
  void Run();

  const std::function<std::string(const FrontRequest&)>& serve_;
  const std::function<void()> on_done_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<uint64_t, FrontRequest>> waiting_
      ABSL_GUARDED_BY(mutex_);
  std::vector<Done> done_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_WORKERS_H_
