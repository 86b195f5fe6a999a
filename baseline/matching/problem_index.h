// The baseline's problems of one model, found again in live prompts.
//
// Exact: the same problem in another wrapping. Near: the same problem with
// other numbers or names, by the Jaccard similarity of three-word shingles of
// its skeleton. Build once, then share; const access is safe from several
// threads. No text is kept, only hashes of it.
#ifndef REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_
#define REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "baseline/matching/problem_text.h"
#include "core/response.h"
#include "core/scored.h"

namespace reasonwatch {

struct IndexedProblem {
  std::string gold;  // "" = only the caller's verdict can grade it
  AnswerKind answer_kind = AnswerKind::kUnknown;
  std::string id{};      // the operator's name for it, "" = none
  std::string family{};  // what it is of: "algebra", "rates"; "" = not known
};

class ProblemIndex {
 public:
  // Keeps the first gold of a digest; later ones without a gold change nothing.
  // Ignored beyond kMaxIndexedProblems (false). `prompt` is the problem as it
  // was asked; "" = it is only found by its digest.
  bool Add(uint64_t digest, IndexedProblem problem,
           std::string_view prompt = {});
  // Makes the prompts findable. Call once, after the last Add().
  void Build();

  // nullptr where the problem is not in the baseline. O(1).
  const IndexedProblem* Find(uint64_t digest) const;
  // Digest of the problem with this id, or with what stands before a last '#'
  // and digits: batches have every id once, so "p7#2" is a further answer to
  // p7. 0 where there is none, or several have it.
  uint64_t DigestOfId(std::string_view id) const;
  // Which problem the prompt asks. distance: 0 for exact, else 1 - similarity,
  // in (0, 0.5]. Linear in the prompt.
  Match FindByText(std::string_view prompt) const;

  size_t size() const { return problems_.size(); }
  bool has_text() const { return !texts_.empty(); }
  // Bytes held, gold answers and names aside.
  size_t memory() const;

 private:
  struct Text {
    uint64_t digest = 0;
    uint64_t hash = 0;           // rolling hash of all tokens
    uint32_t tokens = 0;         // their number
    uint32_t anchor = 0;         // token at which its rarest window begins
    uint32_t first_shingle = 0;  // [first, first + count) of shingles_, sorted
    uint32_t shingle_count = 0;
    bool ambiguous = false;  // others have these words and another gold
  };
  // A hash and the text that has it, sorted by hash, with a table of where the
  // hashes of each leading value begin.
  struct Postings {
    std::vector<std::pair<uint32_t, uint32_t>> entries;
    std::vector<uint32_t> begins;
    int shift = 32;
    void Sort();
    std::pair<size_t, size_t> Range(uint32_t hash) const;
  };
  struct PendingText {
    std::vector<uint32_t> hashes;
    std::vector<uint32_t> shingles;
  };

  // The problem that these tokens are, nullptr where none is.
  const Text* Asked(const std::vector<ProblemToken>& tokens) const;
  // A problem inside `core`, and whether only wrapping stands round it.
  Match FindContained(std::string_view core,
                      const std::vector<ProblemToken>& tokens) const;
  Match FindNear(const std::vector<uint32_t>& shingles) const;

  absl::flat_hash_map<uint64_t, IndexedProblem> problems_;
  // Digest of an id to the problem's; 0: several problems have it.
  absl::flat_hash_map<uint64_t, uint64_t> by_id_;
  absl::flat_hash_map<uint64_t, uint32_t> by_core_;  // rolling hash to text
  std::vector<Text> texts_;
  std::vector<PendingText> pending_;  // of the texts, until Build()
  std::vector<uint32_t> shingles_;
  Postings windows_;
  Postings rare_shingles_;
};

inline constexpr size_t kMaxIndexedProblems = 200000;

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_
