// SPDX-License-Identifier: Apache-2.0
// The state that an earlier run of the daemon has saved.
#ifndef REASONWATCH_DAEMON_APP_SAVED_STATE_H_
#define REASONWATCH_DAEMON_APP_SAVED_STATE_H_

#include "absl/status/status.h"
#include "daemon/pipeline/shards.h"
#include "daemon/telemetry/telemetry.h"

namespace reasonwatch {

class Store;

// Before Shards::Start(): gives the saved detector state and the incidents that
// are open, or were until lately, to the shards and the metrics, and reports
// how long ago the last checkpoint was. State that can't be read is logged and
// left out; the errors are those of the store.
absl::Status RestoreSavedState(Store& store, Shards& shards,
                               Telemetry& telemetry);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_SAVED_STATE_H_
