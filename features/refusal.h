// SPDX-License-Identifier: Apache-2.0
// Does an answer decline to answer?
//
// Pure, thread-safe; reads a bounded beginning of the answer.
#ifndef REASONWATCH_FEATURES_REFUSAL_H_
#define REASONWATCH_FEATURES_REFUSAL_H_

#include <string_view>

namespace reasonwatch {

// True if the answer is short, has no code, and says in its first sentences, in
// one of some thirty languages, that its writer can't or won't: "I'm sorry, but
// I can't ...", "..., so I am unable to continue". Wider than IsRefusal() of
// answers/, which decides about a grade: how often a sound model says such
// things of its tools is known from the reference.
bool Declines(std::string_view answer);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_REFUSAL_H_
