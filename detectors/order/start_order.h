// Feeds responses in the order of their starts while that matters.
//
// A tap sees a response when it ends, so after a tap, source or replica has
// appeared, and in a burst, the short ones come first, which looks like a
// collapse. For H after an appearance, and while the arrival rate over the last
// H is above 1.25 times that of the H before, a response is held until H after
// its start and fed in start order; otherwise it is fed on arrival. H is the
// 99th percentile of the durations seen, at most 10 minutes. Responses begun
// before the tap was first heard are dropped as "startup".
//
// Not thread-safe; one owner. Time is the data's own, so a replay repeats.
#ifndef REASONWATCH_DETECTORS_ORDER_START_ORDER_H_
#define REASONWATCH_DETECTORS_ORDER_START_ORDER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "core/scored.h"
#include "detectors/sequential/state_io.h"

namespace reasonwatch {

struct StartOrderCounts {
  int64_t held = 0;      // so far
  int64_t startup = 0;   // dropped: begun before the tap was heard
  int64_t overflow = 0;  // fed early because the hold was full
};

inline constexpr size_t kHoldSlots = 8192;

class StartOrder {
 public:
  // Takes a response and appends what may be fed now. A response without an
  // end time is fed at once: its source tells nothing of durations.
  void Add(Scored scored, std::vector<Scored>& ready);
  // Appends what has waited long enough at `now`.
  void Advance(absl::Time now, std::vector<Scored>& ready);
  // Appends everything that is held.
  void Drain(std::vector<Scored>& ready);

  absl::Duration hold() const;
  size_t holding() const { return held_.size(); }
  bool holding_back(absl::Time now) const;
  const StartOrderCounts& counts() const { return counts_; }

 private:
  void Observe(const Scored& scored);
  void Release(absl::Time until, std::vector<Scored>& ready);

  // Durations: counts by 1/8 octave of seconds, for the percentile.
  std::vector<uint32_t> durations_;
  uint32_t duration_count_ = 0;
  absl::flat_hash_map<uint64_t, int64_t> sources_;  // replica -> first heard
  absl::Time first_heard_ = absl::InfinitePast();
  absl::Time hold_until_ = absl::InfinitePast();
  absl::Time latest_ = absl::InfinitePast();
  std::deque<absl::Time> arrivals_;         // the last 2 H, thinned
  std::multimap<absl::Time, Scored> held_;  // by start
  StartOrderCounts counts_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_ORDER_START_ORDER_H_
