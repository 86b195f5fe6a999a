// SPDX-License-Identifier: Apache-2.0
// Asks an OpenAI-compatible server over HTTP: vLLM, SGLang, llama.cpp, or one
// that speaks like them. Learns a server's limits from its refusals.
//
// Every request carries `x-reasonwatch-origin: rescore` and an id that begins
// with "rw-", so that no tap takes it for live traffic, and asks for the lowest
// priority if the server has priorities.
#ifndef REASONWATCH_RESCORE_CLIENT_MODEL_CLIENT_H_
#define REASONWATCH_RESCORE_CLIENT_MODEL_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/model_client.h"

namespace reasonwatch {

struct ModelClientOptions {
  std::string endpoint;      // "https://host:port", with or without "/v1"
  std::string metrics_url;   // "" = endpoint + "/metrics"
  std::string served_model;  // asked for in place of a request's model; "" = it
  std::string api_key_file;  // read for each request; "" = no key
  std::string ca_file;       // "" = the system's certificates
  std::string header;        // "NAME: VALUE" of each request; "" = none
  std::string extra_body;    // JSON object, added to each request; "" = none
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration load_timeout = absl::Seconds(1);
  absl::Duration regime_timeout = absl::Seconds(30);
  int64_t max_body_bytes = int64_t{16} << 20;
  // How often a request is repeated if the server has not begun it (connection
  // refused; 429 or 503 with Retry-After): after `retry_pause`, twice that, ...
  // or as the server says, within the request's own timeout. A request that may
  // have begun is never repeated.
  int max_retries = 2;
  absl::Duration retry_pause = absl::Milliseconds(500);
  absl::Duration longest_pause = absl::Seconds(30);
};

// InvalidArgument: endpoint or metrics_url is no http or https URL, or the
// extra body is no object or sets what a request sets itself. NotFound: the key
// or certificate file can't be read.
//
// Errors of its calls are named: ClientFailureName() of failure.h. Sample()
// gives one Response for each choice; each holds the whole body. A request
// with messages goes to /v1/chat/completions, one with a prompt to
// /v1/completions, as raw text.
//
// ReadRegime(): `fingerprint` as the server puts it into answers;
// `template_hash` of a fixed conversation as the server's template renders it,
// empty unless the server shows that (vLLM, llama.cpp do); `weights_version` as
// the server describes the weights, which need not change if a file is replaced
// in place.
absl::StatusOr<std::unique_ptr<ModelClient>> OpenModelClient(
    ModelClientOptions options);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_MODEL_CLIENT_H_
