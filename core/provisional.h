// SPDX-License-Identifier: Apache-2.0
// How a stream leaves the states that a young reference causes, in words.
#ifndef REASONWATCH_CORE_PROVISIONAL_H_
#define REASONWATCH_CORE_PROVISIONAL_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "core/snapshot.h"

namespace reasonwatch {

// The time until the reference is large enough at the present rate, at least;
// nothing if the rate is not known.
std::optional<absl::Duration> TimeToLeave(const StreamSnapshot& stream);

// "warnings only: 300 of 2,000 responses; import a baseline or wait about 3 h";
// "" if the stream is not learning and not provisional.
std::string HowToLeave(const StreamSnapshot& stream);

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_PROVISIONAL_H_
