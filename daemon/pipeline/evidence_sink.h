// SPDX-License-Identifier: Apache-2.0
// The port to the things that an operator wants kept of incidents: texts of
// responses, for which it is the only way past the evaluator, and the numbers
// of a replay.
//
// Called by the workers of all shards at once, so it is thread-safe; it never
// waits.
#ifndef REASONWATCH_DAEMON_PIPELINE_EVIDENCE_SINK_H_
#define REASONWATCH_DAEMON_PIPELINE_EVIDENCE_SINK_H_

#include <string>

#include "core/replay_take.h"
#include "core/response.h"
#include "core/scored.h"

namespace reasonwatch {

class EvidenceSink {
 public:
  virtual ~EvidenceSink() = default;
  // Whether texts of the model are wanted.
  virtual bool Wants(const std::string& model) const = 0;
  // A live response of such a model, before the detectors see `scored`.
  virtual void Keep(Response&& response, const Scored& scored) = 0;
  // Whether the way to the model's incidents is to be remembered, in numbers;
  // asked when the model comes.
  virtual bool WantsRuns(const std::string& /*model*/) { return false; }
  // An incident of such a model has opened.
  virtual void KeepRun(IncidentRun&& /*run*/) {}
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_EVIDENCE_SINK_H_
