// SPDX-License-Identifier: Apache-2.0
// A request's parameters in JSON, as the wishes and the sampling of a response.
//
// Pure.
#ifndef REASONWATCH_TAP_OTLP_PARAMETERS_H_
#define REASONWATCH_TAP_OTLP_PARAMETERS_H_

#include <simdjson.h>

#include <string_view>

#include "core/response.h"

namespace reasonwatch {

// Reads a request body or an object of parameters. What `r` has already is
// kept where this says nothing. False if `json` is no object.
bool ReadParameters(std::string_view json, simdjson::dom::parser& parser,
                    Response& r);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_PARAMETERS_H_
