// SPDX-License-Identifier: Apache-2.0
// Log lines for the reports of the pipeline's workers.
#ifndef REASONWATCH_DAEMON_APP_PIPELINE_LOG_H_
#define REASONWATCH_DAEMON_APP_PIPELINE_LOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/pipeline/observer.h"
#include "util/mutex.h"

namespace reasonwatch {

// One line for a noteworthy event, never one a response. Thread-safe.
class PipelineLog : public PipelineObserver {
 public:
  // A line if ids of responses are first seen to be shared.
  void OnError(Stage stage, std::string_view reason, int64_t n) override;
  // event=incident_opened, incident_updated, ...: a warning if it has opened.
  void OnIncident(const IncidentEvent& event) override;
  void OnModelEvent(const ModelEvent& event) override;
  // A line if the notice opens or closes.
  void OnUnknownFormat(const std::string& model,
                       const UnknownFormatSnapshot& format) override;
  void OnCountsDiffer(const std::string& model,
                      const CountsDifferSnapshot& counts) override;
  // A line if the state changes, or the notice of a new kind of prompts.
  void OnStream(const StreamSnapshot& snapshot) override;
  void OnReferenceAnew(const std::string& model, size_t closed,
                       const std::string& evidence) override;
  void OnBaselineUnreadable(const std::string& model,
                            const absl::Status& why) override;
  void OnNotStored(StoreWrite what, std::string_view subject,
                   const absl::Status& why) override;

 private:
  // Remembers whether the notice of this name is open for the model; false if
  // that was known.
  bool Changed(std::string_view notice, const std::string& model, bool open);

  void LogNewPrompts(const StreamSnapshot& s);

  Mutex mutex_;
  bool shared_ids_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::pair<std::string, std::string>, bool> notices_
      ABSL_GUARDED_BY(mutex_);  // by name and model
  std::map<std::pair<std::string, std::string>, StreamState> states_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_PIPELINE_LOG_H_
