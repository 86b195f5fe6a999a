// SPDX-License-Identifier: Apache-2.0
// Responses of a model that does not exist: first it reasons at length, then
// hardly at all.
//
// Pure, thread-safe.
#ifndef REASONWATCH_DAEMON_SELFTEST_MADE_UP_MODEL_H_
#define REASONWATCH_DAEMON_SELFTEST_MADE_UP_MODEL_H_

#include <string>

#include "absl/time/time.h"

namespace reasonwatch {

enum class MadeUpState { kHealthy, kCollapsed };

// Recorded responses, one object a line, numbered from `first` on. The n-th
// begins n seconds after `start`; ids hold the number and `start`. The origin
// is `selftest`. The same arguments give the same text.
std::string MadeUpResponses(MadeUpState state, int first, int count,
                            absl::Time start);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_SELFTEST_MADE_UP_MODEL_H_
