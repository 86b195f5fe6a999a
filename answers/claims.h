// SPDX-License-Identifier: Apache-2.0
// The verdict that a chain comes to about a yes-or-no question, read from its
// sentences: "17 is not a prime number" answers "Is 17 a prime number?".
//
// Pure, thread-safe; reads the last kConclusionBytes bytes of a text.
#ifndef REASONWATCH_ANSWERS_CLAIMS_H_
#define REASONWATCH_ANSWERS_CLAIMS_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace reasonwatch::claims {

// Bytes at the end of a chain that are read for its conclusion: a page of a
// screen, or some twenty sentences.
inline constexpr size_t kConclusionBytes = 1536;

// The predicate that a yes-or-no question asks of its subject, as views into
// it: "prime number" of "Is 17 a prime number?".
struct Predicate {
  std::string_view phrase;
  std::string_view head;     // its first word
  std::string_view subject;  // the last word before it
};

// The predicate of the last question of `question` that begins with is, are,
// was or were; nullopt if there is none, or it offers a choice or is negated.
std::optional<Predicate> AskedPredicate(std::string_view question);

// Does the last claim of `chain` about the predicate affirm it? Nullopt: it
// makes none. Conditions ("if 17 is prime") are no claims.
std::optional<bool> ConcludedVerdict(std::string_view chain,
                                     const Predicate& asked);

}  // namespace reasonwatch::claims

#endif  // REASONWATCH_ANSWERS_CLAIMS_H_
