// Which part of the traffic carries a change: a replica, a version, late turns,
// a full context, or what a session asks again.
//
// Keeps, of the last 256 responses of a level, where each came from and how
// much evidence it gave each signal. A part carries a change where at least
// 60 % of the evidence since the onset is its own, that is at least 20 points
// more than its share of the traffic, and more than chance does (three standard
// errors, of the effective number of responses that the evidence comes from;
// Kish 1965). It explains; it never raises anything.
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

class Carriers {
 public:
  // log2 of what a response pays the best bet of each signal, 0 to 15.
  using Evidence = std::array<uint8_t, kSignalCount>;
  void Observe(const Scored& scored, const Evidence& evidence);

  struct Explanation {
    std::vector<Cause> hints;         // replica_fault, version_change
    std::vector<std::string> strata;  // "turns 6 and later"
  };
  // `since`: responses since the onset.
  Explanation Of(Signal signal, int64_t since) const;

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  enum Part { kReplica, kBuild, kTurn, kFilled, kRepeated, kParts };
  struct Seen {
    uint64_t evidence = 0;                  // four bits a signal
    std::array<uint8_t, kRepeated> part{};  // before kRepeated
    // 31 bits of session and problem, 0 = not known, and whether it was among
    // the responses that were kept then.
    uint32_t asked = 0;
    uint8_t Slot(size_t p) const {
      return p == kRepeated ? static_cast<uint8_t>(asked & 1) : part[p];
    }
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
