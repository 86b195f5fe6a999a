// SPDX-License-Identifier: Apache-2.0
// Settings of incidents.
#ifndef REASONWATCH_INCIDENTS_OPTIONS_H_
#define REASONWATCH_INCIDENTS_OPTIONS_H_

#include <cstdint>

namespace reasonwatch {

struct IncidentOptions {
  // Somebody can ask the model again. Without, no verdict will ever come:
  // confirmation is "unavailable" from the start.
  bool can_confirm = false;
  // Bit a Signal: those that may open an incident. The others are in shadow
  // mode: watched, and reported to nobody.
  uint32_t alerting_signals = ~0u;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_OPTIONS_H_
