// SPDX-License-Identifier: Apache-2.0
#include "bench/pipeline/otlp.h"

#include <ctime>
#include <random>

#include "tap/intake.h"
#include "tap/otlp/receiver.h"
#include "tap/otlp/requests.h"
#include "tests/tap/otlp_emitters.h"
#include "tests/tap/otlp_json.h"

namespace reasonwatch::bench {
namespace {

// Spans in a request, as an exporter batches them.
constexpr int kSpans = 64;

class DroppingSink : public TapSink {
 public:
  TapOutcome Offer(Response&&, int64_t) override { return {}; }
};

double Micros() {
  timespec t = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 +
         static_cast<double>(t.tv_nsec) * 1e-3;
}

// Ids are drawn anew, so that no response was seen before.
OtlpTraces Batch(std::mt19937& random) {
  OtlpTraces request;
  for (int i = 0; i < kSpans; ++i) {
    otlp_test::Call c = otlp_test::RandomCall(random);
    c.content = otlp_test::RandomText(random, 150);
    c.reasoning = otlp_test::RandomText(random, 450);
    auto& to = *otlp_test::AddSpan(request, c, "bench").mutable_attributes();
    otlp_test::PutGenAi(to, c);
    otlp_test::Put(to, "gen_ai.output.messages",
                   otlp_test::PartsJson(c, false, false));
    otlp_test::Put(to, "gen_ai.input.messages", otlp_test::InputJson(c));
  }
  return request;
}

template <typename F>
double PerResponse(const std::vector<std::string>& requests, F handle) {
  const double begin = Micros();
  for (const std::string& request : requests) handle(request);
  return (Micros() - begin) / (static_cast<double>(requests.size()) * kSpans);
}

}  // namespace

std::vector<std::pair<std::string, double>> MeasureOtlp(bool quick) {
  std::mt19937 random(9);
  std::vector<std::string> protobuf;
  std::vector<std::string> json;
  for (int i = 0; i < (quick ? 20 : 200); ++i) {
    const OtlpTraces batch = Batch(random);
    protobuf.push_back(batch.SerializeAsString());
    json.push_back(otlp_test::JsonOf(Batch(random)));
  }
  DroppingSink sink;
  TapIntake intake(TapContext{sink, {}});
  OtlpReceiver receiver(intake, JoinLimits{});
  OtlpRequests requests(intake, receiver, int64_t{64} << 20);
  const auto handle = [&requests](OtlpEncoding encoding) {
    return [&requests, encoding](const std::string& bytes) {
      requests.Handle(OtlpSignal::kTraces, encoding, bytes);
    };
  };
  return {{"otlp_protobuf_us",
           PerResponse(protobuf, handle(OtlpEncoding::kProtobuf))},
          {"otlp_json_us", PerResponse(json, handle(OtlpEncoding::kJson))},
          {"otlp_parse_alone_us",
           PerResponse(protobuf, [](const std::string& bytes) {
             OtlpTraces request;
             request.ParseFromString(bytes);
           })}};
}

}  // namespace reasonwatch::bench
