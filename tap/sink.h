// SPDX-License-Identifier: Apache-2.0
// The port to which every tap hands its records.
#ifndef REASONWATCH_TAP_SINK_H_
#define REASONWATCH_TAP_SINK_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "core/response.h"

namespace reasonwatch {

struct TapOutcome {
  bool accepted = true;
  // One of a few constant names, e.g. "queue_full"; "" if accepted.
  std::string_view dropped_reason;
};

// The place of a response in a file that is followed.
struct RowPosition {
  uint64_t file = 0;  // 0 = it is from no such file
  int64_t row = 0;    // ascending within the file, from 1
};

// Thread-safe: several taps may call at once.
class TapSink {
 public:
  virtual ~TapSink() = default;
  // Queues the response or drops it, at once: the caller may be the only thread
  // of its tap. `bytes` is about the memory that the response holds.
  virtual TapOutcome Offer(Response&& response, int64_t bytes) = 0;

  // The same for a sender that can come again. Returns false, counts nothing
  // and leaves the response as it is if there is no room.
  virtual bool OfferPatiently(Response& response, int64_t bytes,
                              const RowPosition& position) {
    (void)position;
    return Offer(std::move(response), bytes).accepted;
  }

  // Saves the state that holds everything offered so far, then calls `done` on
  // a thread of the sink: false if some of it could not be saved. Writes that
  // are put into the store afterwards are never on disk before it.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): others keep it.
  virtual void SaveBehind(std::function<void(bool saved)> done) { done(false); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_SINK_H_
