// SPDX-License-Identifier: Apache-2.0
// Problems without labels: prompts that a model is asked again and again, and
// used to answer the same way. "It answered 42 and now says 17" needs no gold.
//
// A prompt that was asked four times, at least 75 % of them with one answer,
// is agreed: that answer decides from then on, until the reference starts
// anew. Prompts and answers are known by keyed digests only (Scored). Bounded:
// prompts that were asked once wait in a table that grows if two want one
// place; once it is as large as it may be, the newer takes the older's. Of
// those asked again the ones not asked for longest go.
//
// Not thread-safe; one owner. O(1) a response, amortised.
#ifndef REASONWATCH_BASELINE_AGREED_AGREED_PROBLEMS_H_
#define REASONWATCH_BASELINE_AGREED_AGREED_PROBLEMS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/grade.h"
#include "util/state_archive.h"

namespace reasonwatch {

struct Scored;

// Trials that settle a prompt; with fewer, three quarters of equal answers say
// little.
inline constexpr int32_t kAgreedFromTrials = 4;
// Prompts kept of those asked once and of those asked again: at most 128 KiB
// and 600 KiB a model.
inline constexpr size_t kMaxAskedOnce = 8192;
inline constexpr size_t kMaxAskedAgain = 4096;  // by when they were last asked

class AgreedProblems {
 public:
  // Grades an answer to an agreed problem that nothing else has graded, as a
  // trial of the problem Scored::prompt_key. Returns whether it did.
  bool Grade(Scored& scored) const;

  // The first trials of a prompt, once there are enough of them.
  struct Settled {
    uint64_t problem = 0;  // 0: nothing was settled
    int32_t trials = 0;
    int32_t failures = 0;  // other answers than the most frequent one
    bool agreed = false;
  };
  // Counts the answer of a healthy response that nothing graded. Returns the
  // trials of its prompt if this one settles them.
  Settled Learn(const Scored& scored);

  int64_t agreed() const { return agreed_; }
  int64_t forgotten() const { return forgotten_; }
  // Has enough changed since the last NoteSaved()?
  bool WantsSave() const { return unsaved_ >= kSaveAfter; }
  void NoteSaved() { unsaved_ = 0; }

 private:
  // Empty after bytes that do not hold.
  template <typename Archive>
  friend void Describe(Archive& archive, AgreedProblems& problems);

  // Changes after which a save is worth its writing; an agreed problem counts
  // as that many.
  static constexpr int64_t kSaveAfter = 256;
  // Different answers of one prompt: as many as trials.
  static constexpr size_t kAnswers = 4;
  struct Once {
    uint64_t prompt = 0;
    uint64_t answer = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Once& o) {
      archive.Field("prompt", o.prompt);
      archive.Field("answer", o.answer);
    }
  };
  struct Again {
    std::array<uint64_t, kAnswers> answers{};  // the most frequent one first
    std::array<int32_t, kAnswers> counts{};
    int64_t last_asked = 0;
    int32_t trials = 0;
    int32_t agreed = 0;  // 0 or 1
    template <typename Archive>
    friend void Describe(Archive& archive, Again& a) {
      archive.Field("answers", a.answers);
      archive.Field("counts", a.counts);
      archive.Field("last_asked", a.last_asked);
      archive.InRange("trials", a.trials, 1, kAgreedFromTrials);
      archive.InRange("agreed", a.agreed, 0, 1);
    }
  };

  Once& OnceOf(uint64_t prompt) { return once_[prompt % once_.size()]; }
  // Doubles the table until this one has a place of its own, or the bound is
  // met.
  void MakeRoomFor(uint64_t prompt);
  void Forget();

  // By prompt key, empty until one is asked; doubles up to kMaxAskedOnce.
  std::vector<Once> once_;
  absl::flat_hash_map<uint64_t, Again> again_;
  int64_t clock_ = 0;
  int64_t agreed_ = 0;
  int64_t forgotten_ = 0;
  int64_t unsaved_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_AGREED_AGREED_PROBLEMS_H_
