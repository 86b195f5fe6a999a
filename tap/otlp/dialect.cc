// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/dialect.h"

#include <algorithm>
#include <array>

#include "tap/otlp/conventions.h"

namespace reasonwatch {
namespace {

struct Convention {
  std::string_view name;
  bool (*matches)(const OtlpRecord&);
  void (*read)(const OtlpRecord&, Observation&);
};
// The first that matches reads the record.
constexpr std::array<Convention, 3> kConventions = {{
    {"openinference", &IsOpenInference, &ReadOpenInference},
    {"ai-sdk", &IsAiSdk, &ReadAiSdk},
    {"genai", &IsGenAi, &ReadGenAi},
}};

// Names are exported, so they are never renamed. An emitter without a row goes
// by its convention's name.
struct Emitter {
  std::string_view name;
  std::string_view scope;      // its scope's name begins with this, and
  std::string_view attribute;  // an attribute has this name; "" = any
  bool is_server = false;      // its spans never have text
};
// table: scopes and attributes by which emitters are told apart
constexpr std::array<Emitter, 10> kEmitters = {{
    {"vllm", "vllm", "", true},
    {"sglang", "sglang", "", true},
    {"litellm", "litellm", ""},
    {"envoy-ai-gateway", "envoyproxy/ai-gateway", ""},
    {"openlit", "openlit", ""},
    {"openllmetry", "opentelemetry.instrumentation.", "llm.request.type"},
    {"openllmetry", "opentelemetry.instrumentation.", "gen_ai.is_streaming"},
    {"openllmetry", "traceloop", ""},
    {"pydantic-ai", "pydantic-ai", ""},
    {"langfuse", "langfuse", ""},
}};

}  // namespace

bool ReadRecord(const OtlpRecord& record, Observation& o) {
  const auto convention = std::ranges::find_if(
      kConventions, [&](const Convention& c) { return c.matches(record); });
  if (convention == kConventions.end()) return false;
  o.is_span = record.is_span;
  o.dialect = convention->name;
  const auto emitter = std::ranges::find_if(kEmitters, [&](const Emitter& e) {
    return record.scope.starts_with(e.scope) &&
           (e.attribute.empty() || record.attributes.Has({e.attribute}));
  });
  if (emitter != kEmitters.end()) o.dialect = emitter->name;
  ReadCommon(record, o);
  convention->read(record, o);
  const bool from_server =
      record.is_server || (emitter != kEmitters.end() && emitter->is_server);
  o.without_text = from_server && !o.HasText();
  return true;
}

}  // namespace reasonwatch
