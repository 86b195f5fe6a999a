// SPDX-License-Identifier: Apache-2.0
// Joins the store of evidence with the pipelines: texts and the numbers of
// replays come from the workers, and are written when an incident opens.
#ifndef REASONWATCH_DAEMON_APP_KEPT_TEXTS_H_
#define REASONWATCH_DAEMON_APP_KEPT_TEXTS_H_

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "daemon/app/config/config.h"
#include "daemon/evidence/evidence_desk.h"
#include "daemon/pipeline/evidence_sink.h"
#include "daemon/pipeline/observer.h"
#include "util/mutex.h"

namespace reasonwatch {

// Thread-safe.
class KeptTexts : public EvidenceSink, public PipelineObserver {
 public:
  explicit KeptTexts(std::unique_ptr<EvidenceDesk> desk)
      : desk_(std::move(desk)) {}

  bool Wants(const std::string& model) const override {
    return desk_->Wants(model);
  }
  void Keep(Response&& response, const Scored& scored) override {
    desk_->Keep(std::move(response), scored.readings);
  }
  void OnIncident(const IncidentEvent& event) override {
    if (event.kind == IncidentEvent::Kind::kOpened &&
        desk_->Wants(event.incident.model))
      desk_->Write(event.incident);
  }
  bool WantsRuns(const std::string& model) override;
  void KeepRun(IncidentRun&& run) override { desk_->WriteRun(std::move(run)); }
  const EvidenceDesk& desk() const { return *desk_; }
  // The configuration in force, for the files of runs.
  void SetConfig(const Config& config);

 private:
  // Models whose way is remembered take some MB of memory each.
  static constexpr size_t kMaxRunModels = 16;

  const std::unique_ptr<EvidenceDesk> desk_;
  Mutex mutex_;
  std::set<std::string> run_models_ ABSL_GUARDED_BY(mutex_);
};

// Null if the configuration keeps no text.
absl::StatusOr<std::unique_ptr<KeptTexts>> StartKeptTexts(const Config& config);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_KEPT_TEXTS_H_
