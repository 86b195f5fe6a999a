// SPDX-License-Identifier: Apache-2.0
// Metrics of responses and of the models that gave them.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_RESPONSE_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_RESPONSE_SECTION_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/snapshot.h"
#include "core/stage.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"
#include "daemon/telemetry/watched_series.h"

namespace reasonwatch {

struct Scored;

class ResponseSection {
 public:
  static std::vector<MetricInfo> Rows();

  // Both must outlive the section.
  ResponseSection(Families& families, WatchedSeries& watched);

  void Observe(const Scored& scored, ResponseOutcome outcome);
  void SetStream(const StreamSnapshot& snapshot);
  void SetDeployment(std::string_view model, absl::Time time);
  void SetBaseline(std::string_view model, int64_t problems);
  void SetUnknownFormat(std::string_view model, double ratio, bool notice);
  void SetCountsDiffer(std::string_view model, double ratio, bool notice);

 private:
  void ObserveStream(StreamSeries& stream, const Scored& scored);
  void ObserveModel(std::string_view label, ModelSeries& model,
                    const Scored& scored);
  void ObserveRegime(std::string_view label, ModelSeries& model,
                     const Scored& scored);
  // Null if the model has no series of its own, which is counted.
  ModelSeries* OwnModel(std::string_view model, Metric metric);

  Families& families_;
  WatchedSeries& watched_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_RESPONSE_SECTION_H_
