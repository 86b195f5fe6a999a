// SPDX-License-Identifier: Apache-2.0
// Languages of the answers, given the language that was asked for.
//
// A pair is rare if, with the response counted in, at most 2 % of the
// answers to its asked language are in its language, or it is the only one.
// With m_a answers in language a and N+1 in all, A = sum of m_a over the rare
// languages; a healthy response is rare with probability A/(N+1), given the
// counts (exchangeability), so that a bet against A/(N+1) is fair whatever the
// languages of the traffic are. Translation is healthy if the reference
// translates, and its loss is a rare pair.
//
// Not thread-safe; one owner. At most kMaxLanguagePairs pairs; further ones
// are not counted and never rare.
#ifndef REASONWATCH_DETECTORS_REFERENCE_LANGUAGE_PAIRS_H_
#define REASONWATCH_DETECTORS_REFERENCE_LANGUAGE_PAIRS_H_

#include <cstdint>

#include "absl/container/btree_map.h"
#include "detectors/evidence/rate.h"

namespace reasonwatch {

// 32 languages with each other.
inline constexpr size_t kMaxLanguagePairs = 1024;

// Codes as of Scored; 0 = not known.
struct LanguagePair {
  uint8_t expected = 0;
  uint8_t answer = 0;
  bool known() const { return expected != 0 && answer != 0; }
  template <typename Archive>
  friend void Describe(Archive& archive, LanguagePair& p) {
    archive.Field("expected", p.expected);
    archive.Field("answer", p.answer);
  }
};

class LanguagePairs {
 public:
  struct Verdict {
    bool rare = false;
    RateCounts healthy;  // rare ones among the reference
  };
  // The verdict on a response that is not counted yet. O(languages).
  Verdict Judge(LanguagePair pair) const;
  void Add(LanguagePair pair);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, LanguagePairs& p);

  // expected << 8 | answer
  absl::btree_map<uint16_t, int32_t> counts_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_LANGUAGE_PAIRS_H_
