// SPDX-License-Identifier: Apache-2.0
// Changes around the time of a finding, beside the finding: evidence for its
// cause.
//
// Follows the regime, the usual beginning of the prompts, the system prompt,
// how many requests switch thinking off, how many a gateway changed, how many
// responses lost their reasoning on the way, and how much traffic falls outside
// the reference, each as a recent share (last ~30 responses) against a long one
// (last ~500). It names likely causes; it never raises anything.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_CHANGE_MARKERS_H_
#define REASONWATCH_DETECTORS_CHANGE_MARKERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/finding.h"
#include "core/regime.h"

namespace reasonwatch {

struct Scored;

class ChangeMarkers {
 public:
  void Observe(const Scored& scored, bool covered);
  // Causes with weights that are not scaled; `since` is the responses since the
  // finding's onset.
  std::vector<Cause> Hints(int64_t since) const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, ChangeMarkers& c);
  struct Share {
    double recent = 0;
    double usual = 0;
    bool started = false;
    // `least`: the least weight of the value.
    void Add(double value, double least = 0);
    double change() const { return recent - usual; }
    // Has become notable, also from none.
    bool began() const;
    template <typename Archive>
    friend void Describe(Archive& archive, Share& s) {
      archive.Field("recent", s.recent);
      archive.Field("usual", s.usual);
      archive.Field("started", s.started);
    }
  };
  struct RegimeChange {
    std::string what;
    int64_t index = -1;
  };

  struct Version {
    uint64_t digest = 0;
    int64_t last_index = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Version& v) {
      archive.Field("digest", v.digest);
      archive.Field("last_index", v.last_index);
    }
  };

  int64_t index_ = 0;
  std::vector<Version> versions_;  // served lately, at most 64
  Regime regime_;
  RegimeChange version_;
  RegimeChange template_;
  uint64_t system_prompt_ = 0;
  Share same_system_prompt_;
  Share prefixed_;
  Share thinking_off_;
  Share uncovered_;
  Share request_changed_;
  Share withheld_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_CHANGE_MARKERS_H_
