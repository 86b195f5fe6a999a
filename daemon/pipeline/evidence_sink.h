// SPDX-License-Identifier: Apache-2.0
// The port to texts of responses that an operator wants kept: the only way of
// a text past the evaluator.
//
// Called by the workers of all shards at once, so it is thread-safe; it never
// waits.
#ifndef REASONWATCH_DAEMON_PIPELINE_EVIDENCE_SINK_H_
#define REASONWATCH_DAEMON_PIPELINE_EVIDENCE_SINK_H_

#include <string>

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
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_EVIDENCE_SINK_H_
