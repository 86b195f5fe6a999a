// SPDX-License-Identifier: Apache-2.0
#include "front/workers.h"

namespace reasonwatch {

FrontWorkers::FrontWorkers(
    int threads, const std::function<std::string(const FrontRequest&)>& serve,
    std::function<void()> on_done)
    : serve_(serve), on_done_(std::move(on_done)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

FrontWorkers::~FrontWorkers() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void FrontWorkers::Submit(uint64_t id, FrontRequest request) {
  {
    MutexLock lock(mutex_);
    waiting_.emplace_back(id, std::move(request));
  }
  changed_.notify_one();
}

std::vector<FrontWorkers::Done> FrontWorkers::DrainDone() {
  MutexLock lock(mutex_);
  return std::exchange(done_, {});
}

void FrontWorkers::Run() {
  while (true) {
    uint64_t id = 0;
    FrontRequest request;
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !stopping_) changed_.wait(mutex_);
      if (waiting_.empty()) return;
      id = waiting_.front().first;
      request = std::move(waiting_.front().second);
      waiting_.pop_front();
    }
    std::string answer = serve_(request);
    {
      MutexLock lock(mutex_);
      done_.push_back({id, std::move(answer)});
    }
    on_done_();
  }
}

}  // namespace reasonwatch
