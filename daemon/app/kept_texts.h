// SPDX-License-Identifier: Apache-2.0
// Joins the store of evidence with the pipelines: texts come from the workers,
// and are written when an incident opens.
#ifndef REASONWATCH_DAEMON_APP_KEPT_TEXTS_H_
#define REASONWATCH_DAEMON_APP_KEPT_TEXTS_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "daemon/app/config/config.h"
#include "daemon/evidence/evidence_desk.h"
#include "daemon/pipeline/evidence_sink.h"
#include "daemon/pipeline/observer.h"

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
  const EvidenceDesk& desk() const { return *desk_; }

 private:
  const std::unique_ptr<EvidenceDesk> desk_;
};

// Null if the configuration keeps no text.
absl::StatusOr<std::unique_ptr<KeptTexts>> StartKeptTexts(const Config& config);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_KEPT_TEXTS_H_
