// SPDX-License-Identifier: Apache-2.0
// Options of the rooms, made from the configuration.
#ifndef REASONWATCH_DAEMON_APP_SETTINGS_H_
#define REASONWATCH_DAEMON_APP_SETTINGS_H_

#include <functional>
#include <ostream>

#include "absl/status/status.h"
#include "answers/command/command_grader.h"
#include "daemon/app/config/config.h"
#include "daemon/pipeline/options.h"
#include "detectors/watch_options.h"
#include "evaluator/standard_evaluator.h"
#include "incidents/options.h"

namespace reasonwatch {

WatchOptions WatchOptionsOf(const Config& config);
// The profile of a model before anything is learnt of it.
ModelProfile ProfileOf(const Config& config, const std::string& model);
IncidentOptions IncidentOptionsOf(const Config& config);
// Without what other parts decide: can_confirm and the grader.
PipelineOptions PipelineOptionsOf(const Config& config);

// `lasting`: for the daemon, which restarts the command without end.
CommandGraderOptions GraderOptionsOf(const Config& config, bool lasting);
// Asks grading.command and waits for its answer; null if there is none.
StandardEvaluator::AnswerGrader GraderOf(
    const Config& config, bool lasting,
    std::function<void(const absl::Status&)> on_failure);
// Reports the first failures on `messages`.
std::function<void(const absl::Status&)> ReportGraderFailures(
    std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_SETTINGS_H_
