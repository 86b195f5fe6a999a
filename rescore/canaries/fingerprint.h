// SPDX-License-Identifier: Apache-2.0
// The fingerprint of a served model: log-probabilities of the first tokens
// after fixed prompts. Other weights, another precision or another template
// move them, whatever the server reports of itself.
//
// A run asks every prompt once. Two sets of runs are compared by a permutation
// test. Its statistic is the distance of the two means, summed over prompts and
// positions; it is compared with the same sum after shuffling the runs. So a
// server that is not bit-stable is compared with its own noise. Pure.
#ifndef REASONWATCH_RESCORE_CANARIES_FINGERPRINT_H_
#define REASONWATCH_RESCORE_CANARIES_FINGERPRINT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace reasonwatch {

inline constexpr int kFingerprintTokens = 4;  // of each prompt
// 8 against 8 runs can be split in 12,870 ways, enough for a p-value of .0002.
inline constexpr int kFingerprintRuns = 8;
// The p-value from which on the fingerprint counts as another one.
inline constexpr double kFingerprintError = .005;

// The prompts, as OpenAI messages.
const std::vector<std::string>& FingerprintPrompts();

// One run: prompt after prompt, position after position, natural logarithms.
using FingerprintRun = std::vector<double>;

// Log-probabilities of the chosen tokens of an API body, chat or completions:
// kFingerprintTokens of them, filled up with 0. NotFound: the body has none.
absl::StatusOr<FingerprintRun> ReadLogprobs(std::string_view body);

// The p-value, in (0, 1]; 1 if the runs can't be compared. Deterministic.
double FingerprintPValue(const std::vector<FingerprintRun>& before,
                         const std::vector<FingerprintRun>& now);

// As text, for the store.
std::string PrintFingerprint(const std::vector<FingerprintRun>& runs);
absl::StatusOr<std::vector<FingerprintRun>> ParseFingerprint(
    std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARIES_FINGERPRINT_H_
