// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/evaluation_ports.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/scored.h"
#include "core/selftest.h"
#include "daemon/api/evaluation_json.h"
#include "daemon/app/deliver.h"
#include "daemon/app/log.h"
#include "rescore/client/http.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

absl::Status Post(const std::string& url, const std::string& ca_file,
                  const std::string& token,
                  const std::vector<EvaluationEvent>& events) {
  HttpRequest request;
  request.url = url;
  request.ca_file = ca_file;
  request.headers.emplace_back("content-type: application/json");
  if (!token.empty())
    request.headers.push_back("authorization: Bearer " + token);
  request.post = EvaluationsJson(events);
  return Deliver(std::move(request));
}

}  // namespace

void EvaluationForwarder::OnScored(const Scored& scored,
                                   ResponseOutcome outcome, bool /*watched*/) {
  if (outcome != ResponseOutcome::kScored || scored.model == kSelftestModel ||
      (scored.grade != Grade::kCorrect && scored.grade != Grade::kIncorrect))
    return;
  EvaluationEvent event;
  event.time = clock_.Now();
  event.name = "correctness";
  event.score = scored.grade == Grade::kCorrect ? 1 : 0;
  event.label = std::string(GradeName(scored.grade));
  event.response_id = scored.id;
  event.trace_id = scored.trace_id;
  event.model = scored.model;
  event.route = scored.route;
  out_.Add(std::move(event));
}

void EvaluationForwarder::OnIncident(const IncidentEvent& e) {
  const Incident& incident = e.incident;
  if (incident.model == kSelftestModel ||
      (e.kind != IncidentEvent::Kind::kOpened &&
       e.kind != IncidentEvent::Kind::kClosed))
    return;
  EvaluationEvent event;
  event.time = clock_.Now();
  event.name = std::string(SignalName(e.signal));
  event.score = e.finding.effect.value;
  event.label = std::string(IncidentEventName(e.kind));
  event.explanation = sentence_(incident);
  event.response_id = e.finding.response_id;
  event.model = incident.model;
  event.route = e.finding.route;
  event.incident = incident.id;
  out_.Add(std::move(event));
}

absl::StatusOr<std::unique_ptr<EvaluationExport>> StartEvaluations(
    const OtelConfig& config) {
  if (config.endpoint.empty()) return nullptr;
  std::string token;
  if (!config.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(token, ReadSecret(config.token_file));
  }
  EvaluationPorts ports;
  std::string url = config.endpoint;
  while (url.ends_with("/")) url.pop_back();
  ports.post = [url = url + "/v1/logs", ca_file = config.ca_file,
                token](const std::vector<EvaluationEvent>& events) {
    return Post(url, ca_file, token, events);
  };
  ports.on_failure = [](const absl::Status& why, size_t lost) {
    LogWarning("evaluations_lost", {{"events", std::to_string(lost)},
                                    {"error", std::string(why.message())}});
  };
  return std::make_unique<EvaluationExport>(std::move(ports));
}

}  // namespace reasonwatch
