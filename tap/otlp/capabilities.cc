// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/capabilities.h"

#include "formats/formats.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Markers in the text are looked for in the first responses of a source and
// then in a few, so that one without reasoning costs no second reading.
constexpr int64_t kFirst = 64;
constexpr int64_t kThenEvery = 16;  // the few of them

bool HoldsReasoning(const Response& r) {
  if (r.reasoning.has_value()) return !r.reasoning->empty();
  return ParseResponse(r, "auto").reasoning.value_or("") != "";
}

}  // namespace

void ReasoningCapabilities::Mark(std::string_view source, Response& r) {
  const uint64_t key = StableHash(source);
  bool look = false;
  {
    MutexLock lock(mutex_);
    auto found = sources_.find(key);
    if (found == sources_.end() && sources_.size() < kMaxSources)
      found = sources_.try_emplace(key).first;
    if (found != sources_.end()) {
      if (found->second.delivers) return;
      const int64_t n = found->second.looked++;
      look = r.reasoning.has_value() || n < kFirst || n % kThenEvery == 0;
    }
  }
  if (look && HoldsReasoning(r)) {
    MutexLock lock(mutex_);
    sources_[key].delivers = true;
    return;
  }
  r.without_reasoning_text = r.reasoning.value_or("").empty();
}

}  // namespace reasonwatch
