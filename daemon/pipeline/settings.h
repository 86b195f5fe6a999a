// From the configuration to the settings of the parts.
#ifndef REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_
#define REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_

#include <functional>
#include <ostream>

#include "absl/status/status.h"
#include "daemon/config.h"
#include "daemon/grader/command_grader.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "detectors/model_watch.h"
#include "incidents/incident_book.h"

namespace reasonwatch {

WatchOptions WatchOptionsOf(const Config& config);
// What is in force for a model, before anything is learnt of it.
ModelProfile ProfileOf(const Config& config, const std::string& model);
IncidentOptions IncidentOptionsOf(const Config& config);

// `lasting`: for the daemon, which starts the command again for ever.
CommandGraderOptions GraderOptionsOf(const Config& config, bool lasting);
// Asks grading.command and waits for it; null where there is none.
StandardEvaluator::AnswerGrader GraderOf(
    const Config& config, bool lasting,
    std::function<void(const absl::Status&)> on_failure);
// Tells the first failures.
std::function<void(const absl::Status&)> TellGraderFailures(
    std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_
