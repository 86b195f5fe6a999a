// The baseline's problems of one model, found again by digest.
//
// Build once, then share; const access is safe from several threads.
#ifndef REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_
#define REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "core/response.h"

namespace reasonwatch {

struct IndexedProblem {
  std::string gold;  // "" = only the caller's verdict can grade it
  AnswerKind answer_kind = AnswerKind::kUnknown;
};

class ProblemIndex {
 public:
  // Keeps the first gold of a digest; later ones without a gold change nothing.
  // Ignored beyond kMaxIndexedProblems (false).
  bool Add(uint64_t digest, IndexedProblem problem);
  // nullptr where the problem is not in the baseline. O(1).
  const IndexedProblem* Find(uint64_t digest) const;
  size_t size() const { return problems_.size(); }

 private:
  absl::flat_hash_map<uint64_t, IndexedProblem> problems_;
};

inline constexpr size_t kMaxIndexedProblems = 200000;

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_
