// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/observers.h"

#include <cmath>

#include "core/feature.h"
#include "core/scored.h"

namespace reasonwatch {

void EventForwarder::OnScored(const Scored& scored, ResponseOutcome /*outcome*/,
                              bool watched) {
  if (watched && rescoring_ != nullptr && scored.model != kSelftestModel)
    rescoring_->rescorer().Observe(scored);
}

void SeenCounter::OnScored(const Scored& scored, ResponseOutcome /*outcome*/,
                           bool /*watched*/) {
  if (scored.choice_index > 0) {
    uncounted_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const float logarithm = scored.reading(Feature::kOutputTokens);
  if (std::isfinite(logarithm))
    tokens_.fetch_add(std::llround(std::exp2(logarithm)) - 1,
                      std::memory_order_relaxed);
}

}  // namespace reasonwatch
