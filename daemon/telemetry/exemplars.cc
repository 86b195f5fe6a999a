// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/exemplars.h"

#include <algorithm>

#include "daemon/telemetry/families.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

bool IsPlain(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](char c) {
    return ascii::IsLetter(c) || ascii::IsDigit(c) || c == '-' || c == '_' ||
           c == '.' || c == ':';
  });
}

}  // namespace

void Exemplars::Observe(size_t bucket, std::string_view trace_id, double value,
                        absl::Time time) {
  if (trace_id.empty() || trace_id.size() > kMaxTraceIdBytes ||
      !IsPlain(trace_id))
    return;
  Exemplar& exemplar = exemplars_[bucket];
  exemplar.trace_id = trace_id;
  exemplar.value = value;
  exemplar.time = IsFinite(time) ? UnixSeconds(time) : 0;
}

size_t Exemplars::BucketOf(double tokens) {
  return static_cast<size_t>(
      std::lower_bound(kTokenBounds.begin(), kTokenBounds.end(), tokens) -
      kTokenBounds.begin());
}

}  // namespace reasonwatch
