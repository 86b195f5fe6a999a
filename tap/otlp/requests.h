// SPDX-License-Identifier: Apache-2.0
// Encoded export requests to answers: for both servers.
#ifndef REASONWATCH_TAP_OTLP_REQUESTS_H_
#define REASONWATCH_TAP_OTLP_REQUESTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tap/intake.h"
#include "tap/otlp/receiver.h"

namespace reasonwatch {

enum class OtlpSignal : uint8_t { kTraces, kLogs };
enum class OtlpEncoding : uint8_t { kProtobuf, kJson };

struct OtlpAnswer {
  // Why nothing was read: "malformed", "malformed_gzip", "message_too_large";
  // "" = the request was read.
  std::string_view error;
  std::string body;  // the response, in the encoding of the request
};

// Thread-safe; the receiver and the intake must outlive it.
class OtlpRequests {
 public:
  OtlpRequests(TapIntake& intake, OtlpReceiver& receiver,
               int64_t max_message_bytes)
      : intake_(intake),
        receiver_(receiver),
        max_message_bytes_(max_message_bytes) {}

  // Undoes gzip, reads the request, hands its records on and encodes the
  // answer. Errors are counted.
  OtlpAnswer Handle(OtlpSignal signal, OtlpEncoding encoding,
                    std::string_view bytes);

  TapIntake& intake() { return intake_; }
  int64_t max_message_bytes() const { return max_message_bytes_; }

 private:
  TapIntake& intake_;
  OtlpReceiver& receiver_;
  const int64_t max_message_bytes_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_REQUESTS_H_
