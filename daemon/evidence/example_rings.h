// SPDX-License-Identifier: Apache-2.0
// The latest responses of one model with their texts, in memory: all of the
// last ones, and fewer the older they are, so that some of before a slow change
// are among them.
//
// Not thread-safe.
#ifndef REASONWATCH_DAEMON_EVIDENCE_EXAMPLE_RINGS_H_
#define REASONWATCH_DAEMON_EVIDENCE_EXAMPLE_RINGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "core/feature.h"
#include "core/incident.h"
#include "core/response.h"

namespace reasonwatch {

struct KeptResponse {
  Response response;
  std::array<float, kFeatureCount> readings;
};

class ExampleRings {
 public:
  // Longer texts are not kept: 96 of these are 6 MB a model.
  static constexpr size_t kMaxBytes = size_t{64} << 10;

  void Keep(Response&& response, const std::array<float, kFeatureCount>& now);

  struct Choice {
    std::vector<std::shared_ptr<const KeptResponse>> incident;
    std::vector<std::shared_ptr<const KeptResponse>> healthy;
  };
  // At most `n` a side. Of the incident: responses of its scope since the
  // onset, those first that show its leading reading most. Healthy: the latest
  // before the onset, those that show it left out while there are others.
  Choice Choose(const Incident& incident, size_t n) const;

 private:
  // Each ring holds every `every`-th response.
  struct Ring {
    uint64_t every;
    size_t slots;
    std::vector<std::shared_ptr<const KeptResponse>> kept;
    size_t next = 0;
  };
  std::array<Ring, 3> rings_ = {Ring{1, 48, {}, 0}, Ring{8, 24, {}, 0},
                                Ring{64, 24, {}, 0}};
  uint64_t seen_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_EXAMPLE_RINGS_H_
