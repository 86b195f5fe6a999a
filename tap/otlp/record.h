// SPDX-License-Identifier: Apache-2.0
// A span, a span's event or a log record, as the readers of conventions see it.
#ifndef REASONWATCH_TAP_OTLP_RECORD_H_
#define REASONWATCH_TAP_OTLP_RECORD_H_

#include <simdjson.h>

#include <string_view>

#include "tap/otlp/attributes.h"

namespace reasonwatch {

// Views that live as long as the request.
struct OtlpRecord {
  const Attributes& attributes;
  std::string_view scope;  // the instrumentation's name
  std::string_view name;   // of the span or the event
  bool is_span = false;
  bool is_server = false;           // a span of kind SERVER
  const OtlpValue* body = nullptr;  // of a log record, may be null
  simdjson::dom::parser& parser;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_RECORD_H_
