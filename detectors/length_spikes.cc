// SPDX-License-Identifier: Apache-2.0
#include "detectors/length_spikes.h"

#include <cmath>
#include <string_view>

#include "util/state_archive.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Responses: the window of docs/statistics.md, "Spikes and spread".
constexpr size_t kWindow = 200;
// Others with the same count that make a spike: of 200 lengths with a median of
// 500 tokens, two are the same as a given one in 2 of 100 responses.
constexpr int kOthers = 2;

// 0 = not known.
uint32_t PromptOf(const Scored& scored) {
  uint64_t hash = scored.match.problem;
  if (!scored.prompt_terms.empty()) {
    const void* const terms = scored.prompt_terms.data();
    hash = StableHash(
        std::string_view(static_cast<const char*>(terms),
                         scored.prompt_terms.size() * sizeof(uint16_t)));
  }
  return static_cast<uint32_t>(hash >> 32);
}

}  // namespace

bool LengthSpikes::Observe(const Scored& scored) {
  const float tokens = scored.reading(Feature::kOutputTokens);
  if (std::isnan(scored.reading(Feature::kLengthSpike)) || std::isnan(tokens))
    return false;
  const uint32_t prompt = PromptOf(scored);
  if (prompt == 0) return false;
  int others = 0;
  for (const Count& count : ring_)
    others += count.tokens == tokens && count.prompt != prompt;
  if (ring_.size() < kWindow) {
    ring_.push_back({tokens, prompt});
  } else {
    ring_[next_ % kWindow] = {tokens, prompt};
    next_ = (next_ + 1) % kWindow;
  }
  return others >= kOthers;
}

template <typename Archive>
void Describe(Archive& archive, LengthSpikes& s) {
  archive.List("ring", s.ring_, kWindow);
  archive.InRange("next", s.next_, 0u, static_cast<uint32_t>(kWindow - 1));
}
REASONWATCH_DESCRIBE(LengthSpikes);

}  // namespace reasonwatch
