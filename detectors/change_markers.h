// What else changed around the time of a finding: evidence for its cause.
//
// Follows the regime, the usual beginning of the prompts, the system prompt,
// what requests ask of thinking, and how much traffic falls outside the
// reference, each as a recent share (last ~30 responses) against a long one
// (last ~500). It names likely causes; it never raises anything.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_CHANGE_MARKERS_H_
#define REASONWATCH_DETECTORS_CHANGE_MARKERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/incident.h"
#include "core/scored.h"
#include "detectors/sequential/state_io.h"

namespace reasonwatch {

class ChangeMarkers {
 public:
  void Observe(const Scored& scored, bool covered);
  // Causes with weights that are not scaled; `since` is the responses since the
  // finding's onset.
  std::vector<Cause> Hints(int64_t since) const;

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  struct Share {
    double recent = 0;
    double usual = 0;
    bool started = false;
    void Add(double value);
    double change() const { return recent - usual; }
  };
  struct RegimeChange {
    std::string what;
    int64_t index = -1;
  };

  struct Version {
    uint64_t digest = 0;
    int64_t last_index = 0;
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
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_CHANGE_MARKERS_H_
