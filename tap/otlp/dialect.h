// SPDX-License-Identifier: Apache-2.0
// Which emitter a record is from, and the convention that it follows: two
// tables, because most emitters follow the same few conventions.
#ifndef REASONWATCH_TAP_OTLP_DIALECT_H_
#define REASONWATCH_TAP_OTLP_DIALECT_H_

#include <string_view>

#include "tap/otlp/observation.h"
#include "tap/otlp/record.h"

namespace reasonwatch {

// Fills dialect, head, texts and flags. Returns false if the record is about no
// call of a model, such as a span of a database or of an agent's step. The
// dialect is one of a few constant names; Response::source is "otlp/" with it.
bool ReadRecord(const OtlpRecord& record, Observation& observation);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_DIALECT_H_
