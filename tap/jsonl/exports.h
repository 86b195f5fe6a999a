// SPDX-License-Identifier: Apache-2.0
// Records that other tools export: Langfuse's observations, and the samples of
// lm-evaluation-harness.
#ifndef REASONWATCH_TAP_JSONL_EXPORTS_H_
#define REASONWATCH_TAP_JSONL_EXPORTS_H_

#include <simdjson.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/response.h"

namespace reasonwatch {

// Appends the responses of one record. `model` is that of records which name
// none. InvalidArgument says which key is wrong and how; NotFound, that the
// record is no answer of a model, e.g. a span.

// Langfuse: an observation of type GENERATION, with the names of its API or of
// its export. `input` and `output` are messages, texts or bodies.
absl::Status ReadLangfuse(const simdjson::dom::object& record,
                          const std::string& model,
                          std::vector<Response>& rows);

// lm-eval: one row a sample, the model's text in `resps`, its grade in the
// task's metrics. Samples of tasks that compare likelihoods hold no text.
absl::Status ReadLmEval(const simdjson::dom::object& record,
                        const std::string& model, std::vector<Response>& rows);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_JSONL_EXPORTS_H_
