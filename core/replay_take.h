// SPDX-License-Identifier: Apache-2.0
// The numbers with which an incident can be seen to open again.
#ifndef REASONWATCH_CORE_REPLAY_TAKE_H_
#define REASONWATCH_CORE_REPLAY_TAKE_H_

#include <string>
#include <vector>

#include "core/finding.h"
#include "core/incident.h"
#include "core/state_blob.h"

namespace reasonwatch {

// The reference and the detectors of a model as they were some responses
// before the incident, and those responses: numbers and labels, no words.
struct ReplayTake {
  std::string model;
  std::vector<StateBlob> state;
  // A response each, the oldest first; the bytes are the pipeline's business.
  std::vector<StateBlob> rows;
};

// The opening of an incident and the way to it.
struct IncidentRun {
  Incident incident;
  std::vector<Finding> findings;  // that opened it
  ReplayTake take;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_REPLAY_TAKE_H_
