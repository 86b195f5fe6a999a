// SPDX-License-Identifier: Apache-2.0
// OTLP's JSON encoding: names in camelCase, ids in hex, 64-bit numbers as
// strings or numbers.
//
// Pure. A value of a wrong kind is left out; only text that is no JSON object
// is an error.
#ifndef REASONWATCH_TAP_OTLP_JSON_REQUESTS_H_
#define REASONWATCH_TAP_OTLP_JSON_REQUESTS_H_

#include <string_view>

#include "tap/otlp/receiver.h"

namespace reasonwatch {

bool ReadOtlpJson(std::string_view json, OtlpTraces& request);
bool ReadOtlpJson(std::string_view json, OtlpLogs& request);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_JSON_REQUESTS_H_
