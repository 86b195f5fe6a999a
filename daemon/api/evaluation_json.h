// SPDX-License-Identifier: Apache-2.0
// Events `gen_ai.evaluation.result` of the OpenTelemetry conventions, as one
// request of OTLP/HTTP with JSON (ExportLogsServiceRequest).
//
// Pure, thread-safe; never throws. An event has the time of the judgement, the
// trace of its response if the tap gave one of 32 hexadecimal digits, and the
// attributes gen_ai.evaluation.name, .score.value, .score.label and
// .explanation, gen_ai.response.id, gen_ai.request.model, reasonwatch.route and
// reasonwatch.incident.id. An attribute without a value is left out.
#ifndef REASONWATCH_DAEMON_API_EVALUATION_JSON_H_
#define REASONWATCH_DAEMON_API_EVALUATION_JSON_H_

#include <string>
#include <vector>

#include "core/evaluation_event.h"

namespace reasonwatch {

std::string EvaluationsJson(const std::vector<EvaluationEvent>& events);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_EVALUATION_JSON_H_
