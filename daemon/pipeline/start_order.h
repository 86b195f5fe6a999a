// SPDX-License-Identifier: Apache-2.0
// Feeds responses in the order of their starts.
//
// A tap sees a response when it ends, so whenever the arrival rate changes (a
// tap starts, a client comes, a burst) the short responses of the new requests
// come first, which looks like a collapse, and the long ones of the old ones
// last, which looks like a runaway. The ends show a burst too late to react,
// so every response that has both times is held until H after its start and fed
// in start order. H is the 99th percentile of the durations seen, at most 10
// minutes; nothing is fed until durations were watched for twice that long.
// Then H moves by at most a quarter of the time that passes: a jump would let
// only the longest responses through for a while. The longest 1 % are fed when
// they end. Responses begun before the model was first heard are dropped as
// "startup".
//
// Not thread-safe; one owner. Time is the data's own, so a replay repeats.
#ifndef REASONWATCH_DAEMON_PIPELINE_START_ORDER_H_
#define REASONWATCH_DAEMON_PIPELINE_START_ORDER_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/time.h"
#include "core/scored.h"
#include "util/state_archive.h"

namespace reasonwatch {

struct StartOrderCounts {
  int64_t held = 0;      // so far
  int64_t startup = 0;   // dropped: begun before the tap was heard
  int64_t overflow = 0;  // fed early because the hold was full
  template <typename Archive>
  friend void Describe(Archive& archive, StartOrderCounts& c) {
    archive.Field("held", c.held);
    archive.Field("startup", c.startup);
    archive.Field("overflow", c.overflow);
  }
};

// Responses held by one model, 13 a second for kMaxHold.
inline constexpr size_t kHoldSlots = 8192;

class StartOrder {
 public:
  // Takes a response and appends those that may be fed now. A response without
  // an end time is fed at once: its source says nothing of durations.
  void Add(Scored scored, std::vector<Scored>& ready);
  // Appends the responses that have waited long enough at `now`.
  void Advance(absl::Time now, std::vector<Scored>& ready);
  // Appends everything that is held.
  void Drain(std::vector<Scored>& ready);

  // H; infinite until durations are known.
  absl::Duration hold() const { return hold_; }
  size_t holding() const { return held_.size(); }
  const StartOrderCounts& counts() const { return counts_; }

 private:
  // Everything, held responses included, so that a restart loses none of them
  // and goes on with the same H. Their prompt_beginnings are left out. What
  // can't be read whole changes nothing.
  template <typename Archive>
  friend void Describe(Archive& archive, StartOrder& order);

  void CountDuration(absl::Duration duration);
  absl::Duration LongDuration() const;
  void MoveHold(absl::Time now);
  void Release(absl::Time until, std::vector<Scored>& ready);

  // Durations: counts by 1/8 octave of seconds, for the percentile.
  std::vector<uint32_t> durations_;
  uint32_t duration_count_ = 0;
  absl::Duration hold_ = absl::InfiniteDuration();
  absl::Time first_heard_ = absl::InfinitePast();
  absl::Time latest_ = absl::InfinitePast();
  std::multimap<absl::Time, Scored> held_;  // by start
  StartOrderCounts counts_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_START_ORDER_H_
