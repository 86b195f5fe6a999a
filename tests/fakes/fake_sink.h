// SPDX-License-Identifier: Apache-2.0
// A TapSink that keeps each offered response, or refuses it. Thread-safe.
#ifndef REASONWATCH_TESTS_FAKES_FAKE_SINK_H_
#define REASONWATCH_TESTS_FAKES_FAKE_SINK_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tap/sink.h"
#include "util/mutex.h"

namespace reasonwatch {

class FakeSink : public TapSink {
 public:
  TapOutcome Offer(Response&& response, int64_t bytes) override {
    MutexLock lock(mutex_);
    if (room_ == 0) return {false, "queue_full"};
    --room_;
    bytes_ += bytes;
    responses_.push_back(std::move(response));
    return {};
  }

  // Accepts so many more responses; refuses the rest as "queue_full".
  void SetRoom(int64_t responses) {
    MutexLock lock(mutex_);
    room_ = responses;
  }
  std::vector<Response> responses() const {
    MutexLock lock(mutex_);
    return responses_;
  }
  int64_t bytes() const {
    MutexLock lock(mutex_);
    return bytes_;
  }

 private:
  mutable Mutex mutex_;
  int64_t room_ ABSL_GUARDED_BY(mutex_) = int64_t{1} << 40;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Response> responses_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_FAKES_FAKE_SINK_H_
