// Which part of the traffic carries a change: a replica, a version, late turns
// or a full context.
//
// Keeps, of the last 256 responses of a level, where each came from and in
// which signals it looked changed. A part carries a change where at least 60 %
// of what looks changed since the onset is its own, and that is at least 20
// points more than its share of the traffic. It explains; it never raises
// anything.
//
// Not thread-safe; one owner. At most 63 names of each kind; the rest are one.
#ifndef REASONWATCH_DETECTORS_CARRIERS_H_
#define REASONWATCH_DETECTORS_CARRIERS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/incident.h"
#include "core/scored.h"
#include "detectors/sequential/state_io.h"

namespace reasonwatch {

// Name of a bucket of Stratum::turn and Stratum::fill.
std::string_view TurnName(uint8_t bucket);
std::string_view FillName(uint8_t bucket);

class Carriers {
 public:
  // `changed`: bit a Signal, set where the response looks more like a changed
  // model than like the reference.
  void Observe(const Scored& scored, uint32_t changed);

  struct Explanation {
    std::vector<Cause> hints;         // replica_fault, version_change
    std::vector<std::string> strata;  // "turns 6 and later"
  };
  // `since`: responses since the onset.
  Explanation Of(Signal signal, int64_t since) const;

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  enum Part { kReplica, kVersion, kTurn, kFill, kParts };
  struct Seen {
    std::array<uint8_t, kParts> part{};
    uint16_t changed = 0;
  };
  // 0 = none, or no room.
  static uint8_t SlotOf(std::string_view name, std::vector<std::string>& names);

  std::vector<Seen> recent_;  // ring
  uint32_t next_ = 0;
  std::vector<std::string> replicas_;
  std::vector<std::string> versions_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_CARRIERS_H_
