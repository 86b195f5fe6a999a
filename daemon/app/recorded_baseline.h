// SPDX-License-Identifier: Apache-2.0
// The baseline that the configuration names as a file of recorded responses.
#ifndef REASONWATCH_DAEMON_APP_RECORDED_BASELINE_H_
#define REASONWATCH_DAEMON_APP_RECORDED_BASELINE_H_

#include "absl/status/status.h"
#include "daemon/app/config/config.h"
#include "daemon/app/rescoring_service.h"
#include "daemon/pipeline/shards.h"
#include "daemon/telemetry/telemetry.h"
#include "evaluator/standard_evaluator.h"

namespace reasonwatch {

class Store;

// Before Shards::Start(): imports config.baseline.path. References are learnt
// only if the file differs from the one that was learnt last; its problems are
// needed at every start. `rescoring` may be null. The errors are those of the
// file and of the store.
absl::Status LearnRecordedBaseline(const Config& config, Store& store,
                                   StandardEvaluator& evaluator, Shards& shards,
                                   Telemetry& telemetry,
                                   RescoreService* rescoring);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_RECORDED_BASELINE_H_
