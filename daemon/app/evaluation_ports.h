// SPDX-License-Identifier: Apache-2.0
// Joins the export of judgements with the pipelines, the API's JSON and HTTP.
#ifndef REASONWATCH_DAEMON_APP_EVALUATION_PORTS_H_
#define REASONWATCH_DAEMON_APP_EVALUATION_PORTS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/clock.h"
#include "daemon/app/config/config.h"
#include "daemon/notify/evaluation_export.h"
#include "daemon/pipeline/observer.h"

namespace reasonwatch {

// Graded live responses, and the openings and ends of incidents. Thread-safe.
class EvaluationForwarder : public PipelineObserver {
 public:
  EvaluationForwarder(EvaluationExport& out, const Clock& clock,
                      std::function<std::string(const Incident&)> sentence)
      : out_(out), clock_(clock), sentence_(std::move(sentence)) {}

  void OnScored(const Scored& scored, ResponseOutcome outcome,
                bool watched) override;
  void OnIncident(const IncidentEvent& event) override;

 private:
  EvaluationExport& out_;
  const Clock& clock_;
  const std::function<std::string(const Incident&)> sentence_;
};

// Null if the configuration has no endpoint. A batch that is lost is a line
// "evaluations_lost" of the log.
absl::StatusOr<std::unique_ptr<EvaluationExport>> StartEvaluations(
    const OtelConfig& config);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_EVALUATION_PORTS_H_
