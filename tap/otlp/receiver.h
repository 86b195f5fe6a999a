// SPDX-License-Identifier: Apache-2.0
// Export requests of OTLP to records: reading, joining, hand-over.
#ifndef REASONWATCH_TAP_OTLP_RECEIVER_H_
#define REASONWATCH_TAP_OTLP_RECEIVER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "opentelemetry/proto/collector/logs/v1/logs_service.pb.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "tap/intake.h"
#include "tap/otlp/capabilities.h"
#include "tap/otlp/joiner.h"
#include "util/mutex.h"

namespace reasonwatch {

using OtlpTraces =
    opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
using OtlpLogs =
    opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;

// The result of one request. Records that wait for others count as accepted;
// their fate shows in the tap's counters only.
struct ExportOutcome {
  int64_t rejected = 0;
  std::string message;  // the reasons with their numbers; "" if none
};

// Thread-safe. `intake` must outlive it.
class OtlpReceiver {
 public:
  OtlpReceiver(TapIntake& intake, JoinLimits limits);

  ExportOutcome Traces(const OtlpTraces& request, TapIntake::Time arrived);
  ExportOutcome Logs(const OtlpLogs& request, TapIntake::Time arrived);

  // Hands over what has waited long enough; all with `all`.
  void Expire(TapIntake::Time now, bool all = false);

 private:
  ExportOutcome Join(std::vector<Observation>&& observations,
                     TapIntake::Time arrived);
  void CountRepeated(int64_t n);
  void HandOver(std::vector<Joiner::Joined>&& joined, ExportOutcome* outcome);

  TapIntake& intake_;
  ReasoningCapabilities capabilities_;
  Mutex mutex_;
  Joiner joiner_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_RECEIVER_H_
