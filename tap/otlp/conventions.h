// SPDX-License-Identifier: Apache-2.0
// The conventions by which emitters describe a call of a model, one function
// each. A reader fills what the record says and leaves the rest.
#ifndef REASONWATCH_TAP_OTLP_CONVENTIONS_H_
#define REASONWATCH_TAP_OTLP_CONVENTIONS_H_

#include "tap/otlp/observation.h"
#include "tap/otlp/record.h"

namespace reasonwatch {

// OpenTelemetry's GenAI conventions, old and new, on spans, span events and log
// records, with the additions of OpenLLMetry, OpenLIT, LiteLLM, vLLM and
// SGLang.
bool IsGenAi(const OtlpRecord& record);
void ReadGenAi(const OtlpRecord& record, Observation& observation);

// OpenInference's spans.
bool IsOpenInference(const OtlpRecord& record);
void ReadOpenInference(const OtlpRecord& record, Observation& observation);

// The AI SDK of Vercel, whose spans also follow the GenAI conventions in part.
bool IsAiSdk(const OtlpRecord& record);
void ReadAiSdk(const OtlpRecord& record, Observation& observation);

// The fields that conventions share: session, user, the server's address, our
// own attributes `reasonwatch.*`, a failed call.
void ReadCommon(const OtlpRecord& record, Observation& observation);

// Tools in OpenAI's form, from a list in any; "" if it is none.
std::string ToolsInChatForm(std::string_view json,
                            simdjson::dom::parser& parser);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_CONVENTIONS_H_
