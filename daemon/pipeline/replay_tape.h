// SPDX-License-Identifier: Apache-2.0
// Remembers, in numbers, how a model's pipeline came to where it is: its state
// some responses ago, and the responses since. Fed again into that state they
// give the same findings, since the detectors repeat (model_watch.h).
//
// Bounded: two generations of at most kRows responses and kBytes each; the
// older one goes when the newer one is full. A change of the state that is no
// response (a fit that was made elsewhere, a verdict, a reload) cuts the tape:
// it begins anew with the next response.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DAEMON_PIPELINE_REPLAY_TAPE_H_
#define REASONWATCH_DAEMON_PIPELINE_REPLAY_TAPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/scored.h"
#include "core/state_blob.h"
#include "detectors/model_watch.h"

namespace reasonwatch {

// A response as the detectors received it, and the settings of that moment.
struct TapeRow {
  Scored scored;
  bool low_coverage = false;
  int32_t streams = 0;  // that were watched: they share the budget
};
StateBlob PackTapeRow(const TapeRow& row);
// DataLoss if it can't be read.
absl::StatusOr<TapeRow> UnpackTapeRow(const StateBlob& blob);

class ReplayTape {
 public:
  static constexpr size_t kRows = 512;
  static constexpr size_t kBytes = size_t{4} << 20;

  struct Start {
    ModelWatch::Mark mark;
    StateBlob agreed;
  };

  // The next row needs a new generation before it.
  bool WantsStart() const;
  void Begin(Start start);
  void Add(const TapeRow& row);
  void Cut() { older_ = newer_ = std::nullopt; }

  // The oldest state that is known; null = none.
  const Start* start() const;
  // The rows since, the oldest first.
  std::vector<StateBlob> Rows() const;

 private:
  struct Generation {
    Start start;
    std::vector<StateBlob> rows;
    size_t bytes;
  };
  std::optional<Generation> older_, newer_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_REPLAY_TAPE_H_
