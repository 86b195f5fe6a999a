// Problems without labels: what a model is asked again and again, and used to
// answer the same way. "It answered 42 and now says 17" needs no gold.
//
// A prompt that was asked four times, at least 75 % of them with one answer,
// is agreed: that answer decides from then on, until the reference starts
// anew. Prompts and answers are known by keyed digests only (Scored). Bounded:
// prompts that were asked once wait in a table that grows where two want one
// place; once it is as large as it may be, the newer takes the older's. Of
// those asked again the ones not asked for longest go.
//
// Not thread-safe; one owner. O(1) a response, amortised.
#ifndef REASONWATCH_DAEMON_PIPELINE_AGREED_PROBLEMS_H_
#define REASONWATCH_DAEMON_PIPELINE_AGREED_PROBLEMS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/scored.h"
#include "detectors/sequential/state_io.h"

namespace reasonwatch {

inline constexpr int32_t kAgreedFromTrials = 4;
inline constexpr size_t kMaxAskedOnce = 8192;
inline constexpr size_t kMaxAskedAgain = 4096;

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
  // Counts the answer of a healthy response that nothing graded.
  Settled Learn(const Scored& scored);

  int64_t agreed() const { return agreed_; }
  int64_t forgotten() const { return forgotten_; }
  // Something of note was learnt since the last Save().
  bool WantsSave() const { return unsaved_ >= kSaveAfter; }

  void Save(StateWriter& out);
  void Restore(StateReader& in);

 private:
  static constexpr int64_t kSaveAfter = 256;
  static constexpr size_t kAnswers = 4;
  // Two keys; as they are saved.
  struct Once {
    uint64_t prompt = 0;
    uint64_t answer = 0;
  };
  struct Again {
    std::array<uint64_t, kAnswers> answers{};  // the most frequent one first
    std::array<int32_t, kAnswers> counts{};
    int64_t last_asked = 0;
    int32_t trials = 0;
    int32_t agreed = 0;  // 0 or 1; as wide as the other, so no padding
  };

  Once& OnceOf(uint64_t prompt) { return once_[prompt % once_.size()]; }
  // So that this one has a place of its own, if the bound allows.
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

#endif  // REASONWATCH_DAEMON_PIPELINE_AGREED_PROBLEMS_H_
