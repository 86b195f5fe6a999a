// From the configuration to the settings of the parts.
#ifndef REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_
#define REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_

#include "daemon/config.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "detectors/model_watch.h"
#include "incidents/incident_book.h"

namespace reasonwatch {

WatchOptions WatchOptionsOf(const Config& config);
// What is in force for a model, before anything is learnt of it.
ModelProfile ProfileOf(const Config& config, const std::string& model);
IncidentOptions IncidentOptionsOf(const Config& config);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_
