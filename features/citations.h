// SPDX-License-Identifier: Apache-2.0
// Sources that a request numbers and an answer cites.
//
// Pure, thread-safe; linear in the answer, and in a bounded part of the prompt.
#ifndef REASONWATCH_FEATURES_CITATIONS_H_
#define REASONWATCH_FEATURES_CITATIONS_H_

#include "core/trace.h"
#include "features/prompt.h"

namespace reasonwatch {

struct Scored;

// Fills kCitations if the prompt has a source numbered "[1]": the answer cites
// any, as "[2]", "[1, 3]", "[2-4]", "[^1]" or "【1】". Fills kCitationUnknown
// if it does: one of the cited numbers is none of the prompt's. Whole answers
// in words only; code does not count.
void ReadCitations(const Trace& trace, const PromptText& prompt,
                   Scored& scored);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_CITATIONS_H_
