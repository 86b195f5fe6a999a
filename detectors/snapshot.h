// SPDX-License-Identifier: Apache-2.0
// A watched stream as operators see it.
#ifndef REASONWATCH_DETECTORS_SNAPSHOT_H_
#define REASONWATCH_DETECTORS_SNAPSHOT_H_

#include <cstdint>

#include "absl/time/time.h"
#include "core/snapshot.h"
#include "detectors/level/thresholds.h"
#include "detectors/model_watch.h"

namespace reasonwatch {

// The parts of a snapshot that are not the stream's own.
struct SnapshotContext {
  absl::Time now;
  Thresholds thresholds;  // of the stream's own level
  uint32_t enabled_signals = ~0u;
  bool frozen = false;  // learns nothing more, by configuration
};

// All fields but the labels and those of the whole model.
StreamSnapshot MakeSnapshot(const WatchedStream& stream,
                            const SnapshotContext& context);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_SNAPSHOT_H_
