// SPDX-License-Identifier: Apache-2.0
// The baseline's problems of one model, found again in live prompts.
//
// Exact: the same problem in another wrapping (frame.h), or in a frame that
// recurs round several problems (frame_book.h). Near: the same problem with
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
#include "baseline/matching/frame_book.h"
#include "baseline/matching/problem_text.h"
#include "baseline/matching/rolling_hash.h"
#include "core/match.h"
#include "core/problem.h"

namespace reasonwatch {

struct IndexedProblem {
  std::string gold;  // "" = only the caller's verdict can grade it
  AnswerKind answer_kind = AnswerKind::kUnknown;
  std::string id{};      // the operator's name for it, "" = none
  std::string family{};  // its subject: "algebra", "rates"; "" = not known
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

  // Null if the problem is not in the baseline. O(1).
  const IndexedProblem* Find(uint64_t digest) const;
  // Digest of the problem with this id, or with the id without a last '#' and
  // digits: batches have every id once, so "p7#2" is a further answer to p7. 0
  // if there is none, or several have it.
  uint64_t DigestOfId(std::string_view id) const;
  // Which problem the prompt asks. distance: 0 for exact, else 1 - similarity,
  // in (0, 0.5]. Linear in the prompt. Frames that `frames` knows are wrapping
  // too; null = none are known.
  Match FindByText(std::string_view prompt,
                   const FrameBook* frames = nullptr) const;
  // Does the same, and notes in `frames` what stood round the problem first.
  Match FindAndLearn(std::string_view prompt, FrameBook& frames) const;

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
  // A hash and the text that has it, sorted by hash, with a table of the places
  // at which the hashes of each leading value begin.
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

  // The place of a problem: tokens [begin, end) of a prompt.
  struct Place {
    const Text* problem = nullptr;
    size_t begin = 0;
    size_t end = 0;
  };
  // The books of frames that nobody has listed.
  struct Frames {
    const FrameBook* known = nullptr;
    FrameBook* learning = nullptr;
  };
  // A prompt while it is looked up.
  struct Prompt {
    std::string_view normal;
    const std::vector<ProblemToken>& tokens;
    const RollingHash& rolling;
  };

  // Makes the text findable inside of prompts, by the rarest of its windows.
  void Anchor(size_t text, const std::vector<uint32_t>& hashes,
              const absl::flat_hash_map<uint32_t, uint32_t>& windows);
  Match Find(std::string_view prompt, const Frames& frames) const;
  // The problem that all tokens with this hash are, null if none is.
  const Text* Asked(uint64_t hash) const;
  const Text* Asked(const std::vector<ProblemToken>& tokens) const;
  // The last problem that the prompt holds whole; of those that overlap, the
  // longest.
  Place FindPlace(const RollingHash& rolling) const;
  // Takes the problems whose anchor is the window at token `at` into `best`.
  void Consider(const RollingHash& rolling, size_t at, size_t window,
                const Postings& postings, Place& best) const;
  // Exact if only wrapping is around the problem, else near.
  Match Judge(const Prompt& prompt, const Place& place,
              const Frames& frames) const;
  Match FindNear(const std::vector<uint32_t>& shingles) const;

  absl::flat_hash_map<uint64_t, IndexedProblem> problems_;
  // Digest of an id to the problem's; 0: several problems have it.
  absl::flat_hash_map<uint64_t, uint64_t> by_id_;
  absl::flat_hash_map<uint64_t, uint32_t> by_core_;  // rolling hash to text
  std::vector<Text> texts_;
  std::vector<PendingText> pending_;  // of the texts, until Build()
  std::vector<uint32_t> shingles_;
  Postings windows_;
  Postings short_windows_;  // of problems with fewer tokens than a window
  Postings rare_shingles_;
};

// Bounds the memory of one model's baseline: 1.1 GiB for as many problems of
// 300 bytes.
inline constexpr size_t kMaxIndexedProblems = 1000000;

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_PROBLEM_INDEX_H_
