// SPDX-License-Identifier: Apache-2.0
// The part of the traffic that carries a change: a replica, a version, late
// turns, a full context, or questions that a session asks again.
//
// Keeps the origin of each of the last 256 responses of a level, and how much
// evidence it gave each signal. A part carries a change if at least
// 60 % of the evidence since the onset is its own, that is at least 20 points
// more than its share of the traffic, and more than chance does (three standard
// errors, of the effective number of responses that the evidence comes from;
// Kish 1965). It explains; it never raises anything.
//
// Not thread-safe; one owner. At most 63 names of each kind; the rest are one.
#ifndef REASONWATCH_DETECTORS_LEVEL_CARRIERS_H_
#define REASONWATCH_DETECTORS_LEVEL_CARRIERS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/finding.h"
#include "core/signal.h"

namespace reasonwatch {

struct Scored;

class Carriers {
 public:
  // log2 of the pay-off of the best bet of each signal, 0 to 15.
  using Evidence = std::array<uint8_t, kSignalCount>;
  void Observe(const Scored& scored, const Evidence& evidence);

  struct Explanation {
    std::vector<Cause> hints;         // replica_fault, version_change
    std::vector<std::string> strata;  // "turns 6 and later"
  };
  // `since`: responses since the onset.
  Explanation Explain(Signal signal, int64_t since) const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, Carriers& c);
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
    template <typename Archive>
    friend void Describe(Archive& archive, Seen& s) {
      archive.Field("evidence", s.evidence);
      archive.Field("part", s.part);
      archive.Field("asked", s.asked);
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

#endif  // REASONWATCH_DETECTORS_LEVEL_CARRIERS_H_
