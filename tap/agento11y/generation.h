// SPDX-License-Identifier: Apache-2.0
// One generation of agento11y's ingest as an observation.
#ifndef REASONWATCH_TAP_AGENTO11Y_GENERATION_H_
#define REASONWATCH_TAP_AGENTO11Y_GENERATION_H_

#include "agento11y/v1/generation_ingest.pb.h"
#include "tap/otlp/observation.h"

namespace reasonwatch {

// Texts that are not UTF-8 are repaired. A generation whose sender leaves the
// content out has no text, though its parts are there. Pure.
Observation ReadGeneration(const agento11y::v1::Generation& generation);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_AGENTO11Y_GENERATION_H_
