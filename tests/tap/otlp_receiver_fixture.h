// SPDX-License-Identifier: Apache-2.0
// The reading half of the OTLP tap with a sink behind it, without servers.
#ifndef REASONWATCH_TESTS_TAP_OTLP_RECEIVER_FIXTURE_H_
#define REASONWATCH_TESTS_TAP_OTLP_RECEIVER_FIXTURE_H_

#include <chrono>
#include <string_view>
#include <vector>

#include "core/response.h"
#include "tap/intake.h"
#include "tap/otlp/receiver.h"
#include "tap/otlp/requests.h"
#include "tests/fakes/fake_sink.h"

namespace reasonwatch {

class OtlpReceiverFixture {
 public:
  explicit OtlpReceiverFixture(JoinLimits limits = {})
      : receiver_(intake_, limits) {}

  OtlpAnswer Send(const OtlpTraces& traces) {
    return SendBytes(OtlpSignal::kTraces, traces.SerializeAsString());
  }
  OtlpAnswer Send(const OtlpLogs& logs) {
    return SendBytes(OtlpSignal::kLogs, logs.SerializeAsString());
  }
  OtlpAnswer SendBytes(OtlpSignal signal, std::string_view bytes) {
    return requests_.Handle(signal, OtlpEncoding::kProtobuf, bytes);
  }
  OtlpAnswer SendJson(OtlpSignal signal, std::string_view json) {
    return requests_.Handle(signal, OtlpEncoding::kJson, json);
  }
  // Lets all that waits go.
  void Expire() {
    receiver_.Expire(std::chrono::steady_clock::now(), /*all=*/true);
  }

  std::vector<Response> responses() const { return sink_.responses(); }
  int64_t errors(const std::string& reason) const {
    return intake_.Counters().errors[reason];
  }
  int64_t ignored(const std::string& kind) const {
    return intake_.Counters().ignored[kind];
  }
  FakeSink& sink() { return sink_; }

 private:
  FakeSink sink_;
  TapIntake intake_{TapContext{sink_, {}}};
  OtlpReceiver receiver_;
  OtlpRequests requests_{intake_, receiver_, int64_t{1} << 20};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_TAP_OTLP_RECEIVER_FIXTURE_H_
