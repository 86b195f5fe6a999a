// SPDX-License-Identifier: Apache-2.0
// Readers of a server's load, from its own monitoring. Pure, thread-safe.
#ifndef REASONWATCH_RESCORE_CLIENT_LOAD_H_
#define REASONWATCH_RESCORE_CLIENT_LOAD_H_

#include <optional>
#include <string_view>

#include "core/model_client.h"

namespace reasonwatch {

// Prometheus text of vLLM, SGLang, llama.cpp or Triton. Requests are added up
// over series (engines, models), key-value use is the highest of them. None: no
// series is known.
std::optional<LoadReading> ParseLoadMetrics(std::string_view text);

// llama.cpp's GET /slots, a JSON array. As long as a slot is free no request
// waits; if none is, `waiting` is not known.
std::optional<LoadReading> ParseLoadSlots(std::string_view json);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_LOAD_H_
