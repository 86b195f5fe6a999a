#include "baseline/matching/problem_index.h"

#include <utility>

namespace reasonwatch {

bool ProblemIndex::Add(uint64_t digest, IndexedProblem problem) {
  if (digest == 0) return false;
  const auto it = problems_.find(digest);
  if (it != problems_.end()) {
    if (it->second.gold.empty()) it->second = std::move(problem);
    return true;
  }
  if (problems_.size() >= kMaxIndexedProblems) return false;
  problems_.emplace(digest, std::move(problem));
  return true;
}

const IndexedProblem* ProblemIndex::Find(uint64_t digest) const {
  const auto it = digest == 0 ? problems_.end() : problems_.find(digest);
  return it == problems_.end() ? nullptr : &it->second;
}

}  // namespace reasonwatch
