// SPDX-License-Identifier: Apache-2.0
// The evidence of an alarm, put into a Finding.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_LEVEL_FINDING_H_
#define REASONWATCH_DETECTORS_LEVEL_FINDING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/finding.h"
#include "detectors/level/alarm.h"
#include "detectors/level/carriers.h"
#include "detectors/level/signal_evidence.h"

namespace reasonwatch {

// The ids and times of the last 256 responses of a level, by their index.
class RecentResponses {
 public:
  struct Seen {
    std::string id;
    int64_t time_ns = 0;
    uint64_t session = 0;  // 0 = none, or stored by 0.1.0
    template <typename Archive>
    friend void Describe(Archive& archive, Seen& s) {
      archive.Field("id", s.id);
      archive.Field("time_ns", s.time_ns);
      if (archive.Version("recent_response", 2) >= 2)
        archive.Field("session", s.session);
    }
  };
  // `index` numbers the responses from 0, without a gap.
  void Observe(const std::string& id, int64_t time_ns, uint64_t session,
               int64_t index);
  // nullptr if it is too long ago for a level of `responses`.
  const Seen* Find(int64_t index, int64_t responses) const;
  // Different sessions of the responses from `index` on, as far as they are
  // known here; one without a session counts as a session of its own.
  int64_t SessionsSince(int64_t index, int64_t responses) const;

  template <typename Archive>
  void DescribeAt(Archive& archive, int64_t responses);

 private:
  std::vector<Seen> ring_;
};

// The evidence of a level when it reports.
struct LevelEvidence {
  const std::vector<ChannelEvidence>& channels;  // by index into Channels()
  const RecentResponses& recent;
  const Carriers& carriers;
  int64_t responses;  // so far, the latest included
};

// Adds the channels, the onset, the effect and the carriers. Returns
// the leading channel, an index into Channels(), or -1 if none has spoken: then
// nothing is added.
int FillFinding(const LevelEvidence& level, const Alarm& alarm, Finding& f);

// A change so large, over responses of several sessions, that even a
// young reference may page on it: a rate that moves by 60 points, a length
// under a fifth. The effect is that of the responses since the alarm (alarm.h).
bool IsGross(const LevelEvidence& level, const Alarm& alarm);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_FINDING_H_
