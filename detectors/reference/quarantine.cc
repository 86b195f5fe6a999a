// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/quarantine.h"

#include <algorithm>

#include "core/scored.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// The longest quarantine is 500 (stream_reference.h); a stored one may be of a
// release with a longer one.
constexpr uint32_t kMaxPending = 1u << 16;

}  // namespace

PendingRow MakePendingRow(const Scored& scored) {
  return {.row = PackedRow(scored),
          .stratum = scored.stratum.Key(),
          .session = scored.session,
          // Recordings without times are all of one moment.
          .time_ns = std::clamp<int64_t>(absl::ToUnixNanos(scored.start), 0,
                                         kMaxStored)};
}

bool LearningPace::Admit(int64_t time_ns, int32_t cap,
                         absl::Duration min_span) {
  if (learnt_ == 0) first_ns_ = time_ns;
  const double span = absl::ToDoubleSeconds(min_span);
  const double lived = static_cast<double>(time_ns - first_ns_) * 1e-9;
  const double share = span > 0 ? std::clamp(lived / span, 0.0, 1.0) : 1.0;
  const double allowed =
      kLearntAtOnce + std::max(0, cap - kLearntAtOnce) * share;
  if (share < 1 && static_cast<double>(learnt_) >= allowed) return false;
  ++learnt_;
  last_ns_ = std::max(last_ns_, time_ns);
  return true;
}

template <typename Archive>
void LearningPace::DescribeOf(Archive& archive, int64_t learnt) {
  archive.InRange("learnt_live", learnt_, 0, learnt);
  archive.InRange("first_live_ns", first_ns_, -kMaxStored, kMaxStored);
  archive.InRange("last_live_ns", last_ns_, -kMaxStored, kMaxStored);
}
template void LearningPace::DescribeOf(StateWriter&, int64_t);
template void LearningPace::DescribeOf(StateReader&, int64_t);
template void LearningPace::DescribeOf(StatePrinter&, int64_t);

template <typename Archive>
void Describe(Archive& archive, PendingRow& p) {
  archive.Field("row", p.row);
  archive.Field("stratum", p.stratum);
  archive.Field("session", p.session);
  archive.InRange("time_ns", p.time_ns, -kMaxStored, kMaxStored);
}

template <typename Archive>
void Describe(Archive& archive, Quarantine& q) {
  archive.List("rows", q.rows_, kMaxPending);
}
REASONWATCH_DESCRIBE(Quarantine);

}  // namespace reasonwatch
