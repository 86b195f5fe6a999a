// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the reply of a model server. The result must be a named
// failure or facts, and the failure's message must hold no text of the reply.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rescore/client/body_facts.h"
#include "rescore/client/failure.h"
#include "rescore/client/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto facts = reasonwatch::ReadBodyFacts(text);
  if (facts.ok() && facts->choices < 1) abort();
  if (!facts.ok()) {
    const std::string name = reasonwatch::ClientFailureName(facts.status());
    if (name != "bad_body" && name != "error_in_200" &&
        name != "truncated_stream")
      abort();
  }
  if (reasonwatch::ErrorKind(text).size() > 64) abort();
  const auto metrics = reasonwatch::ParseLoadMetrics(text);
  if (metrics.has_value() && (metrics->waiting < 0 || metrics->running < 0))
    abort();
  const auto slots = reasonwatch::ParseLoadSlots(text);
  if (slots.has_value() && slots->running < 0) abort();
  return 0;
}
