// SPDX-License-Identifier: Apache-2.0
// JSON of the evidence that rose. Pure, thread-safe; never throws.
#ifndef REASONWATCH_DAEMON_API_SHADOW_JSON_H_
#define REASONWATCH_DAEMON_API_SHADOW_JSON_H_

#include <string>

#include "core/shadow.h"

namespace reasonwatch {

// {"since", "budgets": [{"budget" (words), "rate", "per", "in_force",
// "incidents", "shadow_incidents"}], "rises": [{"model", "route",
// "signal", "mode", "began", "peaked", "ended", "peak", "would_have_fired"}]}
std::string ShadowJson(const ShadowReport& report);

// An rise has passed the threshold of its time.
bool WouldHaveFired(const EvidenceRise& rise);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_SHADOW_JSON_H_
