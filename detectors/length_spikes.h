// SPDX-License-Identifier: Apache-2.0
// One exact count of tokens that comes again and again.
//
// The counts of a stream's last 200 responses are kept. A response is a spike
// if two of them had exactly its count and answered other prompts; a prompt
// that is asked again may well be answered alike. Sound traffic has some by
// chance, and more or fewer as its prompts come in another order, so that no
// channel asks about them yet.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_LENGTH_SPIKES_H_
#define REASONWATCH_DETECTORS_LENGTH_SPIKES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/scored.h"

namespace reasonwatch {

class LengthSpikes {
 public:
  // True if the response is a spike. False too if its prompt is not known, or
  // if Feature::kLengthSpike was not read: it has no count of its server's, or
  // a small one.
  bool Observe(const Scored& scored);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, LengthSpikes& s);
  struct Count {
    float tokens = 0;  // as Feature::kOutputTokens, which is exact enough
    uint32_t prompt = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Count& c) {
      archive.Field("tokens", c.tokens);
      archive.Field("prompt", c.prompt);
    }
  };

  std::vector<Count> ring_;
  uint32_t next_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LENGTH_SPIKES_H_
