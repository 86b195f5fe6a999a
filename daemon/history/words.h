// SPDX-License-Identifier: Apache-2.0
// An incident in one sentence: the fault, its size in numbers, the model and
// the part of it, the time, the likeliest cause.
#ifndef REASONWATCH_DAEMON_HISTORY_WORDS_H_
#define REASONWATCH_DAEMON_HISTORY_WORDS_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/incident.h"
#include "core/picture.h"

namespace reasonwatch {

// "Reasoning is 4 % of its usual length (50 tokens, usually 1,250) in 93 of
// 100 responses of m, route r, since 14:05 UTC; likely prompt or template
// change". Without a picture the size comes from the finding's effect. Times
// are UTC, with a date if they are not of the day that ends at `now`.
std::string SentenceOf(const Incident& incident, const Picture& picture,
                       absl::Time now);
// The same without a picture.
std::string SentenceOf(const Incident& incident, absl::Time now);

// The fault of a channel as a verb: "repeat passages". An unknown channel's
// own name, in words.
std::string FaultOf(std::string_view channel);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_HISTORY_WORDS_H_
