// SPDX-License-Identifier: Apache-2.0
// The settings by which recorded responses are read and learnt.
#ifndef REASONWATCH_DAEMON_RECORDINGS_RECORDING_SETTINGS_H_
#define REASONWATCH_DAEMON_RECORDINGS_RECORDING_SETTINGS_H_

#include <functional>
#include <string>

#include "daemon/recordings/recording_source.h"
#include "detectors/watch_options.h"
#include "evaluator/standard_evaluator.h"
#include "incidents/options.h"

namespace reasonwatch {

struct RecordingSettings {
  // The settings of a model before anything is known of it. Never null.
  std::function<ModelProfile(const std::string& model)> profile_of;
  WatchOptions watch;
  IncidentOptions incidents;
  StandardEvaluator::AnswerGrader grader = nullptr;  // null: the built-in one
  // The key of the hashes of sessions, and of prompts and answers that no
  // baseline knows. Only the hashes of a stored baseline outlive the process.
  std::string session_key = "recording";
  OnRows on_rows = nullptr;  // null: nobody looks on
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_RECORDING_SETTINGS_H_
