// SPDX-License-Identifier: Apache-2.0
// Healthy traffic whose responses are fed in one order or another.
#ifndef REASONWATCH_BENCH_DETECTION_ORDER_H_
#define REASONWATCH_BENCH_DETECTION_ORDER_H_

#include <cstdint>

namespace reasonwatch {

struct Traffic {
  const char* name;
  double begins;  // seconds; the tap starts at 0
  double steps;   // second of the step, 0 = none
  double factor;
  double until;
};

// kIdeal knows every start: its false alarms are the detectors' own.
enum class Feeding { kCompletion, kHeld, kIdeal };

// Whether a run of this traffic raises a false alarm.
bool RunOrder(const Traffic& traffic, Feeding feeding, uint64_t seed);

}  // namespace reasonwatch

#endif  // REASONWATCH_BENCH_DETECTION_ORDER_H_
