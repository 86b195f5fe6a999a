// From the configuration to the settings of the parts.
#ifndef REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_
#define REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_

#include "daemon/config.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "detectors/model_watch.h"

namespace reasonwatch {

WatchOptions WatchOptionsOf(const Config& config);
// What is in force for a model, before anything is learnt of it.
ModelProfile ProfileOf(const Config& config, const std::string& model);
// In alert mode, so that its incidents are told; shadow signals are watched
// only.
bool Alerts(const Config& config, Signal signal);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SETTINGS_H_
