// What a server makes of fixed prompts, in log-probabilities of first tokens:
// other weights, another precision or another template move them, whatever the
// server says of itself.
//
// A run asks every prompt once. Runs of two days are compared by a permutation
// test: the sum over prompts and positions of the distance of the two means,
// against the same sum with the runs shuffled (two-sided; a server that is not
// bit-stable differs from itself, and that is what it is compared with). Pure.
#ifndef REASONWATCH_RESCORE_FINGERPRINT_H_
#define REASONWATCH_RESCORE_FINGERPRINT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace reasonwatch {

inline constexpr int kFingerprintTokens = 4;  // of each prompt
inline constexpr int kFingerprintRuns = 8;
inline constexpr double kFingerprintError = .005;  // p-value that is news

// OpenAI messages.
const std::vector<std::string>& FingerprintPrompts();

// One run: prompt after prompt, position after position, natural logarithms.
using FingerprintRun = std::vector<double>;

// Of the chosen tokens of an API body, chat or completions, at most
// kFingerprintTokens; where there are fewer the rest is 0. NotFound: the server
// gave none.
absl::StatusOr<FingerprintRun> ReadLogprobs(std::string_view body);

// In (0, 1]; 1 where nothing can be compared. Deterministic.
double FingerprintPValue(const std::vector<FingerprintRun>& before,
                         const std::vector<FingerprintRun>& now);

// As text, for the store.
std::string PrintFingerprint(const std::vector<FingerprintRun>& runs);
absl::StatusOr<std::vector<FingerprintRun>> ParseFingerprint(
    std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_FINGERPRINT_H_
