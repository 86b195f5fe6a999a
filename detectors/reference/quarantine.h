// SPDX-License-Identifier: Apache-2.0
// The way of a live response into the reference: it waits, then may be learnt.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_REFERENCE_QUARANTINE_H_
#define REASONWATCH_DETECTORS_REFERENCE_QUARANTINE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "detectors/reference/packed_row.h"

namespace reasonwatch {

struct Scored;

// The form in which a response waits until it may be learnt.
struct PendingRow {
  PackedRow row;
  uint64_t stratum = 0;
  uint64_t session = 0;
  int64_t time_ns = 0;
};
PendingRow MakePendingRow(const Scored& scored);

// Responses that wait, the oldest first.
class Quarantine {
 public:
  void Push(PendingRow row) { rows_.push_back(std::move(row)); }
  PendingRow Pop() {
    PendingRow row = std::move(rows_.front());
    rows_.pop_front();
    return row;
  }
  bool empty() const { return rows_.empty(); }
  int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  // An alarm: none of the rows that wait is trusted.
  void Flush() { rows_.clear(); }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, Quarantine& q);

  std::deque<PendingRow> rows_;
};

// How fast live responses may be learnt: the first kLearntAtOnce as they come,
// the others up to a cap in step with the time that has passed, so that a
// reference does not know one night only.
class LearningPace {
 public:
  // Whether the next row may be learnt; if so, it counts as learnt.
  bool Admit(int64_t time_ns, int32_t cap, absl::Duration min_span);
  // From the first to the last of the rows that were learnt.
  int64_t span_ns() const { return last_ns_ - first_ns_; }

  // `learnt`: rows of the reference, live ones or not.
  template <typename Archive>
  void DescribeOf(Archive& archive, int64_t learnt);

 private:
  int64_t learnt_ = 0;
  int64_t first_ns_ = 0;
  int64_t last_ns_ = 0;
};

// Learnt at once when a stream is new; the rest of the cap is spread over
// ReferenceOptions::min_span.
inline constexpr int kLearntAtOnce = 1000;

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_QUARANTINE_H_
