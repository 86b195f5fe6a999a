// SPDX-License-Identifier: Apache-2.0
// Reads any export request: protobuf or JSON, traces or logs, plain or gzip.
// The low bits of the first byte choose the first two; the rest is the request.
// Whatever comes, the records that are counted add up, waiting spans are
// bounded, and every text that is handed over is UTF-8.
#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tap/intake.h"
#include "tap/otlp/receiver.h"
#include "tap/otlp/requests.h"
#include "tests/fakes/fake_sink.h"

namespace {

using reasonwatch::OtlpEncoding;
using reasonwatch::OtlpSignal;

constexpr int64_t kMaxBytes = int64_t{1} << 20;

void Check(bool holds) {
  if (!holds) std::abort();
}

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const auto signal =
      (data[0] & 1) != 0 ? OtlpSignal::kLogs : OtlpSignal::kTraces;
  const auto encoding =
      (data[0] & 2) != 0 ? OtlpEncoding::kJson : OtlpEncoding::kProtobuf;
  reasonwatch::FakeSink sink;
  reasonwatch::TapIntake intake(reasonwatch::TapContext{sink, {}});
  reasonwatch::JoinLimits limits;
  limits.waiting = 4;
  limits.remembered = 4;
  reasonwatch::OtlpReceiver receiver(intake, limits);
  reasonwatch::OtlpRequests requests(intake, receiver, kMaxBytes);
  // Twice, so that the second finds the remains of the first.
  for (int round = 0; round < 2; ++round) {
    const auto answer = requests.Handle(signal, encoding, bytes);
    Check(answer.error.empty() || answer.body.empty());
  }
  receiver.Expire(std::chrono::steady_clock::now(), /*all=*/true);

  const reasonwatch::TapCounters counters = intake.Counters();
  int64_t dropped = 0;
  for (const auto& [reason, count] : counters.dropped) dropped += count;
  Check(counters.records == counters.accepted + dropped);
  Check(counters.accepted == static_cast<int64_t>(sink.responses().size()));
  for (const reasonwatch::Response& r : sink.responses()) {
    Check(!r.model.empty());
    Check(r.source.starts_with("otlp/"));
    for (std::string_view text :
         {std::string_view(r.id), std::string_view(r.model),
          std::string_view(r.messages_json), std::string_view(r.body),
          std::string_view(r.system_prompt)})
      Check(IsUtf8(text));
    if (r.content.has_value()) Check(IsUtf8(*r.content));
    if (r.reasoning.has_value()) Check(IsUtf8(*r.reasoning));
    Check(r.usage.output_tokens.value_or(0) >= 0);
  }
  return 0;
}
