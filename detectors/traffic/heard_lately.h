// SPDX-License-Identifier: Apache-2.0
// One thing is one observation. Answers to the same prompt, and the turns of
// one session, depend on each other: a hundred of them say hardly more than the
// first few. So they share their evidence.
//
// Of the last 256 responses of a stream, so many had this response's prompt,
// and so many its session. The response weighs 1 / (1 + the number beyond the
// usual one), the smaller of the two. The usual number is the expected one with
// a margin for chance, and at least six turns. A prompt is expected as often as
// in the reference; a session as often as the sessions of earlier responses
// were (their geometric mean and half as much again), so that a stream that is
// one session is judged all the same.
//
// Arithmetic only; not thread-safe; one owner. Deterministic. 2 KB.
#ifndef REASONWATCH_DETECTORS_TRAFFIC_HEARD_LATELY_H_
#define REASONWATCH_DETECTORS_TRAFFIC_HEARD_LATELY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "util/state_archive.h"

namespace reasonwatch {

class HeardLately {
 public:
  static constexpr size_t kRing = 256;

  // The weight of a response, in (0, 1]; it is then among those that were
  // heard. `prompt`: PromptKeyOf(), 0 if unknown. `session`: 0 if it has none.
  // `usual_share`: of the reference's rows that have this prompt, in [0, 1].
  double Observe(uint32_t prompt, uint64_t session, double usual_share);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, HeardLately& h);

  // Rings; a session is known by 32 bits of its hash, never 0.
  std::vector<uint32_t> prompts_;
  std::vector<uint32_t> sessions_;
  int64_t heard_ = 0;
  double session_log_mean_ = 0;  // of ln(1 + others of the same session)
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_TRAFFIC_HEARD_LATELY_H_
