// SPDX-License-Identifier: Apache-2.0
// Baselines and events that commands have put into the database: the daemon
// takes them over at its start and at every reload.
#ifndef REASONWATCH_DAEMON_APP_STORED_BASELINE_H_
#define REASONWATCH_DAEMON_APP_STORED_BASELINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/baseline_problem.h"
#include "core/model_event.h"
#include "daemon/pipeline/shards.h"
#include "daemon/telemetry/telemetry.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

class Store;

// Gives the shards each baseline that has changed since they had it last, and
// acts on the operator's pending events. `all_problems`: gives them the
// problems of the others too, as a fresh start needs.
absl::Status ApplyStoredBaselines(BaselineStore& store, bool all_problems,
                                  Shards& shards, Telemetry& telemetry);

// Hands a deployment that the operator has just reported to the store, the
// metrics and, if it is expected, the shards.
absl::Status ApplyDeployment(const ModelEvent& event, Store& store,
                             Shards& shards, Telemetry& telemetry);

// Evidence that an accepted incident gives for the event.
std::string AcceptedEvidence(const ModelEvent& event);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_STORED_BASELINE_H_
