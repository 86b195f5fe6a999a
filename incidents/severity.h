// SPDX-License-Identifier: Apache-2.0
// The severity of findings and incidents; nothing else decides it.
//
// An incident pages somebody ("critical") if one of its signals does: the
// finding passed the critical budget, its effect passes a floor, nothing makes
// it uncertain, and asking the model again has confirmed it or nobody could be
// asked. Output that no healthy model shows needs no second opinion
// (docs/architecture.md, "Severity").
//
// Pure.
#ifndef REASONWATCH_INCIDENTS_SEVERITY_H_
#define REASONWATCH_INCIDENTS_SEVERITY_H_

#include "core/finding.h"
#include "core/incident.h"
#include "core/signal.h"

namespace reasonwatch {

// Severity of one finding.
Severity GradeFinding(const Finding& finding, Confirmation confirmation);

// The gravest of the open signals; of all signals once none is open.
Severity GradeIncident(const Incident& incident);

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_SEVERITY_H_
