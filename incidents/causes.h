// SPDX-License-Identifier: Apache-2.0
// Likely causes of an incident, ranked: a hint at the place to look first.
//
// Evidence comes from the channels together, from other changes around the
// onset (Finding::hints), and, before all of these, from the measurements of
// asking the model again in other ways.
//
// Pure. Names of causes are those of docs/glossary.md.
#ifndef REASONWATCH_INCIDENTS_CAUSES_H_
#define REASONWATCH_INCIDENTS_CAUSES_H_

#include <string>
#include <vector>

#include "core/finding.h"
#include "core/incident.h"

namespace reasonwatch {

// From the incident's signals alone; weights of sum 1, the largest first.
std::vector<Cause> RankCauses(const Incident& incident);

// The same, led by the cause that the incident's verdict has measured.
std::vector<Cause> ExplainIncident(const Incident& incident);

// The incident's causes with the operator's own word before them: the change
// of version that `evidence` names.
std::vector<Cause> ExplainAccepted(const Incident& incident,
                                   const std::string& evidence);

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_CAUSES_H_
