// Where every tap hands over what it read.
#ifndef REASONWATCH_TAP_TAP_SINK_H_
#define REASONWATCH_TAP_TAP_SINK_H_

#include <cstdint>
#include <string_view>

#include "core/response.h"

namespace reasonwatch {

struct TapOutcome {
  bool accepted = true;
  // One of few constant names, e.g. "queue_full"; "" where accepted.
  std::string_view dropped_reason;
};

// Thread-safe: several taps may call at once.
class TapSink {
 public:
  virtual ~TapSink() = default;
  // Takes the response or drops it, at once: the caller is the only thread of
  // its tap. `bytes` is about the memory that the response holds.
  virtual TapOutcome Offer(Response&& response, int64_t bytes) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_TAP_SINK_H_
