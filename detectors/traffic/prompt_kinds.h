// SPDX-License-Identifier: Apache-2.0
// Kinds of prompts that came after the reference: each is known again by its
// words, when it has been seen often enough.
//
// At most kMaxKinds; 8 KB each. Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_TRAFFIC_PROMPT_KINDS_H_
#define REASONWATCH_DETECTORS_TRAFFIC_PROMPT_KINDS_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "detectors/traffic/prompt_words.h"
#include "util/state_archive.h"

namespace reasonwatch {

struct PromptKind {
  uint8_t id = 0;  // as Stratum::kind; never reused
  int64_t since_ns = 0;
  int64_t seen = 0;           // prompts so far
  int64_t heard = 0;          // prompts of any kind since it began
  double share = 0;           // of the latest prompts
  int64_t other_systems = 0;  // prompts with another system prompt than usual
  // It is known again from here on: a prompt whose words score at least this.
  bool established = false;
  double least_score = 0;
  WordCounts words{1};

  template <typename Archive>
  friend void Describe(Archive& archive, PromptKind& k) {
    archive.Field("id", k.id);
    archive.Field("since_ns", k.since_ns);
    archive.InRange("seen", k.seen, 0, kMaxStored);
    archive.InRange("heard", k.heard, 0, kMaxStored);
    archive.Field("share", k.share);
    archive.InRange("other_systems", k.other_systems, 0, kMaxStored);
    archive.Field("established", k.established);
    archive.Field("least_score", k.least_score);
    archive.Field("words", k.words);
  }
};

class PromptKinds {
 public:
  static constexpr size_t kMaxKinds = 3;  // bounds the memory

  // The established kind that the prompt is of; nullptr: none.
  PromptKind* Find(PromptTermSpan terms, const WordCounts& reference,
                   const TermSet& ignored);
  bool Knows(PromptTermSpan terms, const WordCounts& reference,
             const TermSet& ignored) const;
  // The kind that is being learnt, begun if there is none; nullptr: no room.
  PromptKind* Growing(int64_t since_ns);
  const PromptKind* growing() const;
  void DropGrowing();
  // Adds a prompt to its kind, and every kind's share hears of it; nullptr: of
  // none.
  void Count(PromptKind* kind, PromptTermSpan terms, bool other_system);
  // The kind that is being learnt is known again from here on.
  void Establish(const PromptRows& rows, const WordCounts& reference,
                 const TermSet& ignored);
  // The latest; nullptr: there is none.
  const PromptKind* latest() const {
    return kinds_.empty() ? nullptr : &kinds_.back();
  }
  bool empty() const { return kinds_.empty(); }
  size_t bytes() const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, PromptKinds& k) {
    archive.List("kinds", k.kinds_, kMaxKinds);
    archive.Field("next_id", k.next_id_);
  }

  std::vector<PromptKind> kinds_;
  uint8_t next_id_ = 1;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_TRAFFIC_PROMPT_KINDS_H_
